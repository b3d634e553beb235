/** Forged and malformed stanzas for a room: each is refused as XEP-0045 has it, and the room is afterwards as it was. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TestClient } from '../../support/client.ts';
import { conditionOf } from '../../support/condition.ts';
import { startParley, type TestServer } from '../../support/parley.ts';
import { describe, lookInto } from './insight.ts';
import { administer, enter, gather, listOf, MUC, ROOM, SERVICE } from './room.ts';

/** By what they are: owner, admin and member are there, as are a guest and one that is muted; two are not. */
const PEOPLE = {
  owner: 'crone',
  admin: 'wiccarocks',
  member: 'hecate',
  guest: 'hag',
  mute: 'juliet',
  stranger: 'romeo',
  outcast: 'tybalt',
} as const;
type Actor = keyof typeof PEOPLE;
const OUTSIDE: readonly Actor[] = ['stranger', 'outcast'];
const LOW: readonly Actor[] = ['member', 'guest', 'mute', 'stranger', 'outcast'];

let server: TestServer;
const clients = {} as Record<Actor, TestClient>;

before(async () => {
  server = await startParley({ modules: { muc: { presencePerSecond: 1e6 } } });
  for (const [actor, local] of Object.entries(PEOPLE)) clients[actor as Actor] = await server.login(local);
  const { owner, admin, member, guest, mute } = clients;
  await gather({ owner, admin, member, guest, mute }, { persistentroom: '1', roomname: 'Cave', changesubject: '0' });
  const ranks = { wiccarocks: 'admin', hecate: 'member', tybalt: 'outcast' };
  for (const [who, rank] of Object.entries(ranks)) {
    await administer(owner, `<item jid='${who}@capulet.lit' affiliation='${rank}'/>`);
  }
  await administer(owner, `<item jid='hecate@capulet.lit' affiliation='member' nick='queen'/>`);
  await administer(owner, `<item nick='mute' role='visitor'/>`);
  await owner.send(`<message to='${ROOM}' type='groupchat'><subject>Fire Burn</subject></message>`);
  for (const client of Object.values(clients)) await client.drain();
});
after(() => server.stop());

/** Who sends what, and the condition of the error that comes back; 'nothing' for none. */
type Row = readonly [Actor, string, string];

function each(actors: readonly Actor[], stanzas: readonly string[], condition: string): Row[] {
  return actors.flatMap((actor) => stanzas.map((stanza): Row => [actor, stanza, condition]));
}

function iq(type: string, payload: string, to = ROOM): string {
  return `<iq type='${type}' id='h' to='${to}'>${payload}</iq>`;
}

const admin = (items: string, type = 'set'): string => iq(type, `<query xmlns='${MUC}#admin'>${items}</query>`);
const owner = (inner: string, type = 'set'): string => iq(type, `<query xmlns='${MUC}#owner'>${inner}</query>`);
const form = (fields: string, type = 'submit'): string => `<x xmlns='jabber:x:data' type='${type}'>${fields}</x>`;
const field = (name: string, ...values: readonly string[]): string =>
  `<field var='${name}'>${values.map((it) => `<value>${it}</value>`).join('')}</field>`;
const config = (name: string, ...values: readonly string[]): string =>
  owner(form(field('muc#roomconfig_roomname', 'Mine') + field(name, ...values)));
const rank = (who: string, affiliation: string): string =>
  admin(`<item jid='${who}@capulet.lit' affiliation='${affiliation}'/>`);
const role = (nick: string, to: string): string => admin(`<item nick='${nick}' role='${to}'/>`);
const presence = (to: string, inner = `<x xmlns='${MUC}'/>`, type = ''): string =>
  `<presence id='h' to='${to}'${type === '' ? '' : ` type='${type}'`}>${inner}</presence>`;
const message = (inner: string, type = 'groupchat', to = ROOM): string =>
  `<message id='h' to='${to}' type='${type}'>${inner}</message>`;
const moderate = (id: string, inner = `<retract xmlns='urn:xmpp:message-retract:1'/>`): string =>
  iq('set', `<moderate xmlns='urn:xmpp:message-moderate:1'${id}>${inner}</moderate>`);

const HUGE = 'x'.repeat(100_000);

const GROUPS: Readonly<Record<string, readonly Row[]>> = {
  'the set-up of a room is for its owners (10.2, 10.9)': each(
    ['admin', ...LOW],
    [
      owner('', 'get'),
      owner(form('')),
      owner(form(field('muc#roomconfig_roomname', 'Mine'))),
      owner(form('', 'cancel')),
      owner('<destroy><reason>Mine</reason></destroy>'),
    ],
    'forbidden',
  ),
  'nobody rises by asking (5.2.2)': each(
    LOW,
    [
      rank('hag', 'owner'),
      rank('hecate', 'admin'),
      rank('tybalt', 'none'),
      rank('crone', 'none'),
      rank('wiccarocks', 'outcast'),
      admin(`<item nick='owner' affiliation='outcast'/>`),
    ],
    'forbidden',
  ),
  'admins rise no higher, and harm nobody above them (9.1, 10.3 to 10.8)': [
    ...each(
      ['admin'],
      [
        rank('wiccarocks', 'owner'),
        rank('hag', 'admin'),
        rank('hag', 'owner'),
        rank('crone', 'none'),
        rank('crone', 'member'),
        admin(`<item jid='hag@capulet.lit' affiliation='member'/><item nick='owner' affiliation='none'/>`),
      ],
      'forbidden',
    ),
    ...each(['admin'], [rank('crone', 'outcast'), role('owner', 'none'), role('owner', 'visitor')], 'not-allowed'),
    ...each(['admin', 'owner'], [admin(`<item nick='admin' role='participant'/>`)], 'not-allowed'),
    ['admin', rank('wiccarocks', 'outcast'), 'conflict'],
    ['owner', rank('crone', 'outcast'), 'conflict'],
    ['owner', rank('crone', 'member'), 'conflict'],
    ['owner', owner(form(field('muc#roomconfig_roomowners'))), 'conflict'],
  ],
  'roles are for moderators to change (5.1.3)': each(
    LOW,
    [role('owner', 'none'), role('mute', 'participant'), role('guest', 'moderator'), role('nobody', 'none')],
    'forbidden',
  ),
  'lists are not for everybody (8.5 to 10.8)': each(
    ['guest', ...OUTSIDE],
    [
      ...['owner', 'admin', 'member', 'outcast'].map((it) => admin(`<item affiliation='${it}'/>`, 'get')),
      ...['moderator', 'participant', 'visitor'].map((it) => admin(`<item role='${it}'/>`, 'get')),
    ],
    'forbidden',
  ),
  'changes that say nothing, or too much, are bad requests (17.4)': each(
    ['owner'],
    [
      admin(''),
      admin(`<item xmlns='other' nick='guest' role='none'/>`),
      admin(`<item/>`),
      admin(`<item nick='guest'/>`),
      admin(`<item role='none'/>`),
      admin(`<item nick='' role='none'/>`),
      admin(`<item nick='guest' role='king'/>`),
      admin(`<item nick='guest' role='toString'/>`),
      admin(`<item nick='${HUGE}' role='none'/>`),
      admin(`<item nick='guest' role='none' affiliation='none'/>`),
      admin(`<item jid='hag@capulet.lit' affiliation='king'/>`),
      admin(`<item jid='hag@capulet.lit' affiliation='constructor'/>`),
      admin(`<item affiliation='member'/>`),
      admin(`<item jid='capulet.lit' affiliation='owner'/>`),
      admin(`<item nick='guest' role='none'/><item nick='guest' role='visitor'/>`),
      admin(`<item nick='guest' role='none'/><item/>`),
      admin('', 'get'),
      admin(`<item role='king'/>`, 'get'),
      admin(`<item affiliation='king'/>`, 'get'),
    ],
    'bad-request',
  ),
  'changes name addresses and names that there can be': [
    ...each(
      ['owner'],
      [
        '@@',
        '',
        ' ',
        '@capulet.lit',
        'a b@capulet.lit',
        'x@',
        `${'x'.repeat(1100)}@capulet.lit`,
        HUGE,
        '/x',
        '&lt;@x',
      ].map((it) => admin(`<item jid='${it}' affiliation='member'/>`)),
      'jid-malformed',
    ),
    ['owner', admin(`<item nick='nobody' affiliation='member'/>`), 'item-not-found'],
    ['owner', admin(`<item nick='nobody' role='none'/>`), 'item-not-found'],
    ['owner', admin(`<item jid='hag@capulet.lit' affiliation='member' nick='queen'/>`), 'conflict'],
    ['owner', admin(`<item jid='hag@capulet.lit' affiliation='member' nick='owner'/>`), 'conflict'],
    ['owner', admin(`<item jid='hag@capulet.lit' affiliation='member' nick=' '/>`), 'jid-malformed'],
    ['owner', admin(`<item jid='hag@capulet.lit' affiliation='member' nick='${HUGE}'/>`), 'jid-malformed'],
    ['owner', admin(`<item nick='guest' role='none'/>`.repeat(251)), 'policy-violation'],
  ],
  'forms that are none are bad requests (10.2)': each(
    ['owner'],
    [
      owner(''),
      owner('<x/>'),
      owner(form('', 'form')),
      owner(form('', 'result')),
      owner(form('', 'king')),
      owner(`<x xmlns='jabber:x:data'/>`),
      owner(form(field('FORM_TYPE', `${MUC}#request`))),
      owner(form('') + form('')),
      owner(`${form('')}<destroy/>`),
      owner(`<destroy xmlns='other'/>`),
    ],
    'bad-request',
  ),
  'values that a field cannot have are not acceptable (10.2)': [
    ...each(
      ['owner'],
      [
        config('muc#roomconfig_roomdesc', HUGE),
        config('muc#roomconfig_lang', HUGE),
        config('muc#roomconfig_roomsecret', HUGE),
        config('muc#roomconfig_persistentroom', 'king'),
        config('muc#roomconfig_publicroom', ''),
        config('muc#roomconfig_membersonly', '-1'),
        config('muc#roomconfig_moderatedroom', HUGE),
        config('muc#roomconfig_passwordprotectedroom', '1'),
        config('muc#roomconfig_whois', 'none'),
        config('muc#roomconfig_whois', 'toString'),
        config('muc#roomconfig_allowpm', 'everyone'),
        config('muc#roomconfig_maxusers', '-5'),
        config('muc#roomconfig_maxusers', '1e9'),
        config('muc#roomconfig_maxusers', '9'.repeat(1000)),
        config('muc#roomconfig_presencebroadcast', 'moderator', 'king'),
        config('muc#roomconfig_presencebroadcast', ...Array.from({ length: 4000 }, () => 'king')),
        config('muc#roomconfig_getmemberlist', '__proto__'),
        config('muc#maxhistoryfetch', '201'),
        config('muc#maxhistoryfetch', 'Infinity'),
        config('muc#roomconfig_slow_mode_duration', '-1'),
        config('muc#roomconfig_roomadmins', '@@'),
        config('muc#roomconfig_roomowners', 'crone@capulet.lit', HUGE),
        config('muc#roomconfig_roomname', HUGE),
        config('mam', 'king'),
      ],
      'not-acceptable',
    ),
    ['owner', owner(`<destroy jid='@@'/>`), 'jid-malformed'],
  ],
  'nobody gets in who may not, or under the name of another (7.2)': [
    ['guest', presence(`${ROOM}/owner`), 'conflict'],
    ['guest', presence(`${ROOM}/owner`, ''), 'conflict'],
    ['guest', presence(`${ROOM}/queen`), 'conflict'],
    ['stranger', presence(`${ROOM}/owner`), 'conflict'],
    ['stranger', presence(`${ROOM}/queen`), 'conflict'],
    ['outcast', presence(`${ROOM}/tybalt`), 'forbidden'],
    ['outcast', presence(`${ROOM}/owner`), 'forbidden'],
    ...each(
      ['guest', 'stranger'],
      [ROOM, `${ROOM}/ `, `${ROOM}/`, `${ROOM}/&#9;`, `${ROOM}/\u200b\u200d`, `${ROOM}/${'x'.repeat(1100)}`].map((it) =>
        presence(it),
      ),
      'jid-malformed',
    ),
    ['stranger', presence(`${ROOM}/${'x'.repeat(1000)}`), 'policy-violation'],
    ['guest', presence(`${ROOM}/${'x'.repeat(1000)}`), 'policy-violation'],
  ],
  'what is no presence of an occupant is passed over (17.3)': [
    ...each(
      ['guest', 'stranger', 'outcast'],
      ['subscribe', 'subscribed', 'unsubscribe', 'unsubscribed', 'probe'].map((it) => presence(ROOM, '', it)),
      'nothing',
    ),
    ...each(OUTSIDE, [presence(`${ROOM}/owner`, '', 'unavailable'), presence(`${ROOM}/owner`, '', 'error')], 'nothing'),
    ...each(OUTSIDE, [message('<body>x</body>', 'error')], 'nothing'),
    ...each(
      ['guest', 'stranger'],
      [iq('result', ''), iq('error', ''), iq('result', '', `${ROOM}/owner`), iq('error', '', `${ROOM}/owner`)],
      'nothing',
    ),
  ],
  'who may not speak is not heard (7.4, 7.5, 8.1)': [
    ...each(OUTSIDE, [message('<body>x</body>'), message('<subject>x</subject>')], 'not-acceptable'),
    ...each(OUTSIDE, [message('<body>x</body>', 'chat', `${ROOM}/owner`)], 'not-acceptable'),
    ['mute', message('<body>x</body>'), 'forbidden'],
    ...each(['mute', 'guest', 'member'], [message('<subject>Mine</subject>'), message('<subject/>')], 'forbidden'),
    ['guest', message('<body>x</body>', 'chat'), 'bad-request'],
    ['guest', message('<body>x</body>', 'normal'), 'bad-request'],
    ['guest', message('<body>x</body>', 'groupchat', `${ROOM}/owner`), 'bad-request'],
    ['guest', message('<body>x</body>', 'chat', `${ROOM}/nobody`), 'item-not-found'],
  ],
  'moderation is for moderators (XEP-0425)': [
    ...each(LOW, [moderate(` id='x'`)], 'forbidden'),
    ['owner', moderate(''), 'bad-request'],
    ['owner', moderate(` id='x'`), 'item-not-found'],
  ],
  'IQs that nobody handles, or that are for others, are refused': [
    ...each(
      ['owner', 'guest'],
      [
        iq('get', `<query xmlns='other'/>`),
        iq('set', `<query xmlns='__proto__'/>`),
        iq('set', `<ping xmlns='urn:xmpp:ping'/>`),
        iq('set', `<query xmlns='http://jabber.org/protocol/disco#info'/>`),
        iq('get', `<query xmlns='${MUC}#user'/>`),
      ],
      'service-unavailable',
    ),
    ...each(['owner', 'stranger'], [iq('get', ''), iq('set', 'text'), iq('get', '', SERVICE)], 'bad-request'),
    ['guest', iq('get', `<query xmlns='http://jabber.org/protocol/disco#info' node='x'/>`), 'item-not-found'],
    ['guest', iq('get', `<ping xmlns='urn:xmpp:ping'/>`, `${ROOM}/nobody`), 'item-not-found'],
    ...each(OUTSIDE, [iq('get', `<ping xmlns='urn:xmpp:ping'/>`, `${ROOM}/owner`)], 'not-acceptable'),
    ['outcast', iq('set', `<query xmlns='urn:xmpp:mam:2'/>`), 'forbidden'],
    ['guest', admin(`<item nick='owner' role='none'/>`).replace(ROOM, `nowhere@${SERVICE}`), 'item-not-found'],
    ['guest', `<iq id='h' to='${ROOM}'><query xmlns='${MUC}#owner'/></iq>`, 'bad-request'],
    ['guest', `<iq type='king' id='h' to='${ROOM}'><query xmlns='${MUC}#owner'/></iq>`, 'bad-request'],
    ['guest', iq('set', `<query xmlns='${MUC}#owner'/>`, `@${SERVICE}`), 'jid-malformed'],
  ],
};

/** The room as its owner is told that it is. */
async function asOwnerSees(): Promise<string> {
  const seen = [String((await clients.owner.iq('get', `<query xmlns='${MUC}#owner'/>`, ROOM)).firstElement())];
  for (const it of ['owner', 'admin', 'member', 'outcast']) {
    seen.push(...(await listOf(clients.owner, `affiliation='${it}'`)));
  }
  for (const it of ['moderator', 'participant', 'visitor']) seen.push(...(await listOf(clients.owner, `role='${it}'`)));
  return seen.join('\n');
}

for (const [rule, rows] of Object.entries(GROUPS)) {
  test(`${rule}: ${rows.length} stanzas`, async () => {
    const room = lookInto(server);
    const [inside, told] = [describe(room), await asOwnerSees()];
    for (const [actor, stanza, expected] of rows) {
      const what = `${actor}: ${stanza.slice(0, 300)}`;
      await clients[actor].send(stanza);
      const [answer, ...more] = await clients[actor].drain();
      assert.equal(answer === undefined ? 'nothing' : conditionOf(answer), expected, `${what}\n${String(answer)}`);
      assert.ok(answer === undefined || answer.attr('id') === 'h', what);
      assert.deepEqual(more.map(String), [], what);
      assert.equal(lookInto(server), room, what);
      assert.equal(describe(room), inside, what);
    }
    assert.equal(await asOwnerSees(), told);
    for (const client of Object.values(clients)) assert.deepEqual((await client.drain()).map(String), []);
  });
}

test('what only rooms say is taken out of what occupants say (17.3, XEP-0359, XEP-0421)', async () => {
  const { guest, owner: other } = clients;
  const room = describe(lookInto(server));
  const forged = [
    `<x xmlns='${MUC}#user'><item affiliation='owner' role='moderator' jid='forged'/><status code='307'/></x>`,
    `<occupant-id xmlns='urn:xmpp:occupant-id:0' id='forged'/>`,
    `<stanza-id xmlns='urn:xmpp:sid:0' by='${ROOM}' id='forged'/>`,
  ];
  for (const child of forged) {
    await guest.send(message(`<body>Hail</body>${child}`));
    const heard = await other.receives(`<message from='${ROOM}/guest'><body>Hail</body></message>`);
    assert.doesNotMatch(String(heard), /forged|307/);
    await guest.send(message(`<body>Psst</body>${child}`, 'chat', `${ROOM}/owner`));
    const whispered = await other.receives(`<message from='${ROOM}/guest'><body>Psst</body></message>`);
    assert.doesNotMatch(String(whispered), /forged|307/);
    await guest.send(presence(`${ROOM}/guest`, child));
    for (const it of await other.drain()) assert.doesNotMatch(String(it), /forged|307/);
    await guest.drain();
  }
  assert.equal(describe(lookInto(server)), room);
  for (const client of Object.values(clients)) await client.drain();
});

test('who says to be somebody else is cut off before the room hears of it (RFC 6120 8.1.2.1)', async () => {
  const room = describe(lookInto(server));
  for (const from of [`${ROOM}/owner`, ROOM, clients.owner.jid, 'crone@capulet.lit']) {
    const mercutio = await server.login('mercutio');
    await mercutio.send(message('<body>x</body>').replace('<message', `<message from='${from}'`));
    await mercutio.fails('invalid-from');
  }
  assert.equal(describe(lookInto(server)), room);
});

test('who is not there and shows presence is told so, and nobody else is (7.2.18)', async () => {
  const room = describe(lookInto(server));
  await clients.stranger.send(presence(`${ROOM}/owner`, `<x xmlns='${MUC}#user'><item role='moderator'/></x>`));
  await clients.stranger.receives(`<presence from='${ROOM}/owner' type='unavailable'/>`);
  await clients.owner.receivesNothing();
  assert.equal(describe(lookInto(server)), room);
});

test('the room still works after all of that', async () => {
  await enter(clients.stranger, 'romeo');
  await clients.owner.receives(`<presence from='${ROOM}/romeo'/>`);
  await clients.stranger.send(message('<body>Hail</body>'));
  await clients.owner.receives(`<message from='${ROOM}/romeo'><body>Hail</body></message>`);
});

test('the table has 200 stanzas and more', () => {
  const count = Object.values(GROUPS).reduce((sum, rows) => sum + rows.length, 0);
  assert.ok(count >= 200, String(count));
});
