/** A bounded cache of what was used lately, where a hit costs one Map look-up and moves nothing. */
import { ownString } from './own-string.ts';

interface RecentLimits {
  /** Entries of a generation. */
  readonly maxEntries: number;
  /** UTF-16 units of a generation's keys together. */
  readonly maxKeyLength: number;
}

/**
 * Two generations: entries are added to the young one; when that is full it becomes the old one, and what was old is
 * forgotten. An entry found in the old one is added to the young one again. So it holds at most twice the limits, and
 * whatever was used within the last generation's worth of additions is still there.
 */
export class Recent<V extends object | string> {
  readonly #limits: RecentLimits;
  #young = new Map<string, V>();
  #old = new Map<string, V>();
  #keyLength = 0;

  constructor(limits: RecentLimits) {
    this.#limits = limits;
  }

  /** Entries of both generations; one that stands in both counts twice. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: string): V | undefined {
    return this.#young.get(key) ?? this.#renew(key);
  }

  /** The key is kept as it is given: it should be a string of its own (`ownString`). */
  set(key: string, value: V): void {
    const full = this.#young.size >= this.#limits.maxEntries;
    if (full || this.#keyLength + key.length > this.#limits.maxKeyLength) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#keyLength = 0;
    }
    this.#young.set(key, value);
    this.#keyLength += key.length;
  }

  #renew(key: string): V | undefined {
    const value = this.#old.get(key);
    if (value !== undefined) this.set(ownString(key), value);
    return value;
  }
}
