/** Strings that keep nothing but themselves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ownString } from '../../src/util/own-string.ts';

test('a copied string is equal to the string, well-formed or not', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => ownString(text) === text));
  for (const text of ['', 'a', 'é', '\uD800', 'a\uDC00b', '\0', '\u{1F37A}']) assert.equal(ownString(text), text);
});

test('a string of any length can be copied', () => {
  for (const char of ['a', 'é', '漢', '\uD800']) {
    for (const length of [2047, 2048, 2049, 8192, 100_000])
      assert.equal(ownString(char.repeat(length)), char.repeat(length));
  }
});
