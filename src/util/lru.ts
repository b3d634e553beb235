/** A map that forgets what was least recently used. */

export class Lru<K, V> {
  readonly #capacity: number;
  readonly #onEvict: ((value: V, key: K) => void) | undefined;
  /** In order of use, oldest first: a Map keeps the order of insertion. */
  readonly #entries = new Map<K, V>();

  /**
   * @param capacity entries kept, 1 or more
   * @param onEvict told of each entry that had to make room; not of deleted, cleared or replaced ones
   */
  constructor(capacity: number, onEvict?: (value: V, key: K) => void) {
    if (!Number.isSafeInteger(capacity) || capacity < 1) throw new RangeError(`no capacity: ${capacity}`);
    this.#capacity = capacity;
    this.#onEvict = onEvict;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The value, which becomes the most recently used. */
  get(key: K): V | undefined {
    const value = this.#entries.get(key);
    if (value === undefined && !this.#entries.has(key)) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value as V);
    return value;
  }

  /** Whether there is such an entry; this is no use of it. */
  has(key: K): boolean {
    return this.#entries.has(key);
  }

  set(key: K, value: V): void {
    const isNew = !this.#entries.delete(key);
    this.#entries.set(key, value);
    if (isNew && this.#entries.size > this.#capacity) this.#evictOldest();
  }

  delete(key: K): boolean {
    return this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  /** From the least to the most recently used. */
  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.#entries.entries();
  }

  #evictOldest(): void {
    for (const [key, value] of this.#entries) {
      this.#entries.delete(key);
      this.#onEvict?.(value, key);
      return;
    }
  }
}
