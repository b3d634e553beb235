/** XEP-0115 sections 5.1 and 6.3: the host's own capabilities. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  clark,
  contribute,
  defineModule,
  hostForms,
  NS,
  readCapabilities,
  ServerCaps,
  verificationString,
  z,
} from '#api';
import type { Element } from '../../../src/xml/element.ts';
import type { TestClient } from '../../support/client.ts';
import { conditionOf } from '../../support/condition.ts';
import { sharedServer } from '../../support/shared-server.ts';

const C = clark(NS.caps, 'c');

/** Its form changes while the server runs. */
const motto = { text: 'one' };
const changing = defineModule({
  name: 'changing',
  summary: '',
  config: z.strictObject({}),
  setup: () => ({
    hooks: [
      contribute(hostForms, () => {
        if (motto.text === '') throw new Error('no motto');
        return [];
      }),
      contribute(hostForms, () => [
        { type: 'result' as const, formType: 'urn:example:motto', fields: [{ var: 'motto', values: [motto.text] }] },
      ]),
    ],
  }),
});

const NODE = 'https://chat.example.org/';
const shared = sharedServer({ extra: [changing], modules: { caps: { node: NODE } } });

function start(t: TestContext) {
  motto.text = 'one';
  return shared(t);
}

async function featuresOf(client: TestClient, name = 'juliet'): Promise<Element> {
  await client.open('capulet.lit');
  const plain = Buffer.from(`\0${name}\0secret`).toString('base64');
  client.raw(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`);
  await client.receives(`<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`);
  return (await client.open('capulet.lit')).features;
}

const ask = (client: TestClient, node: string): Promise<Element> =>
  client.iq('get', `<query xmlns='${NS.discoInfo}' node='${node}'/>`, 'capulet.lit');

test('XEP-0115 6.3: stream features after login announce hash, node and ver; those before do not', async (t) => {
  const server = await start(t);
  await server.account('juliet');
  const before = await server.connect().open('capulet.lit');
  assert.equal(before.features.child(C), undefined);
  const c = (await featuresOf(server.connect())).child(C);
  assert.deepEqual([c?.attr('hash'), c?.attr('node')], ['sha-1', NODE]);
  assert.equal(c?.attr('ver'), await server.service(ServerCaps).ver());
});

test('XEP-0115 5.1 and 6.2: the answer for node#ver has that hash, and mirrors the node', async (t) => {
  const server = await start(t);
  const juliet = await server.login('juliet', { available: false });
  const c = (await featuresOf(server.connect())).child(C) as Element;
  const node = `${c.attr('node')}#${c.attr('ver')}`;
  assert.ok(node.startsWith(`${NODE}#`));
  const payload = (await ask(juliet, node)).firstElement() as Element;
  assert.equal(payload.attr('node'), node);
  const info = readCapabilities(payload);
  assert.equal(info && verificationString(info), c.attr('ver'));
  assert.ok(info?.features.includes(NS.caps));
});

test('XEP-0115 6.1: what changes gives another hash within a minute, and the one before is still answered for', async (t) => {
  const server = await start(t);
  const juliet = await server.login('juliet', { available: false });
  const caps = server.service(ServerCaps);
  const first = await caps.ver();
  motto.text = 'two';
  assert.equal(await caps.ver(), first);
  server.clock.advance(60_000);
  const second = await caps.ver();
  assert.notEqual(second, first);
  for (const [ver, text] of [
    [first, 'one'],
    [second, 'two'],
  ]) {
    const answer = await ask(juliet, `${caps.node}#${ver}`);
    assert.match(answer.toString(), new RegExp(`<value>${text}</value>`));
  }
});

test('XEP-0030 7: a node with another hash, or of another software, is item-not-found', async (t) => {
  const server = await start(t);
  const juliet = await server.login('juliet', { available: false });
  const { node } = server.service(ServerCaps);
  const ver = await server.service(ServerCaps).ver();
  for (const other of [node, `${node}#`, `${node}#AAAA`, `urn:other#${ver}`]) {
    assert.equal(conditionOf(await ask(juliet, other)), 'item-not-found');
  }
});

test('the caps node is no node of an account', async (t) => {
  const server = await start(t);
  const juliet = await server.login('juliet', { available: false });
  const caps = server.service(ServerCaps);
  const query = `<query xmlns='${NS.discoInfo}' node='${caps.node}#${await caps.ver()}'/>`;
  assert.equal(conditionOf(await juliet.iq('get', query, 'juliet@capulet.lit')), 'item-not-found');
});

test('a module that fails to say what it has keeps nobody from logging in', async (t) => {
  const server = await start(t);
  await server.account('juliet');
  motto.text = '';
  server.clock.advance(60_000);
  assert.equal((await featuresOf(server.connect())).child(C), undefined);
  motto.text = 'three';
  assert.ok((await featuresOf(server.connect())).child(C));
});
