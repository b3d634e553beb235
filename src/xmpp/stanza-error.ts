/** Stanza errors: RFC 6120 section 8.3, with the legacy codes of XEP-0086. */
import { type Element, el } from '../xml/element.ts';
import { NS } from './ns.ts';

type ErrorType = 'auth' | 'cancel' | 'continue' | 'modify' | 'wait';

/** The defined conditions of RFC 6120 section 8.3.3, each with its usual type, its code from XEP-0086, and words for it. */
const CONDITIONS = {
  'bad-request': ['modify', 400, 'the request is malformed'],
  conflict: ['cancel', 409, 'there is one already'],
  'feature-not-implemented': ['cancel', 501, 'this is not supported here'],
  forbidden: ['auth', 403, 'you may not do this'],
  gone: ['cancel', 302, 'nobody is at this address any more'],
  'internal-server-error': ['cancel', 500, 'something went wrong on the server'],
  'item-not-found': ['cancel', 404, 'there is no such thing'],
  'jid-malformed': ['modify', 400, 'this is not an address'],
  'not-acceptable': ['modify', 406, 'this does not meet the requirements'],
  'not-allowed': ['cancel', 405, 'nobody may do this'],
  'not-authorized': ['auth', 401, 'you have to log in first'],
  'policy-violation': ['modify', 405, 'this is against the rules of the server'],
  'recipient-unavailable': ['wait', 404, 'the recipient is not there at the moment'],
  redirect: ['modify', 302, 'go elsewhere for this'],
  'registration-required': ['auth', 407, 'you have to register first'],
  'remote-server-not-found': ['cancel', 404, 'there is no such server, or it cannot be reached'],
  'remote-server-timeout': ['wait', 504, 'the other server does not answer'],
  'resource-constraint': ['wait', 500, 'the server is too busy for this'],
  'service-unavailable': ['cancel', 503, 'there is nobody here who can handle this'],
  'subscription-required': ['auth', 407, 'you have to subscribe first'],
  'undefined-condition': ['cancel', 500, 'something is wrong'],
  'unexpected-request': ['wait', 400, 'this comes at the wrong time'],
} as const satisfies Record<string, readonly [ErrorType, number, string]>;

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
      el(NS.stanzaErrors, 'text', { 'xml:lang': 'en' }, this.text ?? CONDITIONS[this.condition][2]),
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
