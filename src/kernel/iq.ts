/** IQ handlers by exact key (RFC 6120 section 8.2.3). */
import type { Jid } from '../jid/jid.ts';
import type { Awaitable } from '../util/awaitable.ts';
import type { Element } from '../xml/element.ts';
import type { Stanza } from '../xmpp/stanza.ts';
import type { StanzaError } from '../xmpp/stanza-error.ts';

/**
 * Whom a request may be addressed to: `self`, the sender's own account; `account`, any existing local account, one's own
 * too; `host`, the domain itself, or no address at all where `self` is not bound; `absent`, a local address without an
 * account, for what must be answered there as at an account; where nothing is bound the answer is `service-unavailable`.
 */
export type IqTarget = 'self' | 'account' | 'host' | 'absent';

export interface IqRequest<S = unknown> {
  readonly stanza: Stanza;
  readonly from: Jid;
  readonly to: Jid;
  readonly type: 'get' | 'set';
  readonly payload: Element;
  /** The local session that asks; undefined when the request comes from elsewhere. */
  readonly session: S | undefined;
  /** Whether the sender holds an administrator's role on this host. */
  readonly isAdmin: boolean;
}

/**
 * Answers with the payload of the result, with nothing for an empty result, or with an error, returned or thrown.
 * 'deferred' means that the handler answers by itself, through the router.
 */
export type IqAnswer = Element | StanzaError | 'deferred' | undefined | void;
export type IqHandler<S> = (request: IqRequest<S>) => Awaitable<IqAnswer>;

export interface IqBinding<S = never> {
  readonly type: 'get' | 'set';
  /** `{namespace}name` of the payload. */
  readonly key: string;
  readonly at: readonly IqTarget[];
  readonly handler: IqHandler<S>;
}

/** The handlers of one host: one exact look-up per request. */
export class IqTable {
  readonly #get = new Map<string, IqBinding<unknown>>();
  readonly #set = new Map<string, IqBinding<unknown>>();

  /** Two owners of one type, key and target stop the boot, with both names. */
  constructor(bindings: Iterable<readonly [owner: string, IqBinding<unknown>]>) {
    const owners = new Map<string, string>();
    for (const [owner, binding] of bindings) {
      for (const target of binding.at) {
        const key = `${target} ${binding.key}`;
        const other = owners.get(`${binding.type} ${key}`);
        if (other !== undefined) {
          throw new Error(`${other} and ${owner} both register ${binding.type} ${binding.key} at ${target}`);
        }
        owners.set(`${binding.type} ${key}`, owner);
        this.#map(binding.type).set(key, binding);
      }
    }
  }

  find(type: 'get' | 'set', key: string, target: IqTarget): IqBinding<unknown> | undefined {
    return this.#map(type).get(`${target} ${key}`);
  }

  #map(type: 'get' | 'set'): Map<string, IqBinding<unknown>> {
    return type === 'get' ? this.#get : this.#set;
  }
}
