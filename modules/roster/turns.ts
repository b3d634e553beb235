/** Lets tasks of one key run one after the other, and tasks of different keys at once. */

const READY = Promise.resolve();

export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();
  readonly #onIdle: (key: string) => void;

  /** @param onIdle told when the last task of a key has settled. */
  constructor(onIdle: (key: string) => void) {
    this.#onIdle = onIdle;
  }

  /** Whether a task of this key runs or waits. */
  busy(key: string): boolean {
    return this.#last.has(key);
  }

  /** Runs the task when those before it have settled, whatever became of them. */
  take<T>(key: string, task: () => Promise<T>): Promise<T> {
    const result = (this.#last.get(key) ?? READY).then(task, task);
    this.#last.set(key, result);
    const done = (): void => {
      if (this.#last.get(key) !== result) return;
      this.#last.delete(key);
      this.#onIdle(key);
    };
    result.then(done, done);
    return result;
  }
}
