/** XEP-0045 sections 10.1 and 10.9: rooms are created and destroyed by their owners. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { TestClient } from '../../support/client.ts';
import { conditionOf } from '../../support/condition.ts';
import { startParley, type TestServer } from '../../support/parley.ts';
import { describe, lookInto } from './insight.ts';
import { formOf, own, readForm, tries } from './owning.ts';
import { administer, enter, gather, MUC, ROOM, SERVICE } from './room.ts';

let server: TestServer;
let crone: TestClient;
let wiccarocks: TestClient;
let hag: TestClient;

async function start(options: object = {}): Promise<void> {
  server = await startParley({ modules: { muc: options }, admins: ['admin@capulet.lit'] });
  [crone, wiccarocks, hag] = (await Promise.all(['crone', 'wiccarocks', 'hag'].map((it) => server.login(it)))) as [
    TestClient,
    TestClient,
    TestClient,
  ];
}

beforeEach(() => start());
afterEach(() => server.stop());

async function restart(options: object): Promise<void> {
  await server.stop();
  await start(options);
}

const JOIN = `<x xmlns='${MUC}'/>`;
const USER = `${MUC}#user`;
const STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas';

test('10.1.1: who comes first owns the room and is told with 201 that it is new', async () => {
  await crone.send(`<presence to='${ROOM}/firstwitch'>${JOIN}</presence>`);
  const self = await crone.receives(
    `<presence from='${ROOM}/firstwitch'><x xmlns='${USER}'><item affiliation='owner' role='moderator'/><status code='110'/><status code='201'/></x></presence>`,
  );
  assert.doesNotMatch(String(self), /code='100'/);
  await crone.receives(`<message from='${ROOM}' type='groupchat'><subject/></message>`);
  await crone.receivesNothing();
});

test('10.1.1: nobody else gets into the room until it is configured; then it is not new any more', async () => {
  await enter(crone, 'firstwitch');
  assert.equal(await tries(hag, 'thirdwitch'), 'item-not-found');
  assert.equal(await own(hag, formOf({})), 'item-not-found');
  assert.equal(await own(crone, formOf({})), 'result');
  await hag.send(`<presence to='${ROOM}/thirdwitch'>${JOIN}</presence>`);
  await hag.receives(`<presence from='${ROOM}/firstwitch'/>`);
  const self = await hag.receives(`<presence from='${ROOM}/thirdwitch'/>`);
  assert.doesNotMatch(String(self), /201/);
});

test('10.1.1: where rooms are not locked at first, others come in at once', async () => {
  await restart({ lockNew: false });
  await enter(crone, 'firstwitch');
  assert.equal(await tries(hag, 'thirdwitch'), 'in');
});

test('10.1.1: where only administrators create rooms, others are not allowed to', async () => {
  await restart({ create: 'admins' });
  await hag.send(`<presence to='${ROOM}/thirdwitch' id='p'>${JOIN}</presence>`);
  await hag.receives(
    `<presence from='${ROOM}/thirdwitch' type='error' id='p'><x xmlns='${MUC}'/><error type='cancel'><not-allowed xmlns='${STANZAS}'/></error></presence>`,
  );
  const admin = await server.login('admin');
  await enter(admin, 'admin');
});

test('10.1.1: an account owns no more rooms than it may', async () => {
  await restart({ maxRoomsPerAccount: 2 });
  await gather({ one: crone }, {}, `one@${SERVICE}`);
  await gather({ two: crone }, {}, `two@${SERVICE}`);
  await crone.send(`<presence to='three@${SERVICE}/x'>${JOIN}</presence>`);
  await crone.receives(`<presence type='error'><error><resource-constraint xmlns='${STANZAS}'/></error></presence>`);
});

test('10.1.2: an instant room is unlocked by an empty form', async () => {
  await enter(crone, 'firstwitch');
  assert.equal(await own(crone, `<x xmlns='jabber:x:data' type='submit'/>`), 'result');
  assert.equal(await tries(hag, 'thirdwitch'), 'in');
});

test('10.1.3: a reserved room is set up by a form with all of its options, and then opened', async () => {
  await enter(crone, 'firstwitch');
  const form = await readForm(crone);
  assert.deepEqual(form.get('FORM_TYPE'), [`${MUC}#roomconfig`]);
  const filled = { ...Object.fromEntries(form), 'muc#roomconfig_roomname': 'A Dark Cave' };
  assert.equal(await own(crone, formOf(filled)), 'result');
  assert.equal(lookInto(server).config.name, 'A Dark Cave');
  assert.equal(await tries(hag, 'thirdwitch'), 'in');
});

test('10.1.3: a first set-up that cannot be leaves the room locked', async () => {
  await enter(crone, 'firstwitch');
  const blank = formOf({ 'muc#roomconfig_passwordprotectedroom': '1', 'muc#roomconfig_roomsecret': '' });
  assert.equal(await own(crone, blank), 'not-acceptable');
  assert.equal(await tries(hag, 'thirdwitch'), 'item-not-found');
});

test('10.1.3: who cancels the first set-up has no room, and is told', async () => {
  await enter(crone, 'firstwitch');
  assert.equal(await own(crone, formOf({}, 'cancel')), 'result');
  await crone.receives(
    `<presence from='${ROOM}/firstwitch' type='unavailable'><x xmlns='${USER}'><item affiliation='none' role='none'/><destroy/></x></presence>`,
  );
  await enter(hag, 'thirdwitch');
  assert.equal(lookInto(server).memberships.get('hag@capulet.lit')?.affiliation, 'owner');
});

test('10.1.3: a room whose owner leaves before it is set up is no more', async () => {
  await enter(crone, 'firstwitch');
  await crone.send(`<presence to='${ROOM}/firstwitch' type='unavailable'/>`);
  await crone.receives(`<presence from='${ROOM}/firstwitch' type='unavailable'/>`);
  await enter(hag, 'thirdwitch');
  assert.equal(lookInto(server).memberships.get('crone@capulet.lit'), undefined);
});

test('15.5.3: what is set up is what the room has after the server starts anew', async () => {
  await gather(
    { firstwitch: crone },
    { persistentroom: '1', roomname: 'Cave', presencebroadcast: 'moderator', maxusers: '7' },
  );
  const before = await readForm(crone);
  await server.restart();
  const again = await server.login('crone');
  assert.deepEqual(await readForm(again), before);
});

test('10.9: each occupant is told once that the room is destroyed, where to go, the password there and why', async () => {
  await gather({ firstwitch: crone, secondwitch: wiccarocks, thirdwitch: hag });
  const why = '<password>burn</password><reason>Macbeth doth come.</reason>';
  assert.equal(await own(crone, `<destroy jid='heath@${SERVICE}'>${why}</destroy>`), 'result');
  for (const [nick, client] of Object.entries({ firstwitch: crone, secondwitch: wiccarocks, thirdwitch: hag })) {
    await client.receives(
      `<presence from='${ROOM}/${nick}' type='unavailable'><x xmlns='${USER}'><item affiliation='none' role='none'/><destroy jid='heath@${SERVICE}'>${why}</destroy></x></presence>`,
    );
    await client.receivesNothing();
  }
});

test('10.9: a destroyed room is gone with all that was kept of it', async () => {
  await gather({ firstwitch: crone, thirdwitch: hag }, { persistentroom: '1', roomname: 'Cave', enablearchiving: '1' });
  await crone.send(`<message to='${ROOM}' type='groupchat'><body>Secret</body></message>`);
  await crone.send(`<message to='${ROOM}' type='groupchat'><subject>Fire</subject></message>`);
  await administer(crone, `<item jid='juliet@capulet.lit' affiliation='outcast'/>`);
  await own(crone, '<destroy/>');
  for (const client of [crone, hag]) await client.drain();
  const answer = await crone.iq('get', `<query xmlns='http://jabber.org/protocol/disco#info'/>`, ROOM);
  assert.equal(conditionOf(answer), 'item-not-found');
  await hag.send(`<message to='${ROOM}' type='groupchat' id='m'><body>Anybody?</body></message>`);
  await hag.receives(`<message type='error' id='m'><error><item-not-found xmlns='${STANZAS}'/></error></message>`);
  await gather({ thirdwitch: hag });
  assert.deepEqual([...lookInto(server).memberships.keys()], ['hag@capulet.lit']);
  assert.equal(lookInto(server).subject, undefined);
  const fin = await hag.iq('set', `<query xmlns='urn:xmpp:mam:2'/>`, ROOM);
  assert.match(String(fin), /complete='true'/);
  assert.deepEqual(await hag.drain(), []);
});

test('10.9: who comes while the room is destroyed comes into a new one', async () => {
  await gather({ firstwitch: crone, thirdwitch: hag }, { persistentroom: '1' });
  await crone.send(`<iq type='set' id='d' to='${ROOM}'><query xmlns='${MUC}#owner'><destroy/></query></iq>`);
  await hag.send(`<presence to='${ROOM}/thirdwitch'>${JOIN}</presence>`);
  await hag.receives(`<presence from='${ROOM}/thirdwitch' type='unavailable'/>`);
  await hag.receives(
    `<presence from='${ROOM}/thirdwitch'><x xmlns='${USER}'><item affiliation='owner'/><status code='201'/></x></presence>`,
  );
});

test('10.9: others may not destroy a room, and another one has to be at an address', async () => {
  await gather({ firstwitch: crone, thirdwitch: hag });
  await administer(crone, `<item jid='hag@capulet.lit' affiliation='admin'/>`);
  await hag.drain();
  const destroy = `<destroy jid='coven@${SERVICE}'><reason>Mine</reason></destroy>`;
  const answer = await hag.iq('set', `<query xmlns='${MUC}#owner'>${destroy}</query>`, ROOM);
  assert.equal(conditionOf(answer), 'forbidden');
  assert.match(String(answer), /<destroy jid=/);
  assert.equal(await own(crone, `<destroy jid='@@'/>`), 'jid-malformed');
  await hag.receivesNothing();
});

test('what could not be stored is not so: the owner is told, and the room is as it was', async () => {
  await gather({ firstwitch: crone, thirdwitch: hag });
  const room = lookInto(server);
  const before = describe(room);
  const atomically = server.db.atomically.bind(server.db);
  server.db.atomically = () => Promise.reject(new Error('the disk is full'));
  assert.equal(await administer(crone, `<item jid='hag@capulet.lit' affiliation='outcast'/>`), 'internal-server-error');
  assert.equal(describe(room), before);
  await hag.receivesNothing();
  server.db.atomically = atomically;
  assert.equal(await administer(crone, `<item jid='hag@capulet.lit' affiliation='outcast'/>`), 'result');
});
