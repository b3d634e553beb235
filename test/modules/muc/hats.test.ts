/** XEP-0317: hats in rooms. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TestClient } from '../../support/client.ts';
import { startParley, type TestServer } from '../../support/parley.ts';
import type { Element } from '../../support/xml.ts';
import { configure, enter, gather, MUC, ROOM } from './room.ts';

const COMMANDS = 'http://jabber.org/protocol/commands';
const INFO = 'http://jabber.org/protocol/disco#info';
const ITEMS = 'http://jabber.org/protocol/disco#items';
const HATS = 'urn:xmpp:hats:0';
const NODE = 'urn:xmpp:hats:commands';
const HOST = 'http://schemas.example.com/hats#host';
const SCRIBE = 'http://schemas.example.com/hats#scribe';

let server: TestServer;
let crone: TestClient;
let hag: TestClient;

before(async () => {
  server = await startParley();
  [crone, hag] = await Promise.all([server.login('crone'), server.login('hag')]);
  await gather({ firstwitch: crone, secondwitch: hag }, { persistentroom: '1' });
});
after(() => server.stop());

function command(
  client: TestClient,
  node: string,
  fields?: Readonly<Record<string, string>>,
  more = '',
): Promise<Element> {
  const list = Object.entries(fields ?? {}).map(
    ([name, it]) => `<field var='hats#${name}'><value>${it}</value></field>`,
  );
  const form = fields === undefined ? '' : `<x xmlns='jabber:x:data' type='submit'>${list.join('')}</x>`;
  return client.iq('set', `<command xmlns='${COMMANDS}' node='${NODE}:${node}' ${more}>${form}</command>`, ROOM);
}

const status = (answer: Element): string | undefined => answer.firstElement()?.attr('status');
const condition = (answer: Element): string | undefined => answer.child('{jabber:client}error')?.elements()[0]?.name;
const valueIn = (field: Element): string => field.elements()[0]?.text() ?? '';
const table = (answer: Element): string[][] => {
  const x = answer.firstElement()?.child('{jabber:x:data}x');
  const rows = x?.elements().filter((it) => it.name === 'item') ?? [];
  return rows.map((row) => row.elements().map(valueIn));
};
const hat = (uri: string, title: string): string => `<hats xmlns='${HATS}'><hat uri='${uri}' title='${title}'/></hats>`;
const hash = async (): Promise<string | undefined> => {
  const answer = await hag.iq('get', `<query xmlns='${INFO}'/>`, ROOM);
  const form = answer.firstElement()?.child('{jabber:x:data}x');
  const field = form?.elements().find((it) => it.attr('var') === 'hats#hash');
  return field && valueIn(field);
};

test('hats are given by the room: what a client says of itself is not shown, by their former name either', async () => {
  await crone.drain();
  await hag.send(
    `<presence to='${ROOM}/secondwitch'><status>here</status><hats xmlns='xmpp:prosody.im/protocol/hats:1'><hat title='Admin' uri='http://x/admin'/></hats><hats xmlns='${HATS}'><hat title='Admin' uri='http://x/admin'/></hats><delay xmlns='urn:xmpp:delay' stamp='2002-01-01T00:00:00Z' from='${ROOM}'/></presence>`,
  );
  const seen = await crone.receives(`<presence from='${ROOM}/secondwitch'><status>here</status></presence>`);
  assert.doesNotMatch(String(seen), /Admin|delay/);
  await hag.send(`<presence to='${ROOM}/secondwitch'/>`);
  await Promise.all([crone.drain(), hag.drain()]);
});

test('2: the room says that it has hats, and which commands somebody may use', async () => {
  const info = await hag.iq('get', `<query xmlns='${INFO}'/>`, ROOM);
  assert.ok(info.toString().includes(HATS));
  const nodes = async (client: TestClient): Promise<number | undefined> =>
    (await client.iq('get', `<query xmlns='${ITEMS}' node='${COMMANDS}'/>`, ROOM)).firstElement()?.elements().length;
  assert.deepEqual([await nodes(crone), await nodes(hag)], [6, 1]);
  const node = await crone.iq('get', `<query xmlns='${INFO}' node='${NODE}:assign'/>`, ROOM);
  assert.equal(node.firstElement()?.elements()[0]?.attr('type'), 'command-node');
});

test('3.2: an admin creates a hat by form, and all are told with 104', async () => {
  const first = await command(crone, 'create');
  assert.equal(status(first), 'executing');
  const session = first.firstElement()?.attr('sessionid');
  const made = await command(crone, 'create', { title: 'Host', uri: HOST, hue: '327.25' }, `sessionid='${session}'`);
  assert.deepEqual([status(made), made.firstElement()?.attr('sessionid')], ['completed', session]);
  for (const client of [crone, hag]) {
    await client.receives(`<message from='${ROOM}'><x xmlns='${MUC}#user'><status code='104'/></x></message>`);
  }
  assert.match((await hash()) ?? '', /^[0-9a-f]{40}$/);
  assert.deepEqual(table(await command(hag, 'list')), [['Host', HOST, '327.25']]);
});

test('3.5: who is given a hat is shown with it, to others and to newcomers', async () => {
  const given = await command(crone, 'assign', { jid: 'hag@capulet.lit/any', uri: HOST });
  assert.equal(status(given), 'completed');
  const presence = `<presence from='${ROOM}/secondwitch'>${hat(HOST, 'Host')}</presence>`;
  await crone.receives(presence);
  await hag.receives(presence);
  const wiccarocks = await server.login('wiccarocks');
  await wiccarocks.send(`<presence to='${ROOM}/thirdwitch'><x xmlns='${MUC}'/></presence>`);
  await wiccarocks.receives(`<presence from='${ROOM}/firstwitch'/>`);
  await wiccarocks.receives(presence);
  await wiccarocks.send(`<presence to='${ROOM}' type='unavailable'/>`);
  await wiccarocks.close();
  await Promise.all([crone.drain(), hag.drain()]);
  assert.deepEqual(table(await command(crone, 'list-assigned')), [['hag@capulet.lit', HOST, 'Host', '327.25']]);
});

test('nobody puts a hat on by itself', async () => {
  await crone.send(`<presence to='${ROOM}/firstwitch'><status>hi</status>${hat(HOST, 'Host')}</presence>`);
  const seen = await hag.receives(`<presence from='${ROOM}/firstwitch'><status>hi</status></presence>`);
  assert.equal(seen.child(`{${HATS}}hats`), undefined);
  await crone.drain();
});

test('3.2: a hat that is made anew looks different on those who wear it', async () => {
  const before = await hash();
  await command(crone, 'create', { title: 'Hostess', uri: HOST });
  await hag.receives(`<message><x xmlns='${MUC}#user'><status code='104'/></x></message>`);
  await hag.receives(`<presence from='${ROOM}/secondwitch'>${hat(HOST, 'Hostess')}</presence>`);
  assert.notEqual(await hash(), before);
  await crone.drain();
});

test('who may not, and what is wrong, is refused', async () => {
  const scribe = { title: 'Scribe', uri: SCRIBE };
  for (const node of ['create', 'destroy', 'assign', 'unassign', 'list-assigned']) {
    assert.equal(condition(await command(hag, node, scribe)), 'forbidden', node);
  }
  const cases = [
    ['create', { uri: SCRIBE }, 'bad-request'],
    ['create', { title: 'Scribe', uri: 'scribe' }, 'bad-request'],
    ['create', { ...scribe, hue: '361' }, 'bad-request'],
    ['create', { ...scribe, title: 'x'.repeat(101) }, 'bad-request'],
    ['destroy', { uri: SCRIBE }, 'item-not-found'],
    ['assign', { jid: 'hag@capulet.lit', uri: SCRIBE }, 'item-not-found'],
    ['assign', { jid: '', uri: HOST }, 'bad-request'],
    ['unassign', { jid: 'crone@capulet.lit', uri: HOST }, 'item-not-found'],
    ['fly', {}, 'item-not-found'],
    ['constructor', {}, 'item-not-found'],
  ] as const;
  for (const [node, fields, error] of cases) assert.equal(condition(await command(crone, node, fields)), error, node);
  assert.equal(condition(await command(crone, 'create', scribe, `action='dance'`)), 'bad-request');
  assert.equal(condition(await command(crone, 'create', scribe, `action='prev'`)), 'bad-request');
  assert.equal(status(await command(crone, 'create', scribe, `action='cancel'`)), 'canceled');
  await crone.receivesNothing();
});

test('hats outlive the server', async () => {
  await server.restart();
  [crone, hag] = await Promise.all([server.login('crone'), server.login('hag')]);
  await enter(crone, 'firstwitch');
  await hag.send(`<presence to='${ROOM}/secondwitch'><x xmlns='${MUC}'/></presence>`);
  await crone.receives(`<presence from='${ROOM}/secondwitch'>${hat(HOST, 'Hostess')}</presence>`);
  await Promise.all([crone.drain(), hag.drain()]);
});

test('3.6: a hat that is taken away is shown no more', async () => {
  await command(crone, 'unassign', { jid: 'hag@capulet.lit', uri: HOST });
  const bare = await hag.receives(`<presence from='${ROOM}/secondwitch'/>`);
  assert.equal(bare.child(`{${HATS}}hats`), undefined);
  assert.deepEqual(table(await command(crone, 'list-assigned')), []);
  await crone.drain();
});

test('3.3: nobody wears a hat that is destroyed', async () => {
  await command(crone, 'assign', { jid: 'hag@capulet.lit', uri: HOST });
  await Promise.all([crone.drain(), hag.drain()]);
  assert.equal(status(await command(crone, 'destroy', { uri: HOST })), 'completed');
  await hag.receives(`<message><x xmlns='${MUC}#user'><status code='104'/></x></message>`);
  const bare = await hag.receives(`<presence from='${ROOM}/secondwitch'/>`);
  assert.equal(bare.child(`{${HATS}}hats`), undefined);
  assert.equal(await hash(), undefined);
});

test('an account that is removed leaves no hats behind', async () => {
  await server.account('guest');
  await command(crone, 'create', { title: 'Host', uri: HOST });
  await command(crone, 'assign', { jid: 'guest@capulet.lit', uri: HOST });
  assert.equal(table(await command(crone, 'list-assigned')).length, 1);
  await server.command('user delete', { jid: 'guest@capulet.lit' });
  assert.deepEqual(table(await command(crone, 'list-assigned')), []);
  await crone.drain();
});

test('a room that is founded anew has none of the hats of the old one', async () => {
  await command(crone, 'create', { title: 'Host', uri: HOST });
  await crone.iq('set', `<query xmlns='${MUC}#owner'><destroy/></query>`, ROOM);
  await crone.drain();
  await enter(crone, 'firstwitch');
  await configure(crone);
  assert.deepEqual(table(await command(crone, 'list')), []);
});
