/** Rate limits. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TokenBucket } from '../../src/util/token-bucket.ts';

test('a token bucket lets a burst through and then asks to wait for the rate', () => {
  const bucket = new TokenBucket(1000, 500);
  assert.equal(bucket.take(500, 0), 0);
  assert.equal(bucket.take(100, 0), 100);
  assert.equal(bucket.take(100, 0), 200);
  assert.equal(bucket.take(0, 200), 0);
  assert.equal(bucket.take(100, 300), 0);
});

test('a token bucket books what exceeds the burst too', () => {
  const bucket = new TokenBucket(10, 1);
  assert.equal(bucket.take(101, 0), 10_000);
  assert.equal(bucket.take(0, 9999), 1);
  assert.equal(bucket.take(0, 10_000), 0);
});

test('a token bucket fills up to its burst and no further', () => {
  const bucket = new TokenBucket(1000, 10);
  assert.equal(bucket.take(10, 0), 0);
  assert.ok(!bucket.tryTake(10, 9));
  assert.ok(bucket.tryTake(10, 10));
  assert.equal(bucket.take(11, 1_000_000), 1);
});

test('a token bucket refuses what it has no tokens for, and books nothing then', () => {
  const bucket = new TokenBucket(1, 2);
  assert.deepEqual([bucket.tryTake(3, 0), bucket.tryTake(2, 0), bucket.tryTake(1, 999)], [false, true, false]);
  assert.ok(bucket.tryTake(1, 1000));
});

test('a token bucket is full at first, whatever the clock says, and survives a clock that is set back', () => {
  for (const startMs of [0, 1, 1.7e12, -5]) {
    const bucket = new TokenBucket(1000, 10);
    assert.equal(bucket.take(10, startMs), 0);
    assert.equal(bucket.take(10, startMs - 100_000), 10);
    assert.equal(bucket.take(0, startMs - 100_000 + 10), 0);
  }
});

test('a token bucket needs a rate and a burst', () => {
  for (const it of [0, -1, Number.NaN, Infinity]) {
    assert.throws(() => new TokenBucket(it, 1), RangeError);
    assert.throws(() => new TokenBucket(1, it), RangeError);
  }
});

test('whoever waits as a token bucket asks gets the burst and the rate, and no more', () => {
  const takes = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 5000 }), takes, (rate, burst, counts) => {
      const bucket = new TokenBucket(rate, burst);
      let nowMs = 1000;
      let taken = 0;
      for (const count of counts) {
        nowMs += bucket.take(count, nowMs);
        taken += count;
        assert.ok(taken <= burst + (rate * (nowMs - 1000)) / 1000 + 1e-6);
      }
      // Rounding up to whole milliseconds costs one of them for each take.
      assert.ok(taken >= (rate * (nowMs - 1000 - counts.length)) / 1000);
    }),
  );
});
