/** XEP-0030 section 8: what an account tells, and that it tells strangers nothing, not even that it is there. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { accountFeatures, accountItems, contribute, defineModule, NS, nodeInfo, nodeItems, on, z } from '#api';
import type { Element } from '../../../src/xml/element.ts';
import { loginAnonymously } from '../../support/anonymous.ts';
import type { TestClient } from '../../support/client.ts';
import { conditionOf } from '../../support/condition.ts';
import { mismatch, pattern } from '../../support/match.ts';
import { startParley, type TestOptions, type TestServer } from '../../support/parley.ts';
import { sharedServer } from '../../support/shared-server.ts';

const INFO = `<query xmlns='http://jabber.org/protocol/disco#info'/>`;
const ITEMS = `<query xmlns='http://jabber.org/protocol/disco#items'/>`;

const diary = defineModule({
  name: 'diary',
  summary: '',
  config: z.strictObject({}),
  disco: { account: ['urn:example:diary'], accountIdentities: [{ category: 'pubsub', type: 'pep' }] },
  setup: () => ({
    hooks: [
      contribute(accountFeatures, ({ to }) => [`urn:example:of:${to.local}`]),
      contribute(accountItems, ({ to }) => [{ jid: to.bare, node: 'diary', name: 'Diary' }]),
      on(nodeInfo, 'handle', ({ node }) =>
        node === 'diary' ? { identities: [{ category: 'pubsub', type: 'leaf' }], features: [], forms: [] } : undefined,
      ),
      on(nodeItems, 'handle', ({ node }) => (node === 'diary' ? [] : undefined)),
    ],
  }),
});

const shared = sharedServer({ extra: [diary] });

/** A server of its own for a test that needs other options. */
async function start(t: TestContext, options?: TestOptions) {
  const server = options === undefined ? await shared(t) : await startParley({ extra: [diary], ...options });
  if (options !== undefined) t.after(() => server.stop());
  return { server, juliet: await server.login('juliet', { resource: 'balcony' }) };
}

/** Romeo, who may see Juliet's presence. */
async function subscriber(server: TestServer, juliet: TestClient): Promise<TestClient> {
  const romeo = await server.login('romeo', { resource: 'orchard', available: false });
  await romeo.send(`<presence type='subscribe' to='juliet@capulet.lit'/>`);
  await juliet.receives(`<presence type='subscribe'/>`);
  await juliet.send(`<presence type='subscribed' to='romeo@capulet.lit'/>`);
  await juliet.drain();
  await romeo.drain();
  return romeo;
}

function assertMatches(answer: Element, xml: string): void {
  const difference = mismatch(answer, pattern(xml));
  assert.equal(difference, undefined, difference);
}

const errorOf = (answer: Element): string | undefined => answer.elements().at(-1)?.toString();
const itemsOf = (answer: Element): (string | undefined)[] =>
  (answer.firstElement() as Element).elements().map((it) => it.attr('jid'));

test('XEP-0030 3.1: an account is account/registered, with what modules declare and add', async (t) => {
  const { juliet } = await start(t);
  for (const to of ['juliet@capulet.lit', undefined]) {
    const answer = await juliet.iq('get', INFO, to);
    assertMatches(
      answer,
      `<iq type='result' from='juliet@capulet.lit'><query xmlns='${NS.discoInfo}'>
        <identity category='account' type='registered'/><identity category='pubsub' type='pep'/>
        <feature var='${NS.discoInfo}'/><feature var='urn:example:diary'/><feature var='urn:example:of:juliet'/>
        </query></iq>`,
    );
    assert.equal(answer.firstElement()?.firstElement()?.attr('category'), 'account');
  }
});

test('XEP-0030 8: who may see the presence may ask, whether the owner is there or not', async (t) => {
  const { server, juliet } = await start(t);
  const romeo = await subscriber(server, juliet);
  const expected = `<iq type='result' from='juliet@capulet.lit'><query xmlns='${NS.discoInfo}'>
    <identity category='account' type='registered'/></query></iq>`;
  assertMatches(await romeo.iq('get', INFO, 'juliet@capulet.lit'), expected);
  await juliet.close();
  assertMatches(await romeo.iq('get', INFO, 'juliet@capulet.lit'), expected);
});

test('XEP-0030 8: the other direction of a subscription gives no right to ask', async (t) => {
  const { server, juliet } = await start(t);
  await subscriber(server, juliet);
  assert.equal(conditionOf(await juliet.iq('get', INFO, 'romeo@capulet.lit')), 'service-unavailable');
});

test('XEP-0030 8: to strangers disco#info of an account is what it is of an address without account', async (t) => {
  const { server, juliet } = await start(t);
  await server.account('romeo');
  for (const node of ['', ` node='diary'`, ` node='nowhere'`]) {
    const query = `<query xmlns='${NS.discoInfo}'${node}/>`;
    const existing = await juliet.iq('get', query, 'romeo@capulet.lit');
    const missing = await juliet.iq('get', query, 'nobody@capulet.lit');
    assert.equal(conditionOf(existing), 'service-unavailable');
    assert.equal(errorOf(existing), errorOf(missing));
  }
});

test('XEP-0030 8: to strangers disco#items of an account is empty, as it is of an address without account', async (t) => {
  const { server, juliet } = await start(t);
  await server.login('romeo');
  for (const node of ['', ` node='diary'`, ` node='nowhere'`]) {
    const query = `<query xmlns='${NS.discoItems}'${node}/>`;
    for (const to of ['romeo@capulet.lit', 'nobody@capulet.lit']) {
      const answer = await juliet.iq('get', query, to);
      assert.equal(answer.attr('type'), 'result');
      assert.equal(answer.attr('from'), to);
      assert.equal(answer.firstElement()?.toString(), pattern(query).toString());
    }
  }
});

test('XEP-0030 4.1: subscribers are shown available resources, the owner all that are connected', async (t) => {
  const { server, juliet } = await start(t);
  const romeo = await subscriber(server, juliet);
  await server.login('juliet', { resource: 'chamber', available: false });
  assert.deepEqual(itemsOf(await romeo.iq('get', ITEMS, 'juliet@capulet.lit')), [
    'juliet@capulet.lit/balcony',
    'juliet@capulet.lit',
  ]);
  assert.deepEqual(itemsOf(await juliet.iq('get', ITEMS, 'juliet@capulet.lit')), [
    'juliet@capulet.lit/balcony',
    'juliet@capulet.lit/chamber',
    'juliet@capulet.lit',
  ]);
});

test('XEP-0030 3.2 and 7: nodes of an account are answered by their module, others are item-not-found', async (t) => {
  const { juliet } = await start(t);
  for (const ns of [NS.discoInfo, NS.discoItems]) {
    const known = await juliet.iq('get', `<query xmlns='${ns}' node='diary'/>`, 'juliet@capulet.lit');
    assert.equal(known.firstElement()?.attr('node'), 'diary');
    const unknown = await juliet.iq('get', `<query xmlns='${ns}' node='nowhere'/>`, 'juliet@capulet.lit');
    assert.equal(conditionOf(unknown), 'item-not-found');
  }
});

test('XEP-0030 8: an administrator is trusted', async (t) => {
  const { server, juliet } = await start(t, { admins: ['prince@capulet.lit'] });
  await juliet.close();
  const prince = await server.login('prince');
  const answer = await prince.iq('get', INFO, 'juliet@capulet.lit');
  assert.equal(answer.attr('type'), 'result');
});

test('XEP-0030 3.1: who has no account is account/anonymous', async (t) => {
  const { server } = await start(t, { anonymous: true });
  const client = await loginAnonymously(server);
  assertMatches(
    await client.iq('get', INFO),
    `<iq type='result'><query xmlns='${NS.discoInfo}'><identity category='account' type='anonymous'/></query></iq>`,
  );
});

test('RFC 6121 8.5.3: a question to a full address is for the client there', async (t) => {
  const { server, juliet } = await start(t);
  const romeo = await server.login('romeo', { resource: 'orchard' });
  await romeo.send(`<iq type='get' id='d1' to='juliet@capulet.lit/balcony'>${INFO}</iq>`);
  await juliet.receives(`<iq type='get' id='d1' from='romeo@capulet.lit/orchard'>${INFO}</iq>`);
});
