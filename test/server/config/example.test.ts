/** The example configuration: complete, correct, equal to the defaults, and the one in conf/ is current. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { z } from 'zod';
import { exampleConfig } from '../../../src/server/config/example.ts';
import { moduleSections } from '../../../src/server/config/module-options.ts';
import { shapeOf } from '../../../src/server/config/option-shape.ts';
import { configShape } from '../../../src/server/config/schema.ts';
import { loadModules } from '../../../src/server/module-files.ts';
import { load, MODULES } from './support.ts';

const modules = await loadModules();

/** What a configuration comes to, without how it was written. */
function effect(text: string, all: typeof modules) {
  const { file: _, hosts, ...rest } = load(text, { modules: all });
  return { ...rest, hosts: hosts.map(({ options: __, ...it }) => ({ ...it, modules: it.modules.map((m) => m.name) })) };
}

/** The names of all options that have no parts of their own. */
function leaves(schema: z.ZodType, name: string): readonly string[] {
  const shape = shapeOf(schema);
  const inner = shape.kind === 'choice' ? shape.choices.map(shapeOf).find((it) => it.kind === 'map') : shape;
  if (inner?.kind !== 'map') return [name];
  return Object.entries(inner.fields).flatMap(([key, it]) => leaves(it, key));
}

test('the example equals the defaults', () => {
  assert.deepEqual(effect(exampleConfig(modules), modules), effect('', modules));
  assert.deepEqual(effect(exampleConfig(MODULES), MODULES), effect('', MODULES));
});

test('the example names every option, of the server and of every module', () => {
  const text = exampleConfig(modules);
  for (const [key, schema] of Object.entries(configShape(moduleSections(modules))) as [string, z.ZodType][]) {
    for (const name of leaves(schema, key)) assert.match(text, new RegExp(`^\\s*(# *)?${name}:`, 'm'), name);
  }
});

test('every option of the server and of every module says what it means', () => {
  const silent = (schema: z.ZodType, path: string): readonly string[] => {
    const shape = shapeOf(schema);
    const inner = shape.kind === 'choice' ? shape.choices.map(shapeOf).find((it) => it.kind === 'map') : shape;
    const own = shape.meta.description === undefined && !/^modules\.[^.]+$/.test(path) ? [path] : [];
    return [...own, ...Object.entries(inner?.fields ?? {}).flatMap(([key, it]) => silent(it, `${path}.${key}`))];
  };
  const shape = configShape(moduleSections(modules));
  assert.deepEqual(
    (Object.entries(shape) as [string, z.ZodType][]).flatMap(([key, schema]) => silent(schema, key)),
    [],
  );
});

test('conf/parley.yaml is current (npm run generate)', () => {
  const file = join(import.meta.dirname, '../../../conf/parley.yaml');
  assert.equal(readFileSync(file, 'utf8'), exampleConfig(modules));
});

test('a module that is off by default shows its options as comments', () => {
  assert.match(
    exampleConfig(MODULES),
    / {2}# Prints pages\. Off unless it is given true, or these options:\n {2}# {3}# What to print on\n {2}# {3}# paper:\n/,
  );
});

test('bounds, words and units are part of the comments', () => {
  const text = exampleConfig(MODULES);
  assert.match(text, /# Pages it has \[from 1 to 500\]\n {4}pages: 100\n/);
  assert.match(text, /# How long a page is kept \[from 1m to 30d\]\n {4}keep: 7d\n/);
  assert.match(text, /# Which page comes first \[one of old-first, new-first\]\n/);
  assert.match(text, /# Proof for the library Or `tokenFile`\.\n {4}# token:\n/);
  assert.match(text, /\n# .*Needs a restart\. .*\n(?:#.*\n)*listeners:\n/);
});
