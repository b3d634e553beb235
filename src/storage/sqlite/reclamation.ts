/** Makes the file of a SQLite database shorter after much was deleted: https://sqlite.org/pragma.html#pragma_incremental_vacuum. */
import type { Reclamation } from '../engine.ts';

/** Free pages that stay for what is written next: one in sixteen, and 4 MiB. */
const SHARE_KEPT = 16;
const PAGES_KEPT = 1_024;
/** Each page that is given up may have to be moved first, so that a step takes a few milliseconds. */
const PAGES_OF_A_STEP = 256;

export const reclamation: Reclamation = {
  measure: `select freelist_count as free, page_count as pages, page_size as size
    from pragma_freelist_count, pragma_page_count, pragma_page_size`,
  step({ free, pages, size }) {
    const kept = Math.max(PAGES_KEPT, Math.floor(Number(pages) / SHARE_KEPT));
    const count = Math.min(PAGES_OF_A_STEP, Number(free) - kept);
    if (!(count > 0)) return undefined;
    return { text: `pragma incremental_vacuum(${count})`, bytes: count * Number(size) };
  },
};
