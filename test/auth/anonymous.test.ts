/** ANONYMOUS (RFC 4505, XEP-0175). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prepareLocal } from '../../src/jid/local.ts';
import { authenticator, begin, outcome, stream } from './fixture.ts';

const auth = authenticator({ anonymous: true });
const login = (trace: string | Buffer) => begin(auth, 'ANONYMOUS', stream(auth)).respond(Buffer.from(trace));

test('XEP-0175 section 3: everyone gets a localpart of their own, which is a prepared one', async () => {
  const steps = await Promise.all([login(''), login('')]);
  const locals = steps.map((it) => (it.kind === 'success' ? it.local : ''));
  assert.notEqual(locals[0], locals[1]);
  for (const local of locals) {
    assert.match(local, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.equal(prepareLocal(local), local);
  }
});

test('XEP-0175 section 3: it is not offered unless the host allows it', () => {
  const closed = authenticator();
  assert.ok(!stream(closed).offered.includes('ANONYMOUS'));
  const refused = closed.begin('ANONYMOUS', stream(closed));
  assert.equal('kind' in refused && refused.condition, 'invalid-mechanism');
});

test('RFC 4505 section 2: trace information of up to 255 characters is taken and not used', async () => {
  const step = await login('sirhc@example.org');
  assert.ok(step.kind === 'success' && !step.local.includes('sirhc'));
  assert.equal(outcome(await login('😀'.repeat(255))), 'success');
  assert.equal(outcome(await login('😀'.repeat(256))), 'malformed-request');
  assert.equal(outcome(await login(Buffer.from([0xc0]))), 'malformed-request');
});

test('RFC 6120 section 6.4.2: without an initial response the server asks for it', async () => {
  const exchange = begin(auth, 'ANONYMOUS', stream(auth));
  assert.equal(outcome(await exchange.respond(undefined)), 'challenge');
  assert.equal(outcome(await exchange.respond(Buffer.alloc(0))), 'success');
});
