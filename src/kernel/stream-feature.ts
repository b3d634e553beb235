/** Stream features and non-stanza elements as data, with the states that they need and forbid (RFC 6120 section 4.3). */
import type { Awaitable } from '../util/awaitable.ts';
import type { Element } from '../xml/element.ts';

/** What has been reached on a stream. */
export type StreamState = 'tls' | 'authenticated' | 'bound';

export interface StreamFacts {
  readonly host: string;
  readonly states: ReadonlySet<StreamState>;
  readonly remoteAddress: string;
  /** Limits by address do not apply to it: it speaks for others, as a reverse proxy or an onion service does. */
  readonly trusted: boolean;
}

export interface StreamFeature {
  readonly name: string;
  readonly needs: readonly StreamState[];
  readonly forbids: readonly StreamState[];
  /** Undefined leaves it out this time. */
  element(facts: StreamFacts): Awaitable<Element | undefined>;
}

/** An element that is no stanza, handled by key once a resource is bound: client state, stream management. */
export interface Nonza<S = never> {
  readonly key: string;
  handle(session: S, element: Element): Awaitable<void>;
}

/** An IQ that is answered before authentication, such as registration (XEP-0077). */
export interface PreAuthIq {
  readonly type: 'get' | 'set';
  readonly key: string;
  /** The payload of the result; throw a StanzaError to refuse. */
  handle(payload: Element, facts: StreamFacts): Awaitable<Element | undefined>;
}

/** What a client can switch on in the same breath as it binds a resource (XEP-0386 section 3). */
export interface BindInline<S = never> {
  /** The `var` of the feature that is shown. */
  readonly feature: string;
  /** The element that asks for it, inside `<bind/>`. */
  readonly key: string;
  /** Switches it on; what is returned goes into `<bound/>`. */
  enable(session: S, element: Element): Awaitable<Element | undefined>;
}
