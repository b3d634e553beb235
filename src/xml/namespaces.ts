/** Namespaces in XML 1.0: what prefixes stand for, and the two that cannot be rebound. */
import { notWellFormed, XmlError } from './error.ts';

export const XML_NS = 'http://www.w3.org/XML/1998/namespace';
export const XMLNS_NS = 'http://www.w3.org/2000/xmlns/';
/** Prefixes in scope at one time. Looking one up is a walk, and more than a handful is an attack. */
const MAX_PREFIXES = 128;

/** What a stream header declares for all stanzas in the stream. */
export interface Scope {
  /** The default namespace as elements are to show it. */
  readonly defaultNs: string;
  /** Prefix, namespace, prefix, namespace. */
  readonly prefixes: readonly string[];
  /** Elements in this namespace are shown in `to`. */
  readonly from: string | undefined;
  readonly to: string;
}

export const NO_SCOPE: Scope = Object.freeze({ defaultNs: '', prefixes: Object.freeze([]), from: undefined, to: '' });

const CLIENT_NS = 'jabber:client';
let last: Scope = NO_SCOPE;

/** The scope of a stream whose elements in the namespace `from` are shown as those of clients. */
export function scopeOf(defaultNs: string, prefixes: readonly string[], from: string | undefined): Scope {
  const shown = (ns: string): string => (ns === from ? CLIENT_NS : ns);
  const scope = { defaultNs: shown(defaultNs), prefixes: prefixes.map(shown), from, to: CLIENT_NS };
  // Thousands of streams have the same header: they share one object.
  if (!isSame(scope, last)) last = scope;
  return last;
}

function isSame(one: Scope, other: Scope): boolean {
  return (
    one.defaultNs === other.defaultNs &&
    one.from === other.from &&
    one.prefixes.length === other.prefixes.length &&
    one.prefixes.every((it, i) => it === other.prefixes[i])
  );
}

/** Prefixes bound at a place in the document, the innermost last. */
export class Prefixes {
  #names: string[] = [];
  #uris: string[] = [];
  #scope: Scope = NO_SCOPE;
  count = 0;

  /** Starts with what the stream header has bound. */
  begin(scope: Scope): void {
    this.count = scope.prefixes.length >> 1;
    if (this.#scope === scope) return;
    this.#scope = scope;
    this.#names = scope.prefixes.filter((_, i) => i % 2 === 0);
    this.#uris = scope.prefixes.filter((_, i) => i % 2 === 1);
  }

  /** Binds a prefix until `count` is set back to what it was; `since` is what it was before this tag. */
  bind(prefix: string, uri: string, since: number): void {
    if (prefix === 'xmlns' || uri === XMLNS_NS) notWellFormed('xmlns cannot be bound');
    if ((prefix === 'xml') !== (uri === XML_NS)) notWellFormed('xml cannot be rebound');
    if (uri === '') notWellFormed('prefix bound to no namespace');
    for (let i = since; i < this.count; i++) if (this.#names[i] === prefix) notWellFormed('duplicate attribute');
    if (this.count === MAX_PREFIXES) throw new XmlError('policy-violation', 'too many prefixes');
    this.#names[this.count] = prefix;
    this.#uris[this.count] = uri;
    this.count++;
  }

  /** The index of the innermost binding of a prefix other than `xml`. */
  find(prefix: string): number {
    const names = this.#names;
    for (let i = this.count - 1; i >= 0; i--) if (names[i] === prefix) return i;
    return notWellFormed('prefix not bound');
  }

  /** All that are bound: prefix, namespace, prefix, namespace. */
  list(): string[] {
    return this.#names.slice(0, this.count).flatMap((name, i) => [name, this.uri(i)]);
  }

  uri(index: number): string {
    return this.#uris[index] as string;
  }
}
