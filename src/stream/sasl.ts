/** The SASL profile of RFC 6120 section 6: the stream is opened anew after success. */
import { decodeBase64 } from '../auth/base64.ts';
import { type Exchange, failure, type SaslFailure, type SaslStep, type SaslSuccess } from '../auth/sasl.ts';
import { type Awaitable, then } from '../util/awaitable.ts';
import { clark, type Element, el } from '../xml/element.ts';
import { NS } from '../xmpp/ns.ts';
import type { Login } from './login.ts';
import type { Negotiator } from './negotiation.ts';

const AUTH = clark(NS.sasl, 'auth');
const RESPONSE = clark(NS.sasl, 'response');
const ABORT = clark(NS.sasl, 'abort');

export class SaslNegotiator implements Negotiator {
  readonly exclusive = false;
  readonly #login: Login;
  #exchange: Exchange | undefined = undefined;

  constructor(login: Login) {
    this.#login = login;
  }

  features(): readonly Element[] {
    const { mechanisms } = this.#login;
    if (mechanisms.length === 0) return [];
    return [el(NS.sasl, 'mechanisms', null, ...mechanisms.map((it) => el(NS.sasl, 'mechanism', null, it)))];
  }

  takes(key: string): boolean {
    return key === AUTH || key === RESPONSE || key === ABORT;
  }

  handle(element: Element): Awaitable<void> {
    switch (element.key) {
      case AUTH:
        return this.#begin(element);
      case RESPONSE:
        return this.#respond(element);
      default:
        return this.#failed(failure('aborted')); // section 6.5.1
    }
  }

  close(): void {
    this.#exchange = undefined;
  }

  #begin(element: Element): Awaitable<void> {
    const exchange = this.#login.begin(element.attr('mechanism') ?? '', undefined, false);
    if ('kind' in exchange) return this.#failed(exchange);
    this.#exchange = exchange;
    const text = element.text();
    // Section 6.4.2: nothing is no initial response, a single equals sign is an empty one.
    return this.#advance(exchange, text === '' ? undefined : text === '=' ? Buffer.alloc(0) : decodeBase64(text), text);
  }

  #respond(element: Element): Awaitable<void> {
    if (this.#exchange === undefined) return this.#failed(failure('malformed-request'));
    const text = element.text();
    return this.#advance(this.#exchange, text === '' || text === '=' ? Buffer.alloc(0) : decodeBase64(text), text);
  }

  #advance(exchange: Exchange, data: Buffer | undefined, text: string): Awaitable<void> {
    if (data === undefined && text !== '') return this.#failed(failure('incorrect-encoding')); // section 6.5.5
    return this.#login.advance(exchange, data, (step) => this.#answer(step));
  }

  #answer(step: SaslStep): Awaitable<void> {
    if (step.kind === 'challenge') {
      this.#login.stream.send(el(NS.sasl, 'challenge', null, step.data.toString('base64') || undefined));
      return undefined;
    }
    return step.kind === 'failure' ? this.#failed(step) : this.#succeeded(step);
  }

  #succeeded(success: SaslSuccess): Awaitable<void> {
    if (!this.#login.claimHolds(success)) return this.#failed(failure('invalid-authzid'));
    const saved = success.newKeys === undefined ? undefined : this.#login.keepKeys(success);
    return then(saved, () => {
      if (this.#login.stream.ended) return;
      const data = success.data === undefined ? undefined : success.data.toString('base64') || '=';
      this.#login.stream.send(el(NS.sasl, 'success', null, data));
      this.#login.stream.authenticated(success.local, 'restart');
    });
  }

  #failed(step: SaslFailure): void {
    this.#exchange = undefined;
    this.#login.failed(step, (condition, text) => {
      const reason = text === undefined ? undefined : el(NS.sasl, 'text', { 'xml:lang': 'en' }, text);
      this.#login.stream.send(el(NS.sasl, 'failure', null, condition, reason));
    });
  }
}
