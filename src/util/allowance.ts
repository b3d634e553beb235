/** How much of something anyone may do in a time: spent at once or bit by bit, and earned back steadily. */
import { Lru } from './lru.ts';
import { TokenBucket } from './token-bucket.ts';

interface AllowanceLimits {
  readonly perPeriod: number;
  readonly periodMs: number;
  /** How many are counted: memory is bounded, and who was counted longest ago is forgotten. */
  readonly keys: number;
}

export class Allowance {
  readonly #limits: AllowanceLimits;
  readonly #buckets: Lru<string, TokenBucket>;

  constructor(limits: AllowanceLimits) {
    this.#limits = limits;
    this.#buckets = new Lru(limits.keys);
  }

  /** Takes the amount if that much is left; false, and nothing taken, when it is not. */
  take(key: string, amount: number, nowMs: number): boolean {
    return this.#bucket(key).tryTake(amount, nowMs);
  }

  /** Gives back what turned out not to be used. */
  refund(key: string, amount: number): void {
    this.#bucket(key).giveBack(amount);
  }

  #bucket(key: string): TokenBucket {
    const { perPeriod, periodMs } = this.#limits;
    const bucket = this.#buckets.get(key) ?? new TokenBucket((perPeriod * 1000) / periodMs, perPeriod);
    this.#buckets.set(key, bucket);
    return bucket;
  }
}
