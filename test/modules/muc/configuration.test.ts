/** XEP-0045 section 10.2: owners set their rooms up, and what comes of it. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import type { TestClient } from '../../support/client.ts';
import { conditionOf } from '../../support/condition.ts';
import { startParley, type TestServer } from '../../support/parley.ts';
import { lookInto } from './insight.ts';
import { formOf, own, readForm, statuses, tries } from './owning.ts';
import { administer, configure, enter, gather, listOf, MUC, ROOM } from './room.ts';

const JOIN = `<x xmlns='${MUC}'/>`;
const USER = `${MUC}#user`;

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

afterEach(async () => {
  await own(crone, '<destroy/>');
  for (const client of [crone, wiccarocks, hag]) await client.drain();
});

test('10.2: only owners see the form; the answer to others is forbidden', async () => {
  await gather({ firstwitch: crone, thirdwitch: hag });
  await administer(crone, `<item jid='wiccarocks@capulet.lit' affiliation='admin'/>`);
  for (const client of [hag, wiccarocks]) {
    const answer = await client.iq('get', `<query xmlns='${MUC}#owner'/>`, ROOM);
    assert.equal(conditionOf(answer), 'forbidden');
    assert.equal(await own(client, formOf({ 'muc#roomconfig_roomname': 'Mine' })), 'forbidden');
  }
  assert.equal(lookInto(server).config.name, '');
});

test('10.2: what two owners change at once is both changed', async () => {
  await gather({ firstwitch: crone, secondwitch: wiccarocks });
  await administer(crone, `<item jid='wiccarocks@capulet.lit' affiliation='owner'/>`);
  for (const client of [crone, wiccarocks]) await client.drain();
  const set = (client: TestClient, form: string) =>
    client.raw(`<iq type='set' id='c' to='${ROOM}'><query xmlns='${MUC}#owner'>${form}</query></iq>`);
  set(crone, formOf({ 'muc#roomconfig_roomadmins': 'hag@capulet.lit' }));
  set(wiccarocks, formOf({ 'muc#roomconfig_membersonly': '1' }));
  for (const client of [crone, wiccarocks]) assert.equal((await client.answer('c')).attr('type'), 'result');
  assert.equal(lookInto(server).config.membersOnly, true);
  assert.equal(lookInto(server).memberships.get('hag@capulet.lit')?.affiliation, 'admin');
});

test('10.2: who cancels leaves a room that is set up as it is', async () => {
  await gather({ firstwitch: crone });
  assert.equal(await own(crone, formOf({ 'muc#roomconfig_roomname': 'Other' }, 'cancel')), 'result');
  assert.equal(lookInto(server).config.name, '');
  await crone.receivesNothing();
});

/** Fields, and values that they take, as they are read again. */
const FIELDS: Readonly<Record<string, readonly (string | readonly string[])[]>> = {
  'muc#roomconfig_roomname': ['A Dark Cave', 'x'.repeat(256), ''],
  'muc#roomconfig_roomdesc': ['The place for all good witches!', 'x'.repeat(4096), ''],
  'muc#roomconfig_lang': ['en', 'zh-Hant', ''],
  'muc#roomconfig_persistentroom': ['1', '0'],
  'muc#roomconfig_publicroom': ['0', '1'],
  'muc#roomconfig_membersonly': ['1', '0'],
  'muc#roomconfig_moderatedroom': ['1', '0'],
  'muc#roomconfig_roomsecret': ['cauldronburn', ''],
  'muc#roomconfig_whois': ['anyone', 'moderators'],
  'muc#roomconfig_changesubject': ['1', '0'],
  'muc#roomconfig_allowinvites': ['0', '1'],
  'muc#roomconfig_allowpm': ['participants', 'moderators', 'none', 'anyone'],
  'muc#roomconfig_allowvoicerequests': ['0', '1'],
  'muc#roomconfig_maxusers': ['10', '7', 'none'],
  'muc#roomconfig_presencebroadcast': [['moderator'], [], ['moderator', 'participant', 'visitor']],
  'muc#roomconfig_getmemberlist': [['moderator', 'participant'], [], ['moderator', 'participant', 'visitor']],
  'muc#roomconfig_enablearchiving': ['0', '1'],
  'muc#maxhistoryfetch': ['0', '200', '20'],
  'muc#roomconfig_slow_mode_duration': ['86400', '0'],
  '{urn:parley:muc}history': ['since-member', 'everyone'],
  '{urn:parley:muc}registration': ['approval', 'closed', 'open'],
  'muc#roomconfig_roomadmins': [['hag@capulet.lit', 'juliet@capulet.lit'], ['juliet@capulet.lit'], []],
  'muc#roomconfig_roomowners': [['crone@capulet.lit', 'hecate@capulet.lit'], ['crone@capulet.lit']],
};

test('15.5.3: each field takes its values, and tells them when it is read again', async () => {
  await gather({ firstwitch: crone });
  const known = [...(await readForm(crone)).keys()];
  assert.deepEqual(
    known.filter((it) => it !== 'FORM_TYPE' && it !== 'muc#roomconfig_passwordprotectedroom').toSorted(),
    Object.keys(FIELDS).toSorted(),
  );
  for (const [name, all] of Object.entries(FIELDS)) {
    for (const values of all) {
      assert.equal(await own(crone, formOf({ [name]: values })), 'result', `${name} ${String(values)}`);
      const wanted = typeof values === 'string' ? [values] : values;
      const found = (await readForm(crone)).get(name) ?? [];
      if (name.endsWith('admins'))
        assert.ok(
          wanted.every((it) => found.includes(it)),
          name,
        );
      else assert.deepEqual(found, wanted, name);
    }
  }
});

/** Values that a field cannot have. */
const WRONG: Readonly<Record<string, readonly (string | readonly string[])[]>> = {
  'muc#roomconfig_roomname': ['x'.repeat(257)],
  'muc#roomconfig_roomdesc': ['x'.repeat(4097)],
  'muc#roomconfig_lang': ['x'.repeat(36)],
  'muc#roomconfig_roomsecret': ['x'.repeat(257)],
  'muc#roomconfig_persistentroom': ['2', 'yes', '', 'TRUE'],
  'muc#roomconfig_passwordprotectedroom': ['1', 'maybe', ''],
  'muc#roomconfig_whois': ['none', 'nobody', ''],
  'muc#roomconfig_allowpm': ['all', ''],
  'muc#roomconfig_maxusers': ['-1', '1e3', '1000001', '9'.repeat(400), 'many', '1.5'],
  'muc#maxhistoryfetch': ['201', '-1', 'all', 'unlimited'],
  'muc#roomconfig_slow_mode_duration': ['86401', 'x'],
  'muc#roomconfig_presencebroadcast': [['moderator', 'king'], 'moderators'],
  'muc#roomconfig_getmemberlist': ['owner'],
  'muc#roomconfig_roomadmins': ['@@', 'capulet.lit', ['juliet@capulet.lit', 'a b@capulet.lit']],
  'muc#roomconfig_roomowners': ['@@', ['crone@capulet.lit', 'capulet.lit']],
  mam: ['perhaps'],
};

test('10.2: a value that a field cannot have is not acceptable, and nothing of the form is applied', async () => {
  await gather({ firstwitch: crone });
  const { config } = lookInto(server);
  for (const [name, all] of Object.entries(WRONG)) {
    for (const values of all) {
      const form = formOf({ 'muc#roomconfig_roomname': 'Cave', 'muc#roomconfig_moderatedroom': '1', [name]: values });
      assert.equal(await own(crone, form), 'not-acceptable', `${name} ${String(values)}`);
      assert.equal(lookInto(server).config, config, name);
    }
  }
  await crone.receivesNothing();
});

test('10.2: fields that the room does not know are passed over', async () => {
  await gather({ firstwitch: crone });
  assert.equal(await own(crone, formOf({ 'x-other#field': 'x', 'muc#roomconfig_roomname': 'Cave' })), 'result');
  assert.equal(lookInto(server).config.name, 'Cave');
});

test('10.2: a form for something else, or of another type, is a bad request', async () => {
  await gather({ firstwitch: crone });
  const wrong = [
    formOf({ FORM_TYPE: `${MUC}#register` }),
    formOf({}, 'form'),
    formOf({}, 'result'),
    `<x xmlns='jabber:x:data'/>`,
    '',
    `<x xmlns='other'/>`,
    `${formOf({})}<destroy/>`,
    `<destroy/>${formOf({})}`,
    `${formOf({})}${formOf({})}`,
  ];
  for (const inner of wrong) assert.equal(await own(crone, inner), 'bad-request', inner);
});

test('10.2: what Conversations writes for a private group is accepted, and means what it says', async () => {
  await enter(crone, 'firstwitch');
  const names = { persistentroom: '1', membersonly: '1', publicroom: '0', whois: 'anyone', changesubject: '0' };
  const fields = { ...names, allowinvites: '0', enablearchiving: '1', mam: '1', enablelogging: '0' };
  const all = Object.entries(fields).map(([name, value]) => [`muc#roomconfig_${name}`, value]);
  assert.equal(await own(crone, formOf({ ...Object.fromEntries(all), mam: '1' })), 'result');
  const { config } = lookInto(server);
  assert.deepEqual(
    [config.persistent, config.membersOnly, config.public, config.whois, config.changeSubject, config.allowInvites],
    [true, true, false, 'anyone', false, false],
  );
  assert.equal(config.archive, true);
});

test('10.2: the archive is known by the names that other servers gave it', async () => {
  await gather({ firstwitch: crone });
  for (const name of ['mam', 'muc#roomconfig_mam', 'muc#roomconfig_enablelogging']) {
    assert.equal(await own(crone, formOf({ [name]: '0' })), 'result');
    assert.equal(lookInto(server).config.archive, false, name);
    assert.equal(await own(crone, formOf({ [name]: 'true' })), 'result');
    assert.equal(lookInto(server).config.archive, true, name);
  }
});

test('10.2: what Gajim and Monal write is accepted', async () => {
  await gather({ firstwitch: crone });
  const gajim = {
    'muc#roomconfig_allowpm': 'anyone',
    'muc#roomconfig_allowinvites': 'true',
    'muc#roomconfig_changesubject': 'false',
    'muc#roomconfig_getmemberlist': ['moderator', 'participant', 'visitor'],
    'muc#roomconfig_presencebroadcast': ['moderator', 'participant', 'visitor'],
    'muc#roomconfig_membersonly': 'true',
    'muc#roomconfig_moderatedroom': 'false',
    'muc#roomconfig_persistentroom': 'true',
    'muc#roomconfig_publicroom': 'false',
    'muc#roomconfig_whois': 'anyone',
    '{http://prosody.im/protocol/muc}roomconfig_allowmemberinvites': 'true',
    allow_query_users: 'true',
  };
  assert.equal(await own(crone, formOf(gajim)), 'result');
  const monal = {
    FORM_TYPE: `${MUC}#roomconfig`,
    'muc#roomconfig_roomname': 'Cave',
    'muc#roomconfig_persistentroom': '1',
    'muc#roomconfig_membersonly': '1',
    'muc#roomconfig_whois': 'anyone',
    'muc#roomconfig_enablearchiving': '1',
    'muc#roomconfig_enablelogging': '0',
    'muc#roomconfig_pubsub': '',
  };
  assert.equal(await own(crone, formOf(monal)), 'result');
  const { config } = lookInto(server);
  assert.deepEqual([config.allowInvites, config.membersOnly, config.archive], [true, true, true]);
});

test('10.2: a field that was not filled in leaves an option as it is', async () => {
  await gather({ firstwitch: crone }, { moderatedroom: '1', whois: 'anyone' });
  assert.equal(await own(crone, formOf({ 'muc#roomconfig_moderatedroom': [], 'muc#roomconfig_whois': [] })), 'result');
  const { config } = lookInto(server);
  assert.deepEqual([config.moderated, config.whois], [true, 'anyone']);
});

test('10.2.1: all are told what concerns their privacy: 170 to 173, and 104 of the rest', async () => {
  await gather({ firstwitch: crone, thirdwitch: hag });
  const steps: readonly (readonly [Record<string, string>, readonly number[]])[] = [
    [{ enablearchiving: '0' }, [171]],
    [{ enablearchiving: '1' }, [170]],
    [{ whois: 'anyone' }, [172]],
    [{ whois: 'moderators' }, [173]],
    [{ roomname: 'Cave' }, [104]],
    [{ roomname: 'Other', whois: 'anyone', enablearchiving: '0' }, [171, 172, 104]],
  ];
  for (const [fields, codes] of steps) {
    await configure(crone, fields);
    for (const client of [crone, hag]) {
      const note = await client.receives(statuses(...codes));
      assert.equal(String(note).match(/<status /g)?.length, codes.length);
      assert.equal(note.elements().length, 1);
    }
  }
  await configure(crone, { roomname: 'Other' });
  await hag.receivesNothing();
});

test('10.2: a room that hides addresses no more shows them, and says so with 100', async () => {
  await gather({ firstwitch: crone, thirdwitch: hag });
  await configure(crone, { whois: 'anyone' });
  await hag.drain();
  await crone.send(`<presence to='${ROOM}/firstwitch'><show>away</show></presence>`);
  await hag.receives(
    `<presence from='${ROOM}/firstwitch'><x xmlns='${USER}'><item jid='${crone.jid}'/></x></presence>`,
  );
  await wiccarocks.send(`<presence to='${ROOM}/secondwitch'>${JOIN}</presence>`);
  const self = (await wiccarocks.drain()).find((it) => it.attr('from') === `${ROOM}/secondwitch`);
  assert.match(String(self), /<status code='100'\/>/);
});

test('10.2: who is no member leaves a room that becomes one for members, with 322, and all see it', async () => {
  await gather({ firstwitch: crone, secondwitch: wiccarocks, thirdwitch: hag });
  await administer(crone, `<item jid='wiccarocks@capulet.lit' affiliation='member'/>`);
  for (const client of [crone, wiccarocks, hag]) await client.drain();
  await configure(crone, { membersonly: '1' });
  const gone = `<presence from='${ROOM}/thirdwitch' type='unavailable'><x xmlns='${USER}'><item affiliation='none' role='none'/><status code='322'/></x></presence>`;
  for (const client of [crone, wiccarocks, hag]) {
    await client.receives(statuses(104));
    await client.receives(gone);
    await client.receivesNothing();
  }
  assert.equal(await tries(hag, 'thirdwitch'), 'registration-required');
});

test('10.2: who has to leave is told of no others who have to, as members are', async () => {
  await gather({ firstwitch: crone, secondwitch: wiccarocks, thirdwitch: hag });
  await configure(crone, { membersonly: '1' });
  for (const [nick, client] of Object.entries({ secondwitch: wiccarocks, thirdwitch: hag })) {
    await client.receives(statuses(104));
    await client.receives(`<presence from='${ROOM}/${nick}' type='unavailable'/>`);
    await client.receivesNothing();
  }
  assert.equal((await crone.drain()).filter((it) => it.attr('type') === 'unavailable').length, 2);
});

test('10.2: who is made admin by the same form stays', async () => {
  await gather({ firstwitch: crone, thirdwitch: hag });
  const form = { 'muc#roomconfig_membersonly': '1', 'muc#roomconfig_roomadmins': 'hag@capulet.lit' };
  assert.equal(await own(crone, formOf(form)), 'result');
  await hag.receives(
    `<presence from='${ROOM}/thirdwitch'><x xmlns='${USER}'><item affiliation='admin' role='moderator'/></x></presence>`,
  );
  const others = (await hag.drain()).filter((it) => it.attr('from') !== `${ROOM}/firstwitch`);
  assert.equal(others.length, 1);
  assert.match(String(others[0]), /code='104'/);
});

test('10.2: the lists of the form are whole: who is on them no more becomes an admin, or a member', async () => {
  await gather({ firstwitch: crone, secondwitch: wiccarocks, thirdwitch: hag });
  const owners = ['crone@capulet.lit', 'wiccarocks@capulet.lit'];
  await own(crone, formOf({ 'muc#roomconfig_roomowners': owners, 'muc#roomconfig_roomadmins': 'hag@capulet.lit' }));
  const ranks = () =>
    ['crone', 'wiccarocks', 'hag'].map((it) => lookInto(server).memberships.get(`${it}@capulet.lit`)?.affiliation);
  assert.deepEqual(ranks(), ['owner', 'owner', 'admin']);
  await hag.drain();
  await own(crone, formOf({ 'muc#roomconfig_roomowners': 'crone@capulet.lit' }));
  assert.deepEqual(ranks(), ['owner', 'admin', 'admin']);
  await hag.receives(
    `<presence from='${ROOM}/secondwitch'><x xmlns='${USER}'><item affiliation='admin' role='moderator'/></x></presence>`,
  );
  await own(crone, formOf({ 'muc#roomconfig_roomadmins': [] }));
  assert.deepEqual(ranks(), ['owner', 'member', 'member']);
});

test('10.4: a form without any owner is a conflict, and nothing of it is applied', async () => {
  await gather({ firstwitch: crone });
  const form = { 'muc#roomconfig_roomowners': [], 'muc#roomconfig_roomname': 'Cave' };
  assert.equal(await own(crone, formOf(form)), 'conflict');
  assert.equal(lookInto(server).config.name, '');
});

test('10.2: getmemberlist says which roles see the lists, where addresses are shown', async () => {
  await gather({ firstwitch: crone, thirdwitch: hag }, { whois: 'anyone', getmemberlist: 'moderator' });
  assert.deepEqual(await listOf(hag, `affiliation='owner'`), ['forbidden']);
  await administer(crone, `<item nick='thirdwitch' role='moderator'/>`);
  assert.equal((await listOf(hag, `affiliation='owner'`)).length, 1);
});

test('10.2: presencebroadcast hides those of some roles, who see themselves and are heard', async () => {
  await gather({ firstwitch: crone, thirdwitch: hag }, { presencebroadcast: 'moderator' });
  assert.equal(await tries(wiccarocks, 'secondwitch'), 'in');
  await crone.receivesNothing();
  await hag.send(`<message to='${ROOM}' type='groupchat'><body>Hail</body></message>`);
  await crone.receives(`<message from='${ROOM}/thirdwitch'><body>Hail</body></message>`);
  await hag.send(`<presence to='${ROOM}/thirdwitch' type='unavailable'/>`);
  await crone.receivesNothing();
});

test('10.2: allowpm says who may whisper to whom', async () => {
  await gather({ firstwitch: crone, secondwitch: wiccarocks, thirdwitch: hag });
  const whisper = async (client: TestClient, to: string): Promise<string> => {
    await client.send(`<message to='${ROOM}/${to}' type='chat' id='w'><body>Psst</body></message>`);
    const error = (await client.drain()).find((it) => it.attr('type') === 'error');
    return error === undefined ? 'sent' : (conditionOf(error) ?? '');
  };
  const expected: Readonly<Record<string, readonly string[]>> = {
    anyone: ['sent', 'sent', 'sent'],
    participants: ['sent', 'sent', 'sent'],
    moderators: ['sent', 'forbidden', 'sent'],
    none: ['forbidden', 'forbidden', 'forbidden'],
  };
  for (const [value, outcomes] of Object.entries(expected)) {
    await configure(crone, { allowpm: value });
    const found = [
      await whisper(crone, 'thirdwitch'),
      await whisper(hag, 'secondwitch'),
      await whisper(hag, 'firstwitch'),
    ];
    assert.deepEqual(found, outcomes, value);
  }
});

test('10.2: maxusers is how many get in', async () => {
  await gather({ firstwitch: crone, secondwitch: wiccarocks }, { maxusers: '2' });
  assert.equal(await tries(hag, 'thirdwitch'), 'service-unavailable');
  await configure(crone, { maxusers: 'none' });
  assert.equal(await tries(hag, 'thirdwitch'), 'in');
});

test('10.2: a password is needed once it is set, and no more when the protection is taken away', async () => {
  await gather({ firstwitch: crone });
  assert.equal(
    await own(crone, formOf({ 'muc#roomconfig_passwordprotectedroom': '1', 'muc#roomconfig_roomsecret': 'burn' })),
    'result',
  );
  assert.equal(await tries(hag, 'thirdwitch'), 'not-authorized');
  assert.equal(await tries(hag, 'thirdwitch', '<password>bubble</password>'), 'not-authorized');
  assert.equal(await tries(hag, 'thirdwitch', '<password>burn</password>'), 'in');
  const off = { 'muc#roomconfig_passwordprotectedroom': '0', 'muc#roomconfig_roomsecret': 'burn' };
  assert.equal(await own(crone, formOf(off)), 'result');
  assert.equal(await tries(wiccarocks, 'secondwitch'), 'in');
});

test('10.2: maxhistoryfetch is how much newcomers are sent', async () => {
  await gather({ firstwitch: crone });
  for (const it of [1, 2, 3]) await crone.send(`<message to='${ROOM}' type='groupchat'><body>${it}</body></message>`);
  await crone.drain();
  await configure(crone, { 'muc#maxhistoryfetch': '2' });
  await hag.send(`<presence to='${ROOM}/thirdwitch'>${JOIN}</presence>`);
  const bodies = (await hag.drain()).flatMap((it) => it.childText('{jabber:client}body') ?? []);
  assert.deepEqual(bodies, ['2', '3']);
});

test('10.2: a room that is not persistent goes with the last one in it', async () => {
  await gather({ firstwitch: crone }, { persistentroom: '1' });
  await crone.send(`<presence to='${ROOM}/firstwitch' type='unavailable'/>`);
  await crone.drain();
  assert.equal((await readForm(crone)).get('muc#roomconfig_persistentroom')?.[0], '1');
  await configure(crone, { persistentroom: '0' });
  await enter(crone, 'firstwitch');
  await crone.send(`<presence to='${ROOM}/firstwitch' type='unavailable'/>`);
  await crone.drain();
  const answer = await crone.iq('get', `<query xmlns='${MUC}#owner'/>`, ROOM);
  assert.equal(conditionOf(answer), 'item-not-found');
});
