/** What the rest of the server knows of one connected resource (RFC 6120 section 7). */
import type { Jid } from '../jid/jid.ts';
import { collectPoint, tellPoint } from '../kernel/hook.ts';
import { service } from '../kernel/service.ts';
import type { Slots } from '../kernel/slot.ts';
import type { TransportKind } from '../kernel/transport.ts';
import type { Element } from '../xml/element.ts';
import type { Stanza } from '../xmpp/stanza.ts';
import type { StreamError } from '../xmpp/stream-error.ts';

/** `to` is given where the stanza goes out with another address than its own. Synchronous: stanzas must not overtake each other. */
export type SendGate = (stanza: Stanza, to: string | undefined) => boolean;

export interface Session {
  /** The full address. */
  readonly jid: Jid;
  /** The bare address. */
  readonly account: Jid;
  readonly transport: TransportKind;
  readonly secure: boolean;
  readonly remoteAddress: string;
  /** Limits by address do not apply to that one: it speaks for others, as a reverse proxy or an onion service does. */
  readonly trusted: boolean;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** When the client last sent a stanza; milliseconds since 1970. */
  readonly lastActiveAt: number;
  readonly slots: Slots;
  /** Its client has lost its connection, and may come back (XEP-0198 section 5). */
  readonly isDetached: boolean;
  /** The presence that was last broadcast; undefined before the first and after an unavailable one. */
  presence: Stanza | undefined;
  /** RFC 6121 section 4.7.2.3; meaningful while `presence` is there. */
  priority: number;
  /** The client asked for the roster, and gets pushes (RFC 6121 section 2.1.6). */
  interested: boolean;
  /**
   * While it is set, it sees every stanza before that is sent; false keeps the stanza back. What was kept back is sent by
   * `send`, with the gate taken away. For client state indication (XEP-0352).
   */
  gate: SendGate | undefined;
  /** Queues a stanza for the client; `to` as it stands in the stanza. */
  send(stanza: Stanza): void;
  /** The same with another `to`: the rest of the text is shared between recipients. */
  sendTo(stanza: Stanza, to: string): void;
  /**
   * Resolves to true when all that was sent so far has arrived, as far as can be known: the client has acknowledged it
   * (XEP-0198), or it has left the process on a stream that is not managed. To false, or never, when the session ends
   * before. What must not be lost is kept until then.
   */
  arrived(): Promise<boolean>;
  /**
   * What this client has sent so far has been handed to storage and is durable once the promise settles: until then it is
   * not acknowledged to the client (XEP-0198 section 4). Call it in the order of the writes. Delivery does not wait.
   */
  durableAfter(write: Promise<unknown>): void;
  /** Ends the stream, with an error or in peace. */
  end(error?: StreamError): void;
}

/** The sessions of one host. */
export interface Sessions {
  /** All sessions of an account, available or not; do not keep or change the list. */
  of(bare: string): readonly Session[];
  get(full: Jid): Session | undefined;
  all(): Iterable<Session>;
  readonly count: number;
}
export const Sessions = service<Sessions>('sessions');

/** A resource was bound; nothing has been sent to it yet but the answer. */
export const sessionBound = tellPoint<Session>('session.bound');
/** What a client that binds by Bind 2 is told in `<bound/>`, whether it has asked or not (XEP-0386 section 4). */
export const boundInfo = collectPoint<Session, Element>('session.bound-info');
/** A session goes on over another stream; what its client missed has been sent again (XEP-0198 section 5). */
export const sessionResumed = tellPoint<Session>('session.resumed');
/** A session is over, however it ended. It is no longer in the table. Its `presence` is still that of the end. */
export const sessionEnded = tellPoint<Session>('session.ended');
