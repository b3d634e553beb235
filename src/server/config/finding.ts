/** A mistake before its place in the file is known: the path of the option, and whether its key or its value is wrong. */
import { isMapping } from './option-shape.ts';

export type Path = readonly (string | number)[];

export interface Finding {
  readonly path: Path;
  readonly at: 'key' | 'value';
  readonly what: string;
  readonly expected?: string | undefined;
  readonly suggestion?: string | undefined;
}

/** `limits.depth`, `listeners[0].port`, `hosts."example.org".admins`. */
export function pathText(path: Path): string {
  let text = '';
  for (const it of path) {
    if (typeof it === 'number') text += `[${it}]`;
    else text += `${text === '' ? '' : '.'}${/^[\w-]+$/.test(it) ? it : JSON.stringify(it)}`;
  }
  return text;
}

const LONGEST_VALUE = 40;

/** A value as the operator would recognise it, shortened. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (isMapping(value)) return 'a mapping';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}...` : text;
}
