/** Stanza errors: RFC 6120 section 8.3, with the legacy codes of XEP-0086. */
import { type Element, el } from '../xml/element.ts';
import { NS } from './ns.ts';

type ErrorType = 'auth' | 'cancel' | 'continue' | 'modify' | 'wait';

/** The defined conditions of RFC 6120 section 8.3.3, each with its usual type and its code from XEP-0086. */
const CONDITIONS = {
  'bad-request': ['modify', 400],
  conflict: ['cancel', 409],
  'feature-not-implemented': ['cancel', 501],
  forbidden: ['auth', 403],
  gone: ['cancel', 302],
  'internal-server-error': ['cancel', 500],
  'item-not-found': ['cancel', 404],
  'jid-malformed': ['modify', 400],
  'not-acceptable': ['modify', 406],
  'not-allowed': ['cancel', 405],
  'not-authorized': ['auth', 401],
  'policy-violation': ['modify', 405],
  'recipient-unavailable': ['wait', 404],
  redirect: ['modify', 302],
  'registration-required': ['auth', 407],
  'remote-server-not-found': ['cancel', 404],
  'remote-server-timeout': ['wait', 504],
  'resource-constraint': ['wait', 500],
  'service-unavailable': ['cancel', 503],
  'subscription-required': ['auth', 407],
  'undefined-condition': ['cancel', 500],
  'unexpected-request': ['wait', 400],
} as const satisfies Record<string, readonly [ErrorType, number]>;

export type Condition = keyof typeof CONDITIONS;

/**
 * A refusal of one stanza. A plain value, so that a hot refusal is a constant; throw it from an IQ handler or return
 * it as a verdict, and the router turns it into a stanza of type `error`.
 */
export class StanzaError {
  readonly condition: Condition;
  readonly type: ErrorType;
  readonly text: string | undefined;
  /** An application-specific condition (RFC 6120 section 8.3.4). */
  readonly application: Element | undefined;

  constructor(condition: Condition, text?: string, more: { type?: ErrorType; application?: Element } = {}) {
    this.condition = condition;
    this.type = more.type ?? CONDITIONS[condition][0];
    this.text = text;
    this.application = more.application;
  }

  /** `<error/>` in the client namespace. */
  element(): Element {
    return el(
      NS.client,
      'error',
      { type: this.type, code: String(CONDITIONS[this.condition][1]) },
      el(NS.stanzaErrors, this.condition),
      this.text === undefined ? undefined : el(NS.stanzaErrors, 'text', { 'xml:lang': 'en' }, this.text),
      this.application,
    );
  }
}

/** Constants for the refusals that a busy server makes all day. */
export const refusals = {
  serviceUnavailable: new StanzaError('service-unavailable'),
  badRequest: new StanzaError('bad-request'),
  forbidden: new StanzaError('forbidden'),
  itemNotFound: new StanzaError('item-not-found'),
  notAllowed: new StanzaError('not-allowed'),
  jidMalformed: new StanzaError('jid-malformed'),
  internal: new StanzaError('internal-server-error'),
  notImplemented: new StanzaError('feature-not-implemented'),
  remoteServerNotFound: new StanzaError('remote-server-not-found'),
} as const;
