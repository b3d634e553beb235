/** Directed presence: RFC 6121 section 4.6. */

import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { startParley } from '../../support/parley.ts';
import { errorOf, subscribe } from '../roster/people.ts';

const server = await startParley({ modules: { presence: { maxDirected: 3 } } });
after(() => server.stop());

suite('directed presence', () => {
  test('RFC 6121 4.6.3: goes to a stranger as it is, but later presence does not', async () => {
    const abe = await server.login('abe');
    const ann = await server.login('ann');
    await ann.send(`<presence to='abe@capulet.lit' id='d1'><show>chat</show></presence>`);
    await abe.receives(`<presence from='${ann.jid}' to='abe@capulet.lit' id='d1'><show>chat</show></presence>`);
    await ann.send('<presence><show>away</show></presence>');
    await ann.drain();
    await abe.receivesNothing();
  });

  test('RFC 6121 4.6.3, rule 2: unavailable presence reaches those who got it, and only them', async () => {
    const ben = await server.login('ben', { resource: 'r' });
    const bob = await server.login('bob');
    const bea = await server.login('bea');
    await bea.send(`<presence to='${ben.jid}'/>`);
    await ben.receives(`<presence from='${bea.jid}' to='${ben.jid}'/>`);
    await bea.send(`<presence type='unavailable'><status>Bye</status></presence>`);
    await ben.receives(
      `<presence type='unavailable' from='${bea.jid}' to='${ben.jid}'><status>Bye</status></presence>`,
    );
    await bob.receivesNothing();
    await bea.send('<presence/>');
    await bea.send(`<presence type='unavailable'/>`);
    await bea.drain();
    await ben.receivesNothing();
  });

  for (const way of ['close', 'cut'] as const) {
    test(`RFC 6121 4.6.3, rule 2: they hear of a session that ends without a word, too (${way})`, async () => {
      const other = await server.login(`cora-${way}`);
      const cid = await server.login(`cid-${way}`);
      await cid.send(`<presence to='cora-${way}@capulet.lit'/>`);
      await other.receives(`<presence from='${cid.jid}'/>`);
      await cid[way]();
      await other.receives(`<presence type='unavailable' from='${cid.jid}' to='cora-${way}@capulet.lit'/>`);
      await other.receivesNothing();
    });
  }

  test('RFC 6121 4.6.3, rule 2: who was told that it is over is not told again', async () => {
    const dan = await server.login('dan');
    const dot = await server.login('dot');
    await dot.send(`<presence to='dan@capulet.lit'/>`);
    await dot.send(`<presence to='dan@capulet.lit' type='unavailable'/>`);
    await dan.receives(`<presence from='${dot.jid}'/>`);
    await dan.receives(`<presence from='${dot.jid}' type='unavailable'/>`);
    await dot.close();
    await dan.receivesNothing();
  });

  test('RFC 6121 4.6.3, rule 1: a subscriber gets unavailable presence once, by the broadcast', async () => {
    await subscribe(server, 'eve', 'ed', 'from');
    const ed = await server.login('ed');
    const eve = await server.login('eve', { available: false });
    await ed.drain();
    await eve.send(`<presence to='ed@capulet.lit'/>`);
    await eve.send('<presence/>');
    await eve.send(`<presence to='ed@capulet.lit'><show>chat</show></presence>`);
    await eve.drain();
    assert.equal((await ed.drain()).length, 3);
    await eve.send(`<presence type='unavailable'/>`);
    await ed.receives(`<presence type='unavailable' from='${eve.jid}' to='ed@capulet.lit'/>`);
    await ed.receivesNothing();
  });

  test('RFC 6121 4.6.3, rule 3: without initial presence, subscribers are told like strangers', async () => {
    await subscribe(server, 'fay', 'fred', 'from');
    const fred = await server.login('fred');
    const fay = await server.login('fay', { available: false });
    await fred.drain();
    await fay.send(`<presence to='fred@capulet.lit'/>`);
    await fred.receives(`<presence from='${fay.jid}'/>`);
    await fay.close();
    await fred.receives(`<presence type='unavailable' from='${fay.jid}'/>`);
  });

  test('addresses are bounded; one that is there already may be told again', async () => {
    const gus = await server.login('gus');
    const names = ['g1', 'g2', 'g3', 'g4'];
    const others = await Promise.all(names.map((it) => server.login(it)));
    for (const name of names) await gus.send(`<presence id='${name}' to='${name}@capulet.lit'/>`);
    const refused = await gus.receive();
    assert.equal(refused.attr('id'), 'g4');
    assert.equal(errorOf(refused), 'wait resource-constraint');
    await gus.send(`<presence to='g1@capulet.lit'/>`);
    await gus.send(`<presence to='g2@capulet.lit' type='unavailable'/>`);
    await gus.send(`<presence to='g4@capulet.lit'/>`);
    await gus.receivesNothing();
    const counts = await Promise.all(others.map(async (it) => (await it.drain()).length));
    assert.deepEqual(counts, [2, 2, 1, 1]);
  });
});

suite('RFC 6121 4.6.5: probes by those who got directed presence', () => {
  test('are answered with mere availability, for the resource that sent it alone', async () => {
    const room = await server.login('room', { resource: 'r' });
    const hal = await server.login('hal', { resource: 'r' });
    await hal.send(`<presence><show>dnd</show><status>Secret</status></presence>`);
    await hal.send(`<presence to='${room.jid}'/>`);
    await room.receives(`<presence from='${hal.jid}'/>`);
    await room.send(`<presence type='probe' to='${hal.jid}'/>`);
    const answer = await room.receives(`<presence from='${hal.jid}' to='${room.jid}'/>`);
    assert.equal(answer.attr('type'), undefined);
    assert.equal(answer.elements().length, 0);
    await hal.send(`<presence type='unavailable' to='${room.jid}'/>`);
    await room.receives(`<presence from='${hal.jid}' type='unavailable'/>`);
    await room.send(`<presence type='probe' to='${hal.jid}'/>`);
    await room.receivesNothing();
  });
});
