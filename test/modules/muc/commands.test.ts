/** What operators do with rooms, and what becomes of an account's memberships. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { accountData, jid, query } from '#api';
import { KNOWN_COMMANDS } from '../../../src/cli/known-commands.ts';
import { CommandError } from '../../../src/kernel/command.ts';
import { startParley } from '../../support/parley.ts';
import { enter, gather, MUC, ROOM, SERVICE } from './room.ts';

const server = await startParley({ settings: { pingIntervalMs: 86_400_000 } });
after(() => server.stop());

const [crone, hag] = [await server.login('crone'), await server.login('hag')];
await gather({ firstwitch: crone, secondwitch: hag }, { persistentroom: '1', roomname: 'Coven' });

const run = (name: string, args: object = {}) => server.command(`room ${name}`, { ...args }, server.hostName);
const refuses = (work: Promise<unknown>, why: RegExp) =>
  assert.rejects(work, (cause: Error) => cause instanceof CommandError && why.test(cause.message));
const { affiliations } = server.db.prepare({
  affiliations: query<[address: string], { local: string }>(
    'select local from muc_affiliation where address = $1 order by local',
  ),
});

test('room list: all rooms, in order, page by page', async () => {
  await gather({ crone }, {}, `abbey@${SERVICE}`);
  const rows = await run('list');
  assert.deepEqual(rows, [
    { room: `abbey@${SERVICE}`, name: '', occupants: 1, persistent: false, public: true },
    { room: ROOM, name: 'Coven', occupants: 2, persistent: true, public: true },
  ]);
  assert.deepEqual(((await run('list', { limit: 1 })) as unknown[]).length, 1);
  assert.deepEqual(await run('list', { after: 'coven' }), []);
});

test('room create: a room that stays and is open, with an owner who need not be there', async () => {
  assert.deepEqual(await run('create', { room: 'heath', owner: 'hag@capulet.lit', set: ['roomname=The heath'] }), {
    room: `heath@${SERVICE}`,
    owner: 'hag@capulet.lit',
  });
  await enter(crone, 'crone', '', `heath@${SERVICE}`);
  await hag.send(`<presence to='heath@${SERVICE}/hag'><x xmlns='${MUC}'/></presence>`);
  await hag.receives(`<presence from='heath@${SERVICE}/crone'/>`);
  await hag.receives(
    `<presence from='heath@${SERVICE}/hag'><x xmlns='${MUC}#user'><item affiliation='owner' role='moderator'/></x></presence>`,
  );
  await Promise.all([crone.drain(), hag.drain()]);
  await refuses(run('create', { room: 'heath', owner: 'hag@capulet.lit' }), /there is a room heath/);
  await refuses(run('create', { room: 'moor', owner: 'nobody@capulet.lit' }), /there is no account/);
  await refuses(run('create', { room: `moor@elsewhere.lit`, owner: 'hag@capulet.lit' }), /no address of a room/);
  await refuses(run('create', { room: 'moor', owner: 'capulet.lit' }), /no address of an account/);
});

test('room info: what it is, and who is in it', async () => {
  const info = (await run('info', { room: ROOM })) as Record<string, unknown>;
  assert.equal(info['name'], 'Coven');
  assert.deepEqual(info['owners'], ['crone@capulet.lit']);
  assert.deepEqual(info['occupants'], [
    'firstwitch (crone@capulet.lit, moderator)',
    'secondwitch (hag@capulet.lit, participant)',
  ]);
  await refuses(run('info', { room: 'nowhere' }), /there is no room/);
});

test('room affiliations: lists them, the highest first, and changes one; those in the room see it', async () => {
  assert.deepEqual(
    await run('affiliations', { room: 'coven', address: 'hag@capulet.lit', affiliation: 'admin', reason: 'wise' }),
    { room: ROOM, address: 'hag@capulet.lit', affiliation: 'admin' },
  );
  await crone.receives(
    `<presence from='${ROOM}/secondwitch'><x xmlns='${MUC}#user'><item affiliation='admin' role='moderator'><reason>wise</reason></item></x></presence>`,
  );
  await run('affiliations', { room: 'coven', address: 'macbeth@capulet.lit', affiliation: 'outcast' });
  const rows = (await run('affiliations', { room: 'coven' })) as { address: string; affiliation: string }[];
  assert.deepEqual(
    rows.map((it) => `${it.address} ${it.affiliation}`),
    ['crone@capulet.lit owner', 'hag@capulet.lit admin', 'macbeth@capulet.lit outcast'],
  );
  await refuses(
    run('affiliations', { room: 'coven', address: 'crone@capulet.lit', affiliation: 'none' }),
    /needs an owner/,
  );
  await refuses(run('affiliations', { room: 'coven', address: 'hag@capulet.lit' }), /which affiliation/);
  await refuses(run('affiliations', { room: 'coven', address: 'evil.lit', affiliation: 'member' }), /can be banned/);
  await Promise.all([crone.drain(), hag.drain()]);
});

test('room config: prints options, and changes them; those in the room are told (section 10.2.1)', async () => {
  const before = (await run('config', { room: 'coven' })) as Record<string, string>;
  assert.equal(before['roomname'], 'Coven');
  assert.equal(before['persistentroom'], '1');
  const changed = (await run('config', {
    room: 'coven',
    set: ['roomname=Cauldron', 'presencebroadcast=moderator,participant', 'muc#roomconfig_whois=anyone'],
  })) as Record<string, string>;
  assert.equal(changed['roomname'], 'Cauldron');
  assert.equal(changed['presencebroadcast'], 'moderator,participant');
  assert.equal(changed['whois'], 'anyone');
  const told = await hag.receives(`<message from='${ROOM}' type='groupchat'/>`);
  assert.match(String(told), /code='172'.*code='104'/);
  await refuses(run('config', { room: 'coven', set: ['whois=everybody'] }), /whois cannot have this value/);
  await refuses(run('config', { room: 'coven', set: ['colour=green'] }), /sets nothing; there are .*roomname/);
  await refuses(run('config', { room: 'coven', set: ['roomname'] }), /sets nothing/);
  await Promise.all([crone.drain(), hag.drain()]);
});

test('room config: a password is all that is needed to protect a room with it', async () => {
  const set = (await run('config', { room: 'coven', set: ['roomsecret=thane'] })) as Record<string, string>;
  assert.deepEqual([set['roomsecret'], set['passwordprotectedroom']], ['thane', '1']);
  const open = (await run('config', { room: 'coven', set: ['passwordprotectedroom=0'] })) as Record<string, string>;
  assert.equal(open['roomsecret'], '');
  await Promise.all([crone.drain(), hag.drain()]);
});

test('room destroy: everybody is told why and where to go, and nothing is left (section 10.9)', async () => {
  const answer = await run('destroy', { room: 'heath', reason: 'Rain', venue: ROOM });
  assert.deepEqual(answer, { room: `heath@${SERVICE}`, destroyed: true, occupants: 2 });
  await crone.receives(
    `<presence from='heath@${SERVICE}/crone' type='unavailable'><x xmlns='${MUC}#user'><destroy jid='${ROOM}'><reason>Rain</reason></destroy></x></presence>`,
  );
  await refuses(run('info', { room: 'heath' }), /there is no room/);
  await refuses(run('destroy', { room: 'heath' }), /there is no room/);
  await hag.drain();
});

test('rooms that are asleep are found, too', async () => {
  await run('create', { room: 'asleep', owner: 'hag@capulet.lit' });
  server.clock.advance(1_800_000);
  assert.equal(((await run('info', { room: 'asleep' })) as Record<string, unknown>)['persistent'], true);
  await run('affiliations', { room: 'asleep', address: 'crone@capulet.lit', affiliation: 'member' });
  server.clock.advance(1_800_000);
  const rows = (await run('affiliations', { room: 'asleep' })) as { address: string }[];
  assert.deepEqual(
    rows.map((it) => it.address),
    ['hag@capulet.lit', 'crone@capulet.lit'],
  );
});

test('the command line knows them without asking a server, as the module declares them', () => {
  const known = KNOWN_COMMANDS.filter((it) => it.name.startsWith('room '));
  const declared = server.engine.commands().filter((it) => it.name.startsWith('room '));
  assert.deepEqual(
    known.map(({ name, summary, positional }) => ({ name, summary, positional })),
    declared.map(({ name, summary, positional }) => ({ name, summary, positional })),
  );
  for (const it of known) {
    const options = declared.find(({ name }) => name === it.name)?.args.shape ?? {};
    assert.deepEqual(Object.keys(it.args['properties'] as object), Object.keys(options), it.name);
  }
});

test('what an account is in rooms is exported', async () => {
  const data = await server.host.parts.hooks.collect(accountData, jid('hag@capulet.lit'));
  const rooms = data.find((it) => it.name === 'rooms')?.data as Record<string, unknown>[];
  assert.deepEqual(
    rooms.map(({ room, affiliation }) => ({ room, affiliation })),
    [
      { room: `asleep@${SERVICE}`, affiliation: 'owner' },
      { room: ROOM, affiliation: 'admin' },
    ],
  );
});

test('an account that is removed is on the lists of no room, awake or asleep, and its names are free', async () => {
  await server.account('third');
  for (const [room, nick] of [
    ['asleep', 'third'],
    ['coven', 'thirdwitch'],
  ]) {
    await run('affiliations', { room, address: 'third@capulet.lit', affiliation: 'member' });
    const list = `<item jid='third@capulet.lit' affiliation='member' nick='${nick}'/>`;
    const owner = room === 'coven' ? crone : hag;
    await owner.iq('set', `<query xmlns='${MUC}#admin'>${list}</query>`, `${room}@${SERVICE}`);
  }
  server.clock.advance(1_800_000);
  assert.deepEqual(
    (await affiliations('third@capulet.lit')).map((it) => it.local),
    ['asleep', 'coven'],
  );
  await hag.drain();
  await hag.send(`<presence to='${ROOM}/thirdwitch'/>`);
  await hag.receives(`<presence type='error' from='${ROOM}/thirdwitch'/>`);
  await server.command('user delete', { jid: 'third@capulet.lit' });
  assert.deepEqual(await affiliations('third@capulet.lit'), []);
  await hag.drain();
  await hag.send(`<presence to='${ROOM}/thirdwitch'/>`);
  assert.match(String((await hag.drain())[0]), /code='303'/);
});
