/** HMAC of our own against that of node:crypto (RFC 2104). */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { hmac } from '../../src/auth/hmac.ts';

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((it) => Buffer.from(it));

test('RFC 2104: every digest, key and message gives what node:crypto gives', () => {
  fc.assert(
    fc.property(fc.constantFrom('sha1', 'sha256', 'sha512'), bytes(200), bytes(300), (digest, key, data) => {
      assert.deepEqual(hmac(digest, key, data), createHmac(digest, key).update(data).digest());
    }),
  );
});

test('RFC 2104: text counts as its UTF-8, and keys around the size of a block are right', () => {
  for (const size of [0, 1, 63, 64, 65, 127, 128, 129]) {
    const key = Buffer.alloc(size, 7);
    for (const digest of ['sha1', 'sha256', 'sha512'] as const) {
      assert.deepEqual(hmac(digest, key, 'pâté'), createHmac(digest, key).update('pâté').digest(), `${digest} ${size}`);
    }
  }
});
