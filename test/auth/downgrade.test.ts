/** XEP-0474: the digest of what was advertised, honest and tampered with. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { downgradeHash } from '../../src/auth/downgrade.ts';
import { readAttributes, ScramClient } from '../support/sasl-client.ts';
import { authenticator, begin, EXPORTER, outcome, runScram, stream } from './fixture.ts';

const BARE = { mechanism: 'SCRAM-SHA-256', username: 'romeo', password: 'wherefore' };
const PLUS = { ...BARE, mechanism: 'SCRAM-SHA-256-PLUS', binding: { type: 'tls-exporter', data: EXPORTER } };

test('XEP-0474 section 6.1: mechanisms, then bindings, each sorted by octets, with two separators', () => {
  const hash = downgradeHash('SHA-1', ['SCRAM-SHA-1-PLUS', 'SCRAM-SHA-1'], ['tls-server-end-point', 'tls-exporter']);
  assert.equal(hash, 'G6k/rBLDqgOhRRaCuuatSDFkJ08=');
});

test('XEP-0474 section 6.1: without advertised bindings there is no second list and no separator for it', () => {
  const expected = createHash('sha256').update('PLAIN\x1eSCRAM-SHA-1').digest('base64');
  assert.equal(downgradeHash('SHA-256', ['SCRAM-SHA-1', 'PLAIN'], []), expected);
});

test('XEP-0474 section 6.1: sorting leaves the advertised order alone', () => {
  const mechanisms = Object.freeze(['B', 'A']);
  downgradeHash('SHA-256', mechanisms, []);
  assert.deepEqual(mechanisms, ['B', 'A']);
});

for (const [what, mechanism] of [
  ['without', 'SCRAM-SHA-256'],
  ['with', 'SCRAM-SHA-512-PLUS'],
] as const) {
  test(`XEP-0474 section 6.2: a client that saw what was sent goes on, ${what} channel binding`, async () => {
    const auth = authenticator();
    const context = stream(auth);
    const binding = what === 'with' ? { binding: PLUS.binding } : {};
    const advertised = { mechanisms: context.offered, bindings: context.offeredBindings };
    const { step, challenge } = await runScram(auth, context, { ...BARE, mechanism, ...binding, advertised });
    assert.equal(outcome(step), 'success');
    assert.ok(readAttributes(challenge).has('h'));
  });
}

test('XEP-0474 section 5.1: a client that was shown fewer bindings notices', async () => {
  const auth = authenticator();
  const context = stream(auth);
  const advertised = { mechanisms: context.offered, bindings: ['tls-server-end-point'] };
  await assert.rejects(runScram(auth, context, { ...BARE, advertised }), /downgrade detected/);
});

test('XEP-0474 section 5.2: a client that was shown fewer mechanisms notices', async () => {
  const auth = authenticator();
  const context = stream(auth);
  const advertised = { mechanisms: ['SCRAM-SHA-1'], bindings: context.offeredBindings };
  await assert.rejects(
    runScram(auth, context, { ...BARE, mechanism: 'SCRAM-SHA-1', advertised }),
    /downgrade detected/,
  );
});

test('XEP-0474 section 6.2: an attacker who mends the digest on the way makes the proof wrong', async () => {
  const auth = authenticator();
  const context = stream(auth);
  const shown = { mechanisms: ['SCRAM-SHA-256'], bindings: [] };

  const client = new ScramClient({ ...BARE, advertised: shown });
  const exchange = begin(auth, 'SCRAM-SHA-256', context);
  const challenge = await exchange.respond(client.first());
  assert.ok(challenge.kind === 'challenge');
  const mended = challenge.data.toString().replace(/h=.*/, `h=${downgradeHash('SHA-256', shown.mechanisms, [])}`);
  assert.equal(outcome(await exchange.respond(client.final(Buffer.from(mended)))), 'not-authorized');
});

test('XEP-0474 section 6.1: each profile has a list of its own, and the digest is of the one that is used', async () => {
  const auth = authenticator();
  const context = { ...stream(auth), offered: ['SCRAM-SHA-256', 'PLAIN'] };
  const advertised = { mechanisms: ['PLAIN', 'SCRAM-SHA-256'], bindings: context.offeredBindings };
  assert.equal(outcome((await runScram(auth, context, { ...BARE, advertised })).step), 'success');
});

test('XEP-0474: the attribute can be left out for clients that stumble over it', async () => {
  const auth = authenticator({ downgradeProtection: false });
  const { step, challenge } = await runScram(auth, stream(auth), BARE);
  assert.equal(outcome(step), 'success');
  assert.ok(!readAttributes(challenge).has('h'));
});
