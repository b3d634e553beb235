/** EXTERNAL with client certificates (XEP-0178 section 2). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accounts, authenticator, begin, HOST, outcome, stream } from './fixture.ts';

const ROMEO = `romeo@${HOST}`;

async function login(peerIdentities: readonly string[], authzid: string) {
  const auth = authenticator();
  const context = stream(auth, { peerIdentities, peerAuthorized: true });
  return begin(auth, 'EXTERNAL', context).respond(Buffer.from(authzid));
}

test('XEP-0178 section 2, 11a: one address in the certificate and no authorization identity', async () => {
  const step = await login([ROMEO], '');
  assert.equal(step.kind === 'success' && step.local, 'romeo');
  assert.equal(step.kind === 'success' && step.authzid, undefined);
});

test('XEP-0178 section 2, 11b: several addresses, and the client says which', async () => {
  const step = await login([`juliet@${HOST}`, 'Romeo@EXAMPLE.net'], ROMEO);
  assert.equal(step.kind === 'success' && step.local, 'romeo');
  assert.equal(step.kind === 'success' && step.authzid, ROMEO);
});

test('XEP-0178 section 2, 11b: several addresses, and the client does not say which', async () => {
  assert.equal(outcome(await login([`juliet@${HOST}`, ROMEO], '')), 'invalid-authzid');
});

test('XEP-0178 section 2, 11: addresses of other hosts do not count, nor does one that comes twice', async () => {
  assert.equal(outcome(await login(['romeo@example.org', ROMEO, ROMEO], '')), 'success');
});

test('XEP-0178 section 2, 11c: an authorization identity that the certificate does not hold', async () => {
  for (const authzid of [`tybalt@${HOST}`, 'romeo@example.org', `${ROMEO}/orchard`, 'romeo', HOST]) {
    assert.equal(outcome(await login([ROMEO], authzid)), 'invalid-authzid', authzid);
  }
});

test('RFC 6120 section 6.5.8: an authorization identity has to be text', async () => {
  assert.equal(outcome(await login([ROMEO], 'a\0b')), 'malformed-request');
  const auth = authenticator();
  const context = stream(auth, { peerIdentities: [ROMEO], peerAuthorized: true });
  const step = await begin(auth, 'EXTERNAL', context).respond(Buffer.from([0xff]));
  assert.equal(outcome(step), 'malformed-request');
});

test('RFC 6120 section 6.3.4: EXTERNAL is offered to verified certificates with an address of this host, over TLS', () => {
  const auth = authenticator();
  const offered = (options: Parameters<typeof stream>[1]) => stream(auth, options).offered.includes('EXTERNAL');
  assert.ok(offered({ peerIdentities: [ROMEO], peerAuthorized: true }));
  assert.ok(!offered({ peerIdentities: [ROMEO], peerAuthorized: false }));
  assert.ok(!offered({ peerIdentities: [ROMEO], peerAuthorized: true, tls: false }));
  assert.ok(!offered({ peerIdentities: ['romeo@example.org', 'romeo', HOST], peerAuthorized: true }));
  assert.ok(!offered({}));
});

test('an exchange that was begun checks the certificate again, whatever was advertised', async () => {
  const auth = authenticator();
  const context = stream(auth, { peerIdentities: [ROMEO], peerAuthorized: false });
  const exchange = begin(auth, 'EXTERNAL', { ...context, offered: ['EXTERNAL'] });
  assert.equal(outcome(await exchange.respond(Buffer.alloc(0))), 'not-authorized');
});

test('XEP-0178 section 2, 11: an address without an account is not authorized', async () => {
  assert.equal(outcome(await login([`nobody@${HOST}`], '')), 'not-authorized');
});

test('RFC 6120 section 6.5.2: a locked account is told so', async () => {
  assert.equal(outcome(await login([`tybalt@${HOST}`], '')), 'account-disabled');
});

test('RFC 6120 section 6.4.2: without an initial response the server asks, and an empty answer is none', async () => {
  const auth = authenticator();
  const context = stream(auth, { peerIdentities: [ROMEO], peerAuthorized: true, credentials: accounts() });
  const exchange = begin(auth, 'EXTERNAL', context);
  assert.deepEqual(await exchange.respond(undefined), { kind: 'challenge', data: Buffer.alloc(0) });
  assert.equal(outcome(await exchange.respond(Buffer.alloc(0))), 'success');
});
