/** Durations as people write them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatDuration, parseDuration } from '../../src/util/duration.ts';

test('durations are whole numbers with units, larger units first', () => {
  const cases: Record<string, number> = {
    '250ms': 250,
    '10s': 10_000,
    '10m': 600_000,
    '72h': 259_200_000,
    '7d': 604_800_000,
    '2w': 1_209_600_000,
    '1h30m': 5_400_000,
    '1h 30m': 5_400_000,
    '1w1d1h1m1s1ms': 694_861_001,
    '0': 0,
    '0s': 0,
    ' 5m ': 300_000,
    '90m': 5_400_000,
  };
  for (const [text, ms] of Object.entries(cases)) assert.equal(parseDuration(text), ms, text);
});

test('anything else is no duration', () => {
  const texts = [
    '',
    ' ',
    '5',
    '-5m',
    '+5m',
    '1.5h',
    '5 m',
    '5M',
    '30m1h',
    '1h1h',
    '5x',
    'm',
    '1h,30m',
    '1h  30m',
    '１０m',
  ];
  for (const text of [
    ...texts,
    '1e3s',
    'Infinity',
    'never',
    '999999999999999w',
    `${'9'.repeat(100_000)}ms`,
    '__proto__',
  ]) {
    assert.equal(parseDuration(text), undefined, text.slice(0, 40));
  }
});

test('forever is a duration where it is allowed', () => {
  assert.equal(parseDuration('forever'), undefined);
  assert.equal(parseDuration('forever', { forever: false }), undefined);
  assert.equal(parseDuration('forever', { forever: true }), Infinity);
  assert.equal(formatDuration(Infinity), 'forever');
});

test('durations are written with the largest units that fit', () => {
  const cases: [number, string][] = [
    [0, '0s'],
    [250, '250ms'],
    [1000, '1s'],
    [5_400_000, '1h30m'],
    [259_200_000, '3d'],
    [604_800_000, '7d'],
    [90_061_001, '1d1h1m1s1ms'],
  ];
  for (const [ms, text] of cases) assert.equal(formatDuration(ms), text);
});

test('what is written is read as the same duration', () => {
  fc.assert(fc.property(fc.maxSafeNat(), (ms) => parseDuration(formatDuration(ms)) === ms));
});
