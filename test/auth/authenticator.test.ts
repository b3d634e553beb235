/** What is offered, and what cannot be begun (RFC 6120 section 6.3, XEP-0388, XEP-0440). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuthOptions } from '../../src/auth/authenticator.ts';
import { authenticator, END_POINT, EXPORTER, HOST, outcome, runScram, stream } from './fixture.ts';

const refusal = (options: Partial<AuthOptions>, mechanism: string, tls = true): string => {
  const auth = authenticator(options);
  const begun = auth.begin(mechanism, stream(auth, { tls }));
  return 'kind' in begun ? begun.condition : 'begun';
};

test('XEP-0438 section 4.1: mechanisms are offered in the order of their strength', () => {
  const auth = authenticator({ anonymous: true });
  const context = stream(auth, { peerIdentities: [`romeo@${HOST}`], peerAuthorized: true });
  assert.deepEqual(context.offered, [
    'EXTERNAL',
    'SCRAM-SHA-512-PLUS',
    'SCRAM-SHA-256-PLUS',
    'SCRAM-SHA-1-PLUS',
    'SCRAM-SHA-512',
    'SCRAM-SHA-256',
    'SCRAM-SHA-1',
    'PLAIN',
    'ANONYMOUS',
  ]);
});

test('RFC 5802 section 6: -PLUS is offered when there is TLS and something to bind to, and only then', () => {
  const auth = authenticator();
  const plus = (options: Parameters<typeof stream>[1]) =>
    stream(auth, options).offered.some((it) => it.endsWith('-PLUS'));
  assert.ok(plus({}));
  assert.ok(plus({ bindings: { 'tls-server-end-point': END_POINT } }));
  assert.ok(!plus({ tls: false }));
  assert.ok(!plus({ tls: false, bindings: { 'tls-exporter': EXPORTER } }));
  assert.ok(!plus({ bindings: {} }), 'TLS that ends at a proxy');
});

test('a -PLUS mechanism once offered is not withdrawn: the offer depends on configuration and connection alone', async () => {
  const auth = authenticator();
  const before = { offered: stream(auth).offered, bindings: stream(auth).offeredBindings };
  for (let i = 0; i < 5; i++) {
    const wrong = { mechanism: 'SCRAM-SHA-256', username: `nobody${i}`, password: 'x' };
    assert.equal(outcome((await runScram(auth, stream(auth), wrong)).step), 'not-authorized');
  }
  const after = { offered: stream(auth).offered, bindings: stream(auth).offeredBindings };
  assert.deepEqual(after, before);
});

test('XEP-0440 section 3: bindings are advertised, the strongest first, when -PLUS is', () => {
  const auth = authenticator();
  assert.deepEqual(stream(auth).offeredBindings, ['tls-exporter', 'tls-server-end-point']);
  assert.deepEqual(stream(auth, { bindings: { 'tls-server-end-point': END_POINT } }).offeredBindings, [
    'tls-server-end-point',
  ]);
  assert.deepEqual(stream(auth, { tls: false }).offeredBindings, []);
  const unscrammed = authenticator({ scram: [] });
  assert.deepEqual(stream(unscrammed).offeredBindings, [], 'rule 5: never without a mechanism that binds');
  const unbound = authenticator({ bindings: [] });
  assert.deepEqual(stream(unbound).offeredBindings, []);
  assert.ok(!stream(unbound).offered.some((it) => it.endsWith('-PLUS')));
});

test('XEP-0388 section 2.1: an account whose hashes are known is offered only those', () => {
  const auth = authenticator();
  assert.deepEqual(stream(auth, { accountHashes: ['SHA-1'] }).offered, ['SCRAM-SHA-1-PLUS', 'SCRAM-SHA-1', 'PLAIN']);
  assert.deepEqual(stream(auth, { accountHashes: [] }).offered, stream(auth).offered, 'no keys tell nothing');
});

test('XEP-0484 section 3.1: tokens have mechanisms with channel binding first, and one without', () => {
  const auth = authenticator();
  assert.deepEqual(stream(auth).offeredFast, [
    'HT-SHA-512-EXPR',
    'HT-SHA-256-EXPR',
    'HT-SHA-512-ENDP',
    'HT-SHA-256-ENDP',
    'HT-SHA-512-NONE',
    'HT-SHA-256-NONE',
  ]);
  assert.deepEqual(stream(auth, { bindings: {} }).offeredFast, ['HT-SHA-512-NONE', 'HT-SHA-256-NONE']);
  assert.deepEqual(stream(authenticator({ tokens: [] })).offeredFast, []);
  assert.ok(
    stream(auth).offeredFast?.every((it) => it.length <= 20),
    'RFC 4422 section 3.1',
  );
});

test('RFC 6120 section 6.5.7: a mechanism that does not exist or was not offered is invalid', () => {
  for (const name of ['', 'DIGEST-MD5', 'scram-sha-1', 'SCRAM-SHA-256 ', 'EXTERNAL', 'ANONYMOUS', '__proto__']) {
    assert.equal(refusal({}, name), 'invalid-mechanism', name);
  }
  assert.equal(refusal({}, 'SCRAM-SHA-256-PLUS', false), 'invalid-mechanism');
  assert.equal(refusal({ tokens: [] }, 'HT-SHA-256-NONE'), 'invalid-mechanism');
});

test('RFC 6120 section 6.5.9: a mechanism that this host turned off is too weak', () => {
  assert.equal(refusal({ plain: false }, 'PLAIN'), 'mechanism-too-weak');
  assert.equal(refusal({ scram: ['SHA-256'] }, 'SCRAM-SHA-1'), 'mechanism-too-weak');
});

test('RFC 6120 section 6.5.4: a mechanism that would be offered inside TLS requires encryption', () => {
  assert.equal(refusal({}, 'PLAIN', false), 'encryption-required');
  assert.equal(refusal({}, 'HT-SHA-256-NONE', false), 'encryption-required');
});

test('FAST mechanisms are not part of classic SASL', () => {
  const auth = authenticator();
  const classic = { ...stream(auth), offeredFast: undefined };
  const begun = auth.begin('HT-SHA-256-NONE', classic);
  assert.equal('kind' in begun && begun.condition, 'invalid-mechanism');
});
