/** XEP-0500: a pause between two messages of one person. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { TestClient } from '../../support/client.ts';
import { startParley, type TestServer } from '../../support/parley.ts';
import { administer, configure, enter, gather, MUC, ROOM } from './room.ts';

let server: TestServer;
let crone: TestClient;
let hag: TestClient;

beforeEach(async () => {
  server = await startParley();
  [crone, hag] = await Promise.all([server.login('crone'), server.login('hag')]);
  await gather({ firstwitch: crone, secondwitch: hag }, { slow_mode_duration: '20' });
});
afterEach(() => server.stop());

/** What the sender gets back: the message itself, or the condition of the error. */
async function say(client: TestClient, inner = '<body>thrice</body>'): Promise<string> {
  await client.drain();
  await client.send(`<message to='${ROOM}' type='groupchat' id='m'>${inner}</message>`);
  for (;;) {
    const element = await client.receive();
    if (element.attr('id') !== 'm') continue;
    return element.attr('type') === 'error' ? String(element) : 'said';
  }
}

async function isRefused(client: TestClient, inner?: string): Promise<void> {
  assert.match(await say(client, inner), /<error type='wait'.*<policy-violation /);
}

test('4: a second message within the duration is refused with wait, and says how long it is; nobody gets it', async () => {
  assert.equal(await say(hag), 'said');
  await crone.drain();
  server.clock.advance(19_999);
  const error = await say(hag);
  assert.match(error, /<error type='wait'.*<policy-violation .*<text [^>]*>[^<]*20 seconds/);
  await crone.receivesNothing();
  server.clock.advance(1);
  assert.equal(await say(hag), 'said');
});

test('4: what was refused does not prolong the wait', async () => {
  await say(hag);
  server.clock.advance(10_000);
  await isRefused(hag);
  server.clock.advance(10_000);
  assert.equal(await say(hag), 'said');
});

test('4: only what has a body counts', async () => {
  const composing = `<composing xmlns='http://jabber.org/protocol/chatstates'/>`;
  const reaction = `<reactions xmlns='urn:xmpp:reactions:0' id='x'><reaction>x</reaction></reactions>`;
  for (const inner of [composing, reaction, '<body>one</body>', composing, reaction]) {
    assert.equal(await say(hag, inner), 'said');
  }
  await isRefused(hag, `<body>two</body>${composing}`);
});

test('4: admins and owners may always speak, moderators without an affiliation may not', async () => {
  await administer(crone, `<item jid='hag@capulet.lit' affiliation='admin'/>`);
  for (const client of [crone, hag]) for (let i = 0; i < 3; i++) assert.equal(await say(client), 'said');
  const wiccarocks = await server.login('wiccarocks');
  await enter(wiccarocks, 'thirdwitch');
  await administer(crone, `<item nick='thirdwitch' role='moderator'/>`);
  assert.equal(await say(wiccarocks), 'said');
  await isRefused(wiccarocks);
});

test('7: the account counts: not the device, nor the nickname, nor whether one has left meanwhile', async () => {
  const pda = await server.login('hag', { resource: 'pda' });
  await enter(pda, 'otherwitch');
  assert.equal(await say(hag), 'said');
  await isRefused(pda);
  await hag.send(`<presence to='${ROOM}/secondwitch' type='unavailable'/>`);
  await enter(hag, 'hag66');
  await isRefused(hag);
  assert.equal(await say(await entered('wiccarocks')), 'said', 'others may speak');
});

async function entered(local: string): Promise<TestClient> {
  const client = await server.login(local);
  await enter(client, local);
  return client;
}

test('3.1: the owner sets it up, with a number that has its range, and 104 tells that it has changed', async () => {
  const form = String(await crone.iq('get', `<query xmlns='${MUC}#owner'/>`, ROOM));
  assert.match(
    form,
    /<field var='muc#roomconfig_slow_mode_duration' type='text-single'[^>]*><validate xmlns='http:\/\/jabber.org\/protocol\/xdata-validate' datatype='xs:integer'><range min='0' max='86400'\/><\/validate><value>20<\/value>/,
  );
  await configure(crone, { slow_mode_duration: '5' });
  await hag.receives(
    `<message type='groupchat' from='${ROOM}'><x xmlns='${MUC}#user'><status code='104'/></x></message>`,
  );
  for (const wrong of ['-1', '1.5', 'soon', '86401', '99999999999999999999']) {
    await assert.rejects(configure(crone, { slow_mode_duration: wrong }));
  }
  await configure(crone, { slow_mode_duration: '0' });
  for (let i = 0; i < 3; i++) assert.equal(await say(hag), 'said');
});

test('3.2: whoever asks about the room learns of it, and of 0 when it is off', async () => {
  const info = async () => String(await hag.iq('get', `<query xmlns='http://jabber.org/protocol/disco#info'/>`, ROOM));
  const field = (value: string) =>
    new RegExp(`<field var='muc#roominfo_slow_mode_duration' type='text-single'[^>]*><value>${value}</value>`);
  assert.match(await info(), field('20'));
  await configure(crone, { slow_mode_duration: '0' });
  assert.match(await info(), field('0'));
});
