/** Whatever a client sends, an exchange answers with a step and does not throw. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FailureLimits } from '../../src/auth/failure-limits.ts';
import { parseCount } from '../../src/auth/fast.ts';
import { FakeClock } from '../support/clock.ts';
import { MemoryFastTokens } from '../support/memory-credentials.ts';
import { ScramClient, TokenClient } from '../support/sasl-client.ts';
import { authenticator, begin, CLIENT, EXPORTER, stream } from './fixture.ts';

const auth = authenticator({ anonymous: true });
const clock = new FakeClock();
const tokens = new MemoryFastTokens(clock, { lifetimeMs: 1000, renewAfterMs: 100 });
const { token } = await tokens.issue('romeo', CLIENT, 'HT-SHA-256-NONE');
const context = stream(auth, {
  peerIdentities: ['romeo@example.net', 'juliet@example.net'],
  peerAuthorized: true,
  fast: { tokens, client: CLIENT, count: undefined, invalidate: false, earlyData: false },
});
// PLAIN costs a PBKDF2 a message and has one of its own below, with fewer runs.
const mechanisms = [...context.offered, ...(context.offeredFast ?? [])].filter((it) => it !== 'PLAIN');

const CONDITIONS = ['malformed-request', 'not-authorized', 'invalid-authzid', 'account-disabled'];

async function survives(mechanism: string, messages: readonly (Buffer | undefined)[]): Promise<void> {
  const exchange = begin(auth, mechanism, context);
  for (const message of messages) {
    const step = await exchange.respond(message);
    if (step.kind === 'failure') assert.ok(CONDITIONS.includes(step.condition), `${step.condition} ${step.cause}`);
    if (step.kind === 'success') assert.ok(mechanism === 'ANONYMOUS' || mechanism === 'EXTERNAL', 'nothing was proven');
  }
}

const octets = fc.uint8Array({ maxLength: 200 }).map((it) => Buffer.from(it));
const pieces = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'n',
        'y',
        'p=',
        'tls-exporter',
        ',',
        ',,',
        'a=',
        'n=',
        'r=',
        'c=',
        'p=',
        'm=',
        '=2C',
        '=3D',
        '\0',
      ),
      fc.constantFrom('romeo', 'romeo@example.net', 'biws', 'wherefore', 'abc', '\ud800', '\u202e', 'x=y'),
      fc.string({ unit: 'grapheme', maxLength: 8 }),
    ),
    { maxLength: 14 },
  )
  .map((parts) => Buffer.from(parts.join('')));
const message = fc.oneof(octets, pieces, fc.constant(undefined));

test('random octets and shuffled pieces of messages never throw and never prove anything', async () => {
  const runs = fc.asyncProperty(fc.constantFrom(...mechanisms), fc.array(message, { maxLength: 4 }), survives);
  await fc.assert(runs, { numRuns: 2000 });
});

test('the same for PLAIN', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 2 }), (it) => survives('PLAIN', it)),
    { numRuns: 150 },
  );
});

/** One change somewhere: an octet replaced, put in, or taken out. */
const mutation = fc.record({
  at: fc.nat(),
  how: fc.constantFrom('set', 'insert', 'remove'),
  octet: fc.integer({ min: 0, max: 255 }),
});

function mutate(data: Buffer, { at, how, octet }: { at: number; how: string; octet: number }): Buffer {
  const index = at % (data.length + (how === 'insert' ? 1 : 0));
  const rest = how === 'insert' ? index : index + 1;
  return Buffer.concat(
    [data.subarray(0, index), how === 'remove' ? '' : [octet], data.subarray(rest)].map((it) =>
      Buffer.from(it as Buffer),
    ),
  );
}

test('RFC 5802 section 9: a final message that is changed in one octet is never accepted', async () => {
  const mechanism = 'SCRAM-SHA-256-PLUS';
  const binding = { type: 'tls-exporter', data: EXPORTER };
  const oneRun = async (change: { at: number; how: string; octet: number }): Promise<void> => {
    const exchange = begin(auth, mechanism, context);
    const client = new ScramClient({ mechanism, username: 'romeo', password: 'wherefore', binding });
    const challenge = await exchange.respond(client.first());
    assert.ok(challenge.kind === 'challenge');
    const final = client.final(challenge.data);
    const changed = mutate(final, change);
    const step = await exchange.respond(changed);
    assert.equal(step.kind, changed.equals(final) ? 'success' : 'failure', changed.toString());
  };
  await fc.assert(fc.asyncProperty(mutation, oneRun), { numRuns: 150 });
});

test('draft-schmaus-kitten-sasl-ht section 3.2: a message that is changed in one octet is never accepted', async () => {
  const mechanism = 'HT-SHA-256-NONE';
  const honest = new TokenClient(mechanism, 'romeo', token).first();
  const oneRun = async (change: { at: number; how: string; octet: number }): Promise<void> => {
    const changed = mutate(honest, change);
    const step = await begin(auth, mechanism, context).respond(changed);
    // A capital letter in the name is the same name.
    const same = changed.equals(honest) || changed.toString('latin1').toLowerCase().startsWith('romeo\0');
    if (step.kind === 'success') assert.ok(same && changed.subarray(6).equals(honest.subarray(6)));
    else assert.ok(!changed.equals(honest));
  };
  await fc.assert(fc.asyncProperty(mutation, oneRun), { numRuns: 1000 });
});

test('addresses and counts of any form are taken without an exception', () => {
  const limits = new FailureLimits(clock);
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.ipV6(), fc.ipV4(), fc.constantFrom('::', '1::', 'fe80::1%eth0')), (text) => {
      limits.failed(text, 1);
      limits.bannedUntil(text);
      parseCount(text);
    }),
  );
});
