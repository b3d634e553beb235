/** Walks a configuration along its schema: finds unknown keys, reads secrets from files, makes paths absolute. */
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import type { z } from 'zod';
import { suggest } from '../../util/suggest.ts';
import { oneOf } from './expectation.ts';
import { type Finding, type Path, pathText, valueText } from './finding.ts';
import { isMapping, type OptionShape, shapeFor, shapeOf } from './option-shape.ts';

const FILE = 'File';
const LONGEST_LIST = 20;

interface Inspection {
  /** A copy with secrets filled in and absolute paths, those by default among them; unknown keys are left out. */
  readonly value: unknown;
  readonly findings: readonly Finding[];
}

/** `resolve` makes a path absolute. */
export function inspect(schema: z.ZodType, value: unknown, resolve: (path: string) => string): Inspection {
  const findings: Finding[] = [];
  return { value: new Inspector(findings, resolve).walk(schema, value, []), findings };
}

class Inspector {
  readonly #findings: Finding[];
  readonly #resolve: (path: string) => string;

  constructor(findings: Finding[], resolve: (path: string) => string) {
    this.#findings = findings;
    this.#resolve = resolve;
  }

  walk(schema: z.ZodType, value: unknown, path: Path): unknown {
    // A section whose options are all commented out reads as null.
    if (value === null && hasParts(schema)) return {};
    const shape = shapeFor(schema, value);
    if (shape.kind === 'map' && isMapping(value)) return this.#map(shape, value, path);
    if (shape.kind === 'entries' && isMapping(value)) {
      return Object.fromEntries(
        Object.entries(value).map(([key, it]) => [key, this.walk(shape.item!, it, [...path, key])]),
      );
    }
    if (shape.kind === 'list' && Array.isArray(value)) {
      return value.map((it: unknown, at) => this.walk(shape.item!, it, [...path, at]));
    }
    if (shape.meta.path !== undefined && typeof value === 'string' && value !== '')
      return this.#path(shape, value, path);
    return value;
  }

  #map(shape: OptionShape, value: Readonly<Record<string, unknown>>, path: Path): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    for (const [key, it] of Object.entries(value)) {
      const field = Object.hasOwn(shape.fields, key) ? shape.fields[key] : undefined;
      const secret = field ? undefined : secretOf(shape, key);
      if (field) result[key] = this.walk(field, it, [...path, key]);
      else if (secret !== undefined) this.#secret(secret, it, [...path, key], { from: value, into: result });
      else if (shape.open) result[key] = it;
      else this.#unknown(shape, key, path);
    }
    for (const [key, it] of Object.entries(shape.fields)) {
      const { meta, fallback } = shapeOf(it);
      if (meta.path && typeof fallback === 'string' && !Object.hasOwn(value, key))
        result[key] = this.#resolve(fallback);
    }
    return result;
  }

  #unknown(shape: OptionShape, key: string, path: Path): void {
    const known = keysOf(shape);
    const place = path.length === 0 ? 'at the top' : `in ${pathText(path)}`;
    this.#findings.push({
      path: [...path, key],
      at: 'key',
      what: `there is no ${shape.meta.noun ?? 'option'} ${JSON.stringify(key)} ${place}`,
      expected: known.length === 0 ? 'no options here' : listOf(known),
      suggestion: suggest(key, known),
    });
  }

  #secret(
    name: string,
    file: unknown,
    path: Path,
    map: { from: Readonly<Record<string, unknown>>; into: Record<string, unknown> },
  ): void {
    if (Object.hasOwn(map.from, name)) {
      const what = `both ${name} and ${name}${FILE} are given`;
      this.#findings.push({ path, at: 'key', what, expected: 'only one of them' });
    }
    // What is read here stands in for the secret; where reading failed, one finding is enough.
    map.into[name] = 'unreadable';
    if (typeof file !== 'string' || file === '') {
      const what = `${pathText(path)} is ${valueText(file)}`;
      this.#findings.push({ path, at: 'value', what, expected: 'the path of a file that holds the secret' });
      return;
    }
    const found = this.#path({ meta: { path: 'file' } }, file, path);
    if (found === undefined) return;
    const text = readFileSync(found, 'utf8').replace(/\r?\n$/, '');
    if (text !== '') map.into[name] = text;
    else
      this.#findings.push({
        path,
        at: 'value',
        what: `the file ${found} is empty`,
        expected: 'a file with the secret',
      });
  }

  /** The absolute path; for a file that cannot be read a finding, and undefined. */
  #path({ meta }: Pick<OptionShape, 'meta'>, text: string, path: Path): string | undefined {
    const absolute = this.#resolve(text);
    const trouble = meta.path === 'file' ? unreadable(absolute) : undefined;
    if (trouble === undefined) return absolute;
    this.#findings.push({ path, at: 'value', what: trouble, expected: 'a file that can be read' });
    return undefined;
  }
}

function hasParts(schema: z.ZodType): boolean {
  const { kind } = shapeFor(schema, {});
  return kind === 'map' || kind === 'entries';
}

function unreadable(file: string): string | undefined {
  try {
    if (!statSync(file).isFile()) return `${file} is no file`;
    accessSync(file, constants.R_OK);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? `there is no file ${file}` : `the file ${file} cannot be read (${code})`;
  }
}

/** The secret whose file the key names: `token` for `tokenFile`. */
function secretOf(shape: OptionShape, key: string): string | undefined {
  const name = key.endsWith(FILE) ? key.slice(0, -FILE.length) : '';
  const field = Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined;
  return field && shapeOf(field).meta.secret === true ? name : undefined;
}

/** The keys that a map may have, the files of secrets among them. */
export function keysOf(shape: OptionShape): readonly string[] {
  return Object.entries(shape.fields).flatMap(([key, it]) => (shapeOf(it).meta.secret ? [key, key + FILE] : [key]));
}

function listOf(words: readonly string[]): string {
  if (words.length <= LONGEST_LIST) return oneOf(words);
  return `${words.slice(0, LONGEST_LIST).join(', ')} or one of ${words.length - LONGEST_LIST} others`;
}
