/** The tape between lexer and builder: the tokens of one element as numbers, so that reading allocates nothing. */

/**
 * Each token begins with its kind in the low three bits and its flags above; positions count from the first byte of the
 * element. START and EMPTY: kind, name start, name end, position behind the tag, number of attributes; then for each
 * attribute name start, name end, value start, value end, flags. END: kind, position of the end tag. TEXT and CDATA:
 * kind, start, end.
 */
export const START = 1;
export const EMPTY = 2;
export const END = 3;
export const TEXT = 4;
export const CDATA = 5;
export const KIND = 7;
/** The text or value holds references. */
export const REFERENCE = 8;
/** The text holds carriage returns, the value white space: both are to be normalised. */
export const NORMALISE = 16;
/** The text or value goes beyond ASCII. */
export const WIDE = 32;
/** The name has a prefix. */
export const PREFIXED = 64;
/** The name goes beyond ASCII. */
export const WIDE_NAME = 128;
export const ELEMENT_INTS = 5;
export const ATTRIBUTE_INTS = 5;

const INITIAL_INTS = 128;
/** A tape that a large element has grown beyond this is not kept. */
const KEPT_INTS = 8192;

export class Tape {
  ints = new Int32Array(INITIAL_INTS);
  size = 0;

  clear(): void {
    this.size = 0;
    if (this.ints.length > KEPT_INTS) this.ints = new Int32Array(INITIAL_INTS);
  }

  /** Makes room for `count` more numbers, which the caller writes into `ints` behind `size`. */
  reserve(count: number): Int32Array {
    const need = this.size + count;
    if (need > this.ints.length) {
      const grown = new Int32Array(2 * need);
      grown.set(this.ints);
      this.ints = grown;
    }
    return this.ints;
  }

  addText(head: number, start: number, end: number): void {
    const ints = this.reserve(3);
    const at = this.size;
    ints[at] = head;
    ints[at + 1] = start;
    ints[at + 2] = end;
    this.size = at + 3;
  }

  addEnd(position: number): void {
    const ints = this.reserve(2);
    ints[this.size] = END;
    ints[this.size + 1] = position;
    this.size += 2;
  }
}
