/** Elements as plain arrays, so that results of different parsers can be compared. */
import type { Element } from '../../src/xml/element.ts';

/** `[key, attributes by name, children]`; neighbouring text is one string. */
export type Tree = readonly [
  key: string,
  attributes: readonly (readonly [string, string])[],
  children: readonly (Tree | string)[],
];

export function treeOf(element: Element): Tree {
  const attributes: [string, string][] = [];
  for (let i = 0; i < element.attrs.length; i += 2) {
    attributes.push([element.attrs[i] as string, element.attrs[i + 1] as string]);
  }
  const children = element.children.map((child) => (typeof child === 'string' ? child : treeOf(child)));
  return [element.key, sorted(attributes), children];
}

export function sorted(attributes: readonly (readonly [string, string])[]): readonly (readonly [string, string])[] {
  return attributes.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
