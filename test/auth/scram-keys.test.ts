/** SCRAM keys: made and checked (RFC 5802 section 3, XEP-0438). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeBase64 } from '../../src/auth/base64.ts';
import {
  cheapestHash,
  cheapestKeys,
  DEFAULT_ITERATIONS,
  deriveKeys,
  hashBytes,
  MIN_ITERATIONS,
  SCRAM_HASHES,
  verifyPassword,
} from '../../src/auth/scram-keys.ts';
import { serverKeys } from '../../src/auth/server-keys.ts';
import type { ScramKeys } from '../../src/contracts/credentials.ts';

const made = await deriveKeys('wherefore', { hashes: SCRAM_HASHES, iterations: MIN_ITERATIONS });

test('XEP-0438 section 5.2: every hash and every user has a salt of its own, of 16 bytes at least', async () => {
  const others = await deriveKeys('wherefore', { hashes: SCRAM_HASHES, iterations: MIN_ITERATIONS });
  const salts = [...made, ...others].map((it) => it.salt.toString('hex'));
  assert.equal(new Set(salts).size, 6);
  for (const keys of made) assert.ok(keys.salt.length >= 16);
});

test('XEP-0438 section 6: new keys have 10,000 iterations unless told otherwise', () => {
  assert.equal(DEFAULT_ITERATIONS, 10_000);
});

test('RFC 5802 section 3: keys know their password and no other', async () => {
  for (const keys of made) {
    assert.equal(keys.storedKey.length, hashBytes(keys.hash));
    assert.ok(await verifyPassword('wherefore', keys));
    assert.ok(!(await verifyPassword('Wherefore', keys)));
    assert.ok(!(await verifyPassword('', keys)));
  }
});

test('PLAIN is checked against the keys that cost least: SHA-256 at equal rounds, fewer rounds before all', () => {
  assert.equal(cheapestKeys(made)?.hash, 'SHA-256');
  assert.equal(cheapestKeys(made.filter((it) => it.hash !== 'SHA-256'))?.hash, 'SHA-1');
  const long = made.map((it): ScramKeys => (it.hash === 'SHA-512' ? it : { ...it, iterations: 100_000 }));
  assert.equal(cheapestKeys(long)?.hash, 'SHA-512');
  assert.equal(cheapestKeys([]), undefined);
  for (const hashes of [SCRAM_HASHES, ['SHA-1', 'SHA-512'], ['SHA-512']] as const) {
    const keys = made.filter((it) => hashes.some((hash) => hash === it.hash));
    assert.equal(cheapestHash(hashes), cheapestKeys(keys)?.hash, 'decoys are checked at the same cost');
  }
});

test('RFC 6120 section 13.9.1: base 64 is nothing but its alphabet, padded, in its one spelling', () => {
  assert.deepEqual(decodeBase64(''), Buffer.alloc(0));
  assert.deepEqual(decodeBase64('YQ=='), Buffer.from('a'));
  for (const text of ['=', 'YQ', 'YQ=', 'YR==', ' YQ==', 'YQ==\n', 'Y-==', 'Y=Q=', 'YQ==YQ==', '====']) {
    assert.equal(decodeBase64(text), undefined, text);
  }
});

test('RFC 5869: keys of the server are stable, and one for each purpose', () => {
  const keys = serverKeys(Buffer.alloc(32, 3));
  assert.equal(keys.key('a').length, 32);
  assert.deepEqual(keys.key('a'), serverKeys(Buffer.alloc(32, 3)).key('a'));
  assert.notDeepEqual(keys.key('a'), keys.key('b'));
  assert.notDeepEqual(keys.key('a'), serverKeys(Buffer.alloc(32, 4)).key('a'));
  assert.throws(() => serverKeys(Buffer.alloc(31)), RangeError);
});
