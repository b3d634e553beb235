/** Memory that elements hold: arrays of just the length they need (`push` would make room for seventeen), and strings. */
import type { Attributes, Node } from './element.ts';

export const NO_ATTRIBUTES: Attributes = Object.freeze([]);
export const NO_CHILDREN: readonly Node[] = Object.freeze([]);

/**
 * A string cut from a longer text keeps all of it in memory. What outlives a stanza is mostly attribute values:
 * addresses, node names, ids. Where the text is longer than this they are copied instead.
 */
export const COPY_VALUES_ABOVE = 4096;
/** Where the text is longer than this, pieces of it are copied that are less than an eighth of it. */
export const COPY_TEXT_ABOVE = 16_384;
/** The engine copies strings up to this length anyway. */
export const SHORT = 12;

/** Raw text of an element inside a stanza is kept from this length on; a shorter one is quicker to make again. */
export const KEEP_INNER_FROM = 256;

/** The first `size` strings: names and values by turns. */
export function attributesOf(list: readonly string[], size: number): Attributes {
  if (size === 2) return [list[0] as string, list[1] as string];
  if (size === 4) return [list[0] as string, list[1] as string, list[2] as string, list[3] as string];
  return size === 0 ? NO_ATTRIBUTES : list.slice(0, size);
}

/** The nodes from `first` up to `top`. */
export function childrenOf(nodes: readonly Node[], first: number, top: number): readonly Node[] {
  const count = top - first;
  if (count === 1) return [nodes[first] as Node];
  if (count === 0) return NO_CHILDREN;
  if (count === 2) return [nodes[first] as Node, nodes[first + 1] as Node];
  return nodes.slice(first, top);
}
