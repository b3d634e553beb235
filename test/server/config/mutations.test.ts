/** A hundred broken configurations, made from the example: each mistake is found, with its line and column. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleConfig } from '../../../src/server/config/example.ts';
import { errorsOf, FILE, load, MODULES } from './support.ts';

interface Mutant {
  readonly what: string;
  readonly text: string;
  readonly line: number;
  readonly column: number;
  /** The name that was misspelt. */
  readonly meant?: string;
}

const WANTED = 100;
/** Any text will do. */
const FREE = ['shelf'];
/** False or a mapping. */
const SWITCHES = ['printer'];
const example = exampleConfig(MODULES).split('\n');

/** A line that sets an option, in its parts; hosts are free to be called anything. */
function partsOf(line: string): { indent: string; key: string; value: string } | undefined {
  const match = /^( *)([a-z]\w*): ?(.*)$/i.exec(line);
  if (!match || match[2] === 'localhost') return undefined;
  return { indent: match[1]!, key: match[2]!, value: match[3]! };
}

function replaced(at: number, ...lines: readonly string[]): string {
  return example.toSpliced(at, 1, ...lines).join('\n');
}

/** Every way in which one line can go wrong. */
function mutantsOf(line: string, at: number): readonly Mutant[] {
  const parts = partsOf(line);
  if (!parts) return [];
  const { indent, key, value } = parts;
  const keyPlace = { line: at + 1, column: indent.length + 1 };
  const valuePlace = { line: at + 1, column: indent.length + key.length + 3 };
  const misspelt = `${key.slice(0, -2)}${key.at(-1)}${key.at(-2)}${key.at(-1) === key.at(-2) ? 'x' : ''}`;
  const known = key.length > 3 ? { meant: key } : {};
  const mutants: Mutant[] = [
    { what: `misspelt ${key}`, text: replaced(at, `${indent}${misspelt}: ${value}`), ...keyPlace, ...known },
  ];
  if (value === '') return mutants;
  mutants.push({ what: `${key} twice`, text: replaced(at, line, line), ...keyPlace, line: at + 2 });
  const wrong = value.startsWith('{') || SWITCHES.includes(key) ? '5' : '{ wrong: [type] }';
  mutants.push({ what: `wrong type of ${key}`, text: replaced(at, `${indent}${key}: ${wrong}`), ...valuePlace });
  if (/^\d/.test(value)) {
    mutants.push({ what: `${key} below its range`, text: replaced(at, `${indent}${key}: -1`), ...valuePlace });
  }
  if (/^(true|false|[a-z]+)$/.test(value) && !FREE.includes(key) && !SWITCHES.includes(key)) {
    mutants.push({ what: `no such ${key}`, text: replaced(at, `${indent}${key}: ${value}x`), ...valuePlace });
  }
  return mutants;
}

const every = example.flatMap(mutantsOf);
const step = every.length / WANTED;
const mutants = Array.from({ length: WANTED }, (_, at) => every[Math.floor(at * step)]!);

test('the example, which is broken in the tests below, is correct', () => {
  assert.doesNotThrow(() => load(example.join('\n')));
  assert.ok(every.length >= WANTED);
  assert.equal(new Set(mutants.map((it) => it.text)).size, WANTED);
});

for (const { what, text, line, column, meant } of mutants) {
  test(`${what} (line ${line}) is found with file, line and column`, () => {
    const { problems } = errorsOf(text);
    for (const it of problems) assert.equal(it.where, `${FILE}:${it.line}:${it.column}`);
    const found = problems.find((it) => it.line === line && it.column === column);
    assert.ok(found, problems.map((it) => `${it.where}: ${it.what}`).join('\n'));
    if (meant !== undefined) assert.equal(found.suggestion, meant);
  });
}
