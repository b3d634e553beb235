/** Makes elements of the tape: namespaces resolved, duplicate attributes refused, text and values normalised. */
import { type Attributes, clark, Element, type Node } from './element.ts';
import { notWellFormed, XmlError } from './error.ts';
import * as exact from './exact.ts';
import type { Lexer } from './lexer.ts';
import { findNameIn, keyOf, nameAt } from './names.ts';
import { NO_SCOPE, Prefixes, type Scope, XML_NS, XMLNS_NS } from './namespaces.ts';
import { resolveReferences } from './reference.ts';
import * as tokens from './tape.ts';

const { COPY_TEXT_ABOVE, COPY_VALUES_ABOVE, KEEP_INNER_FROM, NO_ATTRIBUTES, NO_CHILDREN, SHORT } = exact;
const { attributesOf, childrenOf } = exact;
const { EMPTY, END, TEXT, CDATA, KIND, REFERENCE, NORMALISE, WIDE, PREFIXED, WIDE_NAME, ELEMENT_INTS, ATTRIBUTE_INTS } =
  tokens;

const NOTHING_USED = 0x7fffffff;
const MANY_ATTRIBUTES = 16;

const NO_BYTES = Buffer.alloc(0);

export class Builder {
  /** The default namespace that the last tag declared or inherited. */
  defaultNs = '';
  readonly prefixes = new Prefixes();

  #bytes: Buffer = NO_BYTES;
  #base = 0;
  /** The element's bytes as one character each: ASCII tokens are cut from it. */
  #text = '';
  #tape = new Int32Array(0);
  #at = 0;
  #scope: Scope = NO_SCOPE;
  #rawUsable = true;
  #wide = false;
  /** The lowest index of a binding that was used. */
  #used = NOTHING_USED;
  /** How often the namespace that is shown as another has been declared. */
  #renamed = 0;
  /** Text nodes and elements waiting for their parent's end tag. */
  #nodes: Node[] = [];
  #top = 0;
  #list: string[] = [];
  #ns = '';
  #name = '';
  #key = '';

  /** The element that the lexer has read. */
  build(lexer: Lexer, scope: Scope): Element {
    this.#begin(lexer, scope);
    const element = this.#element(scope.defaultNs);
    this.#finish();
    return element;
  }

  /** The start tag that the lexer has read, as an element without children; leaves what it binds in `prefixes`. */
  buildTag(lexer: Lexer): Element {
    this.#begin(lexer, NO_SCOPE);
    const attrs = this.#attributes('');
    this.#qualify(0);
    const element = new Element(this.#ns, this.#name, attrs, NO_CHILDREN, '', this.#key);
    this.#finish();
    return element;
  }

  #begin(lexer: Lexer, scope: Scope): void {
    this.#bytes = lexer.bytes;
    this.#base = lexer.base;
    this.#text = lexer.bytes.toString('latin1', lexer.base, lexer.pos);
    this.#tape = lexer.tape.ints;
    this.#rawUsable = !lexer.unusual;
    this.#at = 0;
    this.#scope = scope;
    this.#wide = false;
    this.#used = NOTHING_USED;
    this.#renamed = 0;
    this.#top = 0;
    this.prefixes.begin(scope);
  }

  #finish(): void {
    this.#bytes = NO_BYTES;
    this.#text = '';
    if (this.#nodes.length > 1024) this.#nodes = [];
  }

  /** The element whose token is next, with all that is in it. */
  #element(outerNs: string): Element {
    const { prefixes } = this;
    const tape = this.#tape;
    const at = this.#at;
    const bound = prefixes.count;
    const attrs = this.#attributes(outerNs);
    const inside = this.defaultNs;
    this.#qualify(at);
    const ns = this.#ns;
    const name = this.#name;
    const key = this.#key;
    if (((tape[at] as number) & KIND) === EMPTY) {
      prefixes.count = bound;
      return new Element(ns, name, attrs, NO_CHILDREN, '', key);
    }
    const usedBefore = this.#used;
    const renamedBefore = this.#renamed;
    const own = prefixes.count;
    const first = this.#top;
    this.#used = NOTHING_USED;
    const end = this.#children(inside, first);
    const children = childrenOf(this.#nodes, first, this.#top);
    this.#top = first;
    const content = tape[at + 3] as number;
    let inner: string | undefined;
    if (at === 0 || end - content >= KEEP_INNER_FROM) {
      const selfContained = this.#used >= own && this.#renamed === renamedBefore && ns === inside;
      if (selfContained && this.#rawUsable) inner = this.#raw(content, end);
    }
    if (usedBefore < this.#used) this.#used = usedBefore;
    prefixes.count = bound;
    return new Element(ns, name, attrs, children, inner, key);
  }

  /** Reads up to the end tag, whose position it gives; the children are left in `#nodes` from `first` on. */
  #children(inside: string, first: number): number {
    const tape = this.#tape;
    for (;;) {
      const at = this.#at;
      const head = tape[at] as number;
      const kind = head & KIND;
      if (kind === END) {
        this.#at = at + 2;
        return tape[at + 1] as number;
      }
      if (kind === TEXT || kind === CDATA) {
        this.#at = at + 3;
        this.#addText(tape[at + 1] as number, tape[at + 2] as number, head, first);
      } else {
        const child = this.#element(inside);
        this.#nodes[this.#top++] = child;
      }
    }
  }

  #addText(start: number, end: number, flags: number, first: number): void {
    let text = this.#slice(start, end, flags);
    if ((flags & NORMALISE) !== 0) text = text.replace(LINE_END, '\n');
    if ((flags & REFERENCE) !== 0) text = resolveReferences(text);
    const last = this.#top - 1;
    if (last >= first && !this.#rawUsable && typeof this.#nodes[last] === 'string') {
      this.#nodes[last] += text;
    } else if (text !== '') {
      this.#nodes[this.#top++] = text;
    }
  }

  #slice(start: number, end: number, flags: number): string {
    if ((flags & WIDE) !== 0) {
      this.#wide = true;
      return this.#bytes.toString('utf8', this.#base + start, this.#base + end);
    }
    const whole = this.#text.length;
    if (whole > COPY_TEXT_ABOVE && (end - start) * 8 < whole) return this.#copy(start, end);
    return this.#text.slice(start, end);
  }

  #copy(start: number, end: number): string {
    return this.#bytes.toString('latin1', this.#base + start, this.#base + end);
  }

  #raw(start: number, end: number): string {
    return this.#wide
      ? this.#bytes.toString('utf8', this.#base + start, this.#base + end)
      : this.#text.slice(start, end);
  }

  /** The attributes of the token that is next; sets `defaultNs`, binds prefixes and moves on behind the tag. */
  #attributes(outerNs: string): Attributes {
    const tape = this.#tape;
    const count = tape[this.#at + 4] as number;
    let at = this.#at + ELEMENT_INTS;
    this.#at = at + count * ATTRIBUTE_INTS;
    this.defaultNs = outerNs;
    if (count === 0) return NO_ATTRIBUTES;
    const bound = this.prefixes.count;
    const list = this.#list;
    let size = 0;
    let prefixed = false;
    let declared = false;
    for (; at < this.#at; at += ATTRIBUTE_INTS) {
      const flags = tape[at + 4] as number;
      const name = this.#attributeName(at, flags);
      if (name === 'xmlns') {
        if (declared) notWellFormed('duplicate attribute');
        declared = true;
        this.#declareDefault(at);
      } else if ((flags & PREFIXED) !== 0 && name.startsWith('xmlns:')) {
        this.prefixes.bind(name.slice(6), this.#namespace(at), bound);
      } else {
        if ((flags & PREFIXED) !== 0 && !name.startsWith('xml:')) prefixed = true;
        list[size] = name;
        list[size + 1] = this.#value(at, flags);
        size += 2;
      }
    }
    if (prefixed) this.#resolve(size);
    if (size > 2) checkUnique(list, size);
    return attributesOf(list, size);
  }

  #attributeName(at: number, flags: number): string {
    const start = this.#base + (this.#tape[at] as number);
    const end = this.#base + (this.#tape[at + 1] as number);
    if ((flags & WIDE_NAME) === 0) return nameAt(findNameIn(this.#bytes, start, end));
    this.#wide = true;
    return this.#bytes.toString('utf8', start, end);
  }

  #value(at: number, flags: number): string {
    const start = this.#tape[at + 2] as number;
    const end = this.#tape[at + 3] as number;
    if ((flags & (WIDE | REFERENCE | NORMALISE)) === 0) {
      const copied = end - start > SHORT && this.#text.length > COPY_VALUES_ABOVE;
      return copied ? this.#copy(start, end) : this.#text.slice(start, end);
    }
    let value = this.#slice(start, end, flags);
    if ((flags & NORMALISE) !== 0) value = value.replace(VALUE_SPACE, ' ');
    return (flags & REFERENCE) === 0 ? value : resolveReferences(value);
  }

  #declareDefault(at: number): void {
    const uri = this.#namespace(at);
    if (uri === XML_NS || uri === XMLNS_NS) notWellFormed('reserved namespace');
    this.defaultNs = uri;
  }

  /** The namespace that a declaration names, as elements are to show it. */
  #namespace(at: number): string {
    const tape = this.#tape;
    const flags = tape[at + 4] as number;
    const base = this.#base;
    const uri =
      (flags & (WIDE | REFERENCE | NORMALISE)) === 0
        ? nameAt(findNameIn(this.#bytes, base + (tape[at + 2] as number), base + (tape[at + 3] as number)))
        : this.#value(at, flags);
    if (uri !== this.#scope.from) return uri;
    this.#renamed++;
    return this.#scope.to;
  }

  /** Gives prefixed attributes their namespace. */
  #resolve(size: number): void {
    const list = this.#list;
    for (let i = 0; i < size; i += 2) {
      const name = list[i] as string;
      const colon = name.indexOf(':');
      if (colon < 0 || name.startsWith('xml:')) continue;
      list[i] = `{${this.#lookUp(name.slice(0, colon))}}${name.slice(colon + 1)}`;
    }
  }

  #lookUp(prefix: string): string {
    const index = this.prefixes.find(prefix);
    if (index < this.#used) this.#used = index;
    return this.prefixes.uri(index);
  }

  /** Sets namespace, name and key of the element whose token is at `at`, after its attributes have been read. */
  #qualify(at: number): void {
    const tape = this.#tape;
    const bytes = this.#bytes;
    const flags = tape[at] as number;
    const end = this.#base + (tape[at + 2] as number);
    let start = this.#base + (tape[at + 1] as number);
    this.#ns = this.defaultNs;
    if ((flags & PREFIXED) !== 0) {
      const colon = bytes.indexOf(':', start);
      const prefix = bytes.toString('utf8', start, colon);
      if (prefix === 'xml') throw new XmlError('bad-namespace-prefix', 'element with the prefix xml');
      this.#ns = this.#lookUp(prefix);
      start = colon + 1;
    }
    if ((flags & WIDE_NAME) === 0) {
      const place = findNameIn(bytes, start, end);
      this.#name = nameAt(place);
      this.#key = keyOf(this.#ns, this.#name, place);
    } else {
      this.#wide = true;
      this.#name = bytes.toString('utf8', start, end);
      this.#key = clark(this.#ns, this.#name);
    }
  }
}

const LINE_END = /\r\n?/g;
const VALUE_SPACE = /\r\n|[\t\n\r]/g;

/** No two attributes of a tag have the same expanded name. */
function checkUnique(list: readonly string[], size: number): void {
  if (size > 2 * MANY_ATTRIBUTES) {
    const names = new Set<string>();
    for (let i = 0; i < size; i += 2) names.add(list[i] as string);
    if (names.size * 2 !== size) notWellFormed('duplicate attribute');
    return;
  }
  for (let i = 2; i < size; i += 2) {
    for (let j = 0; j < i; j += 2) if (list[i] === list[j]) notWellFormed('duplicate attribute');
  }
}
