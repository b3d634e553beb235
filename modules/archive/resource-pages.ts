/** Reads pages of what was said with one resource: a conversation is in an index, its resources are not. */

import { CHUNK, MAX_LENGTH, measure } from './page-size.ts';
import type { PageWish } from './pages.ts';
import { justBefore, narrowed, type Range } from './range.ts';
import type { ArchiveStore, MessageRow } from './store.ts';

/** Entries that are looked at in one step, so that nobody else waits long. */
const STEP = 500;

export interface ResourcePage {
  /** In the order of the conversation. */
  readonly rows: readonly MessageRow[];
  readonly complete: boolean;
}

export class ResourcePages {
  readonly #store: ArchiveStore;

  constructor(store: ArchiveStore) {
    this.#store = store;
  }

  /** How many there are in all is not known without reading all of them. */
  async read(conversation: number, resource: string, wish: PageWish): Promise<ResourcePage> {
    const { backward, max } = wish;
    const rows: MessageRow[] = [];
    let length = 0;
    let rest: Range | undefined = narrowed(wish.range, wish.after, wish.before);
    // One more than was asked for tells whether the page is complete.
    while (rest !== undefined && rows.length <= max && length < MAX_LENGTH) {
      const wanted = Math.min(CHUNK, max + 1 - rows.length);
      const read = rows.length;
      const { found, left } = await this.#step({ conversation, resource, backward, wanted }, rest);
      rows.push(...found);
      length = measure(rows, read, length);
      rest = left;
    }
    const complete = rest === undefined && rows.length <= max && length < MAX_LENGTH;
    const page = rows.slice(0, max);
    return { rows: backward ? page.reverse() : page, complete };
  }

  /** Looks at some entries, and says what is left to be looked at. */
  async #step(
    { conversation, resource, backward, wanted }: Search,
    range: Range,
  ): Promise<{ readonly found: readonly MessageRow[]; readonly left: Range | undefined }> {
    const way = backward ? 'Backward' : 'Forward';
    const [next] = await this.#store[`step${way}`](conversation, range.after, range.before, STEP);
    const part = next === undefined ? range : backward ? narrowed(range, next.id) : narrowed(range, '', next.id);
    const found = await this.#store[`resource${way}`](conversation, part.after, part.before, resource, wanted);
    const last = found.at(-1);
    if (last !== undefined && found.length === wanted) {
      return { found, left: backward ? narrowed(range, '', last.id) : narrowed(range, last.id) };
    }
    return { found, left: next && from(range, next.id, backward) };
  }
}

interface Search {
  readonly conversation: number;
  readonly resource: string;
  readonly backward: boolean;
  readonly wanted: number;
}

/** The part of a range that begins with an entry. */
function from(range: Range, id: string, backward: boolean): Range {
  return backward ? narrowed(range, '', `${id}0`) : narrowed(range, justBefore(id));
}
