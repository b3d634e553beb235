/** Reads pages of what was said with one resource: a conversation is in an index, its resources are not. */

import { CHUNK, MAX_LENGTH, measure } from './page-size.ts';
import type { PageWish } from './pages.ts';
import { narrowed, type Range } from './range.ts';
import { type ArchiveStore, type MessageRow, RESOURCE_STEP } from './store.ts';

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
      const wanted = Math.min(CHUNK + 1, max + 1 - rows.length);
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
    const { after, before } = range;
    const found = await this.#store[`resource${way}`](conversation, after, before, resource, wanted);
    const last = found.at(-1);
    if (last !== undefined && found.length === wanted) return { found, left: behind(range, last.id, backward) };
    const [end] = await this.#store[`step${way}`](conversation, after, before, RESOURCE_STEP - 1);
    return { found, left: end && behind(range, end.id, backward) };
  }
}

interface Search {
  readonly conversation: number;
  readonly resource: string;
  readonly backward: boolean;
  readonly wanted: number;
}

/** What is left of a range behind an entry. */
function behind(range: Range, id: string, backward: boolean): Range {
  return backward ? narrowed(range, '', id) : narrowed(range, id);
}
