/** Looks for the end of a tag that came in pieces, so that the tag is read once it is whole and not with each piece. */
import * as chars from './chars.ts';
import { notWellFormed } from './error.ts';

const { APOS, GT, LT, QUOTE } = chars;

export class TagEnd {
  #pos = 0;
  /** The quotes that it is in, 0 outside of any. */
  #quote = 0;

  /** Begins at the byte behind the `<`. */
  begin(pos: number): void {
    this.#pos = pos;
    this.#quote = 0;
  }

  /** The bytes have moved. */
  shift(by: number): void {
    this.#pos += by;
  }

  /** Looks on from where it stopped; false when the bytes end first. */
  seek(bytes: Buffer, end: number): boolean {
    let quote = this.#quote;
    for (let p = this.#pos; p < end; p++) {
      const c = bytes[p] as number;
      if (c === LT) notWellFormed('< in a tag');
      if (quote !== 0) {
        if (c === quote) quote = 0;
      } else if (c === GT) {
        return true;
      } else if (c === APOS || c === QUOTE) {
        quote = c;
      }
    }
    this.#pos = end;
    this.#quote = quote;
    return false;
  }
}
