/** The tables of rules in docs/design: each test that they name is there. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const DOCS = join(import.meta.dirname, '..', 'docs', 'design');

/** Tests that a table names and that are not there. The folder is in a line of its own, above the table. */
function missing(text: string): readonly string[] {
  const absent: string[] = [];
  let folder = '';
  for (const line of text.split('\n')) {
    folder = /^`(test\/[^`]+)`$/.exec(line)?.[1] ?? folder;
    for (const [name, file, start] of line.matchAll(/`([^`|]+)`: “([^”]+)”/g)) {
      const path = join(DOCS, '..', '..', folder, `${file}.test.ts`);
      const source = existsSync(path) ? readFileSync(path, 'utf8').replaceAll("\\'", "'") : '';
      if (!['test(', 'test(`', "test('"].some((it) => source.includes(`${it}${start}`))) absent.push(name);
    }
  }
  return absent;
}

for (const file of readdirSync(DOCS).filter((it) => it.startsWith('rules-'))) {
  test(`docs/design/${file} names tests that are there`, () => {
    assert.deepEqual(missing(readFileSync(join(DOCS, file), 'utf8')), []);
  });
}
