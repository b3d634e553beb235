/** XEP-0077: making an account before login. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Accounts } from '#api';
import type { Element } from '../../../src/xml/element.ts';
import type { TestClient } from '../../support/client.ts';
import { mismatch, pattern } from '../../support/match.ts';
import { startParley, type TestServer } from '../../support/parley.ts';

const STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas';
const OUTSIDE = '198.51.100.7';
const FEATURE = pattern(`<register xmlns='http://jabber.org/features/iq-register'/>`);
const ASK = `<query xmlns='jabber:iq:register'/>`;

async function start(t: TestContext, register: object = { open: true }): Promise<TestServer> {
  const server = await startParley({ modules: { register } });
  t.after(() => server.stop());
  return server;
}

async function connect(server: TestServer, options: { address?: string; secure?: boolean } = { address: OUTSIDE }) {
  const client = server.connect(options);
  const { features } = await client.open('capulet.lit');
  return { client, features };
}

function fields(username: string, password: string): string {
  return `<query xmlns='jabber:iq:register'><username>${username}</username><password>${password}</password></query>`;
}

function form(username: string, password: string, type = 'submit'): string {
  return `<query xmlns='jabber:iq:register'><x xmlns='jabber:x:data' type='${type}'>
    <field var='FORM_TYPE'><value>jabber:iq:register</value></field>
    <field var='username'><value>${username}</value></field>
    <field var='password'><value>${password}</value></field></x></query>`;
}

function matches(element: Element, xml: string): void {
  const difference = mismatch(element, pattern(xml));
  assert.equal(difference, undefined, difference);
}

async function refuses(client: TestClient, payload: string, condition: string, type = 'set'): Promise<Element> {
  const answer = await client.iq(type as 'get' | 'set', payload);
  assert.equal(answer.elements().length, 1, 'the request may hold a password, and does not come back');
  matches(answer, `<iq xmlns='jabber:client' type='error'><error><${condition} xmlns='${STANZAS}'/></error></iq>`);
  return answer;
}

const offers = (features: Element) => features.elements().some((it) => it.key === FEATURE.key);

test('XEP-0077 3.1: an open host tells what it wants, and makes the account', async (t) => {
  const server = await start(t);
  const { client, features } = await connect(server);
  assert.ok(offers(features));
  matches(
    await client.iq('get', ASK),
    `<iq xmlns='jabber:client' type='result'><query xmlns='jabber:iq:register'><instructions/><username/><password/>
      <x xmlns='jabber:x:data' type='form'>
        <field var='FORM_TYPE' type='hidden'><value>jabber:iq:register</value></field>
        <field var='username' type='text-single'><required/></field>
        <field var='password' type='text-private'><required/></field></x></query></iq>`,
  );
  const answer = await client.iq('set', fields('Juliet', 'rose by any name'));
  assert.equal(answer.attr('type'), 'result');
  assert.deepEqual(answer.elements(), []);
  await server.connect().login('juliet', 'capulet.lit', { password: 'rose by any name' });
});

test('XEP-0077 4: a submitted form takes precedence over the fields', async (t) => {
  const server = await start(t);
  const { client } = await connect(server);
  const both = form('juliet', 'rose by any name').replace('</query>', '<username>romeo</username></query>');
  assert.equal((await client.iq('set', both)).attr('type'), 'result');
  assert.equal(await server.service(Accounts).exists('juliet'), true);
  assert.equal(await server.service(Accounts).exists('romeo'), false);
});

test('XEP-0077 4: a form that is not submitted registers nobody', async (t) => {
  const { client } = await connect(await start(t));
  await refuses(client, form('juliet', 'rose by any name', 'cancel'), 'bad-request');
});

test('registration is closed unless it is opened: service-unavailable, and no feature', async (t) => {
  const server = await start(t, {});
  const { client, features } = await connect(server);
  assert.ok(!offers(features));
  await refuses(client, ASK, 'service-unavailable', 'get');
  await refuses(client, fields('juliet', 'rose by any name'), 'service-unavailable');
  assert.equal(await server.service(Accounts).exists('juliet'), false);
});

test('XEP-0077 5: a closed host may send people to a website', async (t) => {
  const { client } = await connect(await start(t, { website: 'https://capulet.lit/join' }));
  const answer = await client.iq('get', ASK);
  matches(
    answer,
    `<iq xmlns='jabber:client' type='result'><query xmlns='jabber:iq:register'><instructions/>
      <x xmlns='jabber:x:oob'><url>https://capulet.lit/join</url></x></query></iq>`,
  );
  assert.ok(!answer.toString().includes('<username'));
  await refuses(client, fields('juliet', 'rose by any name'), 'service-unavailable');
});

test('XEP-0077 3.1: a name that is taken is a conflict, whoever has it', async (t) => {
  const server = await start(t);
  await server.account('juliet', 'secret');
  const { client } = await connect(server);
  const answer = await refuses(client, fields('juliet', 'rose by any name'), 'conflict');
  assert.equal(
    answer
      .elements()
      .find((it) => it.name === 'error')
      ?.attr('code'),
    '409',
  );
  await server.connect().login('juliet', 'capulet.lit', { password: 'secret' });
});

test('XEP-0077 3.1: what is missing or empty or no name or reserved is not acceptable', async (t) => {
  const server = await start(t, { open: true, perHour: 100, reserved: ['admin'] });
  const { client } = await connect(server);
  for (const payload of [
    ASK,
    `<query xmlns='jabber:iq:register'><username>juliet</username></query>`,
    `<query xmlns='jabber:iq:register'><password>rose by any name</password></query>`,
    fields('', 'rose by any name'),
    fields('juliet', ''),
    form('juliet', ''),
    fields('juliet capulet', 'rose by any name'),
    fields('juliet@montague.lit', 'rose by any name'),
    fields('juliet@capulet.lit/balcony', 'rose by any name'),
    fields('admin', 'rose by any name'),
    fields('juliet', 'rose'),
    fields('juliet', 'Password123'),
    fields('juliet', 'rose\u00a0\u206f by any name'),
  ]) {
    await refuses(client, payload, 'not-acceptable');
  }
  assert.deepEqual(await server.service(Accounts).list('', 10), []);
});

test('the whole address of an account at this host is as good as its name', async (t) => {
  const server = await start(t);
  const { client } = await connect(server);
  assert.equal((await client.iq('set', fields('juliet@capulet.lit', 'rose by any name'))).attr('type'), 'result');
  assert.equal(await server.service(Accounts).exists('juliet'), true);
});

test('names that are reserved for operators are theirs to give away', async (t) => {
  const server = await start(t);
  const { client } = await connect(server);
  await refuses(client, fields('Postmaster', 'rose by any name'), 'not-acceptable');
  assert.deepEqual(await server.command('user add', { jid: 'postmaster@capulet.lit', password: 'secret' }), {
    jid: 'postmaster@capulet.lit',
  });
});

test('a reserved name is reserved however it is written in the configuration', async (t) => {
  const { client } = await connect(await start(t, { open: true, reserved: ['Support', 'no name'] }));
  await refuses(client, fields('support', 'rose by any name'), 'not-acceptable');
});

test('XEP-0077 3.1: nobody registers the name of a configured administrator', async (t) => {
  const server = await startParley({ modules: { register: { open: true } }, admins: ['boss@capulet.lit'] });
  t.after(() => server.stop());
  const { client } = await connect(server);
  for (const name of ['boss', 'Boss@capulet.lit']) {
    await refuses(client, fields(name, 'rose by any name'), 'not-acceptable');
  }
  assert.equal((await client.iq('set', fields('bossy', 'rose by any name'))).attr('type'), 'result');
});

test('XEP-0077 3.2: an account cannot be removed before login', async (t) => {
  const server = await start(t);
  await server.account('juliet');
  const { client } = await connect(server);
  await refuses(client, `<query xmlns='jabber:iq:register'><remove/></query>`, 'unexpected-request');
});

test('XEP-0077 12: without TLS nothing is offered, and nobody registered, but to trusted addresses', async (t) => {
  const server = await startParley({
    modules: { register: { open: true } },
    settings: { allowsPlaintext: () => true },
  });
  t.after(() => server.stop());
  const outside = await connect(server, { address: OUTSIDE, secure: false });
  assert.ok(!offers(outside.features));
  await refuses(outside.client, fields('juliet', 'rose by any name'), 'not-authorized');
  const local = await connect(server, { address: '127.0.0.1', secure: false });
  assert.ok(offers(local.features));
  assert.equal((await local.client.iq('set', fields('juliet', 'rose by any name'))).attr('type'), 'result');
});

test('one address makes three accounts in an hour; the fourth has to wait', async (t) => {
  const server = await start(t);
  const { client } = await connect(server);
  for (const name of ['one', 'two', 'three']) {
    assert.equal((await client.iq('set', fields(name, 'rose by any name'))).attr('type'), 'result');
  }
  await refuses(client, fields('four', 'rose by any name'), 'resource-constraint');
  const again = await connect(server);
  await refuses(again.client, fields('four', 'rose by any name'), 'resource-constraint');
  const other = await connect(server, { address: '198.51.100.8' });
  assert.equal((await other.client.iq('set', fields('four', 'rose by any name'))).attr('type'), 'result');
  server.clock.advance(20 * 60_000);
  const later = await connect(server);
  assert.equal((await later.client.iq('set', fields('five', 'rose by any name'))).attr('type'), 'result');
  await refuses(later.client, fields('six', 'rose by any name'), 'resource-constraint');
});

test('all addresses of an IPv6 /64 share one allowance', async (t) => {
  const server = await start(t, { open: true, perHour: 1 });
  const first = await connect(server, { address: '2001:db8:1:2::1' });
  assert.equal((await first.client.iq('set', fields('one', 'rose by any name'))).attr('type'), 'result');
  const second = await connect(server, { address: '2001:db8:1:2:ffff:ffff:ffff:ffff' });
  await refuses(second.client, fields('two', 'rose by any name'), 'resource-constraint');
  const neighbour = await connect(server, { address: '2001:db8:1:3::1' });
  assert.equal((await neighbour.client.iq('set', fields('two', 'rose by any name'))).attr('type'), 'result');
});

test('trying out names ends soon: four failed attempts cost as much as one account', async (t) => {
  const server = await start(t);
  await server.account('juliet');
  const { client } = await connect(server);
  // With less than one account's worth left there are no more attempts: nine leave 0.75 of three.
  for (let i = 0; i < 9; i++) await refuses(client, fields('juliet', 'rose by any name'), 'conflict');
  await refuses(client, fields('juliet', 'rose by any name'), 'resource-constraint');
});

test('trusted addresses are not limited', async (t) => {
  const server = await startParley({
    modules: { register: { open: true, perHour: 1 } },
    settings: { isTrusted: (address) => address === OUTSIDE },
  });
  t.after(() => server.stop());
  const { client } = await connect(server);
  for (const name of ['one', 'two', 'three']) {
    assert.equal((await client.iq('set', fields(name, 'rose by any name'))).attr('type'), 'result');
  }
});

test('what was registered at the same time counts before it is done', async (t) => {
  const server = await start(t, { open: true, perHour: 2 });
  const clients = await Promise.all(Array.from({ length: 5 }, () => connect(server)));
  const answers = await Promise.all(
    clients.map(({ client }, i) => client.iq('set', fields(`account-${i}`, 'rose by any name'))),
  );
  assert.equal(answers.filter((it) => it.attr('type') === 'result').length, 2);
});
