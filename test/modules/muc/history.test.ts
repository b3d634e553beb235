/** XEP-0045 sections 7.2.13 to 7.2.15: what newcomers are sent of what was said before. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { loadHistory, remember } from '../../../modules/muc/history.ts';
import type { Muc } from '../../../modules/muc/muc.ts';
import { entomb } from '../../../modules/muc/retracting.ts';
import { Room } from '../../../modules/muc/room.ts';
import { DEFAULT_ROOM } from '../../../modules/muc/room-config.ts';
import { Archive } from '../../../src/contracts/archive.ts';
import { jid } from '../../../src/jid/jid.ts';
import { Stanza } from '../../../src/xmpp/stanza.ts';
import type { TestClient } from '../../support/client.ts';
import { startParley, type TestServer } from '../../support/parley.ts';
import { type Element, parseXml } from '../../support/xml.ts';
import { administer, configure, enter, gather, MUC, ROOM } from './room.ts';

const BODY = '{jabber:client}body';
const SUBJECT = '{jabber:client}subject';
const DELAY = '{urn:xmpp:delay}delay';
const STANZA_ID = '{urn:xmpp:sid:0}stanza-id';
const HIBERNATION = 10_000;

let server: TestServer;
let crone: TestClient;
let hag: TestClient;

async function start(modules: Readonly<Record<string, object | false>> = {}): Promise<void> {
  server = await startParley({ modules: { muc: { hibernateAfter: '10s' }, ...modules } });
  [crone, hag] = await Promise.all([server.login('crone'), server.login('hag')]);
  await gather({ firstwitch: crone }, { persistentroom: '1' });
}

beforeEach(() => start());
afterEach(() => server.stop());

async function say(...texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    await crone.send(`<message to='${ROOM}' type='groupchat' id='${text}'><body>${text}</body></message>`);
  }
  await crone.drain();
}

/** Enters, and reads all that comes until the subject. */
async function arrive(client: TestClient, nick: string, wish = ''): Promise<readonly Element[]> {
  await client.send(`<presence to='${ROOM}/${nick}'><x xmlns='${MUC}'>${wish}</x></presence>`);
  const read: Element[] = [];
  for (;;) {
    const element = await client.receive();
    assert.notEqual(element.attr('type'), 'error', String(element));
    read.push(element);
    if (element.name === 'message' && element.child(SUBJECT) !== undefined && element.child(BODY) === undefined) break;
  }
  return read;
}

async function heard(client: TestClient, wish = '', nick = 'secondwitch'): Promise<readonly string[]> {
  const read = await arrive(client, nick, wish);
  return read.flatMap((it) => it.childText(BODY) ?? []);
}

async function leave(client: TestClient, nick: string): Promise<void> {
  await client.send(`<presence to='${ROOM}/${nick}' type='unavailable'/>`);
  await client.drain();
}

/** Nobody uses the room for a while, so that its history leaves memory. */
function sleep(): void {
  server.clock.advance(HIBERNATION + 10_000);
}

const count = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => String(from + i));

test('7.2.13: history comes after all presence and before the subject, stamped by the room, in order, with its ids', async () => {
  await say('thrice');
  const said = server.clock.now();
  server.clock.advance(5000);
  await say('and once');
  const read = await arrive(hag, 'secondwitch');
  assert.deepEqual(
    read.map((it) => it.name),
    ['presence', 'presence', 'message', 'message', 'message'],
  );
  const [, , first, second] = read;
  assert.equal(first?.attr('from'), `${ROOM}/firstwitch`);
  assert.equal(first?.attr('to'), hag.jid);
  assert.equal(first?.attr('type'), 'groupchat');
  assert.equal(first?.attr('id'), 'thrice');
  assert.equal(first?.child(DELAY)?.attr('from'), ROOM);
  assert.equal(Date.parse(first?.child(DELAY)?.attr('stamp') ?? ''), said);
  assert.equal(second?.childText(BODY), 'and once');
  const ends = await server.service(Archive).ends(jid(ROOM));
  const ids = [first, second].map((it) => it?.child(STANZA_ID)?.attr('id'));
  assert.deepEqual(ids, [ends?.first.id, ends?.last.id]);
});

test('7.2.13: no more than the room has set up', async () => {
  await say(...count(1, 25));
  assert.deepEqual(await heard(hag), count(6, 25));
  await leave(hag, 'secondwitch');
  await configure(crone, { 'muc#maxhistoryfetch': '3' });
  assert.deepEqual(await heard(hag), count(23, 25));
  await leave(hag, 'secondwitch');
  await configure(crone, { 'muc#maxhistoryfetch': '22' });
  assert.deepEqual(await heard(hag), count(4, 25), 'a longer one is read from the archive');
  await leave(hag, 'secondwitch');
  await configure(crone, { 'muc#maxhistoryfetch': '0' });
  assert.deepEqual(await heard(hag), []);
});

for (const [wish, expected] of [
  [`maxstanzas='2'`, ['3', '4']],
  [`maxstanzas='0'`, []],
  [`maxchars='0'`, []],
  [`seconds='60'`, ['3', '4']],
  [`seconds='0'`, []],
  [`since='1970-01-01T00:00:00Z'`, ['1', '2', '3', '4']],
  [`seconds='60' maxstanzas='1'`, ['4']],
  [`maxstanzas='3' since='2999-01-01T00:00:00Z'`, []],
  [`maxstanzas='many' maxchars='-1' seconds='1e1' since='lately'`, ['1', '2', '3', '4']],
] as const) {
  test(`7.2.14: <history ${wish}/> brings ${expected.length} of four messages`, async () => {
    await say('1', '2');
    server.clock.advance(100_000);
    await say('3', '4');
    server.clock.advance(1000);
    assert.deepEqual(await heard(hag, `<history ${wish}/>`), expected);
  });
}

test('7.2.14: since a time brings what was said at that time and later', async () => {
  await say('1');
  server.clock.advance(10_000);
  const since = new Date(server.clock.now()).toISOString();
  await say('2', '3');
  assert.deepEqual(await heard(hag, `<history since='${since}'/>`), ['2', '3']);
});

test('7.2.14: maxchars counts the characters of whole stanzas, as many as there is room for', async () => {
  await say('1', '2', '3');
  const read = await arrive(hag, 'secondwitch');
  // As they are in the stream, where the namespace is declared already.
  const length = String(read.at(-2)).replace(` xmlns='jabber:client'`, '').length;
  await leave(hag, 'secondwitch');
  assert.deepEqual(await heard(hag, `<history maxchars='${2 * length}'/>`), ['2', '3']);
  await leave(hag, 'secondwitch');
  assert.deepEqual(await heard(hag, `<history maxchars='${2 * length - 1}'/>`), ['3']);
});

test('7.2.15: the subject comes last, stamped, and subjects are no part of the history, asleep or awake', async () => {
  await crone.send(`<message to='${ROOM}' type='groupchat'><subject>Fire Burn</subject></message>`);
  await say('1');
  await crone.send(`<message to='${ROOM}' type='groupchat'><subject>Cauldron Bubble</subject></message>`);
  await crone.drain();
  for (const pause of [0, HIBERNATION + 10_000]) {
    server.clock.advance(pause);
    const read = await arrive(hag, 'secondwitch');
    const messages = read.filter((it) => it.name === 'message');
    assert.deepEqual(
      messages.map((it) => it.childText(BODY) ?? it.childText(SUBJECT)),
      ['1', 'Cauldron Bubble'],
    );
    assert.equal(messages[1]?.child(DELAY)?.attr('from'), ROOM);
    await leave(hag, 'secondwitch');
  }
});

test('7.2.13: there are no private messages in it, none that were refused, and nothing that does not last', async () => {
  await enter(hag, 'secondwitch');
  await hag.send(`<message to='${ROOM}/firstwitch' type='chat'><body>psst</body></message>`);
  await administer(crone, `<item nick='secondwitch' role='visitor'/>`);
  await hag.send(`<message to='${ROOM}' type='groupchat'><body>without voice</body></message>`);
  await crone.send(
    `<message to='${ROOM}' type='groupchat'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>`,
  );
  await crone.send(
    `<message to='${ROOM}' type='groupchat'><body>secret</body><no-store xmlns='urn:xmpp:hints'/></message>`,
  );
  await Promise.all([crone.drain(), hag.drain()]);
  await say('1');
  for (const local of ['wiccarocks', 'hecate']) {
    assert.deepEqual(await heard(await server.login(local), '', local), ['1']);
    sleep();
  }
});

test('7.2.13: what was said before the room slept is read from the archive, as the room is set up', async () => {
  await configure(crone, { 'muc#maxhistoryfetch': '30' });
  await say(...count(1, 35));
  sleep();
  const read = await arrive(hag, 'secondwitch');
  const messages = read.filter((it) => it.child(BODY) !== undefined);
  assert.deepEqual(
    messages.map((it) => it.childText(BODY)),
    count(6, 35),
  );
  assert.doesNotMatch(messages.join(''), /crone@/, 'nobody learns who it was');
  assert.equal(messages[0]?.child(STANZA_ID)?.attr('by'), ROOM);
  await leave(hag, 'secondwitch');
  await leave(crone, 'firstwitch');
  await server.restart();
  [crone, hag] = await Promise.all([server.login('crone'), server.login('hag')]);
  assert.deepEqual(await heard(hag), count(6, 35));
});

test('7.2.13: what is said while the history is being read comes once, to those who wait for it, and in order', async () => {
  await say('1', '2');
  sleep();
  const [wiccarocks, hecate] = await Promise.all([server.login('wiccarocks'), server.login('hecate')]);
  // All of it arrives before the archive has answered.
  await Promise.all([
    hag.send(`<presence to='${ROOM}/secondwitch'><x xmlns='${MUC}'/></presence>`),
    wiccarocks.send(`<presence to='${ROOM}/thirdwitch'><x xmlns='${MUC}'/></presence>`),
    crone.send(`<message to='${ROOM}' type='groupchat'><body>3</body></message>`),
    crone.send(`<message to='${ROOM}' type='groupchat'><body>4</body></message>`),
  ]);
  for (const client of [hag, wiccarocks, hecate]) {
    if (client === hecate) await client.send(`<presence to='${ROOM}/hecate'><x xmlns='${MUC}'/></presence>`);
    const texts: string[] = [];
    while (texts.length < 4) texts.push(...[(await client.receive()).childText(BODY)].filter((it) => it !== undefined));
    assert.deepEqual(texts, ['1', '2', '3', '4']);
    const rest = await client.drain();
    assert.deepEqual(
      rest.filter((it) => it.child(BODY) !== undefined),
      [],
    );
  }
});

test('7.2.13: what the archive has already of what is said meanwhile comes once, and what is retracted meanwhile not at all', async () => {
  const address = jid(ROOM);
  const room = new Room(address, DEFAULT_ROOM);
  const message = (text: string) =>
    new Stanza(parseXml(`<message type='groupchat'><body>${text}</body></message>`), room.at('witch'), address);
  const page = Promise.withResolvers<unknown>();
  const archive = { query: () => page.promise, retract: () => Promise.resolve(true) };
  const muc = { archive, clock: server.clock } as unknown as Muc;
  const reading = loadHistory(muc, room);
  assert.equal(loadHistory(muc, room), reading, 'it is read once for all who wait');
  for (const id of ['b', 'c', 'd']) remember(muc, room, { id, stanza: message(id) });
  const retracted = parseXml(`<retracted xmlns='urn:xmpp:message-retract:1' id='r'/>`);
  const retractions = ['a', 'c'].map((id) => entomb(muc, room, id, retracted));
  page.resolve({ messages: ['a', 'b'].map((id) => ({ id, xml: message(id).xml, receivedAt: 0 })) });
  await Promise.all([reading, ...retractions]);
  assert.deepEqual(
    room.history?.map(({ id, stanza }) => `${id} ${stanza.element.childText(BODY)}`),
    ['a undefined', 'b b', 'c undefined', 'd d'],
  );
});

test('7.2.13: what cannot be read keeps nobody out', async () => {
  const room = new Room(jid(ROOM), DEFAULT_ROOM);
  const messages = [{ id: 'a', xml: '<message from', receivedAt: 0 }];
  const failing = { query: () => Promise.reject(new Error('away')) };
  const damaged = { query: () => Promise.resolve({ messages }) };
  await assert.rejects(loadHistory({ archive: failing } as unknown as Muc, room));
  assert.equal(room.history, undefined, 'the next one tries again');
  await loadHistory({ archive: damaged } as unknown as Muc, room);
  assert.deepEqual(room.history, []);
});

test('7.2.13: who became a member later does not see what was before, if the room is set up so', async () => {
  await say('before');
  server.clock.advance(1000);
  await configureHistory('since-member');
  await administer(crone, `<item jid='hag@capulet.lit' affiliation='member'/>`);
  await say('after');
  assert.deepEqual(await heard(hag), ['after']);
  assert.deepEqual(await heard(await server.login('wiccarocks'), '', 'thirdwitch'), []);
});

test('7.2.13: without an archive the history is what the room remembers', async () => {
  await configure(crone, { enablearchiving: '0' });
  await say('1');
  sleep();
  await say('2');
  assert.deepEqual(await heard(hag), ['1', '2']);
});

test('7.2.13: on a server without archives rooms have a history, too', async () => {
  await server.stop();
  await start({ archive: false });
  await say('1');
  sleep();
  assert.deepEqual(await heard(hag), ['1']);
});

test('a room remembers long messages for as long as they fit', async () => {
  const long = 'x'.repeat(200_000);
  for (const n of count(1, 8)) {
    await crone.send(`<message to='${ROOM}' type='groupchat'><body>${n}${long}</body></message>`);
  }
  await crone.drain();
  const texts = await heard(hag);
  assert.deepEqual(
    texts.map((it) => it[0]),
    count(4, 8),
  );
});

async function configureHistory(value: string): Promise<void> {
  const field = `<field var='{urn:parley:muc}history'><value>${value}</value></field>`;
  const form = `<x xmlns='jabber:x:data' type='submit'>${field}</x>`;
  const answer = await crone.iq('set', `<query xmlns='${MUC}#owner'>${form}</query>`, ROOM);
  assert.equal(answer.attr('type'), 'result');
}
