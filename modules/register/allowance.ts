/** How much of something anyone may do in a time: spent at once or bit by bit, and earned back steadily. */
import { Lru } from '#api';

interface AllowanceLimits {
  readonly perPeriod: number;
  readonly periodMs: number;
  /** How many are counted: memory is bounded, and who was counted longest ago is forgotten. */
  readonly keys: number;
}

interface Balance {
  left: number;
  atMs: number;
}

export class Allowance {
  readonly #limits: AllowanceLimits;
  readonly #balances: Lru<string, Balance>;

  constructor(limits: AllowanceLimits) {
    this.#limits = limits;
    this.#balances = new Lru(limits.keys);
  }

  /** Takes the amount if that much is left; false, and nothing taken, when it is not. */
  take(key: string, amount: number, nowMs: number): boolean {
    const balance = this.#balance(key, nowMs);
    if (balance.left < amount) return false;
    balance.left -= amount;
    return true;
  }

  /** Gives back what turned out not to be used. */
  refund(key: string, amount: number, nowMs: number): void {
    const balance = this.#balance(key, nowMs);
    balance.left = Math.min(this.#limits.perPeriod, balance.left + amount);
  }

  #balance(key: string, nowMs: number): Balance {
    const { perPeriod, periodMs } = this.#limits;
    const known = this.#balances.get(key);
    if (known !== undefined) {
      const earned = (Math.max(0, nowMs - known.atMs) * perPeriod) / periodMs;
      known.left = Math.min(perPeriod, known.left + earned);
      known.atMs = nowMs;
      return known;
    }
    const balance = { left: perPeriod, atMs: nowMs };
    this.#balances.set(key, balance);
    return balance;
  }
}
