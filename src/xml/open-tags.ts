/** The names of the elements that are open while an element is read, as places in its bytes. */
import * as chars from './chars.ts';
import { notWellFormed } from './error.ts';

const { GT, skipSpace } = chars;

export class OpenTags {
  depth = 0;
  /** Start and end of each name, counted from the element's first byte. */
  #names = new Int32Array(32);

  push(start: number, end: number): void {
    const at = this.depth * 2;
    if (at === this.#names.length) {
      const grown = new Int32Array(2 * at);
      grown.set(this.#names);
      this.#names = grown;
    }
    this.#names[at] = start;
    this.#names[at + 1] = end;
    this.depth++;
  }

  /**
   * Closes the innermost element with the end tag whose name begins at `start`. Gives the position behind the tag, or -1
   * when the bytes end before it does; a name that does not match is noticed at once.
   */
  close(bytes: Buffer, base: number, start: number, end: number): number {
    const top = this.depth * 2 - 2;
    const open = base + (this.#names[top] as number);
    const length = (this.#names[top + 1] as number) - (this.#names[top] as number);
    for (let i = 0; i < length; i++) {
      if (start + i >= end) return -1;
      if (bytes[start + i] !== bytes[open + i]) notWellFormed('mismatched end tag');
    }
    const p = skipSpace(bytes, start + length, end);
    if (p >= end) return -1;
    if (bytes[p] !== GT) notWellFormed('mismatched end tag');
    this.depth--;
    return p + 1;
  }
}
