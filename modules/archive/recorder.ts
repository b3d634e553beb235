/** Decides which messages the archives of accounts keep, and hands them to the journal: XEP-0313 section 6.1.1. */
import {
  type Accounts,
  type Awaitable,
  clark,
  type Element,
  type Jid,
  keeping,
  NS,
  type Passage,
  type Sessions,
  type Stanza,
  StanzaError,
  type StanzaIds,
  then,
  type Verdict,
} from '#api';
import type { Journal } from './journal.ts';
import { KeptMessage, type Share } from './kept-message.ts';
import type { PreferenceBook } from './preferences.ts';
import type { Retractions } from './retractions.ts';

export interface RecorderParts {
  readonly host: Jid;
  readonly journal: Journal;
  readonly retractions: Retractions;
  readonly preferences: PreferenceBook;
  readonly ids: StanzaIds;
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly metrics: { readonly archived: { inc(): void }; readonly refused: { inc(): void } };
}

const behind = new StanzaError('resource-constraint', 'the archive is behind; try again in a while');
const nothing = (): undefined => undefined;

const STANZA_ID = clark(NS.stanzaId, 'stanza-id');

export class Recorder {
  readonly #parts: RecorderParts;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
  }

  /** A session sends a message: its account's archive keeps it, whatever becomes of it. */
  sent(passage: Passage): Awaitable<Verdict | undefined> {
    const { stanza, origin } = passage;
    if (stanza.kind !== 'message' || origin === undefined) return undefined;
    if (keeping(stanza.type, stanza.element) !== 'lasting') return undefined;
    return then(this.#parts.preferences.keeps(origin.account, stanza.to), (keeps) =>
      keeps ? this.#keepSent(passage) : undefined,
    );
  }

  /**
   * A message comes to an account. Whether its archive will keep it is decided here, before the id is stamped; from then
   * on nothing waits, so that messages are archived in the order of their ids.
   */
  arriving(passage: Passage): Awaitable<undefined> {
    const { stanza } = passage;
    if (stanza.kind !== 'message') return undefined;
    const sentId = passage.stanzaId;
    passage.stanzaId = undefined;
    if (keeping(stanza.type, stanza.element) !== 'lasting' || this.#isRefusedLater(stanza)) return undefined;
    return then(this.#accepts(stanza), (accepts): undefined => {
      if (accepts) passage.stanzaId = this.#idFor(passage, sentId);
    });
  }

  /** Keeps what was decided to be kept. */
  received(passage: Passage): Awaitable<Verdict | undefined> {
    const { stanza, stanzaId } = passage;
    if (stanza.kind !== 'message' || stanzaId === undefined) return undefined;
    if (this.#hasSent(passage)) {
      stanza.kept = true;
      return undefined;
    }
    if (this.#parts.journal.full) return this.#refuse();
    return this.#wait(passage, this.#keepReceived(passage, stanzaId));
  }

  #keepSent(passage: Passage): Awaitable<Verdict | undefined> {
    const { journal, ids } = this.#parts;
    const { stanza, origin } = passage;
    if (origin === undefined) return undefined;
    if (journal.full) return this.#refuse();
    passage.stanzaId = ids.next();
    const message = new KeptMessage(passage.stanzaId, stanza, stanza.xml);
    message.sender = this.#share(origin.account, stanza.to);
    passage.archived = message;
    this.#parts.metrics.archived.inc();
    passage.ledger?.note('archived', stanza, origin.account, passage.stanzaId);
    return this.#wait(passage, this.#carryOut(message, journal.add(message)));
  }

  #keepReceived(passage: Passage, id: string): Promise<void> {
    const { journal, metrics } = this.#parts;
    const { stanza, archived, ledger } = passage;
    ledger?.note('archived', stanza, stanza.to.bareJid, id);
    const share = this.#share(stanza.to.bareJid, stanza.from);
    stanza.kept = true;
    metrics.archived.inc();
    if (archived instanceof KeptMessage && archived.id === id && saysTheSame(archived.element, stanza.element)) {
      const joined = journal.join(archived, share);
      if (joined !== undefined) return this.#carryOut(archived, joined);
    }
    const message = new KeptMessage(id, stanza, withoutStamp(stanza, id));
    message.recipient = share;
    return this.#carryOut(message, journal.add(message));
  }

  /** What the message retracts goes when the message is there. */
  #carryOut({ retracts }: KeptMessage, stored: Promise<void>): Promise<void> {
    if (retracts !== undefined) stored.then(() => this.#parts.retractions.run(), nothing);
    return stored;
  }

  /** The sender gets no acknowledgement before the write is durable; it has to wait where too many others do. */
  #wait({ origin }: Passage, stored: Promise<void>): Awaitable<undefined> {
    origin?.durableAfter(stored);
    return this.#parts.journal.saturated ? stored.then(nothing, nothing) : undefined;
  }

  #refuse(): StanzaError {
    this.#parts.metrics.refused.inc();
    return behind;
  }

  /** The id under which the sender's archive has it, where that is in order; one and the same for a note to oneself. */
  #idFor(passage: Passage, sentId: string | undefined): string {
    const { journal, ids } = this.#parts;
    if (sentId === undefined) return ids.next();
    const last = journal.lastIdOf(passage.stanza.to);
    return last === undefined || sentId > last || this.#hasSent(passage) ? sentId : ids.next();
  }

  /** The recipient has sent it, and keeps it once. */
  #hasSent({ stanza, archived }: Passage): boolean {
    return archived instanceof KeptMessage && archived.sender?.owner.bare === stanza.to.bare;
  }

  /** Section 6.1: what is refused is not archived. RFC 6121 section 8.5.3.2.1: only a chat finds another resource. */
  #isRefusedLater({ to, type }: Stanza): boolean {
    return to.resource !== '' && type !== 'chat' && this.#parts.sessions.get(to) === undefined;
  }

  #accepts({ to, from }: Stanza): Awaitable<boolean> {
    const { accounts, preferences, sessions } = this.#parts;
    const exists = sessions.of(to.bare).length > 0 || accounts.exists(to.local);
    return then(exists, (it) => it && preferences.keeps(to.bareJid, from));
  }

  #share(owner: Jid, peer: Jid): Share {
    return { host: this.#parts.host.domain, owner, peer };
  }
}

/** Whether nothing was done to a message on its way but an id added to it. */
function saysTheSame(sent: Element, received: Element): boolean {
  const { children } = received;
  if (sent === received) return true;
  if (sent.attrs !== received.attrs || children.length !== sent.children.length + 1) return false;
  for (let i = 0; i < sent.children.length; i++) if (children[i] !== sent.children[i]) return false;
  const added = children.at(-1);
  return typeof added === 'object' && added.key === STANZA_ID;
}

/** The text without the id that was just stamped on it: it is the entry's, and not part of what was said. */
function withoutStamp({ xml, to }: Stanza, id: string): string {
  const end = '</message>';
  const stamped = `<stanza-id xmlns='${NS.stanzaId}' by='${to.bare}' id='${id}'/>${end}`;
  return xml.endsWith(stamped) ? xml.slice(0, -stamped.length) + end : xml;
}
