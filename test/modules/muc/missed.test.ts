/** What members miss while they are away: their hosts are told, for push; members are members, whether they are there or not. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { z } from 'zod';
import { defineModule, type Missed, missed, observe } from '#api';
import type { TestClient } from '../../support/client.ts';
import { startParley, type TestServer } from '../../support/parley.ts';
import { administer, enter, gather, SERVICE } from './room.ts';

/** What each host was told: the host, the text and for whom. */
let told: [host: string, body: string, accounts: readonly string[]][] = [];

const witness = defineModule({
  name: 'witness',
  summary: 'Writes down what would be pushed',
  config: z.strictObject({}),
  setup: ({ host }) => ({
    hooks: [
      observe(missed, ({ stanza, accounts }: Missed) => {
        const body = stanza.element.childText('{jabber:client}body') ?? '';
        told.push([host.domain, `${stanza.from.resource}: ${body}`, accounts.map((it) => it.full)]);
      }),
    ],
  }),
});

let server: TestServer;
let crone: TestClient;
let hag: TestClient;
let rooms = 0;

before(async () => {
  server = await startParley({ hosts: ['montague.lit'], extra: [witness] });
  crone = await server.login('crone');
  hag = await server.login('hag');
  await server.account('witch');
  await server.account('romeo', 'secret', 'montague.lit');
});
afterEach(() => {
  told = [];
});
after(() => server.stop());

/** A room of the crone's with members at two hosts and at another server; the hag is a member, and there. */
async function newRoom(fields: Readonly<Record<string, string>>): Promise<string> {
  const room = `missed${++rooms}@${SERVICE}`;
  await gather({ crone }, fields, room);
  const members = ['hag@capulet.lit', 'witch@capulet.lit', 'romeo@montague.lit', 'hecate@elsewhere.example'];
  const items = members.map((it) => `<item jid='${it}' affiliation='member'/>`).join('');
  assert.equal(await administer(crone, `${items}<item jid='puck@capulet.lit' affiliation='outcast'/>`, room), 'result');
  await enter(hag, 'hag', '', room);
  for (const it of [crone, hag]) await it.drain();
  return room;
}

async function say(client: TestClient, room: string, inner: string): Promise<void> {
  await client.send(`<message to='${room}' type='groupchat'>${inner}</message>`);
  await client.drain();
}

test('hosts are told what members of theirs missed, who are away; nobody who is there, or banned', async () => {
  const room = await newRoom({ membersonly: '1' });
  await say(hag, room, '<body>Harpier cries</body>');
  assert.deepEqual(told, [
    ['capulet.lit', 'hag: Harpier cries', ['witch@capulet.lit']],
    ['montague.lit', 'hag: Harpier cries', ['romeo@montague.lit']],
  ]);
});

test('who leaves misses what is said from then on, and nothing when it is back', async () => {
  const room = await newRoom({ membersonly: '1' });
  await hag.send(`<presence to='${room}/hag' type='unavailable'/>`);
  await hag.drain();
  await say(crone, room, '<body>first</body>');
  assert.deepEqual(told[0], ['capulet.lit', 'crone: first', ['hag@capulet.lit', 'witch@capulet.lit']]);
  told = [];
  await enter(hag, 'hag', '', room);
  await say(crone, room, '<body>second</body>');
  assert.deepEqual(told[0], ['capulet.lit', 'crone: second', ['witch@capulet.lit']]);
});

test('what is not worth keeping is not missed', async () => {
  const room = await newRoom({ membersonly: '1' });
  await say(hag, room, `<composing xmlns='http://jabber.org/protocol/chatstates'/>`);
  assert.deepEqual(told, []);
});

test('of an open room, members that are away are not told', async () => {
  const room = await newRoom({ membersonly: '0' });
  await say(hag, room, '<body>Harpier cries</body>');
  assert.deepEqual(told, []);
});

test('who was refused is not heard of', async () => {
  const room = await newRoom({ membersonly: '1', moderatedroom: '1' });
  assert.equal(await administer(crone, `<item nick='hag' role='visitor'/>`, room), 'result');
  await say(hag, room, '<body>Harpier cries</body>');
  assert.deepEqual(told, []);
});
