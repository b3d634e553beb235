/** XEP-0054: cards of people and of the host. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Accounts, accountData, defineModule, jid, observe, VCards, vcardChanged, z } from '#api';
import { el } from '../../../src/xml/element.ts';
import type { TestClient } from '../../support/client.ts';
import { conditionOf } from '../../support/condition.ts';
import { mismatch, pattern } from '../../support/match.ts';
import { startParley, type TestOptions, type TestServer } from '../../support/parley.ts';
import { sharedServer } from '../../support/shared-server.ts';

const ASK = `<vCard xmlns='vcard-temp'/>`;
const CARD = `<vCard xmlns='vcard-temp'><FN>Juliet Capulet</FN><N><FAMILY>Capulet</FAMILY><MIDDLE/></N>
  <PHOTO><TYPE>image/png</TYPE><BINVAL>AAAA</BINVAL></PHOTO></vCard>`;

const shared = sharedServer();

/** A server of its own for a test that needs other options. */
async function start(t: TestContext, options?: TestOptions) {
  const server = options === undefined ? await shared(t) : await startParley(options);
  if (options !== undefined) t.after(() => server.stop());
  return { server, juliet: await server.login('juliet', { available: false }) };
}

async function publishes(client: TestClient, card: string, to?: string): Promise<void> {
  const answer = await client.iq('set', card, to);
  assert.equal(answer.attr('type'), 'result', answer.toString());
  assert.equal(answer.firstElement(), undefined);
}

async function shows(client: TestClient, card: string, to?: string): Promise<void> {
  const answer = await client.iq('get', ASK, to);
  const difference = mismatch(answer, pattern(`<iq type='result'>${card}</iq>`));
  assert.equal(difference, undefined, difference);
}

const dataOf = async (server: TestServer, address: string): Promise<unknown> => {
  const host = server.engine.router.host(jid(address).domain);
  return (await host?.parts.hooks.collect(accountData, jid(address)))?.find((it) => it.name === 'vcard')?.data;
};

test('XEP-0054 3.1 and 3.2: who publishes a card reads it again, also after a restart', async (t) => {
  const { server, juliet } = await start(t);
  await publishes(juliet, CARD);
  await shows(juliet, CARD);
  await shows(juliet, CARD, 'juliet@capulet.lit');
  await server.restart();
  await shows(await server.login('juliet'), CARD);
});

test('XEP-0054 3.1: who has no card is told item-not-found', async (t) => {
  const { juliet } = await start(t);
  assert.equal(conditionOf(await juliet.iq('get', ASK)), 'item-not-found');
});

test('XEP-0054 3.2: an update replaces the whole card; an empty one removes it', async (t) => {
  const { juliet } = await start(t);
  await publishes(juliet, CARD);
  await publishes(juliet, `<vCard xmlns='vcard-temp'><DESC>In love</DESC></vCard>`, 'juliet@capulet.lit');
  const answer = await juliet.iq('get', ASK);
  assert.equal(answer.firstElement()?.toString(), `<vCard xmlns='vcard-temp'><DESC>In love</DESC></vCard>`);
  await publishes(juliet, ASK);
  assert.equal(conditionOf(await juliet.iq('get', ASK)), 'item-not-found');
});

test('XEP-0054 3.2: the card of somebody else cannot be set', async (t) => {
  const { server, juliet } = await start(t);
  await server.account('romeo');
  for (const to of ['romeo@capulet.lit', 'nobody@capulet.lit']) {
    assert.equal(conditionOf(await juliet.iq('set', CARD, to)), 'forbidden');
  }
  assert.equal(conditionOf(await juliet.iq('set', CARD, 'capulet.lit')), 'service-unavailable');
  assert.equal(await dataOf(server, 'romeo@capulet.lit'), undefined);
});

test('XEP-0054 3.3: everybody may read a card, and the server answers, not the client of its owner', async (t) => {
  const { server, juliet } = await start(t);
  await publishes(juliet, CARD);
  const romeo = await server.login('romeo');
  await shows(romeo, CARD, 'juliet@capulet.lit');
  await juliet.receivesNothing();
});

test('XEP-0054 3.3: without a card the answer is service-unavailable, just as without an account', async (t) => {
  const { server, juliet } = await start(t);
  await server.account('romeo');
  const [existing, missing] = [
    await juliet.iq('get', ASK, 'romeo@capulet.lit'),
    await juliet.iq('get', ASK, 'nobody@capulet.lit'),
  ];
  assert.equal(conditionOf(existing), 'service-unavailable');
  const errorOf = (answer: typeof existing): string | undefined => answer.elements().at(-1)?.toString();
  assert.equal(errorOf(existing), errorOf(missing));
});

test('XEP-0054 3.3: the host has a card', async (t) => {
  const { juliet } = await start(t, {
    modules: { vcard: { server: { name: 'The Globe', url: 'https://globe.example/', email: 'will@globe.example' } } },
  });
  await shows(
    juliet,
    `<vCard xmlns='vcard-temp'><FN>The Globe</FN><URL>https://globe.example/</URL>
      <EMAIL><INTERNET/><USERID>will@globe.example</USERID></EMAIL></vCard>`,
    'capulet.lit',
  );
});

test('XEP-0054 4: support is told by disco, of host and account', async (t) => {
  const { juliet } = await start(t);
  for (const to of ['capulet.lit', 'juliet@capulet.lit']) {
    const info = await juliet.iq('get', `<query xmlns='http://jabber.org/protocol/disco#info'/>`, to);
    assert.match(info.toString(), /<feature var='vcard-temp'\/>/);
  }
});

test('a card that is too large is refused, and the one before stays', async (t) => {
  const { juliet } = await start(t, { modules: { vcard: { maxSize: '1 KiB' } } });
  await publishes(juliet, CARD);
  const large = `<vCard xmlns='vcard-temp'><FN>${'x'.repeat(1024)}</FN></vCard>`;
  assert.equal(conditionOf(await juliet.iq('set', large)), 'policy-violation');
  await shows(juliet, CARD);
});

test('a card with a picture of the usual limit passes', async (t) => {
  const { juliet } = await start(t);
  const picture = `<vCard xmlns='vcard-temp'><PHOTO><BINVAL>${'A'.repeat(180_000)}</BINVAL></PHOTO></vCard>`;
  await publishes(juliet, picture);
  await shows(juliet, picture);
});

test('it is exported with the account, and erased with it; the same name at another host is another account', async (t) => {
  const { server, juliet } = await start(t, { hosts: ['montague.lit'] });
  const namesake = await server.login('juliet', { host: 'montague.lit' });
  await publishes(namesake, CARD);
  assert.equal(conditionOf(await juliet.iq('get', ASK)), 'item-not-found');
  await publishes(juliet, `<vCard xmlns='vcard-temp'><FN>J</FN></vCard>`);
  assert.equal(await dataOf(server, 'juliet@capulet.lit'), `<vCard xmlns='vcard-temp'><FN>J</FN></vCard>`);
  await server.service(Accounts).remove('juliet');
  assert.equal(await dataOf(server, 'juliet@capulet.lit'), undefined);
  await shows(namesake, CARD);
});

test('modules read and set cards, and hear of changes once they are durable', async (t) => {
  const heard: (string | undefined)[] = [];
  const listener = defineModule({
    name: 'listener',
    summary: '',
    config: z.strictObject({}),
    setup: () => ({
      hooks: [
        observe(vcardChanged, ({ owner, card }) => void heard.push(`${owner.local}: ${card?.firstElement()?.text()}`)),
      ],
    }),
  });
  const { server, juliet } = await start(t, { extra: [listener] });
  const cards = server.service(VCards);
  const [owner, nobody] = [jid('juliet@capulet.lit'), jid('nobody@capulet.lit')];
  assert.equal(await cards.get(owner), undefined);
  assert.equal(
    await cards.set(owner, el('vcard-temp', 'vCard', null, el('vcard-temp', 'FN', null, 'Juliet'))),
    undefined,
  );
  assert.equal((await cards.get(owner))?.firstElement()?.text(), 'Juliet');
  await publishes(juliet, ASK);
  assert.deepEqual(heard, ['juliet: Juliet', 'juliet: undefined']);
  assert.equal((await cards.set(nobody, el('vcard-temp', 'vCard', null, 'x')))?.condition, 'service-unavailable');
});
