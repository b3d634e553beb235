/** Numbers of what is stored: they grow with time, so that a cursor over them is one over what happened. */

/** Numbers of a millisecond; more borrow from the next. Safe integers until the year 2109. */
const PER_MS = 2_048;

export class BodyNumbers {
  readonly #now: () => number;
  #last = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  next(): number {
    this.#last = Math.max(this.#last + 1, Math.floor(this.#now()) * PER_MS);
    return this.#last;
  }

  /** What is made from now on is larger. */
  advanceTo(number: number): void {
    this.#last = Math.max(this.#last, number);
  }
}

/** The lowest number of a time; milliseconds since 1970. */
export function firstNumberAt(timeMs: number): number {
  return Math.max(0, Math.floor(timeMs)) * PER_MS;
}
