/** XEP-0313 section 6.1.2: the archives of rooms. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { TestClient } from '../../support/client.ts';
import { startParley, type TestServer } from '../../support/parley.ts';
import type { Element } from '../../support/xml.ts';
import { ask, conditionOf, type Found, MAM, type Query, queryXml, refused } from '../archive/support.ts';
import { administer, configure, enter, gather, MUC, ROOM } from './room.ts';

const X = `{${MUC}#user}x`;
const ITEM = `{${MUC}#user}item`;
const STANZA_ID = '{urn:xmpp:sid:0}stanza-id';

let server: TestServer;
let crone: TestClient;
let hag: TestClient;

beforeEach(async () => {
  server = await startParley();
  [crone, hag] = await Promise.all([server.login('crone'), server.login('hag')]);
  await gather({ firstwitch: crone, secondwitch: hag }, { persistentroom: '1' });
});
afterEach(() => server.stop());

async function say(client: TestClient, ...texts: readonly string[]): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const text of texts) {
    await client.send(`<message to='${ROOM}' type='groupchat' id='${text}'><body>${text}</body></message>`);
    const heard = await client.receives(`<message id='${text}' type='groupchat'/>`);
    ids.push(heard.child(STANZA_ID)?.attr('id') ?? '');
    server.clock.advance(10);
  }
  await Promise.all([crone.drain(), hag.drain()]);
  return ids;
}

const read = (client: TestClient, query: Query = {}): Promise<Found> => ask(client, { ...query, to: ROOM });
const inVain = (client: TestClient): Promise<string> => refused(client, { to: ROOM });

async function metadata(client: TestClient): Promise<Element> {
  return client.iq('get', `<metadata xmlns='${MAM}'/>`, ROOM);
}

/** The address that a reader is shown of who has said something. */
function senderOf(message: Element | undefined): string | undefined {
  return message?.child(X)?.child(ITEM)?.attr('jid');
}

test('3.4: what all are sent has the id that the archive has, once for all of them', async () => {
  await hag.send(`<message to='${ROOM}' type='groupchat'><body>thrice</body></message>`);
  const heard = await Promise.all([crone.receive(), hag.receive()]);
  const ids = heard.map((it) => it.child(STANZA_ID)?.attr('id'));
  assert.equal(heard[0]?.child(STANZA_ID)?.attr('by'), ROOM);
  assert.equal(ids[0], ids[1]);
  const { results, count } = await read(crone);
  assert.equal(count, '1');
  assert.equal(results[0]?.attr('from'), ROOM);
  assert.equal(results[0]?.child(`{${MAM}}result`)?.attr('id'), ids[0]);
});

test('6.1.2: the forwarded message is from the occupant, and has no recipient', async () => {
  await say(hag, 'thrice');
  const { messages } = await read(crone);
  assert.equal(messages[0]?.attr('from'), `${ROOM}/secondwitch`);
  assert.equal(messages[0]?.attr('to'), undefined);
  assert.equal(messages[0]?.attr('type'), 'groupchat');
  assert.equal(messages[0]?.attr('id'), 'thrice');
});

test('6.1.2: subjects are kept; private messages, refused ones and chat states are not', async () => {
  await hag.send(`<message to='${ROOM}/firstwitch' type='chat'><body>psst</body></message>`);
  await hag.send(`<message to='${ROOM}' type='groupchat'><subject>mine</subject></message>`);
  await hag.send(
    `<message to='${ROOM}' type='groupchat'><active xmlns='http://jabber.org/protocol/chatstates'/></message>`,
  );
  await crone.send(`<message to='${ROOM}' type='groupchat'><subject>Fire Burn</subject></message>`);
  await Promise.all([crone.drain(), hag.drain()]);
  const { messages } = await read(hag);
  assert.equal(messages.length, 1);
  assert.equal(messages[0]?.childText('{jabber:client}subject'), 'Fire Burn');
});

test('6.1.2: strangers read the archive of an open room, but not those who are banned, alone or with their domain', async () => {
  await say(hag, 'thrice');
  const wiccarocks = await server.login('wiccarocks');
  assert.deepEqual((await read(wiccarocks)).bodies, ['thrice']);
  await administer(crone, `<item jid='wiccarocks@capulet.lit' affiliation='outcast'/>`);
  assert.equal(await inVain(wiccarocks), 'forbidden');
  assert.equal(conditionOf(await metadata(wiccarocks)), 'forbidden');
  assert.equal(conditionOf(await wiccarocks.iq('get', queryXml({}), ROOM)), 'forbidden');
});

test('6.1.2: members alone read the archive of a room for members, inside or not', async () => {
  await say(hag, 'thrice');
  await administer(crone, `<item jid='wiccarocks@capulet.lit' affiliation='member'/>`);
  await configure(crone, { membersonly: '1' });
  await Promise.all([crone.drain(), hag.drain()]);
  assert.equal(await inVain(hag), 'forbidden');
  const wiccarocks = await server.login('wiccarocks');
  assert.deepEqual((await read(wiccarocks)).bodies, ['thrice']);
  await administer(crone, `<item jid='wiccarocks@capulet.lit' affiliation='none'/>`);
  assert.equal(await inVain(wiccarocks), 'forbidden');
});

test('6.1.2: where a password is needed, those read it who are inside, and members', async () => {
  await configure(crone, { passwordprotectedroom: '1', roomsecret: 'cauldronburn' });
  await Promise.all([crone.drain(), hag.drain()]);
  await say(hag, 'thrice');
  assert.deepEqual((await read(hag)).bodies, ['thrice']);
  const wiccarocks = await server.login('wiccarocks');
  assert.equal(await inVain(wiccarocks), 'forbidden');
  await administer(crone, `<item jid='wiccarocks@capulet.lit' affiliation='member'/>`);
  assert.deepEqual((await read(wiccarocks)).bodies, ['thrice']);
});

test('6.1.2: in a semi-anonymous room moderators and admins see who it was, and nobody else', async () => {
  await say(hag, 'thrice');
  const wiccarocks = await server.login('wiccarocks');
  for (const client of [hag, wiccarocks]) {
    const { messages } = await read(client);
    assert.equal(messages[0]?.child(X), undefined);
    assert.doesNotMatch(String(messages[0]), /hag@/);
  }
  const { messages } = await read(crone);
  assert.equal(senderOf(messages[0]), hag.jid);
  const item = messages[0]?.child(X)?.child(ITEM);
  assert.deepEqual([item?.attr('affiliation'), item?.attr('role')], ['none', 'participant']);
  await administer(crone, `<item jid='wiccarocks@capulet.lit' affiliation='admin'/>`);
  assert.equal(senderOf((await read(wiccarocks)).messages[0]), hag.jid);
});

test('6.1.2: in a non-anonymous room all see who it was, but not of what was said before it was one', async () => {
  await say(hag, 'veiled');
  await configure(crone, { whois: 'anyone' });
  await Promise.all([crone.drain(), hag.drain()]);
  await say(hag, 'open');
  const wiccarocks = await server.login('wiccarocks');
  assert.deepEqual((await read(wiccarocks)).messages.map(senderOf), [undefined, hag.jid]);
  assert.deepEqual((await read(crone)).messages.map(senderOf), [hag.jid, hag.jid]);
  await configure(crone, { whois: 'moderators' });
  assert.deepEqual((await read(wiccarocks)).messages.map(senderOf), [undefined, undefined]);
});

test('8.4: nobody makes up who it was: such words are stripped, alone, and left alone inside of others', async () => {
  const forged = `<x xmlns='${MUC}#user'><item affiliation='owner' jid='crone@capulet.lit/x' role='moderator'/></x>`;
  const inner = `<body>x</body>${forged}<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'>${forged}</message></forwarded>`;
  await hag.send(`<message to='${ROOM}' type='groupchat'>${inner}</message>`);
  await Promise.all([crone.drain(), hag.drain()]);
  const [seen] = (await read(hag)).messages;
  assert.equal(seen?.child(X), undefined);
  assert.ok(seen?.child('{urn:xmpp:forward:0}forwarded')?.child('{jabber:client}message')?.child(X));
  assert.ok(seen?.child(STANZA_ID));
  const [open] = (await read(crone)).messages;
  assert.equal(open?.elements().filter((it) => it.key === X).length, 1);
  assert.equal(senderOf(open), hag.jid);
});

test('6.1.2: who became a member later finds an archive that begins then, if the room is set up so', async () => {
  const [before] = await say(hag, 'before', 'before, too');
  await administer(crone, `<item jid='wiccarocks@capulet.lit' affiliation='member'/>`);
  const [after] = await say(hag, 'after');
  const form = `<x xmlns='jabber:x:data' type='submit'><field var='{urn:parley:muc}history'><value>since-member</value></field></x>`;
  await crone.iq('set', `<query xmlns='${MUC}#owner'>${form}</query>`, ROOM);
  const wiccarocks = await server.login('wiccarocks');
  for (const query of [{}, { set: '<before/>' }, { fields: { 'after-id': before as string } }]) {
    const { bodies, count, complete } = await read(wiccarocks, query);
    assert.deepEqual([bodies, count, complete], [['after'], '1', true]);
  }
  assert.match(String(await metadata(wiccarocks)), new RegExp(`<start id='${after}'`));
  assert.deepEqual((await read(crone)).bodies, ['before', 'before, too', 'after']);
  assert.equal(await inVain(hag), 'forbidden');
});

test('4.1.1: with finds what one occupant has said; true addresses are not searched', async () => {
  await say(hag, 'one');
  await say(crone, 'two');
  await say(hag, 'three');
  assert.deepEqual((await read(crone, { fields: { with: `${ROOM}/secondwitch` } })).bodies, ['one', 'three']);
  assert.deepEqual((await read(hag, { fields: { with: 'crone@capulet.lit' } })).bodies, []);
});

test('4.3: pages, flipped pages and the lack of an id work as in other archives', async () => {
  const ids = await say(hag, '1', '2', '3', '4');
  const last = await read(crone, { set: '<max>2</max><before/>' });
  assert.deepEqual([last.bodies, last.count, last.index, last.complete], [['3', '4'], '4', '2', false]);
  const first = await read(crone, { set: `<max>2</max><before>${ids[2]}</before>`, flip: true });
  assert.deepEqual([first.bodies, first.complete], [['2', '1'], true]);
  assert.equal(await refused(crone, { to: ROOM, set: '<after>nothing</after>' }), 'item-not-found');
});

test('5: metadata tells where it begins and ends', async () => {
  const ids = await say(hag, '1', '2', '3');
  assert.match(String(await metadata(hag)), new RegExp(`<start id='${ids[0]}' .*<end id='${ids[2]}' `));
});

test('7: rooms with an archive say so, and others have none', async () => {
  const features = async () =>
    String(await hag.iq('get', `<query xmlns='http://jabber.org/protocol/disco#info'/>`, ROOM));
  for (const feature of [MAM, `${MAM}#extended`, 'urn:xmpp:sid:0']) {
    assert.match(await features(), new RegExp(`<feature var='${feature}'`));
  }
  await say(hag, 'kept');
  await configure(crone, { enablearchiving: '0' });
  await Promise.all([crone.drain(), hag.drain()]);
  await say(hag, 'not kept');
  assert.doesNotMatch(await features(), /urn:xmpp:mam:2/);
  assert.equal(await inVain(hag), 'service-unavailable');
  await configure(crone, { enablearchiving: '1' });
  await Promise.all([crone.drain(), hag.drain()]);
  assert.deepEqual((await read(hag)).bodies, ['kept']);
});

test('a destroyed room takes its archive along: one of the same name begins anew', async () => {
  await say(hag, 'secret');
  await crone.iq('set', `<query xmlns='${MUC}#owner'><destroy/></query>`, ROOM);
  await Promise.all([crone.drain(), hag.drain()]);
  assert.equal(await inVain(hag), 'item-not-found');
  await gather({ secondwitch: hag });
  assert.deepEqual((await read(hag)).bodies, []);
});

test('a temporary room takes its archive along, whatever was said last and however soon somebody else comes', async () => {
  await configure(crone, { persistentroom: '0' });
  await hag.send(`<presence to='${ROOM}/secondwitch' type='unavailable'/>`);
  await Promise.all([crone.drain(), hag.drain()]);
  await crone.send(`<message to='${ROOM}' type='groupchat'><body>secret</body></message>`);
  await crone.send(`<presence to='${ROOM}/firstwitch' type='unavailable'/>`);
  await enter(hag, 'secondwitch');
  await configure(hag);
  await hag.send(`<message to='${ROOM}' type='groupchat'><body>new</body></message>`);
  await hag.drain();
  assert.deepEqual((await read(hag)).bodies, ['new']);
});
