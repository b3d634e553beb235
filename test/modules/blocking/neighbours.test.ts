/** What other modules make of it when somebody is blocked (XEP-0191). */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { TestClient } from '../../support/client.ts';
import { startParley, type TestServer } from '../../support/parley.ts';
import { ask, say, until } from '../archive/support.ts';
import { chat, fateOf, settled } from '../ledger/support.ts';
import { gather, MUC, ROOM } from '../muc/room.ts';

const RETRACT = 'urn:xmpp:message-retract:1';
const BARE = 'juliet@capulet.lit';

let server: TestServer;
let juliet: TestClient;
let romeo: TestClient;

beforeEach(async () => {
  server = await startParley({ hosts: ['montague.lit'] });
  juliet = await server.login('juliet', { resource: 'balcony' });
  romeo = await server.login('romeo', { resource: 'orchard' });
});
afterEach(() => server.stop());

async function block(client: TestClient, address: string): Promise<void> {
  await client.iq('set', `<block xmlns='urn:xmpp:blocking'><item jid='${address}'/></block>`);
  await client.drain();
}

test('XEP-0313 6.1: what a guard refuses is in the archive of the sender alone', async () => {
  await block(juliet, 'romeo@capulet.lit');
  await romeo.send(`<message to='${BARE}' type='chat'><body>hear me</body></message>`);
  await romeo.drain();
  assert.deepEqual((await ask(romeo)).bodies, ['hear me']);
  assert.deepEqual((await ask(juliet)).bodies, []);
});

test('XEP-0424 5: who blocks somebody keeps what was said, though the sender does not', async () => {
  await say(romeo, juliet, 'a threat', `type='chat' id='threat-1'`);
  await block(juliet, 'romeo@capulet.lit');
  await romeo.send(`<message to='${BARE}' id='no-threat'><retract xmlns='${RETRACT}' id='threat-1'/></message>`);
  await romeo.drain();
  await until(async () => (await ask(romeo)).messages[0]?.child(`{${RETRACT}}retracted`) !== undefined);
  assert.equal((await ask(juliet)).bodies[0], 'a threat');
});

test('parley explain names who blocked a message: its recipient or its sender', async () => {
  await block(juliet, 'romeo@capulet.lit');
  await romeo.send(chat(BARE, 'in'));
  await settled(romeo);
  const refused = `blocked by ${BARE}, and returned to its sender: service-unavailable`;
  assert.deepEqual(await fateOf(server, 'in'), ['blocked', refused]);
  await block(romeo, 'tybalt@capulet.lit');
  await romeo.send(chat('tybalt@capulet.lit', 'out'));
  await settled(romeo);
  const kept = 'blocked by romeo@capulet.lit, and returned to its sender: not-acceptable';
  assert.deepEqual(await fateOf(server, 'out'), ['blocked', kept]);
});

test('XEP-0045 11.1: who blocks another occupant stays in the room, whichever host of ours it is from', async () => {
  const benvolio = await server.login('benvolio', { host: 'montague.lit' });
  await gather({ romeo, juliet, benvolio });
  for (const it of [juliet, benvolio]) await block(it, `${ROOM}/romeo`);
  await romeo.send(`<message id='b' type='groupchat' to='${ROOM}'><body>hello</body></message>`);
  await romeo.receives(`<message id='b' type='groupchat'><body>hello</body></message>`);
  await Promise.all([romeo, juliet, benvolio].map((it) => it.receivesNothing()));
});

test('XEP-0045 7.8.2: an invitation that cannot be delivered does not come back to the room', async () => {
  await gather({ romeo });
  await block(juliet, ROOM);
  await romeo.send(`<message to='${ROOM}'><x xmlns='${MUC}#user'><invite to='${BARE}'/></x></message>`);
  await Promise.all([romeo.receivesNothing(), juliet.receivesNothing()]);
});

test('XEP-0313 5.1.2: what is whispered in a room to several devices of one who blocks is archived once', async (t) => {
  const server = await startParley();
  t.after(() => server.stop());
  const room = 'whispers@conference.capulet.lit';
  const muc = 'http://jabber.org/protocol/muc';
  const [crone, pda, hag] = [
    await server.login('crone', { resource: 'desk' }),
    await server.login('crone', { resource: 'pda' }),
    await server.login('hag'),
  ];
  const all = [crone, pda, hag];
  const quiet = async () => {
    for (const it of all) await it.drain();
  };
  for (const it of all) {
    await it.send(`<presence to='${room}/${it === hag ? 'hag' : 'crone'}'><x xmlns='${muc}'/></presence>`);
    await it.drain();
    if (it === crone)
      await it.iq('set', `<query xmlns='${muc}#owner'><x xmlns='jabber:x:data' type='submit'/></query>`, room);
  }
  await block(crone, 'nobody@capulet.lit');
  await quiet();
  await hag.send(`<message to='${room}/crone' type='chat'><body>to all of you</body></message>`);
  const ids: (string | undefined)[] = [];
  for (const it of [crone, pda]) {
    const seen = await it.receives(`<message from='${room}/hag' to='${it.jid}'><body>to all of you</body></message>`);
    ids.push(seen.child('{urn:xmpp:sid:0}stanza-id')?.attr('id'));
  }
  assert.ok(ids[0] !== undefined && ids[0] === ids[1], String(ids));
  const field = (name: string, value: string) => `<field var='${name}'><value>${value}</value></field>`;
  const fields = field('FORM_TYPE', 'urn:xmpp:mam:2') + field('with', room);
  await crone.iq('set', `<query xmlns='urn:xmpp:mam:2'><x xmlns='jabber:x:data' type='submit'>${fields}</x></query>`);
  assert.equal((await crone.drain()).length, 1);
  await block(crone, `${room}/hag`);
  await quiet();
  await hag.send(`<message id='no' to='${room}/crone' type='chat'><body>to none of you</body></message>`);
  await hag.receives(`<message id='no' type='error' from='${room}/crone'/>`);
  for (const it of all) await it.receivesNothing();
});
