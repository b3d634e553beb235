/**
 * The short way for most stanzas: one pass from bytes to elements over what is complete, short and plain. Whatever is
 * unusual (prefixes, CDATA, odd white space, wide names, a limit reached, a doubt) it leaves to the lexer and the
 * builder, which know all rules. What it accepts or refuses, they would accept with the same result and refuse for the
 * same reason.
 */
import * as chars from './chars.ts';
import { type Attributes, Element, type Node } from './element.ts';
import type { XmlLimits } from './error.ts';
import * as exact from './exact.ts';
import { findName, keyOf, nameAt } from './names.ts';
import { NO_SCOPE, type Scope, XML_NS, XMLNS_NS } from './namespaces.ts';
import { resolveReferences, skipReference } from './reference.ts';
import * as scratch from './scratch.ts';
import * as tokens from './tape.ts';

// Locals: the engine makes numbers of them, where it would load an imported binding each time.
const { AMP, APOS, CLASS, COLON, EQUALS, GT, LT, NAME, NAME_START, QUOTE, RIGHT_BRACKET, SLASH } = chars;
const { TEXT_STOP, VALUE_STOP, skipWide } = chars;
const { REFERENCE, WIDE } = tokens;
const { COPY_VALUES_ABOVE, KEEP_INNER_FROM, NO_ATTRIBUTES, NO_CHILDREN, SHORT, attributesOf, childrenOf } = exact;
const { SCRATCH, SCRATCH_BYTES, VIEW } = scratch;

/** A stanza that is not among the last bytes of a copy has not been cut off by it. */
const NEARLY_ALL = 2048;
const BLANK = 0x20;
const COLON_BYTE = 0x3a;

/** 1 for what may stand in an ASCII name without a prefix. */
const PLAIN_NAME = Uint8Array.from(CLASS, (bits, byte) => (byte < 0x80 && (bits & (NAME | COLON)) === NAME ? 1 : 0));

class PlainReader {
  /** Bytes of the element that was read last. */
  length = 0;

  /** What has been copied: from where in which bytes. */
  #source: Buffer | undefined;
  #from = 0;
  #pos = 0;
  /** The `<` behind the last byte: whatever is cut off there runs into it. */
  #end = 0;
  #text = '';
  #scope: Scope = NO_SCOPE;
  /** How many elements there may yet be. */
  #elements = 0;
  #maxElements = 0;
  #maxDepth = 0;
  #maxAttributes = 0;
  #flags = 0;
  /** There are characters beyond ASCII. */
  #wide = false;
  #ns = '';
  #nodes: Node[] = [];
  #top = 0;
  #list: string[] = [];

  /**
   * The element whose `<` is at `pos`, or undefined when it has to go the long way. Stanzas that came together are copied
   * together: `forget` must be called before bytes that were read from are changed.
   */
  read(bytes: Buffer, pos: number, end: number, scope: Scope, limits: XmlLimits): Element | undefined {
    this.#scope = scope;
    this.#maxElements = limits.maxElements;
    this.#maxDepth = limits.maxDepth;
    this.#maxAttributes = limits.maxAttributes;
    const at = pos - this.#from;
    if (bytes !== this.#source || at < 0 || at >= this.#end) return this.#copyAndRead(bytes, pos, end);
    // What was copied may end in the middle of this stanza; the next copy will begin with it.
    return this.#readAt(at) ?? (this.#end - at < NEARLY_ALL ? this.#copyAndRead(bytes, pos, end) : undefined);
  }

  forget(): void {
    this.#source = undefined;
  }

  #copyAndRead(bytes: Buffer, pos: number, end: number): Element | undefined {
    const size = Math.min(end - pos, SCRATCH_BYTES);
    bytes.copy(SCRATCH, 0, pos, pos + size);
    SCRATCH[size] = LT;
    SCRATCH[size + 1] = 0;
    this.#source = bytes;
    this.#from = pos;
    this.#end = size;
    this.#text = SCRATCH.toString('latin1', 0, size);
    return this.#readAt(0);
  }

  #readAt(at: number): Element | undefined {
    this.#elements = this.#maxElements;
    this.#wide = false;
    this.#top = 0;
    const element = this.#element(at, this.#scope.defaultNs, 1);
    this.length = this.#pos - at;
    return element;
  }

  #element(at: number, outerNs: string, depth: number): Element | undefined {
    const start = at + 1;
    const nameEnd = plainNameEnd(start);
    if (nameEnd < 0 || --this.#elements < 0 || depth > this.#maxDepth) return undefined;
    this.#pos = nameEnd;
    this.#ns = outerNs;
    const attrs = SCRATCH[nameEnd] === BLANK ? this.#attributes() : NO_ATTRIBUTES;
    if (attrs === undefined) return undefined;
    const ns = this.#ns;
    const place = findName(start, nameEnd);
    const name = nameAt(place);
    const key = keyOf(ns, name, place);
    const content = this.#pos + 1;
    if (SCRATCH[content - 1] === SLASH) {
      this.#pos = content + 1;
      return SCRATCH[content] === GT ? new Element(ns, name, attrs, NO_CHILDREN, '', key) : undefined;
    }
    if (SCRATCH[content - 1] !== GT) return undefined;
    const first = this.#top;
    const close = this.#children(content, ns, depth);
    if (close < 0 || !isEndTag(close, start, nameEnd)) return undefined;
    const children = childrenOf(this.#nodes, first, this.#top);
    this.#top = first;
    this.#pos = close + 3 + nameEnd - start;
    const inner = depth === 1 || close - content >= KEEP_INNER_FROM ? this.#inner(content, close) : undefined;
    return new Element(ns, name, attrs, children, inner, key);
  }

  #inner(start: number, end: number): string {
    return this.#wide ? SCRATCH.toString('utf8', start, end) : this.#text.slice(start, end);
  }

  /** Leaves the children in `#nodes`; gives the position of the end tag, -1 when there is something unusual. */
  #children(content: number, ns: string, depth: number): number {
    for (let start = content; ; start = this.#pos) {
      const end = this.#textEnd(start);
      if (end < 0) return -1;
      if (end > start) this.#nodes[this.#top++] = this.#string(start, end);
      if (SCRATCH[end + 1] === SLASH) return end;
      const child = this.#element(end, ns, depth + 1);
      if (child === undefined) return -1;
      this.#nodes[this.#top++] = child;
    }
  }

  /** Reads attributes from the blank at `#pos` to the end of the tag; undefined when there is something unusual. */
  #attributes(): Attributes | undefined {
    const list = this.#list;
    let size = 0;
    let left = this.#maxAttributes;
    let declared = false;
    let p = this.#pos;
    while (SCRATCH[p] === BLANK) {
      const start = p + 1;
      if (SCRATCH[start] === SLASH || SCRATCH[start] === GT) {
        p = start;
        break;
      }
      const nameEnd = attributeNameEnd(start);
      if (nameEnd < 0 || --left < 0) return undefined;
      const value = nameEnd + 2;
      p = this.#valueEnd(value);
      if (p < 0) return undefined;
      const name = nameAt(findName(start, nameEnd));
      if (name === 'xmlns') {
        if (declared || this.#flags !== 0 || !this.#declare(value, p)) return undefined;
        declared = true;
      } else {
        for (let i = 0; i < size; i += 2) if (list[i] === name) return undefined;
        list[size] = name;
        list[size + 1] = this.#value(value, p);
        size += 2;
      }
      p++;
    }
    this.#pos = p;
    return attributesOf(list, size);
  }

  #declare(start: number, end: number): boolean {
    const ns = nameAt(findName(start, end));
    this.#ns = ns;
    return ns !== XML_NS && ns !== XMLNS_NS && ns !== this.#scope.from;
  }

  #value(start: number, end: number): string {
    return this.#end > COPY_VALUES_ABOVE && end - start > SHORT && this.#flags === 0
      ? SCRATCH.toString('latin1', start, end)
      : this.#string(start, end);
  }

  #string(start: number, end: number): string {
    const flags = this.#flags;
    if (flags === 0) return this.#text.slice(start, end);
    const text = (flags & WIDE) === 0 ? this.#text.slice(start, end) : SCRATCH.toString('utf8', start, end);
    return (flags & REFERENCE) === 0 ? text : resolveReferences(text);
  }

  /** The `<` at the end of text, whose flags are left in `#flags`; -1 when there is something unusual. */
  #textEnd(start: number): number {
    this.#flags = 0;
    let p = textStop(start);
    while (SCRATCH[p] !== LT) {
      const next = SCRATCH[p] === RIGHT_BRACKET && SCRATCH[p + 1] !== RIGHT_BRACKET ? p + 1 : this.#skip(p);
      if (next < 0) return -1;
      p = textStop(next);
    }
    return p;
  }

  /** The quote at the end of the value that begins at `start`, as above. */
  #valueEnd(start: number): number {
    this.#flags = 0;
    const quote = SCRATCH[start - 1] as number;
    let p = valueStop(start, quote);
    while (SCRATCH[p] !== quote) {
      const next = this.#skip(p);
      if (next < 0) return -1;
      p = valueStop(next, quote);
    }
    return p;
  }

  /** Behind the reference or the wide characters at `p`; -1 when it is anything else. */
  #skip(p: number): number {
    let next = p;
    while (next >= 0 && (SCRATCH[next] as number) >= 0x80) next = skipWide(SCRATCH, next, this.#end);
    if (next !== p) {
      this.#flags |= WIDE;
      this.#wide = true;
      return next;
    }
    if (SCRATCH[p] !== AMP) return -1;
    this.#flags |= REFERENCE;
    return skipReference(SCRATCH, p, this.#end);
  }
}

export const plain = new PlainReader();

/** The end of the name at `start`, which is ASCII and has no prefix; -1 when there is none. */
function plainNameEnd(start: number): number {
  let p = start;
  while (PLAIN_NAME[SCRATCH[p] as number] !== 0) p++;
  return ((CLASS[SCRATCH[start] as number] as number) & NAME_START) === 0 ? -1 : p;
}

/** The `=` and quote behind the attribute name at `start`, -1 when that is unusual. Only `xml:` may be its prefix. */
function attributeNameEnd(start: number): number {
  let end = plainNameEnd(start);
  if (SCRATCH[end] === COLON_BYTE) {
    if (end - start !== 3 || SCRATCH[start] !== 0x78 || SCRATCH[start + 1] !== 0x6d || SCRATCH[start + 2] !== 0x6c)
      return -1;
    end = plainNameEnd(end + 1);
  }
  if (end < 0 || SCRATCH[end] !== EQUALS) return -1;
  return SCRATCH[end + 1] === APOS || SCRATCH[end + 1] === QUOTE ? end : -1;
}

/** Whether the `</` at `at` ends the element whose name is given. */
function isEndTag(at: number, start: number, end: number): boolean {
  const shift = at + 2 - start;
  for (let i = start; i < end; i++) if (SCRATCH[i] !== SCRATCH[i + shift]) return false;
  return SCRATCH[end + shift] === GT;
}

/** The first byte from `at` on that ends text or needs a look; there always is one, if only the sentinel. */
function textStop(at: number): number {
  let p = at;
  for (; ; p += 4) {
    const word = VIEW.getInt32(p, true);
    const lt = word ^ 0x3c3c3c3c;
    const amp = word ^ 0x26262626;
    const bracket = word ^ 0x5d5d5d5d;
    const hits = word | (word - 0x20202020) | (lt - 0x01010101) | (amp - 0x01010101) | (bracket - 0x01010101);
    if ((hits & 0x80808080) !== 0) break;
  }
  while (((CLASS[SCRATCH[p] as number] as number) & TEXT_STOP) === 0) p++;
  return p;
}

/** The first byte from `at` on that ends a value in these quotes or needs a look. */
function valueStop(at: number, quote: number): number {
  const quotes = quote * 0x01010101;
  let p = at;
  for (; ; p += 4) {
    const word = VIEW.getInt32(p, true);
    const lt = word ^ 0x3c3c3c3c;
    const amp = word ^ 0x26262626;
    const own = word ^ quotes;
    const hits = word | (word - 0x20202020) | (lt - 0x01010101) | (amp - 0x01010101) | (own - 0x01010101);
    if ((hits & 0x80808080) !== 0) break;
  }
  while (SCRATCH[p] !== quote && (isOtherQuote(p) || ((CLASS[SCRATCH[p] as number] as number) & VALUE_STOP) === 0)) p++;
  return p;
}

function isOtherQuote(p: number): boolean {
  return SCRATCH[p] === APOS || SCRATCH[p] === QUOTE;
}
