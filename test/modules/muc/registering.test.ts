/** XEP-0045 sections 7.10, 7.12 and 9.9: registering with a room. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { TestClient } from '../../support/client.ts';
import { startParley, type TestServer } from '../../support/parley.ts';
import { configure, enter, gather, MUC, ROOM } from './room.ts';

const QUERY = `<query xmlns='jabber:iq:register'/>`;
const REMOVE = `<query xmlns='jabber:iq:register'><remove/></query>`;
const RESERVED = `<query xmlns='http://jabber.org/protocol/disco#info' node='x-roomuser-item'/>`;
const REGISTRATION = '{urn:parley:muc}registration';

let server: TestServer;
let crone: TestClient;
let hag: TestClient;

beforeEach(async () => {
  server = await startParley({ modules: { muc: { requestsPerHour: 3 } } });
  [crone, hag] = await Promise.all([server.login('crone'), server.login('hag')]);
  await gather({ firstwitch: crone });
});
afterEach(() => server.stop());

function form(fields: Readonly<Record<string, string>>, type = 'submit'): string {
  const list = Object.entries({ FORM_TYPE: `${MUC}#register`, ...fields });
  return `<x xmlns='jabber:x:data' type='${type}'>${list
    .map(([name, value]) => `<field var='${name}'><value>${value}</value></field>`)
    .join('')}</x>`;
}

function submission(nick: string): string {
  return `<query xmlns='jabber:iq:register'>${form({ 'muc#register_roomnick': nick })}</query>`;
}

async function refused(client: TestClient, type: 'get' | 'set', payload: string, condition: string): Promise<void> {
  const answer = await client.iq(type, payload, ROOM);
  assert.equal(answer.attr('type'), 'error', String(answer));
  assert.match(String(answer), new RegExp(`<${condition} `));
}

async function registers(client: TestClient, nick: string): Promise<void> {
  const answer = await client.iq('set', submission(nick), ROOM);
  assert.equal(answer.attr('type'), 'result', String(answer));
}

async function members(): Promise<string> {
  const item = `<query xmlns='${MUC}#admin'><item affiliation='member'/></query>`;
  return String(await crone.iq('get', item, ROOM));
}

test('7.10: who asks for the requirements gets a form with the nickname', async () => {
  const answer = await hag.iq('get', QUERY, ROOM);
  assert.match(
    String(answer),
    /http:\/\/jabber.org\/protocol\/muc#register<.*var='muc#register_roomnick'.*<required\/>/,
  );
  assert.doesNotMatch(String(answer), /<registered/);
});

test('7.10: a room that does not exist is not found', async () => {
  const answer = await hag.iq('get', QUERY, `nowhere@${ROOM.split('@')[1]}`);
  assert.match(String(answer), /<item-not-found /);
});

test('7.10: in an open room registering makes one a member with a nickname reserved, and 7.12 tells it', async () => {
  await registers(hag, 'thirdwitch');
  assert.match(await members(), /jid='hag@capulet.lit' nick='thirdwitch'/);
  const again = await hag.iq('get', QUERY, ROOM);
  assert.match(String(again), /<registered\/><username>thirdwitch<\/username>/);
  const found = await hag.iq('get', RESERVED, ROOM);
  assert.match(String(found), /<identity category='conference' type='text' name='thirdwitch'\/>/);
});

test('7.12: who has reserved nothing gets an empty answer, from inside of the room, too', async () => {
  for (const client of [hag, crone]) {
    const found = await client.iq('get', RESERVED, ROOM);
    assert.equal(found.attr('type'), 'result');
    assert.equal(found.firstElement()?.firstElement(), undefined);
  }
});

test('7.10: all see the new affiliation of one who is in the room', async () => {
  await enter(hag, 'thirdwitch');
  await crone.drain();
  await registers(hag, 'thirdwitch');
  await crone.receives(
    `<presence from='${ROOM}/thirdwitch'><x xmlns='${MUC}#user'><item affiliation='member' role='participant' jid='${hag.jid}'/></x></presence>`,
  );
});

test('7.10: a nickname that is reserved, or that somebody else has, is a conflict', async () => {
  await refused(hag, 'set', submission('firstwitch'), 'conflict');
  await registers(hag, 'thirdwitch');
  const wiccarocks = await server.login('wiccarocks');
  await refused(wiccarocks, 'set', submission('thirdwitch'), 'conflict');
});

test('7.12: nobody else enters under a reserved nickname, and its owner may enter under another', async () => {
  await registers(hag, 'thirdwitch');
  const wiccarocks = await server.login('wiccarocks');
  await wiccarocks.send(`<presence to='${ROOM}/thirdwitch'><x xmlns='${MUC}'/></presence>`);
  await wiccarocks.receives(
    `<presence type='error'><error type='cancel'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>`,
  );
  await enter(hag, 'hag66');
});

test('7.10: members change their nicknames, and the old ones are free', async () => {
  await registers(hag, 'thirdwitch');
  await registers(hag, 'fourthwitch');
  const wiccarocks = await server.login('wiccarocks');
  await registers(wiccarocks, 'thirdwitch');
  assert.match(await members(), /nick='fourthwitch'/);
});

test('7.10: without a valid form it is a bad request', async () => {
  for (const wrong of [
    QUERY,
    `<query xmlns='jabber:iq:register'><username>thirdwitch</username></query>`,
    submission(''),
    `<query xmlns='jabber:iq:register'>${form({ 'muc#register_roomnick': 'x' }, 'form')}</query>`,
    `<query xmlns='jabber:iq:register'>${form({ 'muc#register_roomnick': 'x', FORM_TYPE: 'jabber:iq:register' })}</query>`,
    submission('&#x202E;witch'),
  ]) {
    await refused(hag, 'set', wrong, 'bad-request');
  }
});

test('17.1: a nickname is no longer in a register than in the room', async () => {
  await refused(hag, 'set', submission('x'.repeat(129)), 'policy-violation');
});

test('7.10: the banned, and everybody where the room takes nobody, may not register', async () => {
  const ban = `<item affiliation='outcast' jid='hag@capulet.lit'/>`;
  await crone.iq('set', `<query xmlns='${MUC}#admin'>${ban}</query>`, ROOM);
  for (const type of ['get', 'set'] as const) await refused(hag, type, submission('x'), 'not-allowed');
  const wiccarocks = await server.login('wiccarocks');
  await configure(crone, { [REGISTRATION]: 'closed' });
  await refused(wiccarocks, 'get', QUERY, 'not-allowed');
  await registers(crone, 'boss');
});

test('XEP-0077 section 3.2: a member unregisters and is none; an owner only gives the nickname back', async () => {
  await refused(hag, 'set', REMOVE, 'registration-required');
  await registers(hag, 'thirdwitch');
  await refused(hag, 'set', `<query xmlns='jabber:iq:register'><remove/><username/></query>`, 'bad-request');
  assert.equal((await hag.iq('set', REMOVE, ROOM)).attr('type'), 'result');
  assert.doesNotMatch(await members(), /hag@/);
  await refused(crone, 'set', REMOVE, 'registration-required');
  await registers(crone, 'thirdwitch');
  assert.equal((await crone.iq('set', REMOVE, ROOM)).attr('type'), 'result');
  await refused(crone, 'set', REMOVE, 'registration-required');
  assert.equal((await crone.iq('get', `<query xmlns='${MUC}#owner'/>`, ROOM)).attr('type'), 'result');
});

test('7.10: one account registers so often in an hour, and no more', async () => {
  for (const nick of ['a', 'b', 'c']) await registers(hag, nick);
  await refused(hag, 'set', submission('d'), 'policy-violation');
  await configure(crone, { persistentroom: '1' });
  server.clock.advance(1_200_000);
  hag = await server.login('hag');
  await registers(hag, 'd');
});

test('7.10: there is an end to the list of members', async () => {
  await server.stop();
  server = await startParley({ modules: { muc: { maxMemberships: 1 } } });
  [crone, hag] = await Promise.all([server.login('crone'), server.login('hag')]);
  await gather({ firstwitch: crone });
  await refused(hag, 'set', submission('thirdwitch'), 'resource-constraint');
});

/** The form that an admin is sent. */
async function request(admin: TestClient, nick: string): Promise<void> {
  const note = await admin.receives(
    `<message from='${ROOM}'><x xmlns='jabber:x:data' type='form'><field var='FORM_TYPE' type='hidden'><value>${MUC}#register</value></field><field var='{urn:parley:muc}jid' type='jid-single'><value>hag@capulet.lit</value></field><field var='muc#register_roomnick'><value>${nick}</value></field><field var='muc#register_allow' type='boolean'><value>0</value></field></x></message>`,
  );
  assert.equal(note.attr('type'), undefined);
}

function approval(allow = '1', more: Readonly<Record<string, string>> = {}): string {
  const fields = {
    '{urn:parley:muc}jid': 'hag@capulet.lit',
    'muc#register_roomnick': 'thirdwitch',
    'muc#register_allow': allow,
    ...more,
  };
  return `<message to='${ROOM}' id='a'>${form(fields)}</message>`;
}

for (const [what, fields] of [
  ['for members only', { membersonly: '1' }],
  ['where newcomers may only listen', { moderatedroom: '1' }],
  ['with a password', { passwordprotectedroom: '1', roomsecret: 'cauldronburn' }],
  ['that wants it so', { [REGISTRATION]: 'approval' }],
] as const) {
  test(`9.9: in a room ${what} an admin has to agree`, async () => {
    await configure(crone, fields);
    await crone.drain();
    await registers(hag, 'thirdwitch');
    await request(crone, 'thirdwitch');
    assert.doesNotMatch(await members(), /hag@/);
    await crone.send(approval());
    await hag.receives(
      `<message from='${ROOM}'><x xmlns='${MUC}#user'><invite from='crone@capulet.lit'/></x></message>`,
    );
    assert.match(await members(), /jid='hag@capulet.lit' nick='thirdwitch'/);
  });
}

test('9.9: who has been silenced does not get voice by registering', async () => {
  await enter(hag, 'hag66');
  const mute = `<query xmlns='${MUC}#admin'><item role='visitor' nick='hag66'/></query>`;
  await crone.iq('set', mute, ROOM);
  await crone.drain();
  await registers(hag, 'thirdwitch');
  await request(crone, 'thirdwitch');
});

test('9.9: the request waits for admins who are not in the room', async () => {
  await configure(crone, { membersonly: '1', persistentroom: '1' });
  await crone.send(`<presence to='${ROOM}' type='unavailable'/>`);
  await crone.drain();
  await registers(hag, 'thirdwitch');
  await request(crone, 'thirdwitch');
  await crone.send(approval());
  await hag.receives(`<message from='${ROOM}'><x xmlns='${MUC}#user'><invite/></x></message>`);
});

test('9.9: a form that refuses, and one that is cancelled, change nothing', async () => {
  await configure(crone, { membersonly: '1' });
  await crone.drain();
  await crone.send(approval('0'));
  await crone.send(`<message to='${ROOM}'><x xmlns='jabber:x:data' type='cancel'/></message>`);
  await crone.receivesNothing();
  assert.doesNotMatch(await members(), /hag@/);
});

test('9.9: approvals of others than admins are refused, and say nothing of the room to strangers', async () => {
  await enter(hag, 'hag66');
  await hag.send(approval());
  await hag.receives(
    `<message type='error' id='a'><error type='auth'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`,
  );
  assert.doesNotMatch(await members(), /hag@/);
});

test('9.9: an approval lifts no ban, and the second one does nothing', async () => {
  await crone.send(approval());
  await hag.receives(`<message from='${ROOM}'/>`);
  await crone.drain();
  await crone.send(approval('true', { 'muc#register_roomnick': 'other' }));
  await crone.receivesNothing();
  assert.match(await members(), /nick='thirdwitch'/);
  const ban = `<query xmlns='${MUC}#admin'><item affiliation='outcast' jid='hag@capulet.lit'/></query>`;
  await crone.iq('set', ban, ROOM);
  await crone.drain();
  await crone.send(approval());
  await crone.receives(
    `<message type='error'><error><not-allowed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`,
  );
});

test('9.9: an approval for nobody is a bad request, and a nickname that somebody got meanwhile is a conflict', async () => {
  for (const [name, value, condition] of [
    ['{urn:parley:muc}jid', '', 'bad-request'],
    ['{urn:parley:muc}jid', 'capulet.lit', 'bad-request'],
    ['muc#register_roomnick', '', 'bad-request'],
    ['muc#register_roomnick', 'firstwitch', 'conflict'],
  ] as const) {
    await crone.send(approval('1', { [name]: value }));
    await crone.receives(
      `<message type='error'><error><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`,
    );
  }
});

test('a form that the room does not know is a bad request', async () => {
  for (const kind of ['constructor', 'jabber:iq:register']) {
    await crone.send(`<message to='${ROOM}'>${form({ FORM_TYPE: kind })}</message>`);
    await crone.receives(
      `<message type='error'><error><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`,
    );
  }
});
