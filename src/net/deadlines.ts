/** Things that must be over within a fixed time, on one coarse clock instead of a timer for each. */
import type { Clock } from '../kernel/clock.ts';

const sweepIntervalMs = 1000;

export class Deadlines<T> {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #expire: (item: T) => void;
  /** When each is due. The time is the same for all, so the order of insertion is the order of expiry. */
  readonly #due = new Map<T, number>();
  readonly #stop: () => void;

  /** @param expire called up to a second late, once, for who was not deleted in time */
  constructor(clock: Clock, timeoutMs: number, expire: (item: T) => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#expire = expire;
    this.#stop = clock.every(sweepIntervalMs, () => this.#sweep());
  }

  /** Starts the time anew for who is in already. */
  add(item: T): void {
    this.#due.delete(item);
    this.#due.set(item, this.#clock.now() + this.#timeoutMs);
  }

  delete(item: T): void {
    this.#due.delete(item);
  }

  /** Expires everyone now and ends the sweeps. */
  close(): void {
    this.#stop();
    const items = [...this.#due.keys()];
    this.#due.clear();
    for (const item of items) this.#expire(item);
  }

  #sweep(): void {
    const now = this.#clock.now();
    for (const [item, dueAt] of this.#due) {
      if (dueAt > now) return;
      this.#due.delete(item);
      this.#expire(item);
    }
  }
}
