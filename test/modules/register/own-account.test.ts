/** XEP-0077 for those who are logged in: what is on file, a new password, removal. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Accounts, FastTokens } from '#api';
import type { Element } from '../../../src/xml/element.ts';
import type { TestClient } from '../../support/client.ts';
import { mismatch, pattern } from '../../support/match.ts';
import { startParley, type TestOptions } from '../../support/parley.ts';

const STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas';
const ASK = `<query xmlns='jabber:iq:register'/>`;
const REMOVE = `<query xmlns='jabber:iq:register'><remove/></query>`;
const NOT_AUTHORIZED = `<error xmlns='http://etherx.jabber.org/streams'>
  <not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></error>`;

async function start(t: TestContext, options: TestOptions = {}) {
  const server = await startParley(options);
  t.after(() => server.stop());
  return { server, juliet: await server.login('juliet', { resource: 'balcony', available: false }) };
}

function fields(username: string, password: string): string {
  return `<query xmlns='jabber:iq:register'><username>${username}</username><password>${password}</password></query>`;
}

async function refuses(client: TestClient, payload: string, condition: string, to?: string): Promise<Element> {
  const answer = await client.iq('set', payload, to);
  const expected = `<iq xmlns='jabber:client' type='error'><error><${condition} xmlns='${STANZAS}'/></error></iq>`;
  const difference = mismatch(answer, pattern(expected));
  assert.equal(difference, undefined, difference);
  return answer;
}

test('XEP-0077 3.1: who is registered is told so, with the name and without the password', async (t) => {
  const { juliet } = await start(t);
  for (const to of [undefined, 'capulet.lit', 'juliet@capulet.lit']) {
    const answer = await juliet.iq('get', ASK, to);
    const difference = mismatch(
      answer,
      pattern(`<iq xmlns='jabber:client' type='result'><query xmlns='jabber:iq:register'>
        <registered/><instructions/><username>juliet</username><password/></query></iq>`),
    );
    assert.equal(difference, undefined, difference);
    assert.ok(!answer.toString().includes('secret'));
  }
});

test('XEP-0077 3.3: a new password replaces the old one, and the session goes on', async (t) => {
  const { server, juliet } = await start(t);
  const answer = await juliet.iq('set', fields('juliet', 'a new secret'), 'capulet.lit');
  assert.equal(answer.attr('type'), 'result');
  await juliet.receivesNothing();
  await server.connect().login('juliet', 'capulet.lit', { password: 'a new secret' });
  await assert.rejects(server.connect().login('juliet', 'capulet.lit', { password: 'secret' }), /not-authorized/);
});

test('XEP-0077 3.3: a form for a new password may name the whole address', async (t) => {
  const { server, juliet } = await start(t);
  const answer = await juliet.iq(
    'set',
    `<query xmlns='jabber:iq:register'><x xmlns='jabber:x:data' type='submit'>
      <field var='FORM_TYPE'><value>jabber:iq:register:changepassword</value></field>
      <field var='username'><value>juliet@capulet.lit</value></field>
      <field var='password'><value>a new secret</value></field></x></query>`,
  );
  assert.equal(answer.attr('type'), 'result');
  await server.connect().login('juliet', 'capulet.lit', { password: 'a new secret' });
});

test('a new password ends the tokens that were given for the old one', async (t) => {
  const { server, juliet } = await start(t);
  const tokens = server.service(FastTokens);
  await tokens.issue('juliet', 'phone', 'HT-SHA-256-EXPR');
  await juliet.iq('set', fields('juliet', 'a new secret'));
  assert.deepEqual(await tokens.find('juliet', 'phone'), []);
});

test('XEP-0077 3.3: what is missing is a bad request, an empty or short password is kept out, and none comes back', async (t) => {
  const { server, juliet } = await start(t);
  await refuses(juliet, ASK, 'bad-request');
  await refuses(juliet, `<query xmlns='jabber:iq:register'><username>juliet</username></query>`, 'bad-request');
  await refuses(juliet, `<query xmlns='jabber:iq:register'><password>a new secret</password></query>`, 'bad-request');
  await refuses(juliet, fields('juliet', ''), 'not-acceptable');
  const answer = await refuses(juliet, fields('juliet', 'rose'), 'not-acceptable');
  assert.ok(!answer.toString().includes('rose'), 'the request is not returned');
  await refuses(juliet, fields('juliet', 'Password123'), 'not-acceptable');
  await server.connect().login('juliet', 'capulet.lit');
});

test('nobody changes the password of another account, whatever is sent where', async (t) => {
  const { server, juliet } = await start(t);
  await server.account('romeo');
  await refuses(juliet, fields('romeo', 'a new secret'), 'not-allowed');
  await refuses(juliet, fields('romeo', 'a new secret'), 'not-allowed', 'capulet.lit');
  await refuses(juliet, fields('romeo', 'a new secret'), 'forbidden', 'romeo@capulet.lit');
  await refuses(juliet, fields('newcomer', 'a new secret'), 'not-allowed');
  await server.connect().login('romeo', 'capulet.lit');
  assert.equal(await server.service(Accounts).exists('newcomer'), false);
});

test('nobody removes another account, and removal at another host removes nothing', async (t) => {
  const { server, juliet } = await start(t, { hosts: ['montague.lit'] });
  await server.account('romeo');
  await server.account('juliet', 'secret', 'montague.lit');
  await refuses(juliet, REMOVE, 'forbidden', 'romeo@capulet.lit');
  await refuses(juliet, REMOVE, 'registration-required', 'montague.lit');
  await refuses(juliet, fields('juliet', 'a new secret'), 'service-unavailable', 'montague.lit');
  const others = server.engine.router.host('montague.lit')?.parts.service(Accounts) as Accounts;
  assert.equal(await others.exists('juliet'), true);
  assert.equal(await server.service(Accounts).exists('romeo'), true);
});

test('XEP-0077 3.2: the owner of an account removes it: the result first, then the end of all its sessions', async (t) => {
  const { server, juliet } = await start(t);
  const chamber = await server.login('juliet', { resource: 'chamber', available: false });
  await juliet.send(`<iq type='set' id='r'>${REMOVE}</iq>`);
  await juliet.receives(`<iq type='result' id='r'/>`);
  await juliet.receives(NOT_AUTHORIZED);
  await chamber.receives(NOT_AUTHORIZED);
  assert.equal(await server.service(Accounts).exists('juliet'), false);
  await assert.rejects(server.connect().login('juliet', 'capulet.lit'), /not-authorized/);
});

test('XEP-0077 3.2: remove has to be alone', async (t) => {
  const { server, juliet } = await start(t);
  await refuses(
    juliet,
    `<query xmlns='jabber:iq:register'><remove/><username>juliet</username></query>`,
    'bad-request',
  );
  assert.equal(await server.service(Accounts).exists('juliet'), true);
});

test('an operator may forbid both', async (t) => {
  const { server, juliet } = await start(t, { modules: { register: { removal: false, passwordChange: false } } });
  await refuses(juliet, REMOVE, 'not-allowed');
  await refuses(juliet, fields('juliet', 'a new secret'), 'not-allowed');
  assert.equal(await server.service(Accounts).exists('juliet'), true);
});

test('XEP-0077 3.3: a password is not changed over a connection that others can read', async (t) => {
  const server = await startParley({ settings: { allowsPlaintext: () => true } });
  t.after(() => server.stop());
  await server.account('juliet');
  const juliet = server.connect({ address: '198.51.100.7' });
  await juliet.login('juliet', 'capulet.lit');
  // As if it had logged in without, by a mechanism that does not tell the password.
  juliet.transport.tls = undefined;
  await refuses(juliet, fields('juliet', 'a new secret'), 'not-authorized');
});

test('a password is changed ten times an hour, not more', async (t) => {
  const { server, juliet } = await start(t);
  for (let i = 0; i < 10; i++) {
    assert.equal((await juliet.iq('set', fields('juliet', `new secret ${i}`))).attr('type'), 'result');
  }
  await refuses(juliet, fields('juliet', 'one too many'), 'resource-constraint');
  server.clock.advance(360_000);
  assert.equal((await juliet.iq('set', fields('juliet', 'later'.repeat(2)))).attr('type'), 'result');
});

test('a guest without an account is not registered, and has nothing to remove', async (t) => {
  const server = await startParley({ anonymous: true });
  t.after(() => server.stop());
  const guest = server.connect();
  await guest.open('capulet.lit');
  await guest.send(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'>=</auth>`);
  await guest.receives(`<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`);
  await guest.open('capulet.lit');
  await guest.iq('set', `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>`);
  await refuses(guest, REMOVE, 'registration-required');
  assert.equal((await guest.iq('get', ASK)).attr('type'), 'error');
});
