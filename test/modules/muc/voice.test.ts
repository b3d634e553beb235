/** XEP-0045 sections 7.13 and 8.6: asking for voice, and giving it. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { TestClient } from '../../support/client.ts';
import { startParley, type TestServer } from '../../support/parley.ts';
import { configure, enter, gather, MUC, ROOM } from './room.ts';

let server: TestServer;
let crone: TestClient;
let hag: TestClient;

beforeEach(async () => {
  server = await startParley({ modules: { muc: { requestsPerHour: 2 } } });
  [crone, hag] = await Promise.all([server.login('crone'), server.login('hag')]);
  await gather({ firstwitch: crone, thirdwitch: hag }, { moderatedroom: '1' });
});
afterEach(() => server.stop());

function submission(fields: Readonly<Record<string, string>>): string {
  const list = Object.entries({ FORM_TYPE: `${MUC}#request`, 'muc#role': 'participant', ...fields });
  return `<message to='${ROOM}' id='yd53c486'><x xmlns='jabber:x:data' type='submit'>${list
    .map(([name, value]) => `<field var='${name}'><value>${value}</value></field>`)
    .join('')}</x></message>`;
}

const REQUEST = submission({});

function approval(more: Readonly<Record<string, string>> = {}): string {
  return submission({
    'muc#jid': hag.jid,
    'muc#roomnick': 'thirdwitch',
    'muc#request_allow': 'true',
    ...more,
  });
}

function error(condition: string): string {
  return `<message type='error' from='${ROOM}' id='yd53c486'><error><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`;
}

async function isAsked(moderator: TestClient): Promise<void> {
  const field = (name: string, type: string, value: string) =>
    `<field var='${name}' type='${type}'><value>${value}</value></field>`;
  const fields = [
    field('FORM_TYPE', 'hidden', `${MUC}#request`),
    field('muc#role', 'list-single', 'participant'),
    field('muc#jid', 'jid-single', hag.jid),
    field('muc#roomnick', 'text-single', 'thirdwitch'),
    field('muc#request_allow', 'boolean', '0'),
  ];
  await moderator.receives(
    `<message from='${ROOM}' to='${moderator.jid}'><x xmlns='jabber:x:data' type='form'>${fields.join('')}</x></message>`,
  );
}

const hasVoice = (nick = 'thirdwitch') =>
  `<presence from='${ROOM}/${nick}'><x xmlns='${MUC}#user'><item affiliation='none' role='participant'/></x></presence>`;

test('7.13, 8.6: a visitor asks, the moderators are sent a form, one of them agrees, and all see it', async () => {
  await hag.send(`<message to='${ROOM}' type='groupchat' id='yd53c486'><body>Hear me!</body></message>`);
  await hag.receives(error('forbidden'));
  await hag.send(REQUEST);
  await isAsked(crone);
  await hag.receivesNothing();
  await crone.send(approval());
  const change = await hag.receives(hasVoice());
  assert.match(String(change), /<actor nick='firstwitch'/);
  await crone.receives(hasVoice());
  await hag.send(`<message to='${ROOM}' type='groupchat'><body>Hear me!</body></message>`);
  await crone.receives(`<message type='groupchat'><body>Hear me!</body></message>`);
});

test('8.6: every device of every moderator is asked, and nobody else', async () => {
  const phone = await server.login('crone', { resource: 'phone' });
  await crone.drain();
  await enter(phone, 'firstwitch');
  const wiccarocks = await server.login('wiccarocks');
  await enter(wiccarocks, 'secondwitch');
  for (const it of [crone, hag, phone]) await it.drain();
  await hag.send(REQUEST);
  await isAsked(crone);
  await isAsked(phone);
  await wiccarocks.receivesNothing();
});

test('8.6: a form that refuses, is cancelled, or comes when it is done already, changes nothing', async () => {
  await crone.send(approval({ 'muc#request_allow': '0' }));
  await crone.send(`<message to='${ROOM}'><x xmlns='jabber:x:data' type='cancel'/></message>`);
  await crone.receivesNothing();
  await hag.receivesNothing();
  await crone.send(approval());
  await crone.receives(hasVoice());
  await crone.send(approval());
  await crone.receivesNothing();
});

test('8.6: nobody but moderators gives voice, least of all to oneself', async () => {
  await hag.send(approval());
  await hag.receives(error('forbidden'));
  const wiccarocks = await server.login('wiccarocks');
  await wiccarocks.send(approval());
  await wiccarocks.receives(error('not-acceptable'));
  await crone.receivesNothing();
});

test('8.6: an approval gives voice and no more', async () => {
  for (const role of ['moderator', 'visitor', 'none']) {
    await crone.send(approval({ 'muc#role': role }));
    await crone.receives(error('bad-request'));
  }
  await hag.receivesNothing();
});

test('8.6: it is for the one who asked, under whatever name', async () => {
  await hag.send(`<presence to='${ROOM}/oldhag'/>`);
  await hag.drain();
  const wiccarocks = await server.login('wiccarocks');
  await enter(wiccarocks, 'thirdwitch');
  for (const it of [crone, hag]) await it.drain();
  await crone.send(approval());
  await hag.receives(hasVoice('oldhag'));
  await crone.receives(hasVoice('oldhag'));
  await hag.send(`<presence to='${ROOM}' type='unavailable'/>`);
  await hag.drain();
  await crone.drain();
  await crone.send(approval());
  await crone.receives(error('item-not-found'));
});

test('8.6: who came back under the same name from elsewhere is still the one who asked', async () => {
  await crone.send(approval({ 'muc#jid': 'hag@capulet.lit/elsewhere' }));
  await crone.receives(hasVoice());
});

test('7.13: who is not in the room cannot ask', async () => {
  const wiccarocks = await server.login('wiccarocks');
  await wiccarocks.send(REQUEST);
  await wiccarocks.receives(error('not-acceptable'));
});

test('7.13: who may speak already has nothing to ask for', async () => {
  await crone.send(REQUEST);
  await crone.receives(error('not-allowed'));
});

test('7.13: a wish for more than voice is a bad request', async () => {
  await hag.send(submission({ 'muc#role': 'moderator' }));
  await hag.receives(error('bad-request'));
  await crone.receivesNothing();
});

test('7.13: where the room does not want to be asked it says so', async () => {
  await configure(crone, { allowvoicerequests: '0' });
  for (const it of [crone, hag]) await it.drain();
  await hag.send(REQUEST);
  await hag.receives(error('forbidden'));
  await crone.receivesNothing();
});

test('7.13: where no moderator is there the visitor is told', async () => {
  await crone.send(`<presence to='${ROOM}' type='unavailable'/>`);
  await crone.drain();
  await hag.drain();
  await hag.send(REQUEST);
  await hag.receives(error('recipient-unavailable'));
});

test('7.13: one account asks so often in an hour, and no more', async () => {
  for (let i = 0; i < 2; i++) {
    await hag.send(REQUEST);
    await isAsked(crone);
  }
  await hag.send(REQUEST);
  await hag.receives(error('policy-violation'));
  await crone.receivesNothing();
});
