/** XEP-0045 section 8: what moderators may do. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import type { Affiliation, Role } from '../../../modules/muc/ranks.ts';
import type { TestClient } from '../../support/client.ts';
import { startParley, type TestServer } from '../../support/parley.ts';
import { lookInto } from './insight.ts';
import { administer, configure, enter, gather, listOf, MUC, ROOM } from './room.ts';

let server: TestServer;
let crone: TestClient;
let wiccarocks: TestClient;
let hag: TestClient;

before(async () => {
  server = await startParley({ modules: { muc: { presencePerSecond: 1e6, creationsPerHour: 1000 } } });
  [crone, wiccarocks, hag] = (await Promise.all(['crone', 'wiccarocks', 'hag'].map((it) => server.login(it)))) as [
    TestClient,
    TestClient,
    TestClient,
  ];
});
after(() => server.stop());

/** The owner, a moderator without affiliation, and a visitor, in a moderated room. */
async function moderated(fields: Readonly<Record<string, string>> = {}): Promise<void> {
  await gather({ firstwitch: crone, secondwitch: wiccarocks, thirdwitch: hag }, { moderatedroom: '1', ...fields });
  assert.equal(await administer(crone, `<item nick='secondwitch' role='moderator'/>`), 'result');
  for (const client of [crone, wiccarocks, hag]) await client.drain();
}

afterEach(async () => {
  await crone.iq('set', `<query xmlns='${MUC}#owner'><destroy/></query>`, ROOM);
  for (const client of [crone, wiccarocks, hag]) await client.drain();
});

function presence(nick: string, item: string, more = ''): string {
  return `<presence from='${ROOM}/${nick}'><x xmlns='${MUC}#user'><item ${item}${more}</x></presence>`;
}

test('8.1: a moderator changes the subject, which all see as said by its nickname', async () => {
  await moderated();
  await wiccarocks.send(`<message to='${ROOM}' type='groupchat' id='s1'><subject>Fire Burn!</subject></message>`);
  for (const client of [crone, wiccarocks, hag]) {
    await client.receives(
      `<message from='${ROOM}/secondwitch' type='groupchat'><subject>Fire Burn!</subject></message>`,
    );
  }
});

test('8.1: somebody without the right to change the subject is told forbidden, and it stays', async () => {
  await moderated();
  await crone.send(`<message to='${ROOM}' type='groupchat'><subject>Trouble</subject></message>`);
  for (const client of [crone, wiccarocks, hag]) await client.drain();
  await administer(crone, `<item nick='thirdwitch' role='participant'/>`);
  for (const client of [crone, wiccarocks, hag]) await client.drain();
  await hag.send(`<message to='${ROOM}' type='groupchat' id='s2'><subject>Mine</subject></message>`);
  await hag.receives(
    `<message from='${ROOM}' type='error' id='s2'><error type='auth'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`,
  );
  await crone.receivesNothing();
  assert.match(String(lookInto(server).subject?.element), /Trouble/);
});

test('8.1: where participants may change the subject they do, and visitors do not', async () => {
  await moderated({ changesubject: '1' });
  const change = `<message to='${ROOM}' type='groupchat'><subject>Mine</subject></message>`;
  await hag.send(change);
  await hag.receives(`<message type='error'/>`);
  await administer(crone, `<item nick='thirdwitch' role='participant'/>`);
  for (const client of [crone, wiccarocks, hag]) await client.drain();
  await hag.send(change);
  await crone.receives(`<message from='${ROOM}/thirdwitch'><subject>Mine</subject></message>`);
});

test('8.1: a subject beside a body or a thread is a message, and no change', async () => {
  await moderated();
  for (const more of ['<body>Hark</body>', '<thread>t</thread><body>Hark</body>']) {
    await crone.send(`<message to='${ROOM}' type='groupchat'><subject>Not this</subject>${more}</message>`);
    await hag.receives(`<message from='${ROOM}/firstwitch'><subject>Not this</subject></message>`);
  }
  assert.doesNotMatch(String(lookInto(server).subject?.element), /Not this/);
});

test('8.1: an empty subject takes the last one away', async () => {
  await moderated();
  await crone.send(`<message to='${ROOM}' type='groupchat'><subject>Something</subject></message>`);
  await crone.send(`<message to='${ROOM}' type='groupchat'><subject/></message>`);
  for (const client of [crone, wiccarocks, hag]) await client.drain();
  const hecate = await server.login('hecate');
  await hecate.send(`<presence to='${ROOM}/hecate'><x xmlns='${MUC}'/></presence>`);
  const subject = (await hecate.drain()).find((it) => it.name === 'message');
  assert.equal(subject?.childText('{jabber:client}subject'), '');
  await hecate.close();
});

test('8.2: who is kicked is told so with 307, the actor and the reason; so are all others', async () => {
  await moderated();
  const kick = `<item nick='thirdwitch' role='none'><reason>Avaunt!</reason></item>`;
  assert.equal(await administer(wiccarocks, kick), 'result');
  const why = `<actor nick='secondwitch'/><reason>Avaunt!</reason>`;
  const item = `<item affiliation='none' role='none'>${why}</item><status code='307'/>`;
  const gone = `<presence from='${ROOM}/thirdwitch' type='unavailable'>`;
  await hag.receives(`${gone}<x xmlns='${MUC}#user'>${item}<status code='110'/></x></presence>`);
  for (const client of [crone, wiccarocks]) {
    const seen = await client.receives(`${gone}<x xmlns='${MUC}#user'>${item}</x></presence>`);
    assert.doesNotMatch(String(seen), /code='110'/);
    await client.receivesNothing();
  }
  await hag.send(`<message to='${ROOM}' type='groupchat' id='m1'><body>Still here</body></message>`);
  await hag.receives(
    `<message type='error' id='m1'><error><not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`,
  );
});

test('8.2: all devices under a nickname are kicked, and may come back', async () => {
  await moderated();
  const second = await server.login('hag', { resource: 'tablet' });
  await enter(second, 'thirdwitch');
  for (const client of [crone, wiccarocks, hag, second]) await client.drain();
  await administer(crone, `<item nick='thirdwitch' role='none'/>`);
  for (const device of [hag, second]) {
    await device.receives(`<presence from='${ROOM}/thirdwitch' type='unavailable'/>`);
  }
  await enter(hag, 'thirdwitch');
  await second.close();
});

test('8.2: a moderator may kick itself, as a way of apologizing', async () => {
  await moderated();
  assert.equal(await administer(wiccarocks, `<item nick='secondwitch' role='none'/>`), 'result');
  await crone.receives(`<presence from='${ROOM}/secondwitch' type='unavailable'/>`);
});

test('8.2: nobody is kicked who is not there', async () => {
  await moderated();
  assert.equal(await administer(crone, `<item nick='fourthwitch' role='none'/>`), 'item-not-found');
});

test('8.3: who is given voice is shown as a participant, with the reason, and speaks', async () => {
  await moderated();
  await hag.send(`<message to='${ROOM}' type='groupchat' id='m'><body>Hail</body></message>`);
  await hag.receives(
    `<message type='error'><error type='auth'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`,
  );
  const grant = `<item nick='thirdwitch' role='participant'><reason>Worthy indeed!</reason></item>`;
  assert.equal(await administer(wiccarocks, grant), 'result');
  const item = `affiliation='none' role='participant'><reason>Worthy indeed!</reason></item>`;
  for (const client of [crone, wiccarocks, hag]) await client.receives(presence('thirdwitch', item));
  await hag.send(`<message to='${ROOM}' type='groupchat'><body>Hail</body></message>`);
  await crone.receives(`<message from='${ROOM}/thirdwitch'><body>Hail</body></message>`);
});

test('8.4: who loses voice is shown as a visitor, and speaks no more', async () => {
  await moderated();
  await administer(crone, `<item nick='thirdwitch' role='participant'/>`);
  for (const client of [crone, wiccarocks, hag]) await client.drain();
  assert.equal(await administer(wiccarocks, `<item nick='thirdwitch' role='visitor'/>`), 'result');
  for (const client of [crone, wiccarocks, hag]) {
    await client.receives(presence('thirdwitch', `affiliation='none' role='visitor'/>`));
  }
  await hag.send(`<message to='${ROOM}' type='groupchat'><body>Hail</body></message>`);
  await hag.receives(`<message type='error'/>`);
});

test('8.3: what is as it should be already is no news', async () => {
  await moderated();
  assert.equal(await administer(crone, `<item nick='thirdwitch' role='visitor'/>`), 'result');
  await hag.receivesNothing();
});

test('8.5: the voice list tells moderators nickname, role, affiliation and full address', async () => {
  await moderated();
  assert.deepEqual(await listOf(wiccarocks, `role='participant'`), []);
  await administer(crone, `<item nick='thirdwitch' role='participant'/>`);
  const [item = '', ...more] = await listOf(wiccarocks, `role='participant'`);
  assert.deepEqual(more, []);
  for (const part of [`nick='thirdwitch'`, `role='participant'`, `affiliation='none'`, `jid='${hag.jid}'`])
    assert.ok(item.includes(part), `${part} in ${item}`);
});

test('8.5: the lists of voices and visitors are not for others, nor for moderators the one of moderators', async () => {
  await moderated();
  for (const role of ['participant', 'visitor', 'moderator'])
    assert.deepEqual(await listOf(hag, `role='${role}'`), ['forbidden'], role);
  assert.deepEqual(await listOf(wiccarocks, `role='moderator'`), ['forbidden']);
  assert.equal((await listOf(wiccarocks, `role='visitor'`)).length, 1);
});

test('8.5: the voice list is changed in many at once, or not at all', async () => {
  await moderated();
  const hecate = await server.login('hecate');
  await enter(hecate, 'hecate');
  const grants = `<item nick='thirdwitch' role='participant'/><item nick='hecate' role='participant'/>`;
  assert.equal(await administer(wiccarocks, `${grants}<item nick='firstwitch' role='visitor'/>`), 'not-allowed');
  assert.equal(await administer(wiccarocks, `${grants}<item nick='nobody' role='visitor'/>`), 'item-not-found');
  assert.equal((await listOf(crone, `role='visitor'`)).length, 2);
  assert.equal(await administer(wiccarocks, grants), 'result');
  assert.equal((await listOf(crone, `role='participant'`)).length, 2);
  await hecate.close();
});

const DEFAULTS: Readonly<Record<string, readonly (readonly [Affiliation, Role])[]>> = {
  moderatedroom: [
    ['none', 'visitor'],
    ['member', 'participant'],
    ['admin', 'moderator'],
    ['owner', 'moderator'],
  ],
  membersonly: [
    ['member', 'participant'],
    ['admin', 'moderator'],
    ['owner', 'moderator'],
  ],
  publicroom: [
    ['none', 'participant'],
    ['member', 'participant'],
    ['admin', 'moderator'],
    ['owner', 'moderator'],
  ],
};

for (const [kind, roles] of Object.entries(DEFAULTS)) {
  test(`5.1.2: the roles that one has first in a room with ${kind}`, async () => {
    await gather({ firstwitch: crone }, { [kind]: '1' });
    for (const [affiliation, role] of roles) {
      await administer(crone, `<item jid='hag@capulet.lit' affiliation='${affiliation}'/>`);
      await hag.send(`<presence to='${ROOM}/thirdwitch'><x xmlns='${MUC}'/></presence>`);
      const self = (await hag.drain()).find((it) => it.attr('from') === `${ROOM}/thirdwitch`);
      assert.match(String(self), new RegExp(`affiliation='${affiliation}' role='${role}'`));
      await hag.send(`<presence to='${ROOM}/thirdwitch' type='unavailable'/>`);
      await hag.drain();
    }
  });
}

test('5.1.3: a moderator who becomes a member is moderator still; who was muted has voice', async () => {
  await moderated();
  await administer(crone, `<item jid='wiccarocks@capulet.lit' affiliation='member'/>`);
  await crone.receives(presence('secondwitch', `affiliation='member' role='moderator'/>`));
  await administer(crone, `<item jid='hag@capulet.lit' affiliation='member'/>`);
  await hag.drain();
  await crone.receives(presence('thirdwitch', `affiliation='member' role='participant'/>`));
  await administer(crone, `<item jid='hag@capulet.lit' affiliation='none'/>`);
  await crone.receives(presence('thirdwitch', `affiliation='none' role='visitor'/>`));
});

test('17.4: an item is about a role or an affiliation, and says about whom', async () => {
  await moderated();
  const wrong = [
    `<item nick='thirdwitch' role='visitor' affiliation='member'/>`,
    `<item nick='thirdwitch'/>`,
    `<item role='visitor'/>`,
    `<item nick='' role='visitor'/>`,
    `<item nick='thirdwitch' role='king'/>`,
    `<item nick='thirdwitch' role=''/>`,
    `<item nick='thirdwitch' role='participant'/><item nick='thirdwitch' role='none'/>`,
    `<item affiliation='member'/>`,
    `<item jid='hag@capulet.lit' affiliation='king'/>`,
    '',
    `<other/>`,
  ];
  for (const items of wrong) assert.equal(await administer(crone, items), 'bad-request', items);
  for (const wish of ['', `role='king'`, `affiliation='king'`, `role='visitor' affiliation='member'`])
    assert.deepEqual(await listOf(crone, wish), ['bad-request'], wish);
  await hag.receivesNothing();
});

test('10.2: in a room that becomes moderated those who are there keep their voice, and newcomers have none', async () => {
  await gather({ firstwitch: crone, thirdwitch: hag });
  await configure(crone, { moderatedroom: '1' });
  await hag.receives(
    `<message from='${ROOM}' type='groupchat'><x xmlns='${MUC}#user'><status code='104'/></x></message>`,
  );
  await enter(wiccarocks, 'secondwitch');
  await hag.receives(presence('secondwitch', `role='visitor'/>`));
  await hag.receivesNothing();
});
