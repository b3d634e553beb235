/** Reads pages of a list of messages, an archive or one of its conversations, without counting or sorting anything. */
import type { Call, Database } from '#api';
import { CHUNK, MAX_LENGTH, measure } from './page-size.ts';
import { narrowed, type Range } from './range.ts';
import { findPlace } from './seek.ts';
import type { ArchiveStore, EndRow, MessageRow } from './store.ts';

/** Statements over the list that a number names. */
export interface List {
  readonly number: number;
  readonly kind: 'archive' | 'talk';
}

export interface PageWish {
  /** What was asked for in all. */
  readonly range: Range;
  /** Bounds of the page, within the range. */
  readonly after: string | undefined;
  readonly before: string | undefined;
  readonly backward: boolean;
  readonly index: number | undefined;
  readonly max: number;
}

export interface PageRows {
  /** In the order of the list. */
  readonly rows: readonly MessageRow[];
  /** There is no more where the page ends. */
  readonly isExhausted: boolean;
  readonly first: EndRow | undefined;
  readonly last: EndRow | undefined;
}

export class Pages {
  readonly #db: Database;
  readonly #store: ArchiveStore;

  constructor(db: Database, store: ArchiveStore) {
    this.#db = db;
    this.#store = store;
  }

  /** A page, and the ends of the range that it is from. */
  async read(list: List, wish: PageWish): Promise<PageRows> {
    const { range, backward, max } = wish;
    if (wish.index !== undefined) return this.#readAt(list, wish, wish.index);
    const page = narrowed(range, wish.after, wish.before);
    const limit = Math.min(CHUNK, max);
    const calls = [this.#end('First', list, range), this.#end('Last', list, range)];
    if (limit > 0) calls.push(this.#page(list, page, backward, limit));
    const [firsts, lasts, chunk = []] = (await this.#db.atomically(calls)) as [EndRow[], EndRow[], MessageRow[]?];
    const rows = [...chunk];
    const isExhausted = await this.#readOn(list, page, { backward, max, limit }, rows);
    return { rows: backward ? rows.reverse() : rows, isExhausted, first: firsts[0], last: lasts[0] };
  }

  /** The first or the last entry of a range, where it has any. */
  end(which: 'First' | 'Last', list: List, range: Range): Promise<readonly EndRow[]> {
    const { number } = list;
    return this.#store[`${list.kind}${which}`](number, range.after, range.before);
  }

  /** Reads behind the first chunk; false when there may be more than the page holds. */
  async #readOn(
    list: List,
    page: Range,
    { backward, max, limit }: { backward: boolean; max: number; limit: number },
    rows: MessageRow[],
  ): Promise<boolean> {
    if (rows.length < limit) return measure(rows, 0, 0) < MAX_LENGTH;
    let length = measure(rows, 0, 0);
    while (rows.length < max && length < MAX_LENGTH) {
      const from = rows.at(-1)?.id as string;
      const rest = backward ? narrowed(page, undefined, from) : narrowed(page, from);
      const more = Math.min(CHUNK, max - rows.length);
      const read = rows.length;
      const chunk = await this.#pageNow(list, rest, backward, more);
      rows.push(...chunk);
      length = measure(rows, read, length);
      if (chunk.length < more) return length < MAX_LENGTH;
    }
    return false;
  }

  /** XEP-0059 section 2.6. */
  async #readAt(list: List, wish: PageWish, index: number): Promise<PageRows> {
    const { range } = wish;
    const [[first], [last]] = await Promise.all([this.end('First', list, range), this.end('Last', list, range)]);
    if (first === undefined || last === undefined || first.place + index > last.place)
      return { rows: [], isExhausted: true, first, last };
    const after = await findPlace(first.place + index, { first, last }, async (id) => {
      const [row] = await this.end('First', list, narrowed(range, id));
      return row;
    });
    return this.read(list, { ...wish, index: undefined, after, before: undefined, backward: false });
  }

  #end(which: 'First' | 'Last', { kind, number }: List, { after, before }: Range): Call {
    return this.#store[`${kind}${which}`].bind(number, after, before);
  }

  #page({ kind, number }: List, { after, before }: Range, backward: boolean, limit: number): Call {
    return this.#store[`${kind}${backward ? 'Backward' : 'Forward'}`].bind(number, after, before, limit);
  }

  #pageNow(
    { kind, number }: List,
    { after, before }: Range,
    backward: boolean,
    limit: number,
  ): Promise<readonly MessageRow[]> {
    return this.#store[`${kind}${backward ? 'Backward' : 'Forward'}`](number, after, before, limit);
  }
}
