/** Wraps an exchange so that no order, size or fault of a message gets past the rules of RFC 4422 section 3. */
import { type Awaitable, isPromise } from '../util/awaitable.ts';
import { type Exchange, failure, type SaslStep } from './sasl.ts';

/** The longest honest message: two bare addresses of 2047 bytes, a password of 1023, and what stands between. */
export const MAX_MESSAGE_BYTES = 5120;

/** One message at a time, none after the end, none too long; what throws inside is a temporary failure. */
export function guarded(exchange: Exchange): Exchange {
  return new GuardedExchange(exchange);
}

class GuardedExchange implements Exchange {
  readonly #inner: Exchange;
  #state: 'fresh' | 'ready' | 'busy' | 'over' = 'fresh';

  constructor(inner: Exchange) {
    this.#inner = inner;
  }

  respond(data: Buffer | undefined): Awaitable<SaslStep> {
    const state = this.#state;
    if (state === 'busy' || state === 'over') return this.#end('out of turn');
    if (data === undefined && state === 'ready') return this.#end('no data');
    if (data !== undefined && data.length > MAX_MESSAGE_BYTES) return this.#end('message too long');
    this.#state = 'busy';
    try {
      const step = this.#inner.respond(data);
      if (!isPromise(step)) return this.#settle(step);
      return step.then(
        (it) => this.#settle(it),
        (cause: unknown) => this.#fault(cause),
      );
    } catch (cause) {
      return this.#fault(cause);
    }
  }

  /** A message out of turn also ends what is still under way. */
  #settle(step: SaslStep): SaslStep {
    if (this.#state === 'over') return failure('malformed-request', 'out of turn');
    this.#state = step.kind === 'challenge' ? 'ready' : 'over';
    return step;
  }

  #end(text: string): SaslStep {
    this.#state = 'over';
    return failure('malformed-request', text);
  }

  #fault(cause: unknown): SaslStep {
    this.#state = 'over';
    return { kind: 'failure', condition: 'temporary-auth-failure', cause };
  }
}
