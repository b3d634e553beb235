/** What waits for a database or is under way there, within limits. */

export interface BacklogLimits {
  readonly calls: number;
  readonly bytes: number;
}

interface Weighed {
  readonly calls: readonly unknown[];
  readonly bytes: number;
}

export class Backlog {
  readonly #limits: BacklogLimits;
  #calls = 0;
  #bytes = 0;
  #onEmpty: (() => void)[] = [];

  constructor(limits: BacklogLimits) {
    this.#limits = limits;
  }

  /** Takes no more: the engine is behind, and memory is finite. */
  get full(): boolean {
    return this.#calls >= this.#limits.calls || this.#bytes >= this.#limits.bytes;
  }

  add(unit: Weighed): void {
    this.#calls += unit.calls.length;
    this.#bytes += unit.bytes;
  }

  remove(unit: Weighed): void {
    this.#calls -= unit.calls.length;
    this.#bytes -= unit.bytes;
    if (this.#calls > 0) return;
    for (const resolve of this.#onEmpty) resolve();
    this.#onEmpty = [];
  }

  /** Resolves when nothing is left. */
  empty(): Promise<void> {
    if (this.#calls === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onEmpty.push(resolve));
  }
}
