/** Generated files are current: after a change of options or specifications, `npm run generate` writes them anew. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { generated } from './generate.ts';

test('conf/parley.yaml and the README are what `npm run generate` writes', async () => {
  for (const [file, text] of await generated()) {
    assert.equal(readFileSync(file, 'utf8'), text, `${basename(file)} is out of date: npm run generate`);
  }
});
