/** HT mechanisms with FAST tokens (draft-schmaus-kitten-sasl-ht-09, XEP-0484). */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import type { Authenticator } from '../../src/auth/authenticator.ts';
import type { FastRequest, SaslStep } from '../../src/auth/sasl.ts';
import { FakeClock } from '../support/clock.ts';
import { MemoryFastTokens } from '../support/memory-credentials.ts';
import { TokenClient } from '../support/sasl-client.ts';
import {
  accounts,
  authenticator,
  begin,
  CLIENT,
  END_POINT,
  EXPORTER,
  outcome,
  type StreamOptions,
  stream,
} from './fixture.ts';

const LIFETIME_MS = 10_000;
const RENEW_AFTER_MS = 1000;
const BOUND: Readonly<Record<string, Buffer>> = { EXPR: EXPORTER, ENDP: END_POINT, NONE: Buffer.alloc(0) };

class World {
  readonly auth: Authenticator = authenticator();
  readonly clock = new FakeClock();
  readonly tokens = new MemoryFastTokens(this.clock, { lifetimeMs: LIFETIME_MS, renewAfterMs: RENEW_AFTER_MS });
  readonly credentials = accounts();

  async issue(mechanism: string, local = 'romeo'): Promise<string> {
    return (await this.tokens.issue(local, CLIENT, mechanism)).token;
  }

  async respond(
    mechanism: string,
    data: Buffer | undefined,
    fast: Partial<FastRequest> = {},
    options: StreamOptions = {},
  ) {
    const request = {
      tokens: this.tokens,
      client: CLIENT,
      count: undefined,
      invalidate: false,
      earlyData: false,
      ...fast,
    };
    const context = stream(this.auth, { credentials: this.credentials, fast: request, ...options });
    return begin(this.auth, mechanism, context).respond(data);
  }

  login(mechanism: string, token: string, fast: Partial<FastRequest> = {}, username = 'romeo'): Promise<SaslStep> {
    const bound = BOUND[mechanism.slice(-4)];
    return this.respond(mechanism, new TokenClient(mechanism, username, token, bound).first(), fast);
  }
}

for (const mechanism of authenticator().offeredFast(stream(authenticator()))) {
  test(`draft-schmaus-kitten-sasl-ht section 3: ${mechanism} proves the token both ways`, async () => {
    const world = new World();
    const token = await world.issue(mechanism);
    const client = new TokenClient(mechanism, 'romeo', token, BOUND[mechanism.slice(-4)]);
    const step = await world.respond(mechanism, client.first());
    assert.ok(step.kind === 'success');
    assert.equal(step.local, 'romeo');
    assert.ok(client.accepts(step.data));
    assert.equal(step.fast?.invalidated, false);
  });
}

test('draft-schmaus-kitten-sasl-ht section 3.1: the key is the text of the token, the message names the side', async () => {
  const world = new World();
  const token = await world.issue('HT-SHA-256-NONE');
  const proof = createHmac('sha256', Buffer.from(token, 'utf8')).update('Initiator').digest();
  const step = await world.respond('HT-SHA-256-NONE', Buffer.concat([Buffer.from('romeo\0'), proof]));
  const expected = createHmac('sha256', token).update('Responder').digest();
  assert.deepEqual(step.kind === 'success' && step.data, expected);
});

for (const [what, data] of [
  ['no message', undefined],
  ['an empty message', Buffer.alloc(0)],
  ['no NUL', Buffer.from('romeo')],
  ['no name', Buffer.from('\0proof')],
  ['a name that is not UTF-8', Buffer.from([0xff, 0, 1])],
] as const) {
  test(`RFC 6120 section 6.5.8: ${what} is malformed`, async () => {
    const world = new World();
    await world.issue('HT-SHA-256-NONE');
    assert.equal(outcome(await world.respond('HT-SHA-256-NONE', data)), 'malformed-request');
  });
}

test('XEP-0484 section 3.4: without <fast/> a token cannot be used', async () => {
  const world = new World();
  const token = await world.issue('HT-SHA-256-NONE');
  const context = { ...stream(world.auth, { credentials: world.credentials }) };
  const exchange = begin(world.auth, 'HT-SHA-256-NONE', context);
  const data = new TokenClient('HT-SHA-256-NONE', 'romeo', token).first();
  assert.equal(outcome(await exchange.respond(data)), 'malformed-request');
});

test('RFC 6120 section 6.5.10: wrong token, no token, wrong client, wrong account and no account get one answer', async () => {
  const world = new World();
  const token = await world.issue('HT-SHA-256-NONE');
  const mechanism = 'HT-SHA-256-NONE';
  const refused = { kind: 'failure', condition: 'not-authorized', text: undefined };
  assert.deepEqual(await world.login(mechanism, 'another'), refused);
  assert.deepEqual(await world.login(mechanism, token, { client: 'a3565fa7-4d72-4749-b3d3-740edbf87770' }), refused);
  assert.deepEqual(await world.login(mechanism, token, {}, 'juliet'), refused);
  assert.deepEqual(await world.login(mechanism, token, {}, 'ju liet'), refused);
  await world.tokens.issue('nobody', CLIENT, mechanism);
  assert.deepEqual(await world.login(mechanism, token, {}, 'nobody'), refused);
  assert.deepEqual(await new World().login(mechanism, token), refused);
});

test('an account that was removed cannot be entered with its token', async () => {
  const world = new World();
  const token = await world.issue('HT-SHA-256-NONE');
  world.credentials.accounts.delete('romeo');
  assert.equal(outcome(await world.login('HT-SHA-256-NONE', token)), 'not-authorized');
});

test('RFC 6120 section 6.5.2: a locked account is told so once the token is proven, and not before', async () => {
  const world = new World();
  const token = await world.issue('HT-SHA-256-NONE', 'tybalt');
  assert.equal(outcome(await world.login('HT-SHA-256-NONE', token, {}, 'tybalt')), 'account-disabled');
  assert.equal(outcome(await world.login('HT-SHA-256-NONE', 'other', {}, 'tybalt')), 'not-authorized');
});

test('XEP-0484 section 3.4: a token is bound to the mechanism that it was asked for', async () => {
  const world = new World();
  const token = await world.issue('HT-SHA-256-EXPR');
  assert.equal(outcome(await world.login('HT-SHA-256-NONE', token)), 'not-authorized');
  assert.equal(outcome(await world.login('HT-SHA-256-ENDP', token)), 'not-authorized');
  assert.equal(outcome(await world.login('HT-SHA-512-EXPR', token)), 'not-authorized');
  assert.equal(outcome(await world.login('HT-SHA-256-EXPR', token)), 'success');
});

test('draft-schmaus-kitten-sasl-ht section 3.1: a proof for another channel is refused', async () => {
  const world = new World();
  const token = await world.issue('HT-SHA-256-EXPR');
  const elsewhere = new TokenClient('HT-SHA-256-EXPR', 'romeo', token, Buffer.alloc(32, 7)).first();
  assert.equal(outcome(await world.respond('HT-SHA-256-EXPR', elsewhere)), 'not-authorized');
  const unbound = new TokenClient('HT-SHA-256-EXPR', 'romeo', token).first();
  assert.equal(outcome(await world.respond('HT-SHA-256-EXPR', unbound)), 'not-authorized');
});

test('XEP-0484 section 3.4: early data needs a count', async () => {
  const world = new World();
  const token = await world.issue('HT-SHA-256-NONE');
  assert.equal(outcome(await world.login('HT-SHA-256-NONE', token, { earlyData: true })), 'malformed-request');
  assert.equal(outcome(await world.login('HT-SHA-256-NONE', token, { earlyData: true, count: 1 })), 'success');
});

test('XEP-0484 section 3.4: a count that was processed, or a lower one, is refused', async () => {
  const world = new World();
  const token = await world.issue('HT-SHA-256-NONE');
  const attempt = async (count: number | undefined) => outcome(await world.login('HT-SHA-256-NONE', token, { count }));
  assert.equal(await attempt(5), 'success');
  assert.equal(await attempt(5), 'not-authorized');
  assert.equal(await attempt(4), 'not-authorized');
  assert.equal(await attempt(undefined), 'success', 'outside early data a count is optional');
  assert.equal(await attempt(6), 'success');
});

test('XEP-0484 section 3.4: of two attempts at once with one count, one succeeds', async () => {
  const world = new World();
  const token = await world.issue('HT-SHA-256-NONE');
  await world.login('HT-SHA-256-NONE', token);
  // Both have read the token before either notes its count.
  const { tokens } = world;
  const slow = {
    find: async (local: string, client: string) => tokens.find(local, client),
    use: async (...use: Parameters<typeof tokens.use>) => tokens.use(...use),
    issue: tokens.issue.bind(tokens),
    revoke: tokens.revoke.bind(tokens),
  };
  const attempt = () => world.login('HT-SHA-256-NONE', token, { count: 9, tokens: slow });
  const outcomes = (await Promise.all([attempt(), attempt()])).map(outcome);
  assert.deepEqual(outcomes.sort(), ['not-authorized', 'success']);
});

test('XEP-0484 section 4.2: an expired token gets credentials-expired, if it is proven', async () => {
  const world = new World();
  const token = await world.issue('HT-SHA-256-NONE');
  world.clock.advance(LIFETIME_MS);
  const step = await world.login('HT-SHA-256-NONE', token);
  assert.equal(outcome(step), 'credentials-expired');
  assert.ok(step.kind === 'failure' && step.harmless, 'nothing was guessed');
  assert.equal(outcome(await world.login('HT-SHA-256-NONE', 'other')), 'not-authorized');
});

test('XEP-0484 section 3.5: the old token works until the new one was used, and no longer', async () => {
  const world = new World();
  const mechanism = 'HT-SHA-256-NONE';
  const old = await world.issue(mechanism);
  assert.equal(outcome(await world.login(mechanism, old)), 'success');
  const fresh = await world.issue(mechanism);
  assert.equal(outcome(await world.login(mechanism, old)), 'success', 'the client may never have got the new one');
  assert.equal(outcome(await world.login(mechanism, fresh)), 'success');
  assert.equal(outcome(await world.login(mechanism, old)), 'not-authorized');
  assert.equal(outcome(await world.login(mechanism, fresh)), 'success');
});

test('XEP-0484 section 3.5: a new token ends an earlier one that was never used', async () => {
  const world = new World();
  const mechanism = 'HT-SHA-256-NONE';
  const used = await world.issue(mechanism);
  await world.login(mechanism, used);
  const lost = await world.issue(mechanism);
  const last = await world.issue(mechanism);
  assert.equal(outcome(await world.login(mechanism, lost)), 'not-authorized');
  assert.equal(outcome(await world.login(mechanism, used)), 'success');
  assert.equal(outcome(await world.login(mechanism, last)), 'success');
});

test('XEP-0484 section 3.6: invalidate ends the tokens of that client with this very success', async () => {
  const world = new World();
  const mechanism = 'HT-SHA-256-NONE';
  const token = await world.issue(mechanism);
  const step = await world.login(mechanism, token, { invalidate: true });
  assert.ok(step.kind === 'success' && step.fast?.invalidated);
  assert.equal(outcome(await world.login(mechanism, token)), 'not-authorized');
});

test('XEP-0484 section 3.6: invalidate with a wrong proof ends nothing', async () => {
  const world = new World();
  const mechanism = 'HT-SHA-256-NONE';
  const token = await world.issue(mechanism);
  assert.equal(outcome(await world.login(mechanism, 'wrong', { invalidate: true })), 'not-authorized');
  assert.equal(outcome(await world.login(mechanism, token)), 'success');
});

test('XEP-0484 section 6: there is no FAST without TLS', () => {
  const auth = authenticator();
  const context = stream(auth, { tls: false });
  assert.deepEqual(context.offeredFast, []);
  const refused = auth.begin('HT-SHA-256-NONE', context);
  assert.equal('kind' in refused && refused.condition, 'encryption-required');
});
