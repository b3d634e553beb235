/** A clock that stands still until a test moves it. */
import type { Clock } from '../../src/kernel/clock.ts';

interface Ticker {
  readonly intervalMs: number;
  readonly tick: () => void;
  due: number;
}

export class FakeClock implements Clock {
  #now = Date.parse('2030-01-01T00:00:00Z');
  readonly #tickers = new Set<Ticker>();

  now(): number {
    return this.#now;
  }

  every(intervalMs: number, tick: () => void): () => void {
    const ticker = { intervalMs, tick, due: this.#now + intervalMs };
    this.#tickers.add(ticker);
    return () => this.#tickers.delete(ticker);
  }

  /** Moves time on, and calls every tick that comes due on the way, in order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = [...this.#tickers].filter((it) => it.due <= end).sort((a, b) => a.due - b.due)[0];
      if (next === undefined) break;
      this.#now = next.due;
      next.due += next.intervalMs;
      next.tick();
    }
    this.#now = end;
  }
}
