/** XEP-0045 section 9, and sections 10.3 to 10.8: what admins and owners may do to affiliations. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import type { Affiliation } from '../../../modules/muc/ranks.ts';
import type { TestClient } from '../../support/client.ts';
import { startParley, type TestServer } from '../../support/parley.ts';
import { lookInto } from './insight.ts';
import { administer, enter, gather, listOf, MUC, ROOM } from './room.ts';

let server: TestServer;
/** The owner. */
let crone: TestClient;
/** An admin. */
let wiccarocks: TestClient;
/** One without affiliation. */
let hag: TestClient;

before(async () => {
  server = await startParley({
    modules: { muc: { presencePerSecond: 1e6, creationsPerHour: 1000, maxMemberships: 20, maxNickLength: 30 } },
  });
  [crone, wiccarocks, hag] = (await Promise.all(['crone', 'wiccarocks', 'hag'].map((it) => server.login(it)))) as [
    TestClient,
    TestClient,
    TestClient,
  ];
});
after(() => server.stop());

afterEach(async () => {
  await crone.iq('set', `<query xmlns='${MUC}#owner'><destroy/></query>`, ROOM);
  await drain();
});

async function drain(): Promise<void> {
  for (const client of [crone, wiccarocks, hag]) await client.drain();
}

async function coven(fields: Readonly<Record<string, string>> = {}): Promise<void> {
  await gather({ firstwitch: crone, secondwitch: wiccarocks, thirdwitch: hag }, fields);
  await administer(crone, `<item jid='wiccarocks@capulet.lit' affiliation='admin'/>`);
  await drain();
}

function affiliation(of: string): Affiliation {
  return lookInto(server).memberships.get(`${of}@capulet.lit`)?.affiliation ?? 'none';
}

function shown(nick: string, item: string, type = ''): string {
  const attribute = type === '' ? '' : ` type='${type}'`;
  return `<presence from='${ROOM}/${nick}'${attribute}><x xmlns='${MUC}#user'>${item}</x></presence>`;
}

test('9.1: who is banned goes with 301, actor and reason, and everybody sees it', async () => {
  await coven();
  const ban = `<item jid='hag@capulet.lit' affiliation='outcast'><reason>Treason</reason></item>`;
  assert.equal(await administer(wiccarocks, ban), 'result');
  const item = `<item affiliation='outcast' role='none'><actor nick='secondwitch'/><reason>Treason</reason></item><status code='301'/>`;
  await hag.receives(shown('thirdwitch', `${item}<status code='110'/>`, 'unavailable'));
  for (const client of [crone, wiccarocks]) await client.receives(shown('thirdwitch', item, 'unavailable'));
  await hag.send(`<presence to='${ROOM}/thirdwitch'><x xmlns='${MUC}'/></presence>`);
  await hag.receives(
    `<presence type='error'><error type='auth'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>`,
  );
});

test('9.1: the ban is of the account: full addresses are made bare, and all of its nicknames go', async () => {
  await coven();
  const second = await server.login('hag', { resource: 'tablet' });
  await enter(second, 'fourthwitch');
  await drain();
  await second.drain();
  assert.equal(await administer(wiccarocks, `<item jid='${hag.jid}' affiliation='outcast'/>`), 'result');
  await hag.receives(shown('thirdwitch', `<status code='301'/>`, 'unavailable'));
  await second.receives(shown('thirdwitch', `<status code='301'/>`, 'unavailable'));
  assert.equal(affiliation('hag'), 'outcast');
  assert.deepEqual([...lookInto(server).occupants.keys()], ['firstwitch', 'secondwitch']);
  await second.close();
});

test('9.1: one may be banned by nickname in a room that hides addresses', async () => {
  await coven();
  assert.equal(await administer(wiccarocks, `<item nick='thirdwitch' affiliation='outcast'/>`), 'result');
  assert.equal(affiliation('hag'), 'outcast');
  assert.equal(await administer(wiccarocks, `<item nick='thirdwitch' affiliation='outcast'/>`), 'item-not-found');
});

test('9.1: a ban takes the reserved nickname away', async () => {
  await coven();
  await administer(crone, `<item jid='juliet@capulet.lit' affiliation='member' nick='juliet'/>`);
  assert.equal(lookInto(server).memberships.holderOf('juliet'), 'juliet@capulet.lit');
  await administer(crone, `<item jid='juliet@capulet.lit' affiliation='outcast' nick='juliet'/>`);
  assert.equal(lookInto(server).memberships.holderOf('juliet'), undefined);
  assert.deepEqual(await listOf(crone, `affiliation='outcast'`), [
    `<item xmlns='${MUC}#admin' affiliation='outcast' jid='juliet@capulet.lit'/>`,
  ]);
});

test('9.1: admins and owners cannot ban themselves, and are told of a conflict', async () => {
  await coven();
  assert.equal(await administer(crone, `<item jid='crone@capulet.lit' affiliation='outcast'/>`), 'conflict');
  assert.equal(await administer(wiccarocks, `<item nick='secondwitch' affiliation='outcast'/>`), 'conflict');
  assert.equal(await administer(hag, `<item jid='hag@capulet.lit' affiliation='outcast'/>`), 'forbidden');
});

test('9.2: a ban list with something that may not be is not applied at all', async () => {
  await coven();
  const good = `<item jid='hag@capulet.lit' affiliation='outcast'/><item jid='tybalt@capulet.lit' affiliation='outcast'/>`;
  const wrong: readonly (readonly [string, string])[] = [
    [`<item jid='crone@capulet.lit' affiliation='outcast'/>`, 'not-allowed'],
    [`<item jid='wiccarocks@capulet.lit' affiliation='outcast'/>`, 'conflict'],
    [`<item jid='juliet@capulet.lit' affiliation='owner'/>`, 'forbidden'],
    [`<item jid='@@' affiliation='outcast'/>`, 'jid-malformed'],
    [`<item jid='hag@capulet.lit' affiliation='none'/>`, 'bad-request'],
    [`<item nick='firstwitch' role='none'/>`, 'not-allowed'],
    [`<item nick='nobody' role='none'/>`, 'item-not-found'],
  ];
  for (const [item, condition] of wrong) {
    assert.equal(await administer(wiccarocks, item + good), condition, item);
    assert.equal(await administer(wiccarocks, good + item), condition, item);
  }
  assert.deepEqual(await listOf(crone, `affiliation='outcast'`), []);
  await hag.receivesNothing();
});

test('9.2: the ban list has addresses and reasons, and is changed by its differences', async () => {
  await coven();
  const bans = ['lordscroop', 'sirthomasgrey'].map(
    (it) => `<item jid='${it}@capulet.lit' affiliation='outcast'><reason>Treason</reason></item>`,
  );
  assert.equal(await administer(wiccarocks, bans.join('')), 'result');
  assert.deepEqual(
    await listOf(wiccarocks, `affiliation='outcast'`),
    ['lordscroop', 'sirthomasgrey'].map(
      (it) =>
        `<item xmlns='${MUC}#admin' affiliation='outcast' jid='${it}@capulet.lit'><reason>Treason</reason></item>`,
    ),
  );
  assert.equal(await administer(wiccarocks, `<item jid='lordscroop@capulet.lit' affiliation='none'/>`), 'result');
  assert.equal((await listOf(wiccarocks, `affiliation='outcast'`)).length, 1);
  assert.deepEqual(await listOf(hag, `affiliation='outcast'`), ['forbidden']);
});

test('9.2: a banned domain keeps out all of it but members, and those go who are there', async () => {
  await coven();
  await administer(crone, `<item jid='hecate@capulet.lit' affiliation='member'/>`);
  const hecate = await server.login('hecate');
  await enter(hecate, 'hecate');
  await drain();
  await hecate.drain();
  assert.equal(await administer(crone, `<item jid='capulet.lit' affiliation='outcast'/>`), 'result');
  await hag.receives(
    shown('thirdwitch', `<item affiliation='outcast' role='none'/><status code='301'/>`, 'unavailable'),
  );
  await hecate.receives(shown('thirdwitch', `<status code='301'/>`, 'unavailable'));
  await hecate.receivesNothing();
  await hag.send(`<presence to='${ROOM}/thirdwitch'><x xmlns='${MUC}'/></presence>`);
  await hag.receives(`<presence type='error'/>`);
  assert.equal(await administer(crone, `<item jid='capulet.lit' affiliation='none'/>`), 'result');
  await enter(hag, 'thirdwitch');
  assert.equal(await administer(crone, `<item jid='capulet.lit' affiliation='member'/>`), 'bad-request');
  await hecate.close();
});

test('9.3: who becomes a member is shown so, and may get a nickname of its own', async () => {
  await coven();
  const grant = `<item jid='hag@capulet.lit' affiliation='member' nick='thirdwitch'><reason>Worthy!</reason></item>`;
  assert.equal(await administer(wiccarocks, grant), 'result');
  for (const client of [crone, wiccarocks, hag]) {
    await client.receives(
      shown(
        'thirdwitch',
        `<item affiliation='member' role='participant'><actor nick='secondwitch'/><reason>Worthy!</reason></item>`,
      ),
    );
  }
  const node = `<query xmlns='http://jabber.org/protocol/disco#info' node='x-roomuser-item'/>`;
  assert.match(String(await hag.iq('get', node, ROOM)), /name='thirdwitch'/);
});

test('9.3: nobody is given a nickname that another has, or that cannot be one', async () => {
  await coven();
  await administer(crone, `<item jid='hecate@capulet.lit' affiliation='member' nick='hecate'/>`);
  await drain();
  const grants: readonly (readonly [string, string])[] = [
    ['hecate', 'conflict'],
    ['firstwitch', 'conflict'],
    [' ', 'jid-malformed'],
    ['x'.repeat(31), 'policy-violation'],
    ['x'.repeat(1100), 'jid-malformed'],
    ['&#9;', 'jid-malformed'],
  ];
  for (const [nick, condition] of grants) {
    const grant = `<item jid='hag@capulet.lit' affiliation='member' nick='${nick}'/>`;
    assert.equal(await administer(crone, grant), condition, nick);
  }
  const two = ['hag', 'juliet'].map((it) => `<item jid='${it}@capulet.lit' affiliation='member' nick='same'/>`);
  assert.equal(await administer(crone, two.join('')), 'conflict');
  assert.equal(affiliation('hag'), 'none');
  await hag.receivesNothing();
});

test('9.5: an empty nickname takes the reserved one away, and one request passes it on', async () => {
  await coven();
  await administer(crone, `<item jid='hecate@capulet.lit' affiliation='member' nick='queen'/>`);
  await administer(crone, `<item jid='hecate@capulet.lit' affiliation='member'/>`);
  assert.equal(lookInto(server).memberships.holderOf('queen'), 'hecate@capulet.lit');
  const swap = `<item jid='juliet@capulet.lit' affiliation='member' nick='queen'/><item jid='hecate@capulet.lit' affiliation='member' nick=''/>`;
  assert.equal(await administer(crone, swap), 'result');
  assert.equal(lookInto(server).memberships.holderOf('queen'), 'juliet@capulet.lit');
});

test('9.4: who is a member no more stays in an open room', async () => {
  await coven();
  await administer(crone, `<item jid='hag@capulet.lit' affiliation='member'/>`);
  await drain();
  const revoke = `<item jid='hag@capulet.lit' affiliation='none'><reason>Not so worthy</reason></item>`;
  assert.equal(await administer(wiccarocks, revoke), 'result');
  for (const client of [crone, wiccarocks, hag]) {
    await client.receives(
      shown('thirdwitch', `<item affiliation='none' role='participant'><reason>Not so worthy</reason></item>`),
    );
    await client.receivesNothing();
  }
});

test('9.4: who is a member no more leaves a members-only room with 321, in one presence', async () => {
  await gather({ firstwitch: crone, secondwitch: wiccarocks, thirdwitch: hag });
  const list = [
    ['hag', 'member'],
    ['wiccarocks', 'member'],
  ].map(([who, what]) => `<item jid='${who}@capulet.lit' affiliation='${what}'/>`);
  await administer(crone, list.join(''));
  const form = `<x xmlns='jabber:x:data' type='submit'><field var='muc#roomconfig_membersonly'><value>1</value></field></x>`;
  await crone.iq('set', `<query xmlns='${MUC}#owner'>${form}</query>`, ROOM);
  await drain();
  assert.equal(await administer(crone, `<item jid='hag@capulet.lit' affiliation='none'/>`), 'result');
  const item = `<item affiliation='none' role='none'><actor nick='firstwitch'/></item><status code='321'/>`;
  for (const client of [hag, wiccarocks]) {
    await client.receives(shown('thirdwitch', item, 'unavailable'));
    await client.receivesNothing();
  }
  await hag.send(`<presence to='${ROOM}/thirdwitch'><x xmlns='${MUC}'/></presence>`);
  await hag.receives(
    `<presence type='error'><error type='auth'><registration-required xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>`,
  );
});

test('9.5: new members of a members-only room who are not there are invited, with its password', async () => {
  await gather({ firstwitch: crone }, { membersonly: '1', passwordprotectedroom: '1', roomsecret: 'cauldronburn' });
  assert.equal(await administer(crone, `<item jid='hag@capulet.lit' affiliation='member'/>`), 'result');
  await hag.receives(
    `<message from='${ROOM}'><x xmlns='${MUC}#user'><invite from='crone@capulet.lit'/><password>cauldronburn</password></x></message>`,
  );
  await administer(crone, `<item jid='hag@capulet.lit' affiliation='admin'/>`);
  await hag.receivesNothing();
});

test('9.5: the lists hide nothing from owners, the ranks above from admins, all from others while addresses are hidden', async () => {
  await coven();
  await administer(crone, `<item jid='juliet@capulet.lit' affiliation='member' nick='juliet'/>`);
  const lists = async (client: TestClient) => {
    const found: string[] = [];
    for (const it of ['owner', 'admin', 'member', 'outcast'])
      found.push((await listOf(client, `affiliation='${it}'`)).join(''));
    return found;
  };
  const [owners, admins, members] = ['crone', 'wiccarocks', 'juliet'].map(
    (it, i) =>
      `<item xmlns='${MUC}#admin' affiliation='${['owner', 'admin', 'member'][i]}' jid='${it}@capulet.lit'${i === 2 ? ` nick='juliet'` : ''}/>`,
  ) as [string, string, string];
  assert.deepEqual(await lists(crone), [owners, admins, members, '']);
  assert.deepEqual(await lists(wiccarocks), ['forbidden', 'forbidden', members, '']);
  assert.deepEqual(await lists(hag), ['forbidden', 'forbidden', 'forbidden', 'forbidden']);
  const form = `<x xmlns='jabber:x:data' type='submit'><field var='muc#roomconfig_whois'><value>anyone</value></field></x>`;
  await crone.iq('set', `<query xmlns='${MUC}#owner'>${form}</query>`, ROOM);
  assert.deepEqual(await lists(wiccarocks), [owners, admins, members, '']);
  assert.deepEqual(await lists(hag), [owners, admins, members, 'forbidden']);
});

test('9.5: in a room that shows addresses members see the list of members though they are not there', async () => {
  await gather({ firstwitch: crone }, { whois: 'anyone', membersonly: '1' });
  assert.deepEqual(await listOf(hag, `affiliation='member'`), ['forbidden']);
  await administer(crone, `<item jid='hag@capulet.lit' affiliation='member'/>`);
  await hag.drain();
  assert.equal((await listOf(hag, `affiliation='member'`)).length, 1);
  assert.equal((await listOf(hag, `affiliation='owner'`)).length, 1);
});

test('9.6 and 9.7: moderators are made and unmade by admins, and everybody sees it', async () => {
  await coven();
  const grant = `<item nick='thirdwitch' role='moderator'><reason>Worthy</reason></item>`;
  assert.equal(await administer(wiccarocks, grant), 'result');
  for (const client of [crone, wiccarocks, hag]) {
    await client.receives(
      shown('thirdwitch', `<item affiliation='none' role='moderator'><reason>Worthy</reason></item>`),
    );
  }
  // Section 8: now she sees who the others are.
  for (const nick of ['firstwitch', 'secondwitch']) await hag.receives(`<presence from='${ROOM}/${nick}'/>`);
  assert.equal((await listOf(wiccarocks, `role='moderator'`)).length, 3);
  await hag.drain(); // who the others are
  assert.deepEqual(await listOf(hag, `role='moderator'`), ['forbidden']);
  assert.equal(await administer(wiccarocks, `<item nick='thirdwitch' role='participant'/>`), 'result');
  await hag.receives(shown('thirdwitch', `<item affiliation='none' role='participant'/>`));
  assert.equal(await administer(wiccarocks, `<item nick='firstwitch' role='participant'/>`), 'not-allowed');
});

test('9.8: the list of moderators is changed by its differences', async () => {
  await coven();
  await administer(wiccarocks, `<item nick='thirdwitch' role='moderator'/>`);
  const hecate = await server.login('hecate');
  await enter(hecate, 'hecate');
  const change = `<item nick='thirdwitch' role='participant'/><item nick='hecate' role='moderator'/>`;
  assert.equal(await administer(wiccarocks, change), 'result');
  const nicks = (await listOf(wiccarocks, `role='moderator'`)).map((it) => /nick='([^']*)'/.exec(it)?.[1]);
  assert.deepEqual(nicks, ['firstwitch', 'secondwitch', 'hecate']);
  await hecate.close();
});

test('10.3 to 10.7: who is not there is told of in a message to those who see addresses', async () => {
  await coven();
  for (const rank of ['owner', 'admin', 'member', 'outcast', 'none']) {
    assert.equal(await administer(crone, `<item jid='juliet@capulet.lit' affiliation='${rank}'/>`), 'result');
    for (const client of [crone, wiccarocks]) {
      await client.receives(
        `<message from='${ROOM}'><x xmlns='${MUC}#user'><item affiliation='${rank}' jid='juliet@capulet.lit' role='none'/></x></message>`,
      );
    }
  }
  await hag.receivesNothing();
});

test('10.3 to 10.7: who is there and becomes admin or owner is a moderator; who is none any more a participant', async () => {
  await coven();
  for (const [rank, role] of [
    ['admin', 'moderator'],
    ['owner', 'moderator'],
    ['admin', 'moderator'],
    ['none', 'participant'],
  ]) {
    assert.equal(await administer(crone, `<item jid='hag@capulet.lit' affiliation='${rank}'/>`), 'result');
    for (const client of [crone, wiccarocks, hag])
      await client.receives(shown('thirdwitch', `<item affiliation='${rank}' role='${role}'/>`));
    await hag.drain();
    await hag.drain();
  }
});

test('10.4: the last owner stays one; another may go', async () => {
  await coven();
  for (const rank of ['admin', 'member', 'none'])
    assert.equal(await administer(crone, `<item jid='crone@capulet.lit' affiliation='${rank}'/>`), 'conflict', rank);
  const both = `<item jid='hag@capulet.lit' affiliation='owner'/><item jid='crone@capulet.lit' affiliation='none'/>`;
  assert.equal(await administer(crone, both), 'result');
  assert.equal(affiliation('hag'), 'owner');
  assert.equal(affiliation('crone'), 'none');
  assert.equal(await administer(crone, `<item jid='crone@capulet.lit' affiliation='owner'/>`), 'forbidden');
  await administer(hag, `<item jid='crone@capulet.lit' affiliation='owner'/>`);
});

test('the lists of a room, and of one request, have an end', async () => {
  await coven();
  const many = (count: number) =>
    Array.from({ length: count }, (_, i) => `<item jid='user${i}@capulet.lit' affiliation='member'/>`).join('');
  assert.equal(await administer(crone, many(19)), 'resource-constraint');
  assert.equal(await administer(crone, many(18)), 'result');
  assert.equal(await administer(crone, `<item jid='hag@capulet.lit' affiliation='member'/>`), 'resource-constraint');
  assert.equal(await administer(crone, many(18)), 'result');
  assert.equal(await administer(crone, many(251)), 'policy-violation');
  const removal = many(18).replaceAll(`'member'`, `'none'`);
  assert.equal(await administer(crone, removal), 'result');
});

test('a reason that is too long is cut off', async () => {
  await coven();
  const ban = `<item jid='tybalt@capulet.lit' affiliation='outcast'><reason>${'x'.repeat(5000)}</reason></item>`;
  assert.equal(await administer(crone, ban), 'result');
  assert.equal(lookInto(server).memberships.get('tybalt@capulet.lit')?.reason.length, 1024);
});

test('9.1, 5.1.2: who is no member any more is banned where the domain is, and does not stay', async () => {
  await coven();
  assert.equal(await administer(crone, `<item jid='hag@capulet.lit' affiliation='member'/>`), 'result');
  assert.equal(await administer(crone, `<item jid='capulet.lit' affiliation='outcast'/>`), 'result');
  await hag.drain();
  assert.equal(await administer(crone, `<item jid='hag@capulet.lit' affiliation='none'/>`), 'result');
  await hag.receives(
    `<presence from='${ROOM}/thirdwitch' type='unavailable'><x xmlns='${MUC}#user'><item affiliation='outcast' role='none'/><status code='301'/></x></presence>`,
  );
  assert.equal(lookInto(server).occupants.has('thirdwitch'), false);
});
