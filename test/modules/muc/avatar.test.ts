/** XEP-0486: the card of a room, and the picture in it. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { TestClient } from '../../support/client.ts';
import { startParley, type TestServer } from '../../support/parley.ts';
import type { Element } from '../../support/xml.ts';
import { configure, enter, gather, MUC, ROOM, SERVICE } from './room.ts';

const INFO = 'http://jabber.org/protocol/disco#info';
const GET = `<vCard xmlns='vcard-temp'/>`;
const CHANGED = `<message type='groupchat' from='${ROOM}'><x xmlns='${MUC}#user'><status code='104'/></x></message>`;

let server: TestServer;
let crone: TestClient;
let hag: TestClient;
/** Has never sent presence. */
let stranger: TestClient;

before(async () => {
  server = await startParley({ admins: ['boss@capulet.lit'] });
  [crone, hag] = await Promise.all([server.login('crone'), server.login('hag')]);
  stranger = await server.login('stranger', { available: false });
  await gather({ firstwitch: crone, secondwitch: hag }, { persistentroom: '1' });
});
after(() => server.stop());

function photo(bytes: string, type = 'image/png'): string {
  return `<PHOTO><TYPE>${type}</TYPE><BINVAL>${Buffer.from(bytes).toString('base64')}</BINVAL></PHOTO>`;
}

const card = (...photos: string[]): string => `<vCard xmlns='vcard-temp'><FN>Cave</FN>${photos.join('')}</vCard>`;
const sha1 = (bytes: string): string => createHash('sha1').update(bytes).digest('hex');

async function hashes(client: TestClient): Promise<string[] | undefined> {
  const answer = await client.iq('get', `<query xmlns='${INFO}'/>`, ROOM);
  const form = answer.firstElement()?.child('{jabber:x:data}x');
  const field = form?.elements().find((it) => it.attr('var') === 'muc#roominfo_avatarhash');
  return field?.elements().map((it) => it.text());
}

function condition(answer: Element): string | undefined {
  return answer.child('{jabber:client}error')?.elements()[0]?.name;
}

test('3.3: a room without a picture tells no hash, and its card is empty', async () => {
  assert.equal(await hashes(stranger), undefined);
  const answer = await stranger.iq('get', GET, ROOM);
  assert.equal(answer.attr('type'), 'result');
  assert.equal(answer.firstElement()?.elements().length, 0);
});

test('3.2: an owner sets the card, and everybody in the room is told with 104', async () => {
  const answer = await crone.iq('set', card(photo('cauldron')), ROOM);
  assert.equal(answer.attr('type'), 'result');
  await crone.receives(CHANGED);
  await hag.receives(CHANGED);
});

test('3.3 and 3.4: the hash is told and the card is given to those who are not there', async () => {
  assert.deepEqual(await hashes(stranger), [sha1('cauldron')]);
  const answer = await stranger.iq('get', GET, ROOM);
  const binval = answer.firstElement()?.child('{vcard-temp}PHOTO')?.childText('{vcard-temp}BINVAL');
  assert.equal(Buffer.from(binval ?? '', 'base64').toString(), 'cauldron');
});

test('3.2: others may not set it, be they in the room or members of it', async () => {
  await crone.iq('set', `<query xmlns='${MUC}#admin'><item jid='hag@capulet.lit' affiliation='admin'/></query>`, ROOM);
  await Promise.all([crone.drain(), hag.drain()]);
  for (const client of [hag, stranger]) {
    const answer = await client.iq('set', card(photo('toad')), ROOM);
    assert.equal(condition(answer), 'forbidden');
  }
  assert.deepEqual(await hashes(stranger), [sha1('cauldron')]);
  await crone.receivesNothing();
});

test('7: administrators of the server may set it', async () => {
  const boss = await server.login('boss', { available: false });
  const answer = await boss.iq('set', card(photo('newt')), ROOM);
  assert.equal(answer.attr('type'), 'result');
  assert.deepEqual(await hashes(stranger), [sha1('newt')]);
  await crone.receives(CHANGED);
});

test('5.1: of several pictures all hashes are told, in their order', async () => {
  const wrapped = photo('eye').replace('<BINVAL>', '<BINVAL>\n  ');
  await crone.iq('set', card(wrapped, photo('toe', 'image/svg+xml')), ROOM);
  assert.deepEqual(await hashes(stranger), [sha1('eye'), sha1('toe')]);
  await crone.receives(CHANGED);
});

test('what is no picture, or too much, is refused and changes nothing', async () => {
  const refused = [
    [card('<PHOTO><BINVAL>not base64!</BINVAL></PHOTO>'), 'not-acceptable'],
    [card(...Array.from({ length: 9 }, (_, n) => photo(String(n)))), 'policy-violation'],
    [card(photo('x'.repeat(150_000))), 'policy-violation'],
  ] as const;
  for (const [wish, error] of refused) assert.equal(condition(await crone.iq('set', wish, ROOM)), error);
  assert.deepEqual(await hashes(stranger), [sha1('eye'), sha1('toe')]);
  await crone.receivesNothing();
});

test('the card outlives the server', async () => {
  await server.restart();
  crone = await server.login('crone');
  stranger = await server.login('stranger', { available: false });
  assert.deepEqual(await hashes(stranger), [sha1('eye'), sha1('toe')]);
  assert.match((await stranger.iq('get', GET, ROOM)).toString(), /Cave/);
});

test('the card of a hidden room is for those who may read there', async () => {
  await configure(crone, { publicroom: '0', membersonly: '1' });
  assert.equal(condition(await stranger.iq('get', GET, ROOM)), 'forbidden');
  assert.equal(await hashes(stranger), undefined);
  assert.match((await crone.iq('get', GET, ROOM)).toString(), /Cave/);
});

test('3.2: an empty card takes the picture away', async () => {
  await configure(crone, { publicroom: '1', membersonly: '0' });
  const answer = await crone.iq('set', GET, ROOM);
  assert.equal(answer.attr('type'), 'result');
  assert.equal(await hashes(stranger), undefined);
  assert.equal((await stranger.iq('get', GET, ROOM)).firstElement()?.elements().length, 0);
});

test('a room that is founded anew has nothing of the card of the old one', async () => {
  await crone.iq('set', card(photo('cauldron')), ROOM);
  await crone.iq('set', `<query xmlns='${MUC}#owner'><destroy/></query>`, ROOM);
  await crone.drain();
  await enter(crone, 'firstwitch');
  await configure(crone);
  assert.equal(await hashes(stranger), undefined);
  assert.equal((await stranger.iq('get', GET, ROOM)).firstElement()?.elements().length, 0);
});

test('XEP-0054: the service has a card, which nobody sets', async () => {
  const answer = await stranger.iq('get', GET, SERVICE);
  assert.equal(answer.firstElement()?.childText('{vcard-temp}FN'), 'Rooms');
  assert.equal(condition(await stranger.iq('set', card(), SERVICE)), 'service-unavailable');
});
