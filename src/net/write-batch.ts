/** Gathers what connections have to send, so that each makes one system call per turn of the event loop. */

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
  /** Told after each flush. */
  onFlushed: (() => void) | undefined = undefined;

  /** @param schedule calls back once, after the current turn's reads; `setImmediate` outside of tests */
  constructor(schedule: (run: () => void) => void) {
    this.#schedule = schedule;
  }

  /** Takes part in the next flush. Who is in it already stays out until it was flushed. */
  add(item: Flushable): void {
    if (this.#dirty.push(item) === 1) this.#schedule(this.#run);
  }

  /** Flushes everyone now, as at shutdown; otherwise the schedule does. */
  flush(): void {
    const batch = this.#dirty;
    this.#dirty = this.#spare;
    for (let i = 0; i < batch.length; i++) (batch[i] as Flushable).flush();
    batch.length = 0;
    this.#spare = batch;
    this.onFlushed?.();
  }
}

/** The batch of this process. */
export const writeBatch = new WriteBatch((run) => void setImmediate(run));
