/** Nobody learns from SASL who has an account (RFC 5802 section 9, RFC 6120 section 6.5.10). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Decoys } from '../../src/auth/decoys.ts';
import { hashBytes, SCRAM_HASHES } from '../../src/auth/scram-keys.ts';
import { readAttributes } from '../support/sasl-client.ts';
import { accounts, authenticator, HOST, ITERATIONS, runScram, stream } from './fixture.ts';

const shape = (challenge: string): object => {
  const attributes = readAttributes(challenge);
  return {
    names: [...attributes.keys()].join(''),
    salt: attributes.get('s')?.length,
    iterations: attributes.get('i'),
    nonce: attributes.get('r')?.length,
    h: attributes.get('h'),
  };
};

for (const hash of SCRAM_HASHES) {
  test(`SCRAM-${hash}: an unknown name and a wrong password look alike at every step`, async () => {
    const auth = authenticator();
    const login = { mechanism: `SCRAM-${hash}`, password: 'wrong', nonce: 'abcdefghijklmnop' };
    const known = await runScram(auth, stream(auth), { ...login, username: 'romeo' });
    const unknown = await runScram(auth, stream(auth), { ...login, username: 'nobody' });
    assert.deepEqual(shape(unknown.challenge), shape(known.challenge));
    assert.deepEqual(unknown.step, known.step);
    assert.deepEqual(unknown.step, { kind: 'failure', condition: 'not-authorized', text: undefined });
  });
}

test('an account without keys for a hash looks like one that does not exist', async () => {
  const auth = authenticator();
  const credentials = accounts();
  credentials.accounts.set('romeo', { keys: [], locked: false });
  const login = { mechanism: 'SCRAM-SHA-256', username: 'romeo', password: 'wherefore', nonce: 'abcdefghijklmnop' };
  const keyless = await runScram(auth, stream(auth, { credentials }), login);
  credentials.accounts.delete('romeo');
  const gone = await runScram(auth, stream(auth, { credentials }), login);
  assert.deepEqual(keyless.step, gone.step);
  const salt = (challenge: string) => readAttributes(challenge).get('s');
  assert.equal(salt(keyless.challenge), salt(gone.challenge));
});

test('asking again gets the same salt and count, for each name and hash another', async () => {
  const salts = new Set<string>();
  for (const hash of SCRAM_HASHES) {
    for (const username of ['nobody', 'noone']) {
      const login = { mechanism: `SCRAM-${hash}`, username, password: 'x' };
      const [auth, restarted] = [authenticator(), authenticator()];
      const first = readAttributes((await runScram(auth, stream(auth), login)).challenge);
      const again = readAttributes((await runScram(restarted, stream(restarted), login)).challenge);
      assert.equal(again.get('s'), first.get('s'));
      assert.equal(again.get('i'), first.get('i'));
      salts.add(first.get('s') ?? '');
    }
  }
  assert.equal(salts.size, 2 * SCRAM_HASHES.length);
});

test('a server with another secret has other salts', () => {
  const salt = (secret: number) => {
    const decoys = new Decoys(Buffer.alloc(32, secret), { iterations: [ITERATIONS], saltBytes: 18 });
    return decoys.keys('SHA-256', HOST, 'nobody').salt.toString('hex');
  };
  assert.notEqual(salt(1), salt(2));
});

test('decoys have the sizes of real keys and the counts that real accounts have', () => {
  const decoys = new Decoys(Buffer.alloc(32, 1), { iterations: [ITERATIONS, 10_000], saltBytes: 16 });
  const counts = new Set<number>();
  for (let i = 0; i < 50; i++) {
    const keys = decoys.keys('SHA-512', HOST, `nobody${i}`);
    assert.equal(keys.salt.length, 16);
    assert.equal(keys.storedKey.length, hashBytes('SHA-512'));
    assert.equal(keys.serverKey.length, hashBytes('SHA-512'));
    counts.add(keys.iterations);
  }
  assert.deepEqual([...counts].sort(), [10_000, ITERATIONS].sort());
});
