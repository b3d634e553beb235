/** The example configuration, made from the schemas: every option with its default, its meaning and what may stand there. */
import { Document, isCollection } from 'yaml';
import type { z } from 'zod';
import type { Module } from '../../kernel/define-module.ts';
import { needsRestart } from './diff.ts';
import { boundsText } from './expectation.ts';
import { type Path, pathText } from './finding.ts';
import { uncheckedModules } from './module-options.ts';
import { isMapping, type OptionShape, shapeOf } from './option-shape.ts';
import { configShape } from './schema.ts';

const WIDTH = 110;
const HEADER = `Configuration of Parley: every option with its default. Made by \`parley config example\`; copy it, keep what you change.

Durations are written 500ms, 30s, 10m, 1h30m, 7d; sizes 8192, 256 KiB, 10 MB.

An environment variable overrides the option of the same path, in capitals, with two underscores between the steps: PARLEY_LIMITS__STANZA_BYTES for limits.stanzaBytes, PARLEY_HOSTS__EXAMPLE_ORG__ANONYMOUS for an option of the host example.org, PARLEY_LISTENERS__0__PORT for the first listener. Values are YAML; lists may be written a, b; PARLEY_HOSTS=a.example,b.example names the hosts. Empty variables count as not set. PARLEY_CONFIG names the configuration file.

Every option that holds a secret has a twin whose name ends with File and which names a file that holds the secret.

\`parley check\` finds mistakes; \`parley reload\` or SIGHUP applies changes, except to options marked "Needs a restart".`;

/** YAML that loads without errors and equals the defaults. */
export function exampleConfig(modules: readonly Module[]): string {
  const blocks = Object.entries(configShape(uncheckedModules)).map(([key, schema]) => {
    const shape = shapeOf(schema);
    if (key === 'modules') return [...comment(about(key, schema, []), ''), 'modules:', ...moduleLines(modules)];
    return option(key, schema, shape.fallback, []);
  });
  return `${[comment(HEADER, ''), ...blocks].map((it) => it.join('\n')).join('\n\n')}\n`;
}

function moduleLines(modules: readonly Module[]): readonly string[] {
  return modules.flatMap((module) => {
    const xeps = (module.xeps ?? []).map((it) => `XEP-${String(it.number).padStart(4, '0')}`);
    const words = `${module.summary}${xeps.length > 0 ? ` (${xeps.join(', ')})` : ''}.`;
    const path: Path = ['modules', module.name];
    const inner = fields(shapeOf(module.config), {}, path);
    const off = module.enabled === false;
    if (!off) return [...comment(words, '  '), ...under(module.name, inner, '  ')];
    const hint = inner.length > 0 ? ' Off unless it is given true, or these options:' : ' Off unless it is given true.';
    return [...comment(words + hint, '  '), ...inner.map((it) => `  # ${it.slice(2)}`), `  ${module.name}: false`];
  });
}

/** The lines of one option; `value` is what it is set to. */
function option(key: string, schema: z.ZodType, value: unknown, parent: Path): readonly string[] {
  const shape = shapeOf(schema);
  const path = [...parent, key];
  const indent = '  '.repeat(parent.length);
  const head = comment(about(key, schema, path), indent);
  if (shape.kind === 'map') return [...head, ...under(key, fields(shape, isMapping(value) ? value : {}, path), indent)];
  if (value === undefined) {
    const { example } = shape.meta;
    return [...head, `${indent}# ${key}:${example === undefined ? '' : ` ${example}`}`];
  }
  return [...head, ...settled(key, shape, value, path)];
}

function settled(key: string, shape: OptionShape, value: unknown, path: Path): readonly string[] {
  const indent = '  '.repeat(path.length - 1);
  if (shape.kind === 'entries' && isMapping(value) && Object.keys(value).length > 0) {
    const entry = ([name, it]: [string, unknown]): readonly string[] => option(name, shape.item!, it, path);
    return [`${indent}${key}:`, ...Object.entries(value).flatMap(entry)];
  }
  if (Array.isArray(value) && value.some(isMapping)) {
    return [`${indent}${key}:`, ...value.map((it) => `${indent}  - ${flow(it)}`)];
  }
  return [`${indent}${key}: ${flow(value)}`];
}

function fields(shape: OptionShape, value: Readonly<Record<string, unknown>>, path: Path): readonly string[] {
  return Object.entries(shape.fields).flatMap(([key, schema]) => {
    const set = Object.hasOwn(value, key) ? value[key] : shapeOf(schema).fallback;
    return option(key, schema, set, path);
  });
}

/** A mapping that holds nothing but comments would read as null. */
function under(key: string, lines: readonly string[], indent: string): readonly string[] {
  const isEmpty = lines.every((it) => it.trimStart().startsWith('#'));
  return isEmpty ? [...lines, `${indent}${key}: {}`] : [`${indent}${key}:`, ...lines];
}

/** Meaning, bounds and effect of an option. */
function about(key: string, schema: z.ZodType, path: Path): string {
  const { kind, meta, item } = shapeOf(schema);
  const words = [meta.description ?? ''];
  if (meta.secret) words.push(`Or \`${key}File\`.`);
  if (needsRestart(pathText(path))) words.push('Needs a restart.');
  const bounds = boundsText(schema);
  if (bounds) words.push(`[${bounds}]`);
  if (kind === 'list' && shapeOf(item!).kind === 'map') words.push(...itemFields(shapeOf(item!)));
  return words.filter((it) => it !== '').join(' ');
}

function itemFields(shape: OptionShape): readonly string[] {
  const lines = Object.entries(shape.fields).map(([key, schema]) => `\n- ${key}: ${shapeOf(schema).meta.description}`);
  return [`Each has${lines.join('')}`];
}

function comment(text: string, indent: string): readonly string[] {
  if (text === '') return [];
  return text.split('\n').flatMap((line) => {
    const lines: string[] = [];
    let current = '';
    for (const word of line.split(' ')) {
      if (current !== '' && current.length + word.length + indent.length + 3 > WIDTH) {
        lines.push(current);
        current = line.startsWith('- ') ? `  ${word}` : word;
      } else {
        current = current === '' ? word : `${current} ${word}`;
      }
    }
    return [...lines, current].map((it) => `${indent}# ${it}`.trimEnd());
  });
}

/** A value on one line. */
function flow(value: unknown): string {
  const document = new Document(value);
  if (isCollection(document.contents)) document.contents.flow = true;
  return document.toString({ lineWidth: 0, flowCollectionPadding: isMapping(value) }).trim();
}
