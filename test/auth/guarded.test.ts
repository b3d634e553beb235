/** No order, size or fault of a message gets past an exchange (RFC 4422 section 3). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guarded, MAX_MESSAGE_BYTES } from '../../src/auth/guarded.ts';
import type { SaslStep } from '../../src/auth/sasl.ts';
import { accounts, authenticator, begin, outcome, stream } from './fixture.ts';

const challenge: SaslStep = { kind: 'challenge', data: Buffer.from('go on') };
const wrong: SaslStep = { kind: 'failure', condition: 'not-authorized' };
const data = Buffer.from('x');

test('RFC 4422 section 3.5: nothing is answered after the outcome but that it is out of turn', async () => {
  const exchange = guarded({ respond: () => wrong });
  assert.equal(await exchange.respond(data), wrong);
  assert.equal(outcome(await exchange.respond(data)), 'malformed-request');
});

test('RFC 4422 section 3.4: a second message while the first is in work ends the exchange, and neither succeeds', async () => {
  const { promise, resolve } = Promise.withResolvers<SaslStep>();
  const exchange = guarded({ respond: () => promise });
  const first = exchange.respond(data);
  assert.equal(outcome(await exchange.respond(data)), 'malformed-request');
  resolve({ kind: 'success', mechanism: 'X', local: 'romeo', authzid: undefined, data: undefined });
  assert.equal(outcome(await first), 'malformed-request');
  assert.equal(outcome(await exchange.respond(data)), 'malformed-request');
});

test('RFC 6120 section 6.4.3: only the first message may be absent', async () => {
  const exchange = guarded({ respond: () => challenge });
  assert.equal(await exchange.respond(undefined), challenge);
  assert.equal(outcome(await exchange.respond(undefined)), 'malformed-request');
});

test('a message longer than any honest one is not looked at', async () => {
  let asked = 0;
  const exchange = guarded({
    respond() {
      asked++;
      return challenge;
    },
  });
  assert.equal(outcome(await exchange.respond(Buffer.alloc(MAX_MESSAGE_BYTES + 1))), 'malformed-request');
  assert.equal(asked, 0);
});

test('RFC 6120 section 6.5.11: what fails on our side is temporary, its cause is for the log, and the exchange is over', async () => {
  const cause = new Error('the database is gone');
  const fails = [
    () => {
      throw cause;
    },
    () => Promise.reject(cause),
  ];
  for (const respond of fails) {
    const exchange = guarded({ respond });
    assert.deepEqual(await exchange.respond(data), { kind: 'failure', condition: 'temporary-auth-failure', cause });
    assert.equal(outcome(await exchange.respond(data)), 'malformed-request');
  }
});

test('RFC 6120 section 6.5.11: a store of accounts that fails is a temporary failure of every mechanism that asks it', async () => {
  const auth = authenticator();
  const credentials = accounts();
  credentials.find = () => {
    throw new Error('the database is gone');
  };
  const context = stream(auth, { credentials, peerIdentities: ['romeo@example.net'], peerAuthorized: true });
  for (const [mechanism, message] of [
    ['SCRAM-SHA-256', 'n,,n=romeo,r=abc'],
    ['PLAIN', '\0romeo\0wherefore'],
    ['EXTERNAL', ''],
  ] as const) {
    const step = await begin(auth, mechanism, context).respond(Buffer.from(message));
    assert.equal(outcome(step), 'temporary-auth-failure', mechanism);
  }
});

test('an answer that is there at once is not a promise', () => {
  const auth = authenticator();
  const step = begin(auth, 'SCRAM-SHA-256', stream(auth)).respond(Buffer.from('n,,n=romeo,r=abc'));
  assert.ok(!(step instanceof Promise));
});
