/** How much of an archive is in memory for one page. */

/** Rows that are read at once. */
export const CHUNK = 50;
/** A page ends with the message that makes it this long, in characters: all of it may have to wait for a slow client. */
export const MAX_LENGTH = 524_288;

/** Adds the lengths of the rows from one on, and drops the rows behind the one that makes the page long enough. */
export function measure(rows: { readonly xml: string }[], from: number, lengthBefore: number): number {
  let length = lengthBefore;
  for (let i = from; i < rows.length; i++) {
    length += rows[i]?.xml.length ?? 0;
    if (length >= MAX_LENGTH) rows.length = i + 1;
  }
  return length;
}
