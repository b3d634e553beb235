/** A bounded first-in, first-out queue whose ends cost the same however long it is. */

const FIRST_CAPACITY = 8;
const NOTHING: readonly never[] = [];

/** Takes no memory for items until the first comes, grows by doubling, and lets a large buffer go when it runs empty. */
export class Ring<T> implements Iterable<T> {
  /** The most items it takes. */
  readonly limit: number;
  #items: (T | undefined)[] = NOTHING as never[];
  #head = 0;
  #length = 0;

  constructor(limit: number) {
    if (!Number.isSafeInteger(limit) || limit < 1) throw new RangeError(`no limit: ${limit}`);
    this.limit = limit;
  }

  get length(): number {
    return this.#length;
  }

  /** Adds at the end; false, and nothing added, when the limit is reached. */
  push(item: T): boolean {
    if (this.#length === this.limit) return false;
    if (this.#length === this.#items.length) this.#grow();
    this.#items[(this.#head + this.#length) & (this.#items.length - 1)] = item;
    this.#length++;
    return true;
  }

  /** Takes the oldest item away; undefined when there is none. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#items.length - 1);
    this.#length--;
    if (this.#length === 0 && this.#items.length > FIRST_CAPACITY) this.clear();
    return item;
  }

  /** The item at this distance from the oldest. */
  at(index: number): T | undefined {
    if (index < 0 || index >= this.#length) return undefined;
    return this.#items[(this.#head + index) & (this.#items.length - 1)];
  }

  clear(): void {
    this.#items = NOTHING as never[];
    this.#head = 0;
    this.#length = 0;
  }

  /** From the oldest to the newest. What is pushed meanwhile is visited too; do not shift meanwhile. */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (let i = 0; i < this.#length; i++) yield this.at(i) as T;
  }

  /** The capacity is a power of two, so that an index wraps by a mask. */
  #grow(): void {
    const capacity = this.#items.length === 0 ? FIRST_CAPACITY : this.#items.length * 2;
    this.#items = Array.from({ length: capacity }, (_, i) => this.at(i));
    this.#head = 0;
  }
}
