/** Rooms that nobody uses sleep in the database, and rooms that nobody wants go. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { query } from '#api';
import { startSweep } from '../../../modules/muc/sweep.ts';
import { FakeClock } from '../../support/clock.ts';
import { startParley } from '../../support/parley.ts';
import { configure, enter, gather, MUC, SERVICE } from './room.ts';

const server = await startParley({
  settings: { pingIntervalMs: 86_400_000 },
  modules: { muc: { hibernateAfter: '10m', creationsPerHour: 100_000 } },
});
after(() => server.stop());

const MINUTE = 60_000;
const [crone, hag, macbeth] = [await server.login('crone'), await server.login('hag'), await server.login('macbeth')];
const database = server.db.prepare({
  rooms: query<[], { local: string }>('select local from muc_room order by local'),
  config: query<[local: string], { config: string }>('select config from muc_room where local = $1'),
  change: query<[local: string, config: string]>('update muc_room set config = $2 where local = $1'),
});
const info = `<query xmlns='http://jabber.org/protocol/disco#info'/>`;
const archive = `<query xmlns='urn:xmpp:mam:2'/>`;
const BODY = '{jabber:client}body';
const leave = (room: string, nick: string) => `<presence to='${room}/${nick}' type='unavailable'/>`;
const groupchat = (room: string, inner: string) => `<message to='${room}' type='groupchat'>${inner}</message>`;

test('rooms that were asleep come back as they were: set-up, affiliations, subject, history and archive', async () => {
  const rooms = [`east@${SERVICE}`, `west@${SERVICE}`];
  for (const room of rooms) {
    await gather({ crone }, { persistentroom: '1', roomname: `The ${room}`, moderatedroom: '1' }, room);
    const list = `<item jid='hag@capulet.lit' affiliation='member' nick='hag'/><item jid='macbeth@capulet.lit' affiliation='outcast'/>`;
    await crone.iq('set', `<query xmlns='${MUC}#admin'>${list}</query>`, room);
    await crone.send(groupchat(room, `<subject>About ${room}</subject>`));
    for (let i = 0; i < 30; i++) {
      await crone.send(groupchat(room, `<body>${room} ${i}</body>`));
    }
    await crone.send(leave(room, 'crone'));
  }
  await crone.drain();
  server.clock.advance(30 * MINUTE);
  for (const room of rooms) {
    assert.match(String(await hag.iq('get', info, room)), new RegExp(`The ${room}`));
    await hag.send(`<presence to='${room}/hag'><x xmlns='${MUC}'/></presence>`);
    await hag.receives(
      `<presence from='${room}/hag'><x xmlns='${MUC}#user'><item affiliation='member' role='participant'/><status code='110'/></x></presence>`,
    );
    for (let i = 10; i < 30; i++)
      await hag.receives(`<message from='${room}/crone'><body>${room} ${i}</body></message>`);
    await hag.receives(`<message from='${room}/crone'><subject>About ${room}</subject></message>`);
    await macbeth.send(`<presence to='${room}/macbeth'><x xmlns='${MUC}'/></presence>`);
    await macbeth.receives(`<presence from='${room}/macbeth' type='error'/>`);
    await hag.send(`<iq type='set' id='all' to='${room}'>${archive}</iq>`);
    for (let i = -1; i < 30; i++) await hag.receives(`<message from='${room}'/>`);
    await hag.answer('all');
    await hag.send(leave(room, 'hag'));
    await hag.drain();
  }
});

test('a room that nobody asks for leaves memory, one in which somebody is does not', async () => {
  const rename = async (local: string): Promise<void> => {
    const [row] = await database.config(local);
    await database.change(local, String(row?.config).replace('Before', 'After'));
  };
  const [empty, full] = [`empty@${SERVICE}`, `full@${SERVICE}`];
  for (const room of [empty, full]) await gather({ crone }, { persistentroom: '1', roomname: 'Before' }, room);
  await crone.send(leave(empty, 'crone'));
  await crone.drain();
  server.clock.advance(30 * MINUTE);
  // What changes in the database is seen by those alone who read it again.
  for (const local of ['empty', 'full']) await rename(local);
  assert.match(String(await crone.iq('get', info, empty)), /After/);
  assert.match(String(await crone.iq('get', info, full)), /Before/);
});

test('a room whose newcomers are sent many messages has as many when it wakes up', async () => {
  const room = `long@${SERVICE}`;
  await gather({ crone }, { persistentroom: '1', 'muc#maxhistoryfetch': '60' }, room);
  for (let i = 0; i < 70; i++) await crone.send(groupchat(room, `<body>${i}</body>`));
  await crone.send(leave(room, 'crone'));
  await crone.drain();
  server.clock.advance(30 * MINUTE);
  await crone.send(`<presence to='${room}/crone'><x xmlns='${MUC}'/></presence>`);
  const heard = (await crone.drain()).filter((it) => it.child(BODY) !== undefined);
  assert.deepEqual([heard.length, heard[0]?.childText(BODY)], [60, '10']);
});

test('what newcomers are sent of a room in which nothing is said is not kept in memory', async () => {
  const room = `still@${SERVICE}`;
  await gather({ crone }, { persistentroom: '1' }, room);
  await crone.send(groupchat(room, `<body>Hush</body>`));
  await crone.drain();
  server.clock.advance(30 * MINUTE);
  await hag.send(`<presence to='${room}/hag'><x xmlns='${MUC}'/></presence>`);
  await hag.receives(`<presence from='${room}/crone'/>`);
  await hag.receives(`<presence from='${room}/hag'/>`);
  await hag.receives(`<message from='${room}/crone'><body>Hush</body></message>`);
  await hag.drain();
});

test('a room without an archive keeps what was said while somebody is in it', async () => {
  const room = `secret@${SERVICE}`;
  await gather({ crone }, { persistentroom: '1', enablearchiving: '0' }, room);
  await crone.send(groupchat(room, `<body>Hush</body>`));
  await crone.drain();
  server.clock.advance(30 * MINUTE);
  await hag.send(`<presence to='${room}/hag'><x xmlns='${MUC}'/></presence>`);
  await hag.receives(`<presence from='${room}/crone'/>`);
  await hag.receives(`<presence from='${room}/hag'/>`);
  await hag.receives(`<message from='${room}/crone'><body>Hush</body></message>`);
  await hag.drain();
});

test('an empty room without an archive keeps what was said for a day', async () => {
  const room = `secret2@${SERVICE}`;
  await gather({ crone }, { persistentroom: '1', enablearchiving: '0' }, room);
  await crone.send(groupchat(room, `<body>Hush</body>`));
  await crone.send(leave(room, 'crone'));
  await crone.drain();
  const lookIn = async (): Promise<string> => {
    await hag.send(`<presence to='${room}/hag'><x xmlns='${MUC}'/></presence>`);
    const seen = String(await hag.drain());
    await hag.send(leave(room, 'hag'));
    await hag.drain();
    return seen;
  };
  server.clock.advance(23 * 60 * MINUTE);
  assert.match(await lookIn(), /Hush/);
  server.clock.advance(25 * 60 * MINUTE);
  assert.doesNotMatch(await lookIn(), /Hush/);
});

test('10.1.1: a room that nobody has set up goes when it is empty, be it that its creator never got in', async () => {
  const room = `vacant@${SERVICE}`;
  await enter(crone, 'crone', '', room);
  await crone.send(leave(room, 'crone'));
  await crone.drain();
  assert.match(String(await crone.iq('get', info, room)), /item-not-found/);
  assert.equal(
    (await database.rooms()).some((it) => it.local === 'vacant'),
    false,
  );
});

test('10.2: a temporary room goes with the last one, and its name is free at once, with nothing left of before', async () => {
  const room = `passing@${SERVICE}`;
  await gather({ crone }, {}, room);
  await crone.send(groupchat(room, `<body>Between us</body>`));
  await crone.send(leave(room, 'crone'));
  await hag.send(`<presence to='${room}/hag'><x xmlns='${MUC}'/></presence>`);
  const self = await hag.receives(`<presence from='${room}/hag'/>`);
  assert.match(String(self), /affiliation='owner'.*code='201'/);
  await hag.receives(`<message from='${room}'><subject/></message>`);
  await configure(hag, {}, room);
  await hag.drain();
  await hag.send(groupchat(room, `<body>Mine</body>`));
  await hag.drain();
  await hag.send(`<iq type='set' id='m1' to='${room}'>${archive}</iq>`);
  const result = await hag.receives(`<message from='${room}'/>`);
  assert.match(String(result), /Mine/);
  await hag.answer('m1');
  await hag.receivesNothing();
});

test('a hundred thousand rooms are looked at bit by bit, each of them once in a round', () => {
  const clock = new FakeClock();
  const seen = new Map<string, number>();
  let inStep = 0;
  const all = Array.from({ length: 100_000 }, (_, i) => ({
    name: `room${i}`,
    devices: new Map(),
    occupants: new Map(),
    usedAt: 0,
  }));
  const rooms = {
    awake: () => all.values(),
    retire({ name }: { name: string }) {
      inStep++;
      seen.set(name, (seen.get(name) ?? 0) + 1);
    },
  };
  const muc = { clock, rooms, options: { hibernateAfter: MINUTE }, absences: { expire: () => undefined } };
  startSweep(muc as never, new AbortController().signal);
  for (let step = 0; step < 20; step++) {
    inStep = 0;
    clock.advance(5_000);
    assert.ok(inStep <= 5_000, `${inStep} rooms in one step`);
  }
  assert.equal(seen.size, all.length);
  assert.ok([...seen.values()].every((times) => times === 1));
});
