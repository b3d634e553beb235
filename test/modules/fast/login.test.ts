/** XEP-0484 from end to end: a client gets a token, and logs in again with it in one round trip. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import type { Element } from '../../../src/xml/element.ts';
import { startParley, type TestServer } from '../../support/parley.ts';

const SASL2 = 'urn:xmpp:sasl:2';
const FAST = 'urn:xmpp:fast:0';
const MECHANISM = 'HT-SHA-256-NONE';
const AGENT = `<user-agent id='d4565fa7-4d72-4749-b3d3-740edbf87770'/>`;

function authenticate(mechanism: string, response: string, ...more: string[]): string {
  const initial = Buffer.from(response, 'latin1').toString('base64');
  return `<authenticate xmlns='${SASL2}' mechanism='${mechanism}'>
    <initial-response>${initial}</initial-response>${AGENT}${more.join('')}</authenticate>`;
}

/** The client's message of the HT mechanisms: who, and the proof. */
function proof(token: string): string {
  return `juliet\0${createHmac('sha256', token).update('Initiator').digest().toString('latin1')}`;
}

async function answer(server: TestServer, request: string): Promise<Element> {
  const client = server.connect();
  await client.open('capulet.lit', `from='juliet@capulet.lit'`);
  await client.send(request);
  return client.receive();
}

function tokenIn(success: Element): string | undefined {
  return success
    .elements()
    .find((it) => it.name === 'token' && it.ns === FAST)
    ?.attr('token');
}

test('XEP-0484: request with a password, log in with the token, get the next when it is due', async (t) => {
  const server = await startParley();
  t.after(() => server.stop());
  await server.account('juliet');
  const request = `<request-token xmlns='${FAST}' mechanism='${MECHANISM}'/>`;
  const first = await answer(server, authenticate('PLAIN', '\0juliet\0secret', request));
  assert.equal(first.name, 'success', String(first));
  const token = tokenIn(first);
  assert.ok(token);

  const fast = `<fast xmlns='${FAST}'/>`;
  const second = await answer(server, authenticate(MECHANISM, proof(token), fast));
  assert.equal(second.name, 'success', String(second));
  assert.equal(tokenIn(second), undefined, 'not due yet');

  server.clock.advance(86_400_000);
  const next = tokenIn(await answer(server, authenticate(MECHANISM, proof(token), fast)));
  assert.ok(next);
  assert.equal((await answer(server, authenticate(MECHANISM, proof(next), fast))).name, 'success');
  const old = await answer(server, authenticate(MECHANISM, proof(token), fast));
  assert.equal(old.name, 'failure', 'the first token ended with the use of the second');

  await server.command('user password', { jid: 'juliet@capulet.lit', password: 'another' });
  assert.equal((await answer(server, authenticate(MECHANISM, proof(next), fast))).name, 'failure');
});
