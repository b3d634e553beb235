/** Random tokens and ids that sort by time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstIdAt, randomToken, TIME_ORDERED_ID_LENGTH, TimeOrderedId, timeOfId } from '../../src/util/ids.ts';

test('a random token has the bytes that were asked for, in base64url, 16 of them by default', () => {
  assert.match(randomToken(), /^[A-Za-z0-9_-]{22}$/);
  for (const bytes of [1, 9, 16, 32, 1024, 1025, 10_000]) {
    assert.equal(Buffer.from(randomToken(bytes), 'base64url').length, bytes);
  }
});

test('random tokens do not repeat when the pool is filled anew', () => {
  const tokens = new Set(Array.from({ length: 5000 }, (_, i) => randomToken(7 + (i % 13))));
  assert.equal(tokens.size, 5000);
});

test('the bits of random tokens are as often set as not', () => {
  const bytes = Buffer.concat(Array.from({ length: 4000 }, () => Buffer.from(randomToken(), 'base64url')));
  for (let bit = 0; bit < 8; bit++) {
    const share = bytes.reduce((sum, byte) => sum + ((byte >> bit) & 1), 0) / bytes.length;
    // 64,000 samples: seven standard deviations.
    assert.ok(Math.abs(share - 0.5) < 0.014, `bit ${bit}: ${share}`);
  }
});

test('ids have one width and an alphabet that every collation orders alike', () => {
  const ids = new TimeOrderedId();
  for (let i = 0; i < 100; i++) assert.match(ids.next(), /^[0-9a-v]{26}$/);
  assert.equal(TIME_ORDERED_ID_LENGTH, 26);
});

test('the text order of ids is the order of time', () => {
  const times = [0, 1, 31, 32, 2 ** 25 - 1, 2 ** 25, 2 ** 31, 1.7e12, 1.7e12 + 1, 2 ** 48, 2 ** 50 - 2];
  const ids = times.map((timeMs) => new TimeOrderedId(() => timeMs).next());
  assert.deepEqual(ids.toSorted(), ids);
  assert.deepEqual(ids.map(timeOfId), times);
});

test('ids of one generator are unique and in order while the clock stands still, jumps or is set back', () => {
  let nowMs = 1.7e12;
  const ids = new TimeOrderedId(() => nowMs);
  const made: string[] = [];
  for (let i = 0; i < 20_000; i++) {
    if (i % 1000 === 0) nowMs += [5, -70, 0, 0.5][(i / 1000) % 4]!;
    made.push(ids.next());
  }
  assert.deepEqual(made.toSorted(), made);
  assert.equal(new Set(made).size, made.length);
});

test('ids stay in order when more than a million are made in one millisecond', () => {
  const ids = new TimeOrderedId(() => 1000);
  let last = '';
  for (let i = 0; i < 1_100_000; i++) {
    const id = ids.next();
    if (id <= last) assert.fail(`${id} after ${last}`);
    last = id;
  }
  assert.ok(timeOfId(last)! <= 1004);
});

test('ids of two generators at one time differ', () => {
  const [one, other] = [new TimeOrderedId(() => 5), new TimeOrderedId(() => 5)];
  assert.notEqual(one.next().slice(14), other.next().slice(14));
});

test('a range of times is a range of ids', () => {
  const id = new TimeOrderedId(() => 1.7e12).next();
  assert.ok(firstIdAt(1.7e12) <= id && id < firstIdAt(1.7e12 + 1));
  assert.equal(firstIdAt(-5), '0'.repeat(26));
});

test('a text that is no id of ours has no time', () => {
  for (const text of ['', 'x'.repeat(26), '0'.repeat(25), '0'.repeat(27), `${'0'.repeat(25)}w`, `${'0'.repeat(25)}A`]) {
    assert.equal(timeOfId(text), undefined, text);
  }
});

test('a generator that was advanced makes ids behind all of that time, and never goes back', () => {
  const ids = new TimeOrderedId(() => 1_000);
  const before = ids.next();
  ids.advanceTo(5_000);
  const after = ids.next();
  assert.ok(after > firstIdAt(5_001) && timeOfId(after) === 5_001, after);
  ids.advanceTo(2_000);
  const later = ids.next();
  assert.ok(before < after && after < later && timeOfId(later) === 5_001);
});
