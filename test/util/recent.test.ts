/** The cache of what was used lately. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Recent } from '../../src/util/recent.ts';

test('a cache of recent values keeps what was used within a generation and forgets what was not', () => {
  const recent = new Recent<string>({ maxEntries: 10, maxKeyLength: 1000 });
  recent.set('used', 'U');
  recent.set('unused', 'N');
  for (let i = 0; i < 30; i++) {
    recent.set(`k${i}`, 'x');
    assert.equal(recent.get('used'), 'U');
  }
  assert.equal(recent.get('unused'), undefined);
  assert.equal(recent.get('k29'), 'x');
});

test('a cache of recent values holds at most two generations of entries', () => {
  const recent = new Recent<string>({ maxEntries: 10, maxKeyLength: 1_000_000 });
  for (let i = 0; i < 1000; i++) {
    recent.set(`k${i}`, 'x');
    assert.ok(recent.size <= 20);
  }
});

test('a cache of recent values holds at most two generations of key text', () => {
  const recent = new Recent<string>({ maxEntries: 1000, maxKeyLength: 1000 });
  for (let i = 0; i < 1000; i++) {
    recent.set('k'.repeat(96) + String(i).padStart(4, '0'), 'x');
    assert.ok(recent.size <= 20);
  }
});

test('a cache of recent values may hold names of object properties', () => {
  const recent = new Recent<string>({ maxEntries: 10, maxKeyLength: 1000 });
  assert.equal(recent.get('__proto__'), undefined);
  assert.equal(recent.get('constructor'), undefined);
  recent.set('__proto__', 'x');
  assert.equal(recent.get('__proto__'), 'x');
});
