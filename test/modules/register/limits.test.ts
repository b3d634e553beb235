/** What registration counts: allowances, and which addresses are one subscriber's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Allowance } from '../../../modules/register/allowance.ts';
import { subscriberOf } from '../../../modules/register/subscriber.ts';

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
  allowance.refund('a', 5, 0);
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

test('an IPv4 subscriber is an address, an IPv6 subscriber a /64', () => {
  for (const [address, subscriber] of [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::'],
    ['2001:DB8:0001:2::', '2001:db8:1:2::'],
    ['2001:db8::6', '2001:db8:0:0::'],
    ['::1', '0:0:0:0::'],
    ['64:ff9b::192.0.2.7', '64:ff9b:0:0::'],
    ['1:2:3:4:5:6:192.0.2.7', '1:2:3:4::'],
    ['fe80::1:2%eth0', 'fe80:0:0:0::'],
    ['unix socket', 'unix socket'],
  ] as const) {
    assert.equal(subscriberOf(address), subscriber, address);
  }
});
