/** XEP-0030 and XEP-0128 at the host: identities, features, forms, items, nodes. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  clark,
  contribute,
  defineModule,
  type Form,
  type FormField,
  hostFeatures,
  hostForms,
  hostItems,
  NS,
  nodeInfo,
  nodeItems,
  on,
  StanzaError,
  z,
} from '#api';
import type { Element } from '../../../src/xml/element.ts';
import { conditionOf } from '../../support/condition.ts';
import { mismatch, pattern } from '../../support/match.ts';
import { startParley, type TestOptions } from '../../support/parley.ts';
import { sharedServer } from '../../support/shared-server.ts';

const INFO = `<query xmlns='http://jabber.org/protocol/disco#info'/>`;
const ITEMS = `<query xmlns='http://jabber.org/protocol/disco#items'/>`;

const formOf = (...fields: readonly FormField[]): Form => ({ type: 'result', formType: 'urn:example:form', fields });

/** A module that adds to everything that can be added to. */
const theatre = defineModule({
  name: 'theatre',
  summary: '',
  config: z.strictObject({}),
  disco: {
    host: ['urn:example:stage'],
    hostIdentities: [
      { category: 'theatre', type: 'globe' },
      { category: 'server', type: 'im', name: 'another name' },
    ],
  },
  setup: () => ({
    components: [{ domain: 'plays.capulet.lit', receive: () => undefined }],
    hooks: [
      contribute(hostFeatures, ({ from }) => (from.local === 'juliet' ? ['urn:example:balcony'] : [])),
      contribute(hostItems, () => [
        { jid: 'plays.capulet.lit', name: 'Plays' },
        { jid: 'capulet.lit', node: 'music', name: 'Music' },
      ]),
      contribute(hostForms, () => [formOf({ var: 'a', values: ['1'] }, { var: 'b', values: ['2'] })]),
      contribute(hostForms, () => [formOf({ var: 'b', values: ['3'] }, { var: 'c', values: ['4', '5'] })]),
      on(nodeInfo, 'handle', ({ node, isAdmin }) => {
        if (node === 'secret') return isAdmin ? undefined : new StanzaError('forbidden');
        if (node !== 'music') return undefined;
        return { identities: [{ category: 'hierarchy', type: 'leaf' }], features: ['urn:example:note'], forms: [] };
      }),
      on(nodeItems, 'handle', ({ node, to }) =>
        node === 'music' ? [{ jid: to.full, node: 'music/A', name: 'Arias' }] : undefined,
      ),
    ],
  }),
});

const shared = sharedServer({ extra: [theatre] });

/** A server of its own for a test that needs other options. */
async function start(t: TestContext, options?: TestOptions) {
  const server = options === undefined ? await shared(t) : await startParley({ extra: [theatre], ...options });
  if (options !== undefined) t.after(() => server.stop());
  // No presence is sent: testers and bots that only look around do not either.
  return { server, juliet: await server.login('juliet', { resource: 'balcony', available: false }) };
}

function assertMatches(answer: Element, xml: string): void {
  const difference = mismatch(answer, pattern(xml));
  assert.equal(difference, undefined, difference);
}

const varsOf = (answer: Element): (string | undefined)[] =>
  (answer.firstElement() as Element)
    .elements()
    .filter((it) => it.name === 'feature')
    .map((it) => it.attr('var'));
const jidsOf = (answer: Element): (string | undefined)[] =>
  (answer.firstElement() as Element).elements().map((it) => it.attr('jid'));

test('XEP-0030 3.1: the host tells who asks, even without presence, its identity and features', async (t) => {
  const { juliet } = await start(t);
  const answer = await juliet.iq('get', INFO, 'capulet.lit');
  assertMatches(
    answer,
    `<iq type='result' from='capulet.lit'><query xmlns='http://jabber.org/protocol/disco#info'>
      <identity category='server' type='im' name='Parley'/>
      <feature var='http://jabber.org/protocol/disco#info'/><feature var='http://jabber.org/protocol/disco#items'/>
      <feature var='urn:example:stage'/><feature var='urn:xmpp:ping'/></query></iq>`,
  );
  const features = varsOf(answer);
  assert.deepEqual(
    features,
    [...new Set(features)].toSorted((a = '', b = '') => (a < b ? -1 : 1)),
  );
});

test('XEP-0030 3.1: no two identities of one category and type, and all of them have one name', async (t) => {
  const { juliet } = await start(t, { modules: { disco: { name: 'The Globe' } } });
  const answer = await juliet.iq('get', INFO, 'capulet.lit');
  const identities = (answer.firstElement() as Element).elements().filter((it) => it.name === 'identity');
  assert.deepEqual(
    identities.map((it) => [it.attr('category'), it.attr('type'), it.attr('name')]),
    [
      ['server', 'im', 'The Globe'],
      ['theatre', 'globe', 'The Globe'],
    ],
  );
});

test('XEP-0030 6.3: features may depend on who asks', async (t) => {
  const { server, juliet } = await start(t);
  const romeo = await server.login('romeo');
  assert.ok(varsOf(await juliet.iq('get', INFO, 'capulet.lit')).includes('urn:example:balcony'));
  assert.ok(!varsOf(await romeo.iq('get', INFO, 'capulet.lit')).includes('urn:example:balcony'));
});

test('XEP-0128 2: forms come with their FORM_TYPE hidden and first; those of one FORM_TYPE are one (XEP-0115 5.4)', async (t) => {
  const { juliet } = await start(t);
  const query = (await juliet.iq('get', INFO, 'capulet.lit')).firstElement() as Element;
  const forms = query.elements().filter((it) => it.key === clark(NS.dataForms, 'x'));
  assert.equal(forms.length, 1);
  assert.equal(
    forms[0]?.toString(),
    `<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'><value>urn:example:form</value></field>` +
      `<field var='a'><value>1</value></field><field var='b'><value>2</value></field>` +
      `<field var='c'><value>4</value><value>5</value></field></x>`,
  );
});

test('XEP-0030 4.1: the host lists components and what modules and the operator add, each once', async (t) => {
  const { juliet } = await start(t, {
    modules: { disco: { items: [{ jid: 'irc.example.net', name: 'IRC' }, { jid: 'Rooms.Example.net' }] } },
  });
  assertMatches(
    await juliet.iq('get', ITEMS, 'capulet.lit'),
    `<iq type='result' from='capulet.lit'><query xmlns='http://jabber.org/protocol/disco#items'>
      <item jid='irc.example.net' name='IRC'/><item jid='rooms.example.net'/>
      <item jid='plays.capulet.lit' name='Plays'/><item jid='capulet.lit' node='music' name='Music'/></query></iq>`,
  );
  const jids = jidsOf(await juliet.iq('get', ITEMS, 'capulet.lit'));
  assert.equal(jids.filter((it) => it === 'plays.capulet.lit').length, 1);
});

test('XEP-0030 4.1: a component is listed by the host it lies below, or by all hosts when it lies below none', async (t) => {
  const { server, juliet } = await start(t, { hosts: ['montague.lit'], extra: [], modules: {} });
  const component = { receive: () => undefined };
  for (const it of ['irc.montague.lit', 'deep.down.capulet.lit', 'gateway.example.net']) {
    assert.ok(server.engine.router.addService(it, component));
  }
  const romeo = await server.login('romeo', { host: 'montague.lit' });
  const ofCapulet = jidsOf(await juliet.iq('get', ITEMS, 'capulet.lit'));
  const ofMontague = jidsOf(await romeo.iq('get', ITEMS, 'montague.lit'));
  const ours = ['irc.montague.lit', 'deep.down.capulet.lit', 'gateway.example.net'];
  assert.deepEqual(
    ours.filter((it) => ofCapulet.includes(it)),
    ['deep.down.capulet.lit', 'gateway.example.net'],
  );
  assert.deepEqual(
    ours.filter((it) => ofMontague.includes(it)),
    ['irc.montague.lit', 'gateway.example.net'],
  );
});

test('a hidden service is not listed, whoever brought it', async (t) => {
  const { juliet } = await start(t, { modules: { disco: { hidden: ['plays.capulet.lit'] } } });
  const jids = jidsOf(await juliet.iq('get', ITEMS, 'capulet.lit'));
  assert.ok(!jids.includes('plays.capulet.lit'));
  assert.ok(jids.includes('capulet.lit'));
});

test('XEP-0030 4.1: a host without services gives an empty list', async (t) => {
  const { juliet } = await start(t);
  const hidden = jidsOf(await juliet.iq('get', ITEMS, 'capulet.lit'));
  const { juliet: other } = await start(t, { modules: { disco: { hidden } } });
  const answer = await other.iq('get', ITEMS, 'capulet.lit');
  assert.equal(answer.attr('type'), 'result');
  assert.equal(answer.firstElement()?.toString(), pattern(ITEMS).toString());
});

test('XEP-0030 3.2 and 4.2: the module that knows a node answers for it, and the answer mirrors the node', async (t) => {
  const { juliet } = await start(t);
  assertMatches(
    await juliet.iq('get', `<query xmlns='${NS.discoInfo}' node='music'/>`, 'capulet.lit'),
    `<iq type='result'><query xmlns='${NS.discoInfo}' node='music'><identity category='hierarchy' type='leaf'/>
      <feature var='urn:example:note'/></query></iq>`,
  );
  assertMatches(
    await juliet.iq('get', `<query xmlns='${NS.discoItems}' node='music'/>`, 'capulet.lit'),
    `<iq type='result'><query xmlns='${NS.discoItems}' node='music'>
      <item jid='capulet.lit' node='music/A' name='Arias'/></query></iq>`,
  );
});

test('XEP-0030 7: an unknown node is item-not-found; a module may refuse one that it knows', async (t) => {
  const { juliet } = await start(t);
  for (const ns of [NS.discoInfo, NS.discoItems]) {
    const answer = await juliet.iq('get', `<query xmlns='${ns}' node='nowhere'/>`, 'capulet.lit');
    assert.equal(conditionOf(answer), 'item-not-found');
    assert.equal(answer.child(clark(ns, 'query'))?.attr('node'), 'nowhere');
  }
  const refused = await juliet.iq('get', `<query xmlns='${NS.discoInfo}' node='secret'/>`, 'capulet.lit');
  assert.equal(conditionOf(refused), 'forbidden');
});

test('XEP-0030 4.2: an empty node is no node', async (t) => {
  const { juliet } = await start(t);
  const answer = await juliet.iq('get', `<query xmlns='${NS.discoInfo}' node=''/>`, 'capulet.lit');
  assertMatches(answer, `<iq type='result'><query xmlns='${NS.discoInfo}'><identity category='server'/></query></iq>`);
});
