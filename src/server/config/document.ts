/** A YAML file with the place of everything in it. */
import { readFileSync } from 'node:fs';
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { ConfigErrors, type ConfigProblem } from '../../kernel/config-error.ts';
import type { Path } from './finding.ts';

interface Place {
  readonly line: number;
  readonly column: number;
}

export interface ConfigDocument {
  /** As given by the operator; for messages. */
  readonly file: string;
  /** The content as plain values; an empty mapping when the file is empty. */
  readonly value: unknown;
  /** Keys that stand twice: the rest can still be checked. */
  readonly problems: readonly ConfigProblem[];
  has(path: Path): boolean;
  /** Where a key or its value stands; what is not there has the place of the nearest parent that is. */
  place(path: Path, at: 'key' | 'value'): Place;
}

/** Throws `ConfigErrors` when the file cannot be read or is no YAML. */
export function readDocument(file: string): ConfigDocument {
  return parseConfigText(readText(file), file);
}

function readText(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw notReadable(file, error as NodeJS.ErrnoException);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const valid = bytes.subarray(0, firstInvalid(bytes)).toString('utf8').split('\n');
    const place = { line: valid.length, column: valid.at(-1)!.length + 1 };
    throw new ConfigErrors([problem(file, place, 'there is a byte that is not UTF-8')]);
  }
}

/** The length of the longest prefix that is valid, found by halving. */
function firstInvalid(bytes: Buffer): number {
  const decodes = (length: number): boolean => {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  let [good, bad] = [0, bytes.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (decodes(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

function notReadable(file: string, error: NodeJS.ErrnoException): ConfigErrors {
  const why = error.code === 'ENOENT' ? 'there is no such file' : `the file cannot be read (${error.code})`;
  return new ConfigErrors([{ where: file, line: 0, column: 0, what: why, expected: 'a configuration file' }]);
}

/** The same for text that is at hand. */
export function parseConfigText(text: string, file: string): ConfigDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const found = [...document.errors, ...document.warnings];
  const problems = found.map((it) =>
    problem(file, place(it.pos[0]), sentence(it.code, it.message, text.slice(it.pos[0]))),
  );
  if (found.some((it) => it.code !== 'DUPLICATE_KEY')) throw new ConfigErrors(problems);
  const root = document.contents;
  if (root !== null && !isMap(root) && !(isScalar(root) && root.value === null)) {
    throw new ConfigErrors([problem(file, place(root.range![0]), 'the file is not a mapping of options to values')]);
  }
  return {
    file,
    value: plain(document, file),
    problems,
    has: (path) => nodeAt(document, path).depth === path.length,
    place: (path, at) => place(offsetAt(document, path, at)),
  };
}

function plain(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch (error) {
    throw new ConfigErrors([problem(file, { line: 1, column: 1 }, (error as Error).message)]);
  }
}

function problem(file: string, { line, column }: Place, what: string): ConfigProblem {
  return { where: `${file}:${line}:${column}`, line, column, what };
}

function sentence(code: string, message: string, rest: string): string {
  if (code === 'DUPLICATE_KEY') return `the option ${/^[^\s:]+/.exec(rest)?.[0] ?? '""'} stands twice`;
  return `not valid YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}

interface Spot {
  /** How many steps of the path are there. */
  readonly depth: number;
  readonly key: Node | undefined;
  readonly value: Node | undefined;
}

function nodeAt(document: Document, path: Path): Spot {
  let spot: Spot = { depth: 0, key: undefined, value: document.contents ?? undefined };
  for (const step of path) {
    const node = isAlias(spot.value) ? spot.value.resolve(document) : spot.value;
    const pair = isMap(node) ? node.items.find((it) => keyText(it.key) === String(step)) : undefined;
    const item = isSeq(node) && typeof step === 'number' ? (node.items[step] as Node | undefined) : undefined;
    if (!pair && !item) return spot;
    const value = (pair ? pair.value : item) as Node | undefined;
    spot = { depth: spot.depth + 1, key: pair?.key as Node | undefined, value };
  }
  return spot;
}

function keyText(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}

function offsetAt(document: Document, path: Path, at: 'key' | 'value'): number {
  const { depth, key, value } = nodeAt(document, path);
  // What is missing is missing from its parent, which is best found by its name.
  const wanted = depth === path.length && at === 'value' ? (value ?? key) : (key ?? value);
  return wanted?.range?.[0] ?? 0;
}
