/** The calls of one batch: rows of a table go many in a statement, where that is quicker. */
import type { Call } from '#api';
import type { ArchiveStore, BodyValues, EntryValues } from './store.ts';

export class BatchCalls {
  readonly #store: ArchiveStore;
  readonly #rowsTogether: number;
  readonly #bodies: BodyValues[] = [];
  readonly #entries: EntryValues[] = [];
  readonly #others: Call[] = [];

  constructor(store: ArchiveStore, rowsTogether: number) {
    this.#store = store;
    this.#rowsTogether = rowsTogether;
  }

  addBody(...values: BodyValues): void {
    this.#bodies.push(values);
  }

  addEntry(...values: EntryValues): void {
    this.#entries.push(values);
  }

  /** Something that is done after all bodies and entries are there. */
  addOther(call: Call): void {
    this.#others.push(call);
  }

  finish(first: readonly Call[]): readonly Call[] {
    const { addBody, addBodies, addEntry, addEntries } = this.#store;
    const calls = [...first];
    this.#insert(
      this.#bodies,
      (values) => addBodies.bind(...values),
      (row) => addBody.bind(...row),
      calls,
    );
    this.#insert(
      this.#entries,
      (values) => addEntries.bind(...values),
      (row) => addEntry.bind(...row),
      calls,
    );
    calls.push(...this.#others);
    return calls;
  }

  #insert<Row extends (string | number)[]>(
    rows: readonly Row[],
    many: (values: (string | number)[]) => Call,
    one: (row: Row) => Call,
    calls: Call[],
  ): void {
    let i = 0;
    if (this.#rowsTogether > 1) {
      for (; i + this.#rowsTogether <= rows.length; i += this.#rowsTogether) {
        calls.push(many(rows.slice(i, i + this.#rowsTogether).flat()));
      }
    }
    for (; i < rows.length; i++) calls.push(one(rows[i] as Row));
  }
}
