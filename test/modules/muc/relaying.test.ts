/** XEP-0045 sections 6.6 and 17.4, XEP-0410: IQs from one occupant to another, and to oneself. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TestClient } from '../../support/client.ts';
import { conditionOf } from '../../support/condition.ts';
import { startParley, type TestServer } from '../../support/parley.ts';
import { enter, gather, ROOM, SERVICE } from './room.ts';

const VERSION = `<query xmlns='jabber:iq:version'/>`;
const PING = `<ping xmlns='urn:xmpp:ping'/>`;

let server: TestServer;
let crone: TestClient;
let hag: TestClient;
let stranger: TestClient;

before(async () => {
  server = await startParley();
  crone = await server.login('crone');
  hag = await server.login('hag');
  stranger = await server.login('stranger');
  await gather({ crone, hag });
});
after(() => server.stop());

/** What the hag asks reaches the crone; returns the id that it has there. */
async function ask(id: string, payload = VERSION): Promise<string> {
  await hag.send(`<iq type='get' id='${id}' to='${ROOM}/crone'>${payload}</iq>`);
  const request = await crone.receives(`<iq type='get' id='*' from='${ROOM}/hag' to='${crone.jid}'>${payload}</iq>`);
  return request.attr('id') as string;
}

test('17.4: a request goes from nickname to nickname, its answer the same way back, and neither has an address', async () => {
  const id = await ask('v1');
  const answer = `<query xmlns='jabber:iq:version'><name>Broom</name></query>`;
  await crone.send(`<iq type='result' id='${id}' to='${ROOM}/hag'>${answer}</iq>`);
  const result = await hag.receives(`<iq type='result' id='v1' from='${ROOM}/crone'>${answer}</iq>`);
  assert.ok(!String(result).includes('crone@'), String(result));
});

test('17.4: an error does not say who made it', async () => {
  const id = await ask('v2');
  await crone.send(
    `<iq type='error' id='${id}' to='${ROOM}/hag'><error type='cancel' by='crone@capulet.lit'><feature-not-implemented xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`,
  );
  const error = await hag.receives(`<iq type='error' id='v2' from='${ROOM}/crone'/>`);
  assert.equal(conditionOf(error), 'feature-not-implemented');
  assert.ok(!String(error).includes('crone@'), String(error));
});

test('17.4: nobody answers but the device that was asked, and it does so once', async () => {
  const id = await ask('v3');
  await hag.send(`<iq type='result' id='${id}' to='${ROOM}/hag'/>`);
  await stranger.send(`<iq type='result' id='${id}' to='${ROOM}/hag'/>`);
  const pda = await server.login('crone', { resource: 'pda' });
  await pda.send(`<iq type='result' id='${id}' to='${ROOM}/hag'/>`);
  await pda.close();
  await hag.receivesNothing();
  for (let i = 0; i < 2; i++) await crone.send(`<iq type='result' id='${id}' to='${ROOM}/hag'/>`);
  await hag.receives(`<iq type='result' id='v3'/>`);
  await Promise.all([crone.drain(), hag.receivesNothing()]);
});

test('17.4: of several devices the one is asked that spoke of itself last', async () => {
  const pda = await server.login('crone', { resource: 'pda' });
  await enter(pda, 'crone');
  await Promise.all([crone.drain(), hag.drain(), pda.drain()]);
  await hag.send(`<iq type='get' id='v4' to='${ROOM}/crone'>${VERSION}</iq>`);
  await pda.receives(`<iq type='get' from='${ROOM}/hag'/>`);
  await crone.receivesNothing();
  await pda.close();
  await Promise.all([crone.drain(), hag.drain()]);
});

test('17.4: who gets no answer within a minute is told so, and a late answer goes nowhere', async () => {
  const id = await ask('v5');
  server.clock.advance(80_000);
  const errors = (await hag.drain()).filter((it) => it.attr('id') === 'v5');
  assert.equal(errors.length, 1);
  assert.equal(errors[0]?.attr('from'), `${ROOM}/crone`);
  assert.equal(conditionOf(errors[0] as never), 'remote-server-timeout');
  await crone.send(`<iq type='result' id='${id}' to='${ROOM}/hag'/>`);
  await hag.receivesNothing();
});

test('17.4: one device has so many questions at most that wait, and others have theirs', async () => {
  for (let i = 0; i < 100; i++) await hag.send(`<iq type='get' id='w${i}' to='${ROOM}/crone'>${VERSION}</iq>`);
  assert.equal(conditionOf(await hag.iq('get', VERSION, `${ROOM}/crone`)), 'resource-constraint');
  await crone.drain();
  await crone.send(`<iq type='get' id='own' to='${ROOM}/hag'>${VERSION}</iq>`);
  await hag.receives(`<iq type='get' from='${ROOM}/crone'/>`);
  server.clock.advance(80_000);
  await Promise.all([crone.drain(), hag.drain()]);
  await ask('again');
});

test('17.4: the card of an occupant is that of the account, which is not told', async () => {
  await crone.iq('set', `<vCard xmlns='vcard-temp'><FN>First Witch</FN></vCard>`);
  const card = await hag.iq('get', `<vCard xmlns='vcard-temp'/>`, `${ROOM}/crone`);
  assert.equal(card.attr('type'), 'result');
  assert.match(String(card), /First Witch/);
  assert.ok(!String(card).includes('crone@'), String(card));
  await crone.drain();
  await hag.send(`<iq type='set' id='c' to='${ROOM}/crone'><vCard xmlns='vcard-temp'><FN>Mine</FN></vCard></iq>`);
  await crone.receives(`<iq type='set' from='${ROOM}/hag'/>`);
  assert.match(String(await crone.iq('get', `<vCard xmlns='vcard-temp'/>`)), /First Witch/);
});

test('6.6: who is not inside and asks an occupant for features is a bad-request', async () => {
  for (const kind of ['info', 'items']) {
    const query = `<query xmlns='http://jabber.org/protocol/disco#${kind}'/>`;
    assert.equal(conditionOf(await stranger.iq('get', query, `${ROOM}/crone`)), 'bad-request');
  }
  await crone.receivesNothing();
});

test('17.4: who is not inside learns nothing else, not even who is', async () => {
  for (const nick of ['crone', 'nobody']) {
    assert.equal(conditionOf(await stranger.iq('get', VERSION, `${ROOM}/${nick}`)), 'not-acceptable');
  }
});

test('17.4: a question for nobody is item-not-found, one that the room does not know service-unavailable', async () => {
  assert.equal(conditionOf(await hag.iq('get', VERSION, `${ROOM}/nobody`)), 'item-not-found');
  assert.equal(conditionOf(await hag.iq('get', `<query xmlns='jabber:iq:private'/>`, ROOM)), 'service-unavailable');
});

test('XEP-0410 3.3: the room answers a ping to oneself, for each of the devices', async () => {
  const pda = await server.login('hag', { resource: 'pda' });
  await enter(pda, 'hag');
  for (const it of [hag, pda]) assert.equal((await it.iq('get', PING, `${ROOM}/hag`)).attr('type'), 'result');
  await pda.close();
  await Promise.all([crone.drain(), hag.drain()]);
});

test('XEP-0410 3.1: a ping by one who is not inside is not-acceptable, also where there is no room', async () => {
  assert.equal(conditionOf(await stranger.iq('get', PING, `${ROOM}/hag`)), 'not-acceptable');
  const pda = await server.login('hag', { resource: 'pda' });
  assert.equal(conditionOf(await pda.iq('get', PING, `${ROOM}/hag`)), 'not-acceptable');
  assert.equal(conditionOf(await pda.iq('get', PING, `nowhere@${SERVICE}/hag`)), 'not-acceptable');
  await pda.close();
});

test('XEP-0410 3.1: after another device has changed the nickname it is item-not-found, which means inside', async () => {
  await hag.send(`<presence to='${ROOM}/oldhag'/>`);
  await hag.drain();
  assert.equal(conditionOf(await hag.iq('get', PING, `${ROOM}/hag`)), 'item-not-found');
  await hag.send(`<presence to='${ROOM}/hag'/>`);
  await Promise.all([crone.drain(), hag.drain()]);
});

test('XEP-0410 3.3, XEP-0421 2, 7.4: what is promised is announced', async () => {
  const info = `<query xmlns='http://jabber.org/protocol/disco#info'/>`;
  for (const [to, features] of [
    [ROOM, ['http://jabber.org/protocol/muc#self-ping-optimization', 'urn:xmpp:occupant-id:0', 'urn:xmpp:sid:0']],
    [SERVICE, ['http://jabber.org/protocol/muc', 'urn:xmpp:occupant-id:0']],
  ] as const) {
    const answer = String(await hag.iq('get', info, to));
    for (const it of [...features, 'http://jabber.org/protocol/muc#stable_id']) assert.ok(answer.includes(it), it);
  }
});
