/**
 * Gathers what connections have to send, so that each makes one system call per turn of the event loop, or a few when the
 * turn is long: what was said first need not wait until everybody was heard.
 */

/** A turn shorter than this is not interrupted, in milliseconds. */
const SHORT_TURN_MS = 0.5;

export interface Flushable {
  /** Hands what is pending to the operating system. May be called when nothing is pending any more. */
  flush(): void;
}

export class WriteBatch {
  readonly #schedule: (run: () => void) => void;
  /** Everyone with something pending. Two arrays take turns, so that a flush may add to the next one. */
  #dirty: Flushable[] = [];
  #spare: Flushable[] = [];
  readonly #run = (): void => this.flush();
  readonly #now: () => number;
  /** When the first of those who have something pending came. */
  #since = 0;
  /** What the last flush took. */
  #flushMs = 0;
  /** Told after each flush. */
  onFlushed: (() => void) | undefined = undefined;

  /**
   * @param schedule calls back once, after the current turn's reads; `setImmediate` outside of tests
   * @param now milliseconds, from wherever
   */
  constructor(schedule: (run: () => void) => void, now: () => number = () => performance.now()) {
    this.#schedule = schedule;
    this.#now = now;
  }

  /** Takes part in the next flush. Who is in it already stays out until it was flushed. */
  add(item: Flushable): void {
    if (this.#dirty.push(item) > 1) return;
    this.#since = this.#now();
    this.#schedule(this.#run);
  }

  /**
   * Between two reads: flushes when as long has passed as a flush takes. A system call for each of a thousand connections
   * is made once, where ten get theirs soon.
   */
  checkpoint(): void {
    if (this.#dirty.length === 0) return;
    if (this.#now() - this.#since >= Math.max(SHORT_TURN_MS, this.#flushMs)) this.flush();
  }

  /** Flushes everyone now, as at shutdown; otherwise the schedule does. */
  flush(): void {
    const batch = this.#dirty;
    if (batch.length === 0) return;
    const start = this.#now();
    this.#dirty = this.#spare;
    for (let i = 0; i < batch.length; i++) (batch[i] as Flushable).flush();
    batch.length = 0;
    this.#spare = batch;
    this.#flushMs = this.#now() - start;
    this.onFlushed?.();
  }
}

/** The batch of this process. */
export const writeBatch = new WriteBatch((run) => void setImmediate(run));
