/** Sizes as people write them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatBytes, parseBytes } from '../../src/util/bytes.ts';

test('sizes are numbers with decimal or binary units, or plain bytes', () => {
  const cases: [string | number, number][] = [
    ['256 KiB', 262_144],
    ['256KiB', 262_144],
    ['100MB', 100_000_000],
    ['100 MB', 100_000_000],
    [8192, 8192],
    ['8192', 8192],
    ['8192 B', 8192],
    ['1 kb', 1000],
    ['1.5 GiB', 1_610_612_736],
    ['2 tb', 2e12],
    ['0', 0],
    [' 1 MiB ', 1_048_576],
  ];
  for (const [size, bytes] of cases) assert.equal(parseBytes(size), bytes, String(size));
});

test('anything else is no size', () => {
  const texts = [
    '',
    ' ',
    'MB',
    '-1',
    '-1 MB',
    '1  MB',
    '1 XB',
    '1 M',
    '1.5',
    '0.3 B',
    '1,5 MB',
    '0x10',
    '1e3',
    '1 MBB',
    '1.',
  ];
  for (const size of [
    ...texts,
    -1,
    1.5,
    Number.NaN,
    Infinity,
    2 ** 53,
    '9007199254740993',
    '9999999 TiB',
    '1 __proto__',
  ]) {
    assert.equal(parseBytes(size), undefined, String(size));
  }
});

test('sizes are written with the largest unit that divides them', () => {
  const cases: [number, string][] = [
    [0, '0 B'],
    [1, '1 B'],
    [1000, '1 kB'],
    [8192, '8 KiB'],
    [8191, '8191 B'],
    [262_144, '256 KiB'],
    [1_048_576, '1 MiB'],
    [104_857_600, '100 MiB'],
    [100_000_000, '100 MB'],
  ];
  for (const [bytes, text] of cases) assert.equal(formatBytes(bytes), text);
});

test('what is written is read as the same size', () => {
  fc.assert(fc.property(fc.maxSafeNat(), (bytes) => parseBytes(formatBytes(bytes)) === bytes));
});
