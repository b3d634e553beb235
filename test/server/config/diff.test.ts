/** What a reload reports: which options changed, and which of them wait for a restart. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diffConfig } from '../../../src/server/config/diff.ts';
import { load } from './support.ts';

const diff = (before: string, after: string) =>
  diffConfig(load(before), load(after)).map((it) => `${it.path} ${it.effect}`);

test('the same configuration, written differently, has not changed', () => {
  assert.deepEqual(diff('limits: { authTimeout: 1m }', 'limits: { authTimeout: 60s, depth: 64 }'), []);
});

test('changed options are named by their paths', () => {
  assert.deepEqual(
    diff(
      'hosts: { a.example: {} }',
      'hosts: { a.example: { anonymous: true } }\nlimits: { depth: 9, bytesPerSecond: 2 MiB }',
    ),
    ['limits.depth live', 'limits.bytesPerSecond live', 'hosts."a.example".anonymous live'],
  );
});

test('what is read once needs a restart', () => {
  assert.deepEqual(diff('', 'listeners: [{ port: 1 }]\ndatabase: sqlite:x\nlog: { level: debug, format: json }'), [
    'database.file restart',
    'listeners restart',
    'log.level live',
    'log.format restart',
  ]);
});

test('hosts and modules that come, go or change are named', () => {
  assert.deepEqual(diff('hosts: { a.example: {} }', 'hosts: { b.example: {} }'), [
    'hosts."a.example" live',
    'hosts."b.example" live',
  ]);
  assert.deepEqual(diff('', 'modules: { ping: false, book: { pages: 7 } }'), [
    'hosts.localhost.modules.ping live',
    'hosts.localhost.modules.book.pages live',
  ]);
});

test('secrets are not part of the report', () => {
  assert.deepEqual(
    diff('databasePassword: a\ndatabase: postgres://u@h/d', 'databasePassword: b\ndatabase: postgres://u@h/d'),
    ['database.url restart'],
  );
});
