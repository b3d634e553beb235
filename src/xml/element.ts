/** Immutable XML elements: what the parser makes, what handlers read, what the writer sends. */
import { NO_ATTRIBUTES, NO_CHILDREN } from './exact.ts';
import { writeChildren, writeElement } from './writer.ts';

export type Node = Element | string;

/**
 * Attributes as a flat list: name, value, name, value. A stanza has four or so; a scan beats a hash and costs half
 * the memory. Names without a namespace stand as they are, `xml:lang` and its like keep the prefix `xml:`, any other
 * namespaced attribute is named `{namespace}local`.
 */
export type Attributes = readonly string[];

export class Element {
  /** `{namespace}name`, interned by the parser, so dispatch is one `Map.get`. */
  readonly key: string;
  readonly ns: string;
  readonly name: string;
  readonly attrs: Attributes;
  readonly children: readonly Node[];
  /**
   * The serialised children, valid wherever the default namespace is `ns` and no other prefix than `xml` is bound.
   * The parser sets it, for stanzas and for long elements inside of them, to the very text it read when that text
   * relies on nothing outside and has nothing that few readers ever meet (CDATA, carriage returns); otherwise it is made
   * on demand.
   */
  #inner: string | undefined;

  constructor(
    ns: string,
    name: string,
    attrs: Attributes = NO_ATTRIBUTES,
    children: readonly Node[] = NO_CHILDREN,
    inner?: string,
    key: string = clark(ns, name),
  ) {
    this.key = key;
    this.ns = ns;
    this.name = name;
    this.attrs = attrs;
    this.children = children;
    this.#inner = inner;
  }

  /** The value of an attribute; undefined when it is absent, which is not the same as empty. */
  attr(name: string): string | undefined {
    const { attrs } = this;
    for (let i = 0; i < attrs.length; i += 2) if (attrs[i] === name) return attrs[i + 1];
    return undefined;
  }

  /** The first child element with this key (`{namespace}name`). */
  child(key: string): Element | undefined {
    for (const it of this.children) if (typeof it !== 'string' && it.key === key) return it;
    return undefined;
  }

  /** Child elements, without the text between them. */
  elements(): Element[] {
    return this.children.filter((it): it is Element => typeof it !== 'string');
  }

  /** The first child element, whatever it is: the payload of an IQ. */
  firstElement(): Element | undefined {
    for (const it of this.children) if (typeof it !== 'string') return it;
    return undefined;
  }

  /** The direct text, concatenated. */
  text(): string {
    const { children } = this;
    if (children.length === 1 && typeof children[0] === 'string') return children[0];
    let text = '';
    for (const it of children) if (typeof it === 'string') text += it;
    return text;
  }

  /** The text of the first child with this key; undefined when there is no such child. */
  childText(key: string): string | undefined {
    return this.child(key)?.text();
  }

  /** The serialised children, in the default namespace `ns`. Cached: fan-out pays for it once. */
  innerXml(): string {
    return (this.#inner ??= writeChildren(this));
  }

  /** The same element with another child at its end; what was serialised stays so. */
  append(child: Element): Element {
    const inner = this.#inner === undefined ? undefined : this.#inner + writeElement(child, this.ns);
    return new Element(this.ns, this.name, this.attrs, [...this.children, child], inner, this.key);
  }

  /** The same element with only those children that pass. */
  filter(keep: (child: Node) => boolean): Element {
    const children = this.children.filter(keep);
    return children.length === this.children.length
      ? this
      : new Element(this.ns, this.name, this.attrs, children, undefined, this.key);
  }

  /** The same element with some attributes set (a string) or removed (undefined). */
  with(changes: Readonly<Record<string, string | undefined>>): Element {
    const attrs: string[] = [];
    for (let i = 0; i < this.attrs.length; i += 2) {
      const name = this.attrs[i] as string;
      if (!Object.hasOwn(changes, name)) attrs.push(name, this.attrs[i + 1] as string);
    }
    return new Element(this.ns, this.name, [...attrs, ...flatten(changes)], this.children, this.#inner, this.key);
  }

  /** Complete XML, with the namespace declared. */
  toString(): string {
    return writeElement(this, '');
  }
}

/** Builds an element by hand. Attributes and children that are undefined are left out. */
export function el(
  ns: string,
  name: string,
  attrs?: Readonly<Record<string, string | undefined>> | null,
  ...children: readonly (Node | undefined)[]
): Element {
  const kept = children.filter((it): it is Node => it !== undefined && it !== '');
  return new Element(ns, name, attrs ? flatten(attrs) : NO_ATTRIBUTES, kept);
}

/** The key of an element name: `{namespace}name`. */
export function clark(ns: string, name: string): string {
  return `{${ns}}${name}`;
}

function flatten(attrs: Readonly<Record<string, string | undefined>>): Attributes {
  const list: string[] = [];
  for (const name of Object.keys(attrs)) {
    const value = attrs[name];
    if (value !== undefined) list.push(name, value);
  }
  return list;
}
