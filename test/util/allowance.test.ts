/** Allowances: what anyone may do in a time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Allowance } from '../../src/util/allowance.ts';

test('what was spent is earned back steadily, up to the whole', () => {
  const allowance = new Allowance({ perPeriod: 3, periodMs: 3000, keys: 10 });
  for (let i = 0; i < 3; i++) assert.ok(allowance.take('a', 1, 0));
  assert.ok(!allowance.take('a', 1, 999));
  assert.ok(allowance.take('a', 1, 1000));
  assert.ok(!allowance.take('a', 1, 1999));
  for (let i = 0; i < 3; i++) assert.ok(allowance.take('a', 1, 100_000));
  assert.ok(!allowance.take('a', 1, 100_000));
});

test('a refund gives back no more than there was', () => {
  const allowance = new Allowance({ perPeriod: 1, periodMs: 1000, keys: 10 });
  allowance.refund('a', 5);
  assert.ok(allowance.take('a', 1, 0));
  assert.ok(!allowance.take('a', 1, 0));
});

test('a clock that is set back gives nothing and takes nothing', () => {
  const allowance = new Allowance({ perPeriod: 1, periodMs: 1000, keys: 10 });
  assert.ok(allowance.take('a', 1, 5000));
  assert.ok(!allowance.take('a', 1, 0));
  assert.ok(allowance.take('a', 1, 1000));
});

test('who was counted longest ago is forgotten: memory is bounded', () => {
  const allowance = new Allowance({ perPeriod: 1, periodMs: 1000, keys: 2 });
  for (const key of ['a', 'b', 'c']) assert.ok(allowance.take(key, 1, 0));
  assert.ok(!allowance.take('c', 1, 0));
  assert.ok(allowance.take('a', 1, 0));
});
