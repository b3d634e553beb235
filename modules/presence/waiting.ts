/** What many stanzas at once wait for; nothing at all, as a rule. */
import { type Awaitable, isPromise } from '#api';

export class Waiting {
  #promises: Promise<unknown>[] | undefined;

  add(outcome: Awaitable<unknown>): void {
    if (isPromise(outcome)) (this.#promises ??= []).push(outcome);
  }

  /** A promise only when something waits. */
  done(): Awaitable<void> {
    return this.#promises === undefined ? undefined : Promise.all(this.#promises).then(() => undefined);
  }
}
