/** XEP-0045 sections 7.1, 7.2 and 17.1: getting into a room. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TestClient } from '../../support/client.ts';
import { startParley, type TestServer } from '../../support/parley.ts';
import { administer, configure, enter, gather, MUC, ROOM, SERVICE } from './room.ts';

let server: TestServer;
let crone: TestClient;
let hag: TestClient;

before(async () => {
  server = await startParley({ modules: { muc: { maxNickLength: 20 } } });
  [crone, hag] = await Promise.all([server.login('crone'), server.login('hag')]);
  await gather({ firstwitch: crone, secondwitch: hag });
});
after(() => server.stop());

let rooms = 0;

/** A room of the crone's that others may enter. */
async function newRoom(fields: Readonly<Record<string, string>> = {}): Promise<string> {
  const room = `room${++rooms}@${SERVICE}`;
  await gather({ firstwitch: crone }, fields, room);
  return room;
}

function join(room: string, nick: string, inner = ''): string {
  return `<presence id='in' to='${room}/${nick}'><x xmlns='${MUC}'>${inner}</x></presence>`;
}

/** The answer to somebody who may not enter, as section 7.2 has it. */
async function refused(client: TestClient, room: string, type: string, condition: string): Promise<void> {
  await client.receives(
    `<presence type='error' id='in'><x xmlns='${MUC}'/><error type='${type}' by='${room}'><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>`,
  );
  await client.receivesNothing();
}

test('7.2.2: a newcomer sees who is there, then itself with 110, then the subject', async () => {
  const wiccarocks = await server.login('wiccarocks');
  await wiccarocks.send(`<presence to='${ROOM}/thirdwitch'><x xmlns='${MUC}'/></presence>`);
  await wiccarocks.receives(
    `<presence from='${ROOM}/firstwitch'><x xmlns='${MUC}#user'><item affiliation='owner' role='moderator'/></x></presence>`,
  );
  await wiccarocks.receives(`<presence from='${ROOM}/secondwitch'/>`);
  const self = await wiccarocks.receives(
    `<presence from='${ROOM}/thirdwitch'><x xmlns='${MUC}#user'><item affiliation='none' role='participant'/><status code='110'/></x></presence>`,
  );
  assert.ok(self);
  await wiccarocks.receives(`<message from='${ROOM}' type='groupchat'><subject/></message>`);
  await crone.receives(
    `<presence from='${ROOM}/thirdwitch'><x xmlns='${MUC}#user'><item jid='${wiccarocks.jid}'/></x></presence>`,
  );
  await hag.drain();
});

test('7.1: others, oneself, history, subject, and only then what happens', async () => {
  const room = await newRoom();
  await crone.send(`<message to='${room}' type='groupchat'><subject>Fire</subject></message>`);
  await crone.send(`<message to='${room}' type='groupchat'><body>Thrice</body></message>`);
  await crone.drain();
  const late = await server.login('late');
  await late.send(join(room, 'late'));
  await crone.receives(`<presence from='${room}/late'/>`);
  await crone.send(`<message to='${room}' type='groupchat'><body>live</body></message>`);
  await late.receives(`<presence from='${room}/firstwitch'/>`);
  await late.receives(
    `<presence id='in' from='${room}/late'><x xmlns='${MUC}#user'><status code='110'/></x></presence>`,
  );
  const past = await late.receives(
    `<message from='${room}/firstwitch' type='groupchat'><body>Thrice</body><delay xmlns='urn:xmpp:delay' from='${room}'/></message>`,
  );
  assert.ok(past.child('{urn:xmpp:occupant-id:0}occupant-id'));
  const subject = await late.receives(
    `<message from='${room}/firstwitch' type='groupchat'><subject>Fire</subject><delay xmlns='urn:xmpp:delay' from='${room}'/></message>`,
  );
  assert.equal(subject.child('{jabber:client}body'), undefined);
  assert.equal(
    subject.child('{urn:xmpp:occupant-id:0}occupant-id')?.attr('id'),
    past.child('{urn:xmpp:occupant-id:0}occupant-id')?.attr('id'),
  );
  await late.receives(`<message from='${room}/firstwitch'><body>live</body></message>`);
  await crone.drain();
});

test('7.2.1: a presence without a nickname is jid-malformed', async () => {
  await hag.send(`<presence id='in' to='${ROOM}'><x xmlns='${MUC}'/></presence>`);
  await refused(hag, ROOM, 'modify', 'jid-malformed');
});

test('17.1: a nickname that nobody can see is jid-malformed, and makes no room', async () => {
  for (const nick of ['   ', '\u2800']) {
    await hag.send(`<presence id='in' to='unseen@${SERVICE}/${nick}'><x xmlns='${MUC}'/></presence>`);
    await refused(hag, `unseen@${SERVICE}`, 'modify', 'jid-malformed');
  }
  await enter(crone, 'crone', '', `unseen@${SERVICE}`);
});

test('13.6: a very long nickname is refused', async () => {
  await hag.send(join(await newRoom(), 'h'.repeat(21)));
  await refused(hag, `room${rooms}@${SERVICE}`, 'modify', 'policy-violation');
});

test('7.2.3: who enters a non-anonymous room is warned with 100, and all see all addresses', async () => {
  const room = await newRoom({ whois: 'anyone' });
  await hag.send(join(room, 'hag'));
  await hag.receives(
    `<presence from='${room}/firstwitch'><x xmlns='${MUC}#user'><item jid='${crone.jid}'/></x></presence>`,
  );
  await hag.receives(
    `<presence from='${room}/hag'><x xmlns='${MUC}#user'><item jid='${hag.jid}'/><status code='100'/><status code='110'/></x></presence>`,
  );
  await hag.drain();
  await crone.receives(`<presence from='${room}/hag'><x xmlns='${MUC}#user'><item jid='${hag.jid}'/></x></presence>`);
});

test('7.2.4: who enters a semi-anonymous room is not warned, and sees no address of others', async () => {
  const room = await newRoom();
  await hag.send(join(room, 'hag'));
  const other = await hag.receive();
  assert.ok(!other.toString().includes('crone@'), String(other));
  const self = await hag.receive();
  assert.ok(!self.toString().includes(`code='100'`), String(self));
  await Promise.all([hag.drain(), crone.drain()]);
});

test('7.2.5: without the password of the room, or with another, one is not-authorized', async () => {
  const room = await newRoom({ passwordprotectedroom: '1', roomsecret: 'cauldronburn' });
  await hag.send(join(room, 'hag'));
  await refused(hag, room, 'auth', 'not-authorized');
  await hag.send(join(room, 'hag', '<password>cauldron</password>'));
  await refused(hag, room, 'auth', 'not-authorized');
  await enter(hag, 'hag', '<password>cauldronburn</password>', room);
  await crone.drain();
});

test('7.2.6: who is no member of a members-only room needs registration', async () => {
  const room = await newRoom({ membersonly: '1' });
  await hag.send(join(room, 'hag'));
  await refused(hag, room, 'auth', 'registration-required');
  await administer(crone, `<item affiliation='member' jid='hag@capulet.lit'/>`, room);
  await enter(hag, 'hag', '', room);
  await Promise.all([hag.drain(), crone.drain()]);
});

test('7.2.7: who is banned is forbidden', async () => {
  const room = await newRoom();
  await administer(crone, `<item affiliation='outcast' jid='hag@capulet.lit'/>`, room);
  await crone.drain();
  await hag.drain();
  await hag.send(join(room, 'hag'));
  await refused(hag, room, 'auth', 'forbidden');
});

test('7.2.8: a nickname that somebody else has, or has reserved, is a conflict', async () => {
  const room = await newRoom();
  await hag.send(join(room, 'firstwitch'));
  await refused(hag, room, 'cancel', 'conflict');
  await administer(crone, `<item affiliation='member' jid='reserver@capulet.lit' nick='mine'/>`, room);
  await hag.drain();
  await hag.send(join(room, 'mine'));
  await refused(hag, room, 'cancel', 'conflict');
  await crone.drain();
});

test('7.2.9: a full room is service-unavailable for all but admins and owners', async () => {
  const room = await newRoom({ maxusers: '10' });
  for (let i = 0; i < 9; i++) await enter(await server.login(`guest${i}`), `guest${i}`, '', room);
  await hag.send(join(room, 'hag'));
  await refused(hag, room, 'wait', 'service-unavailable');
  await administer(crone, `<item affiliation='admin' jid='hag@capulet.lit'/>`, room);
  await hag.drain();
  await enter(hag, 'hag', '', room);
  await Promise.all([hag.drain(), crone.drain()]);
});

test('7.2.10, 10.1.1: a room that is not configured yet has 201 for its owner, and is item-not-found for others', async () => {
  const room = `locked@${SERVICE}`;
  await crone.send(join(room, 'crone'));
  await crone.receives(
    `<presence from='${room}/crone'><x xmlns='${MUC}#user'><item affiliation='owner' role='moderator'/><status code='110'/><status code='201'/></x></presence>`,
  );
  await crone.drain();
  await hag.send(join(room, 'hag'));
  await refused(hag, room, 'cancel', 'item-not-found');
  await hag.send(`<message id='m' type='groupchat' to='${room}'><body>hello?</body></message>`);
  await hag.receives(
    `<message type='error' id='m'><error><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`,
  );
  await configure(crone, {}, room);
  await hag.send(join(room, 'hag'));
  await hag.receives(`<presence from='${room}/crone'/>`);
  const self = await hag.receives(`<presence from='${room}/hag'/>`);
  assert.ok(!self.toString().includes('201'));
  await Promise.all([hag.drain(), crone.drain()]);
});

test('7.2.11: where only administrators create rooms, it is not-allowed for others', async () => {
  const strict = await startParley({ modules: { muc: { create: 'admins' } }, admins: ['boss@capulet.lit'] });
  try {
    const somebody = await strict.login('somebody');
    await somebody.send(join(ROOM, 'somebody'));
    await refused(somebody, ROOM, 'cancel', 'not-allowed');
    await enter(await strict.login('boss'), 'boss');
  } finally {
    await strict.stop();
  }
});

test('7.2.12: who enters a room that is archived is told by 170', async () => {
  for (const [value, isTold] of [
    ['1', true],
    ['0', false],
  ] as const) {
    const room = await newRoom({ enablelogging: value });
    await hag.send(join(room, 'hag'));
    await hag.receives(`<presence from='${room}/firstwitch'/>`);
    const self = await hag.receives(`<presence from='${room}/hag'/>`);
    assert.equal(self.toString().includes(`code='170'`), isTold, String(self));
    await Promise.all([hag.drain(), crone.drain()]);
  }
});

test('7.2.15: a room without a subject has an empty one; one that was emptied says when', async () => {
  const room = await newRoom();
  await hag.send(join(room, 'hag'));
  const before = (await hag.drain()).at(-1);
  assert.equal(before?.childText('{jabber:client}subject'), '');
  assert.equal(before?.child('{urn:xmpp:delay}delay'), undefined);
  await crone.send(`<message to='${room}' type='groupchat'><subject/></message>`);
  await crone.drain();
  await hag.send(join(room, 'hag'));
  const now = (await hag.drain()).at(-1);
  assert.equal(now?.attr('from'), `${room}/firstwitch`);
  assert.equal(now?.childText('{jabber:client}subject'), '');
  assert.ok(now?.child('{urn:xmpp:delay}delay'), String(now));
  await crone.drain();
});

test('7.2.18: a presence without <x/> from one who is not inside is answered with a kick, 110, 307 and 333', async () => {
  for (const room of [await newRoom(), `nowhere@${SERVICE}`]) {
    await hag.send(`<presence id='up' to='${room}/hag'/>`);
    await hag.receives(
      `<presence id='up' type='unavailable' from='${room}/hag'><x xmlns='${MUC}#user'><item affiliation='none' role='none'/><status code='110'/><status code='307'/><status code='333'/></x></presence>`,
    );
  }
  await crone.receivesNothing();
});

test('17.3: who enters again is sent everything again, and others hear of it only when something is new', async () => {
  const room = await newRoom();
  await enter(hag, 'hag', '', room);
  await Promise.all([hag.drain(), crone.drain()]);
  await hag.send(join(room, 'hag'));
  await hag.receives(`<presence from='${room}/firstwitch'/>`);
  await hag.receives(`<presence id='in' from='${room}/hag'><x xmlns='${MUC}#user'><status code='110'/></x></presence>`);
  await hag.receives(`<message from='${room}'><subject/></message>`);
  await crone.receivesNothing();
  await hag.send(`<presence to='${room}/hag'><x xmlns='${MUC}'/><show>away</show></presence>`);
  await crone.receives(`<presence from='${room}/hag'><show>away</show></presence>`);
  await hag.drain();
});

test('17.3: who enters again under another name takes that, and is sent everything', async () => {
  const room = await newRoom();
  await enter(hag, 'hag', '', room);
  await Promise.all([hag.drain(), crone.drain()]);
  await hag.send(join(room, 'oldhag'));
  const all = await hag.drain();
  assert.ok(all.some((it) => it.attr('from') === `${room}/firstwitch`));
  assert.equal(all.at(-1)?.name, 'message');
  await crone.receives(`<presence type='unavailable' from='${room}/hag'/>`);
  await crone.receives(`<presence from='${room}/oldhag'/>`);
  await crone.receivesNothing();
});

test('17.3: probes and subscriptions neither enter nor leave', async () => {
  const room = await newRoom();
  for (const type of ['probe', 'subscribe', 'subscribed', 'unsubscribe', 'unsubscribed']) {
    await hag.send(`<presence type='${type}' to='${room}/hag'><x xmlns='${MUC}'/></presence>`);
    await crone.send(`<presence type='${type}' to='${room}/firstwitch'/>`);
  }
  const items = await crone.iq('get', `<query xmlns='http://jabber.org/protocol/disco#items'/>`, room);
  assert.equal(items.firstElement()?.elements().length, 1);
});

test('17.1: rooms and people have odd names', async () => {
  const room = `o\\27hara\\26s-čaj@${SERVICE}`;
  const nick = '&lt;it&apos;s me&gt; 🧙';
  await enter(crone, nick, '', room);
  await configure(crone, {}, room);
  await hag.send(join(room, 'hag'));
  await hag.receives(`<presence from='${room}/${nick}'/>`);
  await Promise.all([hag.drain(), crone.drain()]);
});

test('18.1.1: no namespace is held back, so that #traffic is service-unavailable', async () => {
  const query = `<query xmlns='http://jabber.org/protocol/disco#info' node='${MUC}#traffic'/>`;
  const answer = await crone.iq('get', query, ROOM);
  assert.match(String(answer), /service-unavailable/);
});
