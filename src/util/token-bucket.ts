/** A rate limit with a burst: tokens come in steadily, up to a bound, and whoever takes more has to wait. */

export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #atMs = 0;

  /**
   * @param perSecond tokens that come in each second, more than 0; whole units of anything (bytes, stanzas)
   * @param burst tokens that may be taken at once after a pause, 1 or more; the bucket starts with them
   */
  constructor(perSecond: number, burst: number) {
    if (!(perSecond > 0 && perSecond < Infinity)) throw new RangeError(`no rate: ${perSecond}`);
    if (!(burst >= 1 && burst < Infinity)) throw new RangeError(`no burst: ${burst}`);
    this.#perMs = perSecond / 1000;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /**
   * Takes tokens in any case, for what has already happened (bytes that were read), and returns the milliseconds to
   * wait until the debt is paid: 0 when there is none. Who takes more before that waits longer.
   */
  take(count: number, nowMs: number): number {
    this.#refill(nowMs);
    this.#tokens -= count;
    return this.#tokens >= 0 ? 0 : Math.ceil(-this.#tokens / this.#perMs);
  }

  /** Takes tokens if there are enough; false, and nothing taken, when there are not. For what can be refused. */
  tryTake(count: number, nowMs: number): boolean {
    this.#refill(nowMs);
    if (count > this.#tokens) return false;
    this.#tokens -= count;
    return true;
  }

  /** Gives tokens back that were taken and not needed. */
  giveBack(count: number): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + count);
  }

  /** A clock that was set back adds nothing and costs nothing. */
  #refill(nowMs: number): void {
    const elapsedMs = nowMs - this.#atMs;
    this.#atMs = nowMs;
    if (elapsedMs > 0) this.#tokens = Math.min(this.#burst, this.#tokens + elapsedMs * this.#perMs);
  }
}
