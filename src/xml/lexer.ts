/**
 * Reads one element from bytes into a tape of tokens: every rule of XML 1.0 that needs no namespaces, the limits, and
 * what RFC 6120 section 11.1 forbids. It stops where the bytes end and goes on from there when more have come; no byte
 * is looked at more than three times, however small the packets are.
 */
import * as chars from './chars.ts';
import { notWellFormed, XmlError, type XmlLimits } from './error.ts';
import { skipPlain } from './long-text.ts';
import { OpenTags } from './open-tags.ts';
import { skipReference } from './reference.ts';
import { TagEnd } from './tag-end.ts';
import * as tokens from './tape.ts';

// Locals: the engine makes numbers of them, where it would load an imported binding each time.
const {
  AMP,
  APOS,
  BANG,
  CLASS,
  COLON,
  CR,
  EQUALS,
  GT,
  HIGH,
  LT,
  NAME,
  NAME_START,
  QUESTION,
  QUOTE,
  RIGHT_BRACKET,
  SLASH,
  SPACE,
  TEXT_STOP,
  VALUE_STOP,
} = chars;
const { START, EMPTY, TEXT, CDATA, REFERENCE, NORMALISE, WIDE, PREFIXED, WIDE_NAME, ELEMENT_INTS, ATTRIBUTE_INTS } =
  tokens;
const { checkQName, skipSpace, skipWide } = chars;

const NOTHING = Buffer.alloc(0);
/** Longer runs are worth the preparations of `skipPlain`. */
const LONG_RUN = 256;

/** Where the reading stopped. */
type Mode = 'markup' | 'tag' | 'text' | 'cdata';

export class Lexer {
  bytes: Buffer = NOTHING;
  /** Where in `bytes` the element begins. */
  base = 0;
  /** How far it has been read. */
  pos = 0;
  end = 0;
  readonly tape = new tokens.Tape();
  /** There are CDATA sections or carriage returns: other readers may trip over the raw text. */
  unusual = false;

  #mode: Mode = 'markup';
  #limits: XmlLimits | undefined;
  #elements = 0;
  readonly #open = new OpenTags();
  readonly #tagEnd = new TagEnd();
  #textStart = 0;
  #flags = 0;

  /** Begins an element at `base`, where there is a `<`. */
  begin(bytes: Buffer, base: number, end: number, limits: XmlLimits): void {
    this.bytes = bytes;
    this.base = base;
    this.pos = base;
    this.end = end;
    this.tape.clear();
    this.unusual = false;
    this.#mode = 'markup';
    this.#limits = limits;
    this.#elements = 0;
    this.#open.depth = 0;
  }

  /** The bytes have moved, or there are more of them. */
  extend(bytes: Buffer, base: number, end: number): void {
    const shift = base - this.base;
    this.bytes = bytes;
    this.base = base;
    this.end = end;
    this.pos += shift;
    this.#tagEnd.shift(shift);
  }

  /** Lets go of the bytes. */
  release(): void {
    this.bytes = NOTHING;
  }

  /** Reads on; true when the element is complete, false when the bytes ran out first. */
  run(): boolean {
    if (this.#mode !== 'markup' && !this.#resume()) return false;
    while (this.#markup()) {
      if (this.#open.depth === 0) return true;
      if (!this.#text()) return false;
    }
    return false;
  }

  /** Reads a single start tag: a stream header. */
  runTag(): boolean {
    return (this.#mode === 'markup' || this.#resume()) && this.#markup();
  }

  #resume(): boolean {
    if (this.#mode === 'text') return this.#moreText();
    if (this.#mode === 'cdata') return this.#moreCdata() && this.#text();
    return this.#tagEnd.seek(this.bytes, this.end);
  }

  #markup(): boolean {
    const { bytes, pos, end } = this;
    this.#mode = 'markup';
    if (pos + 1 >= end) return false;
    const next = bytes[pos + 1];
    if (this.#open.depth === 0 && next === SLASH) notWellFormed('end tag without a start');
    if (next === SLASH) return this.#endTag() || this.#waitForTag();
    if (next === BANG) return this.#cdata();
    if (next === QUESTION) restricted('processing instruction');
    return this.#startTag() || this.#waitForTag();
  }

  #startTag(): boolean {
    const { bytes, end, base } = this;
    const start = this.pos + 1;
    let seen = CLASS[bytes[start] as number] as number;
    if ((seen & NAME_START) === 0) notWellFormed('malformed name');
    let p = start + 1;
    for (; p < end; p++) {
      const bits = CLASS[bytes[p] as number] as number;
      if ((bits & NAME) === 0) break;
      seen |= bits;
    }
    if (p >= end) return false;
    const flags = (seen & (COLON | HIGH)) === 0 ? 0 : nameFlags(bytes, start, p, seen);
    const at = this.tape.size;
    const nameEnd = p;
    p = this.#attributes(p, at);
    if (p < 0) return false;
    this.#count();
    const tape = this.tape.ints;
    if (bytes[p] === SLASH) {
      tape[at] = EMPTY | flags;
      p++;
    } else {
      tape[at] = START | flags;
      this.#open.push(start - base, nameEnd - base);
    }
    tape[at + 1] = start - base;
    tape[at + 2] = nameEnd - base;
    tape[at + 3] = p + 1 - base;
    this.pos = p + 1;
    return true;
  }

  /** Reads attributes up to the `>` or `/>`, whose position it gives; -1 when the bytes end. */
  #attributes(from: number, at: number): number {
    const { bytes, end, tape } = this;
    const most = (this.#limits as XmlLimits).maxAttributes;
    let p = from;
    let slot = at + ELEMENT_INTS;
    for (let count = 0; ; count++) {
      const ints = tape.reserve(slot + ATTRIBUTE_INTS - at);
      const gap = p;
      while (p < end && ((CLASS[bytes[p] as number] as number) & SPACE) !== 0) p++;
      if (p >= end) return -1;
      const c = bytes[p];
      if (c === GT || c === SLASH) {
        if (c === SLASH) {
          if (p + 1 >= end) return -1;
          if (bytes[p + 1] !== GT) notWellFormed('stray slash');
        }
        ints[at + 4] = count;
        tape.size = slot;
        return p;
      }
      if (p === gap) notWellFormed('no white space before an attribute');
      if (count === most) tooMuch('too many attributes');
      p = this.#attribute(p, slot);
      if (p < 0) return -1;
      slot += ATTRIBUTE_INTS;
    }
  }

  #attribute(start: number, slot: number): number {
    const { bytes, end, base } = this;
    const tape = this.tape.ints;
    let seen = CLASS[bytes[start] as number] as number;
    if ((seen & NAME_START) === 0) notWellFormed('malformed attribute name');
    let p = start + 1;
    for (; p < end; p++) {
      const bits = CLASS[bytes[p] as number] as number;
      if ((bits & NAME) === 0) break;
      seen |= bits;
    }
    const nameEnd = p;
    if (bytes[p] !== EQUALS) p = skipSpace(bytes, p, end);
    if (p >= end) return -1;
    if (bytes[p] !== EQUALS) notWellFormed('attribute without a value');
    const flags = (seen & (COLON | HIGH)) === 0 ? 0 : nameFlags(bytes, start, nameEnd, seen);
    p++;
    if (p < end && bytes[p] !== APOS && bytes[p] !== QUOTE) p = skipSpace(bytes, p, end);
    if (p >= end) return -1;
    const valueEnd = this.#value(p);
    if (valueEnd < 0) return -1;
    tape[slot] = start - base;
    tape[slot + 1] = nameEnd - base;
    tape[slot + 2] = p + 1 - base;
    tape[slot + 3] = valueEnd - base;
    tape[slot + 4] = flags | this.#flags;
    return valueEnd + 1;
  }

  /** The position of the closing quote of the value that opens at `open`, its flags in `#flags`; -1 when bytes end. */
  #value(open: number): number {
    const { bytes, end } = this;
    const quote = bytes[open] as number;
    if (quote !== APOS && quote !== QUOTE) notWellFormed('attribute value without quotes');
    let flags = 0;
    for (let p = open + 1; ; ) {
      while (p < end && ((CLASS[bytes[p] as number] as number) & VALUE_STOP) === 0) p++;
      if (p >= end) return -1;
      const c = bytes[p] as number;
      if (c === quote) {
        this.#flags = flags;
        return p;
      }
      if (c === APOS || c === QUOTE) {
        p++;
      } else if (c >= 0x80) {
        flags |= WIDE;
        p = skipWide(bytes, p, end);
      } else if (c === AMP) {
        flags |= REFERENCE;
        p = skipReference(bytes, p, end);
      } else if (((CLASS[c] as number) & SPACE) !== 0) {
        flags |= NORMALISE;
        p++;
      } else {
        notWellFormed(c === LT ? '< in an attribute value' : 'forbidden character');
      }
      if (p < 0) return -1;
    }
  }

  #endTag(): boolean {
    const behind = this.#open.close(this.bytes, this.base, this.pos + 2, this.end);
    if (behind < 0) return false;
    this.tape.addEnd(this.pos - this.base);
    this.pos = behind;
    return true;
  }

  /** Character data up to the next `<`. */
  #text(): boolean {
    const { bytes, pos } = this;
    if (pos < this.end && bytes[pos] === LT) return true;
    this.#mode = 'text';
    this.#textStart = pos - this.base;
    this.#flags = 0;
    return this.#moreText();
  }

  #moreText(): boolean {
    const { bytes, end } = this;
    for (let p = this.pos; ; ) {
      const soon = Math.min(p + LONG_RUN, end);
      while (p < soon && ((CLASS[bytes[p] as number] as number) & TEXT_STOP) === 0) p++;
      if (p === soon && p < end) p = skipPlain(bytes, p, end);
      this.pos = p;
      if (p >= end) return false;
      const c = bytes[p] as number;
      if (c === LT) {
        this.#emit(TEXT, p);
        return true;
      }
      if (c === AMP) {
        this.#flags |= REFERENCE;
        p = skipReference(bytes, p, end);
      } else {
        p = this.#oddText(p);
      }
      if (p < 0) return false;
    }
  }

  /** What both character data and CDATA sections look at twice; -1 when the bytes end before one can tell. */
  #oddText(p: number): number {
    const { bytes, end } = this;
    const c = bytes[p] as number;
    if (c >= 0x80) {
      this.#flags |= WIDE;
      return skipWide(bytes, p, end);
    }
    if (c === CR) {
      this.#flags |= NORMALISE;
      this.unusual = true;
      return p + 1;
    }
    if (c !== RIGHT_BRACKET) notWellFormed('forbidden character');
    if (p + 1 < end && bytes[p + 1] !== RIGHT_BRACKET) return p + 1;
    if (p + 2 >= end) return -1;
    if (bytes[p + 2] !== GT) return p + 1;
    return this.#mode === 'text' ? notWellFormed(']]> in text') : p;
  }

  /** A CDATA section, the only markup with an exclamation mark that XMPP allows. */
  #cdata(): boolean {
    const opening = '<![CDATA[';
    const { bytes, pos, end } = this;
    for (let i = 2; i < opening.length; i++) {
      if (pos + i >= end) return false;
      if (bytes[pos + i] !== opening.charCodeAt(i)) restricted('comment or document type');
    }
    if (this.#open.depth === 0) restricted('CDATA section between stanzas');
    this.unusual = true;
    this.pos = pos + opening.length;
    this.#mode = 'cdata';
    this.#textStart = this.pos - this.base;
    this.#flags = 0;
    return this.#moreCdata();
  }

  #moreCdata(): boolean {
    const { bytes, end } = this;
    for (let p = this.pos; ; ) {
      while (
        p < end &&
        (((CLASS[bytes[p] as number] as number) & TEXT_STOP) === 0 || bytes[p] === LT || bytes[p] === AMP)
      )
        p++;
      this.pos = p;
      if (p >= end) return false;
      const next = this.#oddText(p);
      if (next < 0) return false;
      if (next === p) {
        this.#emit(CDATA, p);
        this.pos = p + 3;
        return true;
      }
      p = next;
    }
  }

  #emit(kind: number, end: number): void {
    this.tape.addText(kind | this.#flags, this.#textStart, end - this.base);
  }

  #count(): void {
    const { maxElements, maxDepth } = this.#limits as XmlLimits;
    if (++this.#elements > maxElements) tooMuch('too many elements');
    if (this.#open.depth === maxDepth) tooMuch('too many levels');
  }

  /** Has the end of this tag looked for before it is read again. */
  #waitForTag(): boolean {
    this.#mode = 'tag';
    this.#tagEnd.begin(this.pos + 1);
    return this.#tagEnd.seek(this.bytes, this.end) ? notWellFormed('malformed tag') : false;
  }
}

/** The flags of a name with a colon or characters beyond ASCII, which is checked here. */
function nameFlags(bytes: Buffer, start: number, end: number, seen: number): number {
  checkQName(bytes, start, end);
  return ((seen & COLON) === 0 ? 0 : PREFIXED) | ((seen & HIGH) === 0 ? 0 : WIDE_NAME);
}

function restricted(text: string): never {
  throw new XmlError('restricted-xml', text);
}

function tooMuch(text: string): never {
  throw new XmlError('policy-violation', text);
}
