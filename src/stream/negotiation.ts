/** What the parts of stream negotiation may do with a client's stream: authentication and binding are built on this. */
import type { ScramHash } from '../contracts/credentials.ts';
import type { Jid } from '../jid/jid.ts';
import type { StreamFacts, StreamState } from '../kernel/stream-feature.ts';
import type { Transport } from '../kernel/transport.ts';
import type { LocalHost } from '../session/local-host.ts';
import type { ClientSession } from '../session/session.ts';
import type { Awaitable } from '../util/awaitable.ts';
import type { Element } from '../xml/element.ts';
import type { StanzaError } from '../xmpp/stanza-error.ts';
import { StreamError } from '../xmpp/stream-error.ts';
import type { StreamSettings } from './settings.ts';

/** Something else came amid an attempt to authenticate (XEP-0388 section 2.4). */
export const outOfTurn = new StreamError('policy-violation', 'an attempt to authenticate is under way');

export type ResumptionAnswer = (session: ClientSession, resumed: Element) => void;

export interface StreamControl {
  readonly host: LocalHost;
  readonly transport: Transport;
  readonly settings: StreamSettings;
  readonly facts: StreamFacts;
  /** The bare address in the `from` of the stream header, when the client gave one (RFC 6120 section 4.7.1). */
  readonly claimed: Jid | undefined;
  /** The stream is over: whoever has waited for something does not go on. */
  readonly ended: boolean;
  /** False where TLS has to come first (RFC 6120 section 5.3.1). */
  readonly mayAuthenticate: boolean;
  /** The hashes that the claimed account has keys for; undefined when that is not known. */
  readonly accountHashes: readonly ScramHash[] | undefined;
  /** Sends an element that is no stanza. */
  send(element: Element): void;
  /** Ends the stream with an error. */
  fail(error: StreamError): void;
  /** The client is who it says, and that is its account. With `restart` it opens the stream anew (RFC 6120 section 6.4.6), else the stream goes on. */
  authenticated(local: string, next: 'restart' | 'continue'): Jid;
  /**
   * Binds a resource, or one of the server's making, to the authenticated stream (RFC 6120 section 7), and has the client
   * told by `answer`; what others send to it meanwhile comes after. The error says why nothing was bound.
   */
  bind(
    resource: string | undefined,
    answer: (session: ClientSession) => Awaitable<void>,
  ): Awaitable<StanzaError | undefined>;
  /** Switches stream management on in the same breath as binding (XEP-0198 section 9.1). */
  enableManagement(session: ClientSession, request: Element): Element;
  /**
   * Goes on with the session that a client wants to resume (XEP-0198 section 5), has the client told by `answer`, and sends
   * what it missed. A `<failed/>` says why not, and then a resource may be bound.
   */
  resume(request: Element, answer: ResumptionAnswer): Promise<Element | StreamError | undefined>;
  /** The features of the state that the stream has, or is about to have; `isManaged`: stream management is in use. */
  features(next?: StreamState, isManaged?: boolean): Awaitable<Element>;
}

/** One way to authenticate. Made for a stream when it needs one, forgotten when the stream is authenticated. */
export interface Negotiator {
  /** An attempt is under way in which nothing but its own elements may come (XEP-0388 section 2.4). */
  readonly exclusive: boolean;
  /** What it offers among the stream features; a function of configuration and connection. */
  features(): readonly Element[];
  /** Whether an element with this key is for it. */
  takes(key: string): boolean;
  handle(element: Element): Awaitable<void>;
  /** The stream is gone. */
  close(): void;
}

/** Makes the negotiators of a stream. */
export type NegotiatorFactory = (stream: StreamControl) => readonly Negotiator[];
