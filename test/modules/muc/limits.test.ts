/** XEP-0045 section 13.6: nobody floods rooms, nor the service with rooms. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { conditionOf } from '../../support/condition.ts';
import { startParley } from '../../support/parley.ts';
import { administer, enter, gather, listOf, MUC, ROOM, SERVICE } from './room.ts';

const server = await startParley({
  settings: { pingIntervalMs: 86_400_000 },
  modules: { muc: { messagesPerSecond: 5, presencePerSecond: 2, creationsPerHour: 3 } },
  admins: ['queen@capulet.lit'],
});
after(() => server.stop());

const [crone, hag] = [await server.login('crone'), await server.login('hag')];
await gather({ firstwitch: crone, secondwitch: hag });

const groupchat = (id: string) => `<message to='${ROOM}' type='groupchat' id='${id}'><body>${id}</body></message>`;
const tooFast = `<error type='wait'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`;
const drain = async () => (await Promise.all([crone.drain(), hag.drain()])).flat();
const isError = (it: { attr(name: string): string | undefined }) => it.attr('type') === 'error';

for (const [who, client] of [
  ['participants', hag],
  ['moderators, too', crone],
] as const) {
  test(`messagesPerSecond: ${who}, who say too much are refused with policy-violation, and may go on after a while`, async () => {
    server.clock.advance(60_000);
    for (let i = 0; i < 5; i++) await client.send(groupchat(`m${i}`));
    assert.equal((await client.drain()).filter(isError).length, 0);
    await client.send(groupchat('over'));
    await client.receives(`<message from='${ROOM}' type='error' id='over'>${tooFast}</message>`);
    server.clock.advance(200);
    await client.send(groupchat('later'));
    await client.receives(`<message id='later' type='groupchat'/>`);
    await client.send(groupchat('again'));
    await client.receives(`<message type='error' id='again'>${tooFast}</message>`);
    await drain();
  });
}

test('messagesPerSecond: what is whispered counts', async () => {
  server.clock.advance(60_000);
  for (let i = 0; i < 6; i++) {
    await hag.send(`<message to='${ROOM}/firstwitch' type='chat' id='p${i}'><body>${i}</body></message>`);
  }
  await hag.receives(`<message type='error' id='p5'>${tooFast}</message>`);
  assert.equal((await crone.drain()).length, 5);
});

test('messagesPerSecond: the one who is refused does not keep others from speaking', async () => {
  server.clock.advance(60_000);
  for (let i = 0; i < 10; i++) await hag.send(groupchat(`f${i}`));
  await hag.drain();
  await crone.drain();
  await crone.send(groupchat('calm'));
  await crone.receives(`<message id='calm' from='${ROOM}/firstwitch'/>`);
  await drain();
});

test('presencePerSecond: rapid changes are refused; the room does not hear of them', async () => {
  server.clock.advance(60_000);
  for (let i = 0; i < 32; i++) {
    await hag.send(`<presence to='${ROOM}/secondwitch' id='c${i}'><status>${i}</status></presence>`);
  }
  const refused = (await hag.drain()).filter(isError);
  assert.deepEqual(
    refused.map((it) => it.attr('id')),
    ['c30', 'c31'],
  );
  assert.match(String(refused[0]), /type='wait'.*policy-violation/);
  assert.equal((await crone.drain()).length, 30);
  server.clock.advance(500);
  await hag.send(`<presence to='${ROOM}/secondwitch'><status>later</status></presence>`);
  await crone.receives(`<presence from='${ROOM}/secondwitch'><status>later</status></presence>`);
  await drain();
});

test('presencePerSecond: coming and going counts, whichever device it is; going is always allowed', async () => {
  server.clock.advance(60_000);
  const third = [await server.login('third'), await server.login('third')];
  let entries = 0;
  for (let i = 0; i < 32; i++) {
    const client = third[i % 2] as (typeof third)[0];
    await client.send(`<presence to='${ROOM}/third'><x xmlns='${MUC}'/></presence>`);
    await client.send(`<presence to='${ROOM}/third' type='unavailable'/>`);
    const heard = await client.drain();
    if (heard.some((it) => String(it).includes('policy-violation'))) continue;
    entries++;
  }
  assert.equal(entries, 30);
  const left = (await crone.drain()).filter((it) => it.attr('from') === `${ROOM}/third`);
  assert.equal(left.at(-1)?.attr('type'), 'unavailable');
  for (const it of third) await it.close();
  await drain();
});

test('presencePerSecond: another room is another matter', async () => {
  server.clock.advance(60_000);
  for (let i = 0; i < 32; i++) await crone.send(`<presence to='${ROOM}/firstwitch'><status>${i}</status></presence>`);
  await drain();
  await enter(crone, 'crone', '', `heath@${SERVICE}`);
  await drain();
});

test('what a presence holds has a limit: everybody who enters is sent all of them', async () => {
  server.clock.advance(60_000);
  await drain();
  const large = `<status>${'x'.repeat(5000)}</status>`;
  await hag.send(`<presence to='${ROOM}/secondwitch' id='large'>${large}</presence>`);
  await hag.receives(
    `<presence type='error' id='large'><error type='modify'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>`,
  );
  const other = await server.login('other');
  await other.send(`<presence to='${ROOM}/other'><x xmlns='${MUC}'/>${large}</presence>`);
  await other.receives(`<presence type='error'/>`);
  await crone.receivesNothing();
  await enter(other, 'other');
  await drain();
  await other.send(`<presence to='${ROOM}/other' type='unavailable'>${large}</presence>`);
  const gone = await crone.receives(`<presence from='${ROOM}/other' type='unavailable'/>`);
  assert.equal(gone.child('{jabber:client}status'), undefined);
  await drain();
});

test('creationsPerHour: who creates too many rooms has to wait; administrators do not', async () => {
  const founder = await server.login('founder');
  const create = (client: typeof founder, name: string) =>
    client.send(`<presence to='${name}@${SERVICE}/founder'><x xmlns='${MUC}'/></presence>`);
  for (let i = 0; i < 3; i++) {
    await create(founder, `made${i}`);
    await founder.receives(`<presence from='made${i}@${SERVICE}/founder'/>`);
    await founder.drain();
  }
  await create(founder, 'made3');
  await founder.receives(
    `<presence type='error' from='made3@${SERVICE}/founder'><x xmlns='${MUC}'/>${tooFast}</presence>`,
  );
  // What is there already may be entered.
  await create(founder, 'made2');
  await founder.receives(`<presence from='made2@${SERVICE}/founder'/>`);
  await founder.drain();
  server.clock.advance(1_200_000);
  await create(founder, 'made3');
  await founder.receives(`<presence from='made3@${SERVICE}/founder'/>`);
  const queen = await server.login('queen');
  for (let i = 0; i < 5; i++) {
    await create(queen, `royal${i}`);
    await queen.receives(`<presence from='royal${i}@${SERVICE}/founder'/>`);
    await queen.drain();
  }
});

suite('maxRoomsPerAccount', () => {
  test('counts the rooms that an account has created, and not those that others have given it', async () => {
    const small = await startParley({ modules: { muc: { maxRoomsPerAccount: 2 } } });
    const [giver, victim] = [await small.login('giver'), await small.login('victim')];
    for (const name of ['a', 'b']) {
      const room = `${name}@${SERVICE}`;
      await gather({ giver }, { persistentroom: '1' }, room);
      assert.equal(await administer(giver, `<item jid='victim@capulet.lit' affiliation='owner'/>`, room), 'result');
      await giver.drain();
      await victim.drain();
    }
    await gather({ victim }, {}, `mine@${SERVICE}`);
    await giver.send(`<presence to='c@${SERVICE}/giver'><x xmlns='${MUC}'/></presence>`);
    await giver.receives(
      `<presence type='error'><error><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>`,
    );
    await small.stop();
  });

  test('5.2: nobody gets at a room before its creation is allowed, and nothing is left of one that was refused', async () => {
    const small = await startParley({ modules: { muc: { maxRoomsPerAccount: 1 } } });
    const [one, two, victim] = [await small.login('evil'), await small.login('evil'), await small.login('victim')];
    await small.account('sock');
    await gather({ one }, { persistentroom: '1' }, `one@${SERVICE}`);
    const room = `secret@${SERVICE}`;
    const plant = `<iq type='set' id='p' to='${room}'><query xmlns='${MUC}#admin'><item jid='sock@capulet.lit' affiliation='owner'/></query></iq>`;
    for (let turns = 0; turns < 40; turns++) {
      one.raw(`<presence to='${room}/x'><x xmlns='${MUC}'/></presence>`);
      for (let i = 0; i < turns; i++) await new Promise((done) => setImmediate(done));
      two.raw(plant);
      assert.equal(conditionOf(await two.answer('p')), 'item-not-found');
      await one.drain();
      small.clock.advance(1000);
    }
    await gather({ victim }, { persistentroom: '1', membersonly: '1' }, room);
    await small.restart();
    const again = await small.login('victim');
    assert.equal((await listOf(again, `affiliation='owner'`, room)).length, 1);
    await small.stop();
  });
});
