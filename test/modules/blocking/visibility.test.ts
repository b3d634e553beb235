/** Presence when contacts are blocked and unblocked: XEP-0191 sections 3.3 and 3.4. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { startParley } from '../../support/parley.ts';
import { block, subscribe, unblock } from './people.ts';

const server = await startParley();
after(() => server.stop());

/** Two accounts that know each other, both online, and the first with two resources, one of them not available. */
async function pair(one: string, other: string, subscription: 'to' | 'from' | 'both' = 'both') {
  await subscribe(server, one, other, subscription);
  const owner = await server.login(one, { resource: 'balcony' });
  const silent = await server.login(one, { resource: 'silent', available: false });
  const contact = await server.login(other, { resource: 'orchard' });
  for (const client of [owner, silent, contact]) await client.drain();
  return { owner, silent, contact };
}

suite('blocking', () => {
  test('XEP-0191 3.3: a subscribed contact gets unavailable presence from each available resource', async () => {
    const { owner, contact } = await pair('ann', 'abe');
    const hall = await server.login('ann', { resource: 'hall' });
    for (const client of [owner, hall, contact]) await client.drain();
    await block(owner, 'abe@capulet.lit');
    await contact.receivesAll(
      `<presence type='unavailable' from='ann@capulet.lit/balcony'/>`,
      `<presence type='unavailable' from='ann@capulet.lit/hall'/>`,
    );
    await contact.receivesNothing();
    await hall.receivesNothing();
  });

  test('XEP-0191 3.3: who may not see the presence hears nothing', async () => {
    const { owner, contact } = await pair('bea', 'bob', 'to');
    const stranger = await server.login('stranger');
    await block(owner, 'bob@capulet.lit', 'stranger@capulet.lit');
    await contact.receivesNothing();
    await stranger.receivesNothing();
  });

  test('XEP-0191 3.3: a blocked resource alone gets it', async () => {
    const { owner, contact } = await pair('cid', 'cora');
    const hall = await server.login('cora', { resource: 'hall' });
    for (const client of [contact, hall]) await client.drain();
    await block(owner, 'cora@capulet.lit/hall');
    await hall.receives(`<presence type='unavailable' from='cid@capulet.lit/balcony' to='cora@capulet.lit/hall'/>`);
    await contact.receivesNothing();
  });

  test('XEP-0191 3.3: with a domain all its subscribed contacts get it, the own account not among them', async () => {
    const { owner, contact } = await pair('dan', 'dora');
    const second = await server.login('dan', { resource: 'second' });
    await subscribe(server, 'dan', 'dick', 'to');
    const hidden = await server.login('dick');
    for (const client of [owner, second, contact, hidden]) await client.drain();
    await block(owner, 'capulet.lit');
    await contact.receivesAll(
      `<presence type='unavailable' from='dan@capulet.lit/balcony'/>`,
      `<presence type='unavailable' from='dan@capulet.lit/second'/>`,
    );
    await contact.receivesNothing();
    await hidden.receivesNothing();
    await second.receivesNothing();
  });

  test('who was blocked already is not told again', async () => {
    const { owner, contact } = await pair('eve', 'edd');
    await block(owner, 'edd@capulet.lit');
    await contact.receives(`<presence type='unavailable'/>`);
    await block(owner, 'edd@capulet.lit', 'capulet.lit', 'edd@capulet.lit/orchard');
    await contact.receivesNothing();
  });
});

suite('unblocking', () => {
  test('XEP-0191 3.4: a subscribed contact gets the current presence of each available resource', async () => {
    const { owner, contact } = await pair('fay', 'fred');
    await block(owner, 'fred@capulet.lit');
    await owner.send('<presence><show>away</show><status>on the balcony</status></presence>');
    await owner.drain();
    await contact.drain();
    await unblock(owner, 'fred@capulet.lit');
    await contact.receives(
      `<presence from='fay@capulet.lit/balcony'><show>away</show><status>on the balcony</status></presence>`,
    );
    await contact.receivesNothing();
  });

  test('XEP-0191 3.5: so does everybody when all are unblocked', async () => {
    const { owner, contact } = await pair('gil', 'gert');
    await subscribe(server, 'gil', 'greg', 'from');
    const watcher = await server.login('greg');
    await block(owner, 'capulet.lit');
    for (const client of [owner, contact, watcher]) await client.drain();
    await unblock(owner);
    await contact.receives(`<presence from='gil@capulet.lit/balcony'/>`);
    await watcher.receives(`<presence from='gil@capulet.lit/balcony'/>`);
    await contact.receivesNothing();
  });

  test('XEP-0191 3.4: who may not see the presence gets none', async () => {
    const { owner, contact } = await pair('hal', 'hope', 'to');
    await block(owner, 'hope@capulet.lit');
    await unblock(owner, 'hope@capulet.lit');
    await contact.receivesNothing();
  });

  test('who is still blocked by another item gets none', async () => {
    const { owner, contact } = await pair('ian', 'iris');
    await block(owner, 'iris@capulet.lit', 'capulet.lit');
    await contact.drain();
    await unblock(owner, 'iris@capulet.lit');
    await contact.receivesNothing();
    await unblock(owner, 'capulet.lit');
    await contact.receives(`<presence from='ian@capulet.lit/balcony'/>`);
  });

  test('without an available resource there is nothing to show', async () => {
    await subscribe(server, 'jan', 'jeff');
    const jeff = await server.login('jeff');
    const jan = await server.login('jan', { available: false });
    await jeff.drain();
    await block(jan, 'jeff@capulet.lit');
    await unblock(jan, 'jeff@capulet.lit');
    await jeff.receivesNothing();
  });
});

test('blocking works where there are no rosters', async (t) => {
  const bare = await startParley({ modules: { roster: false, presence: false } });
  t.after(() => bare.stop());
  const kim = await bare.login('kim', { available: false });
  const lea = await bare.login('lea', { available: false });
  await block(kim, 'lea@capulet.lit');
  await lea.send(`<message to='${kim.jid}' type='chat' id='m'><body>hi</body></message>`);
  await lea.receives(`<message type='error' id='m'/>`);
});

suite('what a blocked contact ends is over', () => {
  test('RFC 6121 3.2.3, 3.3.3: the roster knows that a subscription has ended, and the user is told by nothing else', async () => {
    const { owner, contact } = await pair('una', 'uwe');
    await owner.iq('get', `<query xmlns='jabber:iq:roster'/>`);
    await block(owner, 'uwe@capulet.lit');
    await owner.drain();
    await contact.iq(
      'set',
      `<query xmlns='jabber:iq:roster'><item jid='una@capulet.lit' subscription='remove'/></query>`,
    );
    await contact.drain();
    for (const element of await owner.drain()) assert.equal(element.name, 'iq', String(element));
    await unblock(owner, 'uwe@capulet.lit');
    await owner.drain();
    await owner.send('<presence><show>away</show></presence>');
    await contact.receivesNothing();
    const roster = await owner.iq('get', `<query xmlns='jabber:iq:roster'/>`);
    assert.match(String(roster), /jid='uwe@capulet.lit'[^>]* subscription='none'/);
  });

  test('RFC 6121 4.6.3: who was told by directed presence is told of the end, also when blocked since', async () => {
    const { owner, contact } = await pair('vic', 'val', 'to');
    const room = 'visible@conference.capulet.lit';
    await owner.send(`<presence to='val@capulet.lit'/>`);
    await contact.receives(`<presence from='${owner.jid}'/>`);
    for (const [nick, client] of [
      ['val', contact],
      ['vic', owner],
    ] as const) {
      await client.send(`<presence to='${room}/${nick}'><x xmlns='http://jabber.org/protocol/muc'/></presence>`);
      await client.drain();
      if (client === contact) {
        const form = `<x xmlns='jabber:x:data' type='submit'/>`;
        await client.iq('set', `<query xmlns='http://jabber.org/protocol/muc#owner'>${form}</query>`, room);
      }
    }
    await block(owner, 'val@capulet.lit', room);
    await Promise.all([owner.drain(), contact.drain()]);
    await owner.send(`<presence to='${room}/vic' type='unavailable'/>`);
    await contact.receives(`<presence from='${room}/vic' type='unavailable'/>`);
    await owner.close();
    await contact.receives(`<presence from='${owner.jid}' type='unavailable'/>`);
  });
});
