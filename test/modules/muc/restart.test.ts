/** What becomes of rooms and of those who are in them when the server stops and starts again. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { el, jid, query, type Stanza, stanza } from '#api';
import { startParley } from '../../support/parley.ts';
import { configure, enter, gather, MUC, SERVICE } from './room.ts';

const server = await startParley({ settings: { pingIntervalMs: 86_400_000 } });
after(() => server.stop());

const MINUTE = 60_000;
const turn = () => new Promise((done) => setImmediate(() => setImmediate(done)));
const discoInfo = `<query xmlns='http://jabber.org/protocol/disco#info'/>`;
const presence = (room: string, nick: string, inner = '') =>
  `<presence from='${room}/${nick}'><x xmlns='${MUC}#user'>${inner}</x></presence>`;
const unavailable = (room: string, nick: string, code: number) =>
  `<presence from='${room}/${nick}' type='unavailable'><x xmlns='${MUC}#user'><status code='${code}'/></x></presence>`;
const places = server.db.prepare({
  rooms: query<[], { local: string }>('select local from muc_room order by local'),
  occupants: query<[], { address: string }>('select address from muc_occupant'),
});

test('who was in a room is seen in it after a restart, with the role that moderators gave, and is not news', async () => {
  const room = `one@${SERVICE}`;
  const [crone, hag] = [await server.login('crone', { resource: 'a' }), await server.login('hag', { resource: 'b' })];
  await gather({ firstwitch: crone, secondwitch: hag }, {}, room);
  await crone.iq('set', `<query xmlns='${MUC}#admin'><item nick='secondwitch' role='visitor'/></query>`, room);
  await server.restart();
  const again = await server.login('crone', { resource: 'a' });
  await again.send(`<presence to='${room}/firstwitch'><x xmlns='${MUC}'/></presence>`);
  await again.receives(
    presence(room, 'secondwitch', `<item role='visitor' affiliation='none' jid='hag@capulet.lit/b'/>`),
  );
  await again.receives(presence(room, 'firstwitch', `<status code='110'/>`));
  await again.receives(`<message from='${room}' type='groupchat'><subject/></message>`);
  const back = await server.login('hag', { resource: 'b' });
  await enter(back, 'secondwitch', '', room);
  await again.receivesNothing();
  await again.send(`<message to='${room}' type='groupchat'><body>Again</body></message>`);
  for (const it of [again, back]) await it.receives(`<message from='${room}/firstwitch'><body>Again</body></message>`);
  server.clock.advance(11 * MINUTE);
  await turn();
  await again.receivesNothing();
});

test('another resource under the same name takes over; what is left of the first one goes unseen', async () => {
  const room = `two@${SERVICE}`;
  const [crone, hag] = [await server.login('crone', { resource: 'a' }), await server.login('hag', { resource: 'b' })];
  await gather({ firstwitch: crone, secondwitch: hag }, {}, room);
  await server.restart();
  const again = await server.login('crone', { resource: 'a' });
  await enter(again, 'firstwitch', '', room);
  const phone = await server.login('hag', { resource: 'phone' });
  await enter(phone, 'secondwitch', '', room);
  await again.receives(presence(room, 'secondwitch', `<item jid='hag@capulet.lit/phone'/>`));
  server.clock.advance(11 * MINUTE);
  await turn();
  await again.receivesNothing();
  await phone.receivesNothing();
});

test('one who comes back under another name is out under the first one, and is not confused by that', async () => {
  const room = `three@${SERVICE}`;
  const [crone, hag] = [await server.login('crone', { resource: 'a' }), await server.login('hag', { resource: 'b' })];
  await gather({ firstwitch: crone, secondwitch: hag }, {}, room);
  await server.restart();
  const again = await server.login('crone', { resource: 'a' });
  await enter(again, 'firstwitch', '', room);
  const back = await server.login('hag', { resource: 'b' });
  await back.send(`<presence to='${room}/hag'><x xmlns='${MUC}'/></presence>`);
  await back.receives(presence(room, 'firstwitch'));
  await back.receives(presence(room, 'hag', `<status code='110'/>`));
  await again.receives(unavailable(room, 'secondwitch', 332));
  await again.receives(presence(room, 'hag'));
  await again.receivesNothing();
});

test('nothing is sent to those who have not come back, and private messages for them are refused', async () => {
  const room = `four@${SERVICE}`;
  const [crone, hag] = [await server.login('crone', { resource: 'a' }), await server.login('hag', { resource: 'b' })];
  await gather({ firstwitch: crone, secondwitch: hag }, {}, room);
  await server.restart();
  const again = await server.login('crone', { resource: 'a' });
  await enter(again, 'firstwitch', '', room);
  const other = await server.login('hag', { resource: 'elsewhere' });
  await again.send(`<message to='${room}' type='groupchat'><body>Hello</body></message>`);
  await again.receives(`<message from='${room}/firstwitch'><body>Hello</body></message>`);
  await again.send(`<message to='${room}/secondwitch' type='chat' id='w'><body>Psst</body></message>`);
  await again.receives(
    `<message from='${room}/secondwitch' type='error' id='w'><error><recipient-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`,
  );
  await turn();
  await again.receivesNothing();
  await other.receivesNothing();
});

test('11.2: who has not come back in time leaves with 332, for the service was shut down', async () => {
  const room = `five@${SERVICE}`;
  const [crone, hag] = [await server.login('crone', { resource: 'a' }), await server.login('hag', { resource: 'b' })];
  await gather({ firstwitch: crone, secondwitch: hag }, {}, room);
  await server.restart();
  const again = await server.login('crone', { resource: 'a' });
  await enter(again, 'firstwitch', '', room);
  server.clock.advance(9 * MINUTE);
  await again.receivesNothing();
  server.clock.advance(2 * MINUTE);
  await again.receives(unavailable(room, 'secondwitch', 332));
  await again.receivesNothing();
});

test('at other servers they are sent what is said, and are told when the time is over', async () => {
  const room = `six@${SERVICE}`;
  const heath = () => {
    const sent: Stanza[] = [];
    server.engine.router.addService('heath.example', { receive: (it) => void sent.push(it) });
    return sent;
  };
  const say = (it: Stanza) => server.engine.router.route(it);
  heath();
  const crone = await server.login('crone', { resource: 'a' });
  await gather({ firstwitch: crone }, {}, room);
  for (const nick of ['quiet', 'talker']) {
    await say(stanza('presence', { from: jid(`${nick}@heath.example/x`), to: jid(`${room}/${nick}`) }, el(MUC, 'x')));
  }
  await server.restart();
  const sent = heath();
  await say(
    stanza(
      'message',
      { from: jid('talker@heath.example/x'), to: jid(room), type: 'groupchat' },
      el('jabber:client', 'body', null, 'Still here'),
    ),
  );
  assert.deepEqual(
    sent.map((it) => `${it.kind} ${it.to.local}`),
    ['message quiet', 'message talker'],
  );
  sent.length = 0;
  server.clock.advance(11 * MINUTE);
  await turn();
  const [first, second] = sent.filter((it) => it.from.resource === 'quiet');
  assert.equal(first?.to.full, 'quiet@heath.example/x');
  assert.match(String(first?.element), /code='332'.*code='110'/);
  assert.equal(second?.to.full, 'talker@heath.example/x');
  // It leaves, and so the room does.
  await say(
    stanza('presence', { from: jid('talker@heath.example/x'), to: jid(`${room}/talker`), type: 'unavailable' }),
  );
});

test('a persistent room keeps its set-up, affiliations, subject and history', async () => {
  const room = `seven@${SERVICE}`;
  const crone = await server.login('crone');
  await gather({ firstwitch: crone }, { persistentroom: '1', roomname: 'Cauldron' }, room);
  await crone.iq('set', `<query xmlns='${MUC}#admin'><item jid='hag@capulet.lit' affiliation='admin'/></query>`, room);
  await crone.send(`<message to='${room}' type='groupchat'><subject>Brewing</subject></message>`);
  await crone.send(`<message to='${room}' type='groupchat'><body>Eye of newt</body></message>`);
  await crone.send(`<presence to='${room}/firstwitch' type='unavailable'/>`);
  await crone.drain();
  await server.restart();
  const hag = await server.login('hag');
  assert.match(String(await hag.iq('get', discoInfo, room)), /Cauldron/);
  await hag.send(`<presence to='${room}/hag'><x xmlns='${MUC}'/></presence>`);
  await hag.receives(presence(room, 'hag', `<item affiliation='admin' role='moderator'/><status code='110'/>`));
  await hag.receives(`<message from='${room}/firstwitch'><body>Eye of newt</body></message>`);
  await hag.receives(`<message from='${room}/firstwitch'><subject>Brewing</subject></message>`);
});

test('a temporary room stays while somebody may come back to it, and goes when nobody does', async () => {
  const room = `eight@${SERVICE}`;
  const crone = await server.login('crone', { resource: 'a' });
  await gather({ firstwitch: crone }, { roomname: 'Heath' }, room);
  await server.restart();
  const other = await server.login('hag');
  assert.match(String(await other.iq('get', discoInfo, room)), /Heath/);
  server.clock.advance(11 * MINUTE);
  await turn();
  assert.match(String(await other.iq('get', discoInfo, room)), /item-not-found/);
  assert.equal(
    (await places.rooms()).some((it) => it.local === 'eight'),
    false,
  );
});

test('after a crash no temporary room and no room that nobody has set up is left; nor is what was said there', async () => {
  const crone = await server.login('crone');
  await gather({ firstwitch: crone }, { persistentroom: '1' }, `stays@${SERVICE}`);
  await gather({ firstwitch: crone }, {}, `goes@${SERVICE}`);
  await enter(crone, 'firstwitch', '', `locked@${SERVICE}`);
  // The process is killed: nothing of what it does at its end is done. Here, nobody is written down.
  const { db } = server;
  const atomically = db.atomically.bind(db);
  db.atomically = async (calls) => (calls.some((it) => /muc_occupant/.test(it.statement)) ? [] : atomically(calls));
  await server.restart();
  db.atomically = atomically;
  const left = (await places.rooms()).map((it) => it.local);
  assert.ok(left.includes('stays'));
  assert.deepEqual(
    left.filter((it) => it === 'goes' || it === 'locked'),
    [],
  );
});

test('a room that nobody has set up yet is still closed after a restart', async () => {
  const room = `nine@${SERVICE}`;
  const crone = await server.login('crone', { resource: 'a' });
  await enter(crone, 'firstwitch', '', room);
  await server.restart();
  const hag = await server.login('hag');
  await hag.send(`<presence to='${room}/hag'><x xmlns='${MUC}'/></presence>`);
  await hag.receives(
    `<presence from='${room}/hag' type='error'><error><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>`,
  );
  const again = await server.login('crone', { resource: 'a' });
  await enter(again, 'firstwitch', '', room);
  await configure(again, {}, room);
  await enter(hag, 'hag', '', room);
});

test('a command that runs without the server, between two of its runs, takes nobody out of the rooms', async () => {
  const room = `ten@${SERVICE}`;
  const crone = await server.login('crone', { resource: 'a' });
  await gather({ firstwitch: crone }, {}, room);
  await server.restart();
  await server.restart();
  const hag = await server.login('hag');
  await hag.send(`<presence to='${room}/hag'><x xmlns='${MUC}'/></presence>`);
  await hag.receives(presence(room, 'firstwitch'));
  assert.deepEqual(await places.occupants(), []);
});

test('a reload changes options and nothing else: rooms go on, with those who are in them', async () => {
  const room = `eleven@${SERVICE}`;
  const [crone, hag] = [await server.login('crone'), await server.login('hag')];
  await gather({ firstwitch: crone, secondwitch: hag }, {}, room);
  const { modules } = server.host.parts;
  const plan = (options: object, list = modules) => ({
    modules: list,
    options: { muc: options },
    admins: new Set<string>(),
  });
  await server.engine.setHost(server.hostName, plan({ maxNickLength: 8 }));
  await crone.send(`<message to='${room}' type='groupchat'><body>Still here?</body></message>`);
  for (const it of [crone, hag]) {
    await it.receives(`<message from='${room}/firstwitch'><body>Still here?</body></message>`);
  }
  await hag.send(`<presence to='${room}/much-too-long'/>`);
  await hag.receives(`<presence type='error' from='${room}/much-too-long'/>`);
  // 11.2: the service goes, and sessions stay.
  await server.engine.setHost(
    server.hostName,
    plan(
      {},
      modules.filter((it) => it.name !== 'muc'),
    ),
  );
  await crone.receives(unavailable(room, 'firstwitch', 332));
  await hag.receives(unavailable(room, 'secondwitch', 332));
  await hag.receivesNothing();
  await server.engine.setHost(server.hostName, plan({}));
});
