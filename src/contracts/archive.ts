/** Message archives (XEP-0313): what accounts and rooms keep of what was said, and how it is read again. */
import type { Jid } from '../jid/jid.ts';
import { tellPoint } from '../kernel/hook.ts';
import { service } from '../kernel/service.ts';
import type { Element } from '../xml/element.ts';
import type { PageRequest } from '../xmpp/rsm.ts';
import type { Stanza } from '../xmpp/stanza.ts';
import type { StanzaError } from '../xmpp/stanza-error.ts';
import type { Session } from './session.ts';

/** A message to be kept. */
export interface NewMessage {
  /** One of `StanzaIds`, made just now: an archive is in the order of its ids. */
  readonly id: string;
  readonly stanza: Stanza;
  /** By whom it can be found (`with`): in a room, who said it. */
  readonly peer: Jid;
}

/** A message as an archive keeps it. */
export interface ArchivedMessage {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  /** The stanza as `Stanza.xml` writes it; for `forwardText`. */
  readonly xml: string;
}

/** Section 4.1: which messages are asked for; all of what is given must hold. */
export interface ArchiveFilter {
  /** A bare address stands for all of its resources. */
  readonly with?: Jid;
  /** Milliseconds since 1970; messages of these very moments are among those that are asked for. */
  readonly start?: number;
  readonly end?: number;
  /** Ids of messages; those are not among those that are asked for. */
  readonly after?: string;
  readonly before?: string;
  /** None but these; at most 1,000. */
  readonly ids?: readonly string[];
}

/** A part of the messages that were asked for, in the order of the archive. */
export interface ArchivePage {
  readonly messages: readonly ArchivedMessage[];
  /** Where the first stands among all that were asked for, from 0 on; undefined where that is not known. */
  readonly index: number | undefined;
  /** How many messages were asked for; undefined where that is not known. */
  readonly count: number | undefined;
  /** Nothing is left behind the page or, when it was asked for backwards, before it. */
  readonly complete: boolean;
}

/** A request of XEP-0313 to an archive, from somebody who may read it. */
export interface ArchiveRequest {
  /** Whose archive it is: the bare address of an account or a room. */
  readonly owner: Jid;
  /** The iq. */
  readonly stanza: Stanza;
  readonly payload: Element;
  /** Takes the messages that are found, in order, before the answer is given. A promise holds the rest back. */
  send(result: Stanza): Promise<unknown> | void;
  /** The archive begins here for this reader; milliseconds since 1970. */
  readonly since?: number;
  /** A message as this reader may see it, as in rooms (section 6.1.2); undefined leaves the message empty (section 3.2). */
  present?(message: ArchivedMessage): string | undefined;
}

/** A message that was kept, or changed: once for all archives that have it. */
export interface ArchiveChange {
  /** Grows with each change. */
  readonly cursor: number;
  readonly id: string;
  /** The bare addresses of the archives that keep it, one or two: of who sent it, and of whom it was for. */
  readonly owners: readonly string[];
  /**
   * As it is now: a change takes the place of an earlier one of that id in these archives. Not every reader may see all
   * of it: rooms keep true addresses with what was said (`ArchiveRequest.present`).
   */
  readonly xml: string;
}

export interface Archive {
  /** Too much waits to be stored: slow down whoever adds to it, until the promise of a message settles. */
  readonly saturated: boolean;
  /** Keeps a message, and what it retracts, too: whose word that is is the caller's business. Resolves when it is durable. */
  append(owner: Jid, message: NewMessage): Promise<void>;
  /** A page of at most 250 messages, 50 unless told otherwise. `item-not-found` for ids that are not in the archive. */
  query(owner: Jid, filter: ArchiveFilter, page: PageRequest): Promise<ArchivePage | StanzaError>;
  /** Those of the messages with these ids that the archive has, in its order; at most 1,000 are asked for. */
  get(owner: Jid, ids: readonly string[]): Promise<readonly ArchivedMessage[]>;
  /** The first and the last message; undefined when there is none. */
  ends(owner: Jid): Promise<{ readonly first: ArchivedMessage; readonly last: ArchivedMessage } | undefined>;
  /**
   * Answers the requests of XEP-0313: `get` and `set` of `{urn:xmpp:mam:2}query`, `get` of `{urn:xmpp:mam:2}metadata`.
   * Who may ask is the caller's business.
   */
  answer(request: ArchiveRequest): Promise<Element | StanzaError>;
  /**
   * Leaves a tombstone in place of a message (XEP-0424 section 4, XEP-0425 section 4): its addresses and ids stay, what
   * was in it makes room for `retracted`. False when there is no such message. Resolves when it is durable.
   */
  retract(owner: Jid, id: string, retracted: Element): Promise<boolean>;
  /** Removes an archive: it is empty at once, and its space is given back in a while. */
  erase(owner: Jid): Promise<void>;
  /**
   * What was kept and changed in all archives behind a cursor, 0 for all there is, in the order of happening. What is a
   * few seconds old or younger is not told yet. A cursor is good for ever; what was removed meanwhile is left out.
   */
  since(cursor: number, limit: number): Promise<readonly ArchiveChange[]>;
}
export const Archive = service<Archive>('archive');

/** The client of a session has from the archive what was said in a span of time. */
export interface ArchiveReading {
  readonly session: Session;
  /** Milliseconds since 1970, both. */
  readonly from: number;
  readonly until: number;
}
/**
 * The client of a session catches up from the archive of its account: it has asked for all that was said, whoever with,
 * or bound its resource by Bind 2 (XEP-0386 section 3). Copies of what is there need not be sent to it.
 */
export const archiveRead = tellPoint<ArchiveReading>('archive.read');
