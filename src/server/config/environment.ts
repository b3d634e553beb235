/** Options from environment variables: `PARLEY_LIMITS__STANZA_BYTES` sets `limits.stanzaBytes`. */
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { suggest } from '../../util/suggest.ts';
import { oneOf } from './expectation.ts';
import { type Finding, type Path, pathText } from './finding.ts';
import { keysOf } from './inspect.ts';
import { isMapping, type OptionShape, shapeFor } from './option-shape.ts';

const PREFIX = 'PARLEY_';
const SEPARATOR = '__';

/**
 * Not options: the configuration file itself and what tests use; and what Kubernetes sets in every container for a
 * service that is called `parley`.
 */
const NOT_OPTIONS = /^PARLEY_(CONFIG$|TEST_|SERVICE_(HOST|PORT)(_|$)|PORT(_\d+_(TCP|UDP)(_|$)|$))/;

interface EnvironmentResult {
  /** The given value with the options of the environment put over it. */
  readonly value: unknown;
  /** By the path's text, which variable set it. */
  readonly variables: ReadonlyMap<string, string>;
  /** Mistakes in the variables themselves: no such option, no YAML. */
  readonly findings: readonly (Finding & { readonly variable: string })[];
}

type Env = Readonly<Record<string, string | undefined>>;

export function applyEnvironment(schema: z.ZodType, value: unknown, env: Env): EnvironmentResult {
  const variables = new Map<string, string>();
  const findings: (Finding & { variable: string })[] = [];
  let result = value;
  // `PARLEY_HOSTS` before `PARLEY_HOSTS__...`, which changes what the former made.
  const names = Object.keys(env).filter((it) => it.startsWith(PREFIX) && !NOT_OPTIONS.test(it));
  for (const variable of names.sort((a, b) => depthOf(a) - depthOf(b) || (a < b ? -1 : 1))) {
    const text = env[variable];
    if (text === undefined || text === '') continue;
    try {
      const segments = variable.slice(PREFIX.length).split(SEPARATOR);
      const place = setAt(schema, result, segments, text);
      result = place.value;
      variables.set(pathText(place.path), variable);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { message: what, expected, suggestion } = error;
      findings.push({ path: [], at: 'value', variable, what, expected, suggestion });
    }
  }
  return { value: result, variables, findings };
}

class Refused extends Error {
  readonly expected: string | undefined;
  readonly suggestion: string | undefined;
  constructor(message: string, expected?: string, suggestion?: string) {
    super(message);
    this.expected = expected;
    this.suggestion = suggestion;
  }
}

function depthOf(variable: string): number {
  return variable.split(SEPARATOR).length;
}

/** A copy of `value` in which the place that the segments name holds what the text says. */
function setAt(
  schema: z.ZodType,
  value: unknown,
  segments: readonly string[],
  text: string,
): { readonly value: unknown; readonly path: Path } {
  const [segment, ...rest] = segments;
  if (segment === undefined) return { value: read(schema, value, text), path: [] };
  // `true` may be overridden by options: the form that has parts is the one that is meant.
  const shape = shapeFor(schema, typeof value === 'object' && value !== null ? value : {});
  const base = value ?? shape.fallback;
  if (shape.kind === 'list') return setItem(shape, base, segments, text);
  if (shape.kind !== 'map' && shape.kind !== 'entries') throw new Refused(`there is nothing below ${pretty(segment)}`);
  const map = isMapping(base) ? base : {};
  const known = shape.kind === 'map' ? keysOf(shape) : Object.keys(map);
  const key = known.find((it) => environmentName(it) === segment);
  if (key === undefined) throw unknownName(segment, known);
  const field = shape.kind === 'map' ? (shape.fields[key] ?? z.string()) : shape.item!;
  const inner = setAt(field, map[key], rest, text);
  return { value: { ...map, [key]: inner.value }, path: [key, ...inner.path] };
}

function setItem(
  shape: OptionShape,
  base: unknown,
  [segment, ...rest]: readonly string[],
  text: string,
): { readonly value: unknown; readonly path: Path } {
  const list: readonly unknown[] = Array.isArray(base) ? base : [];
  const at = Number(segment);
  if (!/^\d{1,4}$/.test(segment!) || at > list.length) throw new Refused(`${segment} is no position in the list`);
  const inner = setAt(shape.item!, list[at], rest, text);
  return { value: list.toSpliced(at, 1, inner.value), path: [at, ...inner.path] };
}

/** `stanzaBytes` and `stanza-bytes` become `STANZA_BYTES`; `example.org` becomes `EXAMPLE_ORG`. */
function environmentName(key: string): string {
  return key
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .replace(/[^a-zA-Z\d]+/g, '_')
    .toUpperCase();
}

function unknownName(segment: string, known: readonly string[]): Refused {
  const names = known.map(environmentName);
  return new Refused(`there is no option ${pretty(segment)}`, oneOf(names), suggest(segment, names));
}

function pretty(segment: string): string {
  return JSON.stringify(segment);
}

/** Text is taken as it is; lists may be written `a, b`, names of entries `a.example, b.example`, the rest is YAML. */
function read(schema: z.ZodType, before: unknown, text: string): unknown {
  const shape = shapeFor(schema, undefined);
  if (shape.core instanceof z.ZodString) return text;
  const document = parseDocument(text, { prettyErrors: false });
  const parsed: unknown = document.errors.length === 0 ? document.toJS({ maxAliasCount: 100 }) : undefined;
  const words = (): readonly string[] => text.split(/[\s,]+/).filter((it) => it !== '');
  if (shape.kind === 'list' && !Array.isArray(parsed)) return words();
  if (shape.kind === 'entries' && !isMapping(parsed)) {
    const known = isMapping(before) ? before : {};
    return Object.fromEntries(words().map((it) => [it, known[it] ?? {}]));
  }
  if (document.errors.length > 0) throw new Refused(`the value is not valid YAML: ${document.errors[0]!.message}`);
  return parsed;
}
