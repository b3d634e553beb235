/** PLAIN (RFC 4616). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prepare } from '../../src/auth/prepare.ts';
import { deriveKeys, verifyPassword } from '../../src/auth/scram-keys.ts';
import { plainMessage } from '../support/sasl-client.ts';
import { accounts, authenticator, begin, HOST, ITERATIONS, outcome, type StreamOptions, stream } from './fixture.ts';

async function login(message: string | Buffer, options: StreamOptions = {}) {
  const auth = authenticator();
  return begin(auth, 'PLAIN', stream(auth, options)).respond(Buffer.from(message));
}

test('RFC 4616 section 2: name and password log in', async () => {
  const step = await login(plainMessage('romeo', 'wherefore'));
  assert.equal(step.kind === 'success' && step.local, 'romeo');
  assert.equal(step.kind === 'success' && step.data, undefined);
  assert.equal(step.kind === 'success' && step.authzid, undefined);
});

test('RFC 4616 section 2: the authorization identity may be empty or the account itself', async () => {
  const self = await login(plainMessage('romeo', 'wherefore', `romeo@${HOST}`));
  assert.equal(self.kind === 'success' && self.authzid, `romeo@${HOST}`);
  const other = await login(plainMessage('romeo', 'wherefore', `juliet@${HOST}`));
  assert.equal(outcome(other), 'invalid-authzid');
});

test('RFC 6120 section 6.4.2: without an initial response the server asks for it', async () => {
  const auth = authenticator();
  const exchange = begin(auth, 'PLAIN', stream(auth));
  assert.deepEqual(await exchange.respond(undefined), { kind: 'challenge', data: Buffer.alloc(0) });
  assert.equal(outcome(await exchange.respond(plainMessage('romeo', 'wherefore'))), 'success');
});

for (const [what, message] of [
  ['nothing in it', ''],
  ['one NUL', 'romeo\0wherefore'],
  ['three NULs', '\0romeo\0where\0fore'],
  ['no name', '\0\0wherefore'],
  ['no password', '\0romeo\0'],
  ['octets that are not UTF-8', Buffer.from([0, 0x72, 0, 0xff])],
  ['more than a password can have', `\0romeo\0${'x'.repeat(6000)}`],
] as const) {
  test(`RFC 6120 section 6.5.8: a message with ${what} is malformed`, async () => {
    assert.equal(outcome(await login(message)), 'malformed-request');
  });
}

test('RFC 6120 section 6.5.10: a wrong password, a wrong name and an impossible name get one answer', async () => {
  const refused = { kind: 'failure', condition: 'not-authorized', text: undefined };
  assert.deepEqual(await login(plainMessage('romeo', 'therefore')), refused);
  assert.deepEqual(await login(plainMessage('nobody', 'wherefore')), refused);
  assert.deepEqual(await login(plainMessage('ro meo', 'wherefore')), refused);
  assert.deepEqual(await login(plainMessage('romeo', 'bell\u0007')), refused, 'SASLprep forbids this password');
});

test('RFC 6120 section 6.5.2: a locked account is told so once the password is proven, and not before', async () => {
  assert.equal(outcome(await login(plainMessage('tybalt', 'wherefore'))), 'account-disabled');
  assert.equal(outcome(await login(plainMessage('tybalt', 'therefore'))), 'not-authorized');
});

test('RFC 4616 section 2: the password is prepared by SASLprep before it is compared', async () => {
  const credentials = accounts();
  const hashes = ['SHA-256'] as const;
  credentials.accounts.set('zoe', {
    keys: await deriveKeys(prepare('Ⅸ pâté') as string, { hashes, iterations: ITERATIONS }),
    locked: false,
  });
  assert.equal(outcome(await login(plainMessage('zoe', 'IX pa\u0302te\u0301'), { credentials })), 'success');
});

test('RFC 6120 section 13.8.3: PLAIN is neither offered nor taken without TLS', () => {
  const auth = authenticator();
  const context = stream(auth, { tls: false });
  assert.ok(!context.offered.includes('PLAIN'));
  const refused = auth.begin('PLAIN', context);
  assert.equal('kind' in refused && refused.condition, 'encryption-required');
});

test('an option allows PLAIN without TLS to clients on loopback, and to nobody else', async () => {
  const auth = authenticator({ allowPlainWithoutTls: true });
  const far = stream(auth, { tls: false, address: '203.0.113.9' });
  assert.ok(!far.offered.includes('PLAIN'));
  const refused = auth.begin('PLAIN', far);
  assert.equal('kind' in refused && refused.condition, 'encryption-required');
  const exchange = begin(auth, 'PLAIN', stream(auth, { tls: false }));
  assert.equal(outcome(await exchange.respond(plainMessage('romeo', 'wherefore'))), 'success');
});

test('an account with keys of some hashes only gets the others when its password passes by', async () => {
  const credentials = accounts();
  const all = credentials.accounts.get('romeo')?.keys ?? [];
  const old = all.filter((it) => it.hash === 'SHA-1');
  credentials.accounts.set('romeo', { keys: old, locked: false });
  const step = await login(plainMessage('romeo', 'wherefore'), { credentials });
  assert.ok(step.kind === 'success' && step.newKeys);
  assert.deepEqual(
    step.newKeys.map((it) => it.hash),
    ['SHA-512', 'SHA-256', 'SHA-1'],
  );
  assert.equal(step.newKeys[2], old[0], 'what was there stays');
  assert.equal(step.proven, old[0], 'the new ones are for as long as that one is stored');
  for (const keys of step.newKeys) assert.ok(await verifyPassword('wherefore', keys), keys.hash);
});

test('an account whose keys are complete gets no new ones', async () => {
  const step = await login(plainMessage('romeo', 'wherefore'));
  assert.equal(step.kind === 'success' && step.newKeys, undefined);
});

test('XEP-0438 section 5.3: keys with fewer iterations than new ones get are made anew', async () => {
  const auth = authenticator({ keep: { hashes: ['SHA-256'], iterations: ITERATIONS + 1 } });
  const step = await begin(auth, 'PLAIN', stream(auth)).respond(plainMessage('romeo', 'wherefore'));
  assert.ok(step.kind === 'success');
  const made = step.newKeys?.find((it) => it.hash === 'SHA-256');
  assert.equal(made?.iterations, ITERATIONS + 1);
  assert.ok(made && (await verifyPassword('wherefore', made)));
});

test('an account without a password cannot log in with one', async () => {
  const credentials = accounts();
  credentials.accounts.set('card', { keys: [], locked: false });
  assert.equal(outcome(await login(plainMessage('card', 'wherefore'), { credentials })), 'not-authorized');
});
