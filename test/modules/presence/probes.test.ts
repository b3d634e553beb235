/** Presence probes: RFC 6121 section 4.3. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { type Jid, jid, Router, stanza } from '#api';
import { startParley } from '../../support/parley.ts';
import { itemsOf, roster, subscribe } from '../roster/people.ts';

const server = await startParley();
after(() => server.stop());

function probe(from: string, to: string): Promise<void> | void {
  const head = { from: jid(from), to: jid(to) as Jid, type: 'probe' };
  return server.service(Router).route(stanza('presence', head));
}

suite('presence probes', () => {
  test('RFC 6121 4.3.2, rule 4: a subscriber gets the last presence of each available resource, and its time', async () => {
    await subscribe(server, 'ann', 'abe', 'from');
    const abe = await server.login('abe');
    const one = await server.login('ann', { resource: 'one' });
    await one.send(`<presence id='p7'><show>away</show></presence>`);
    await server.login('ann', { resource: 'two' });
    await server.login('ann', { resource: 'silent', available: false });
    await abe.drain();
    await probe(abe.jid, 'ann@capulet.lit');
    const delay = `<delay xmlns='urn:xmpp:delay' from='capulet.lit' stamp='${new Date(server.clock.now()).toISOString()}'/>`;
    await abe.receivesAll(
      `<presence from='ann@capulet.lit/one' to='${abe.jid}' id='p7'><show>away</show>${delay}</presence>`,
      `<presence from='ann@capulet.lit/two' to='${abe.jid}'>${delay}</presence>`,
    );
    await abe.receivesNothing();
  });

  test('a probe of one resource is answered for that one', async () => {
    await subscribe(server, 'bea', 'ben', 'from');
    const ben = await server.login('ben');
    await server.login('bea', { resource: 'one' });
    await server.login('bea', { resource: 'two' });
    await ben.drain();
    await ben.send(`<presence type='probe' to='bea@capulet.lit/two'/>`);
    await ben.receives(`<presence from='bea@capulet.lit/two'/>`);
    await ben.send(`<presence type='probe' to='bea@capulet.lit/gone'/>`);
    await ben.receives(`<presence from='bea@capulet.lit/gone' type='unavailable'/>`);
    await ben.receivesNothing();
  });

  test('RFC 6121 4.3.2, rule 3: for an account that is absent the answer is unavailable, from the bare address', async () => {
    await subscribe(server, 'cid', 'cora', 'from');
    const cora = await server.login('cora');
    await cora.drain();
    await cora.send(`<presence type='probe' to='cid@capulet.lit'/>`);
    const answer = await cora.receives(`<presence from='cid@capulet.lit' type='unavailable'/>`);
    assert.equal(answer.elements().length, 0, 'since when is not known');
  });

  test('RFC 6121 4.3.2, rule 3: the answer has the time when the last resource went', async () => {
    await subscribe(server, 'hal', 'ida', 'from');
    const one = await server.login('hal', { resource: 'one' });
    const two = await server.login('hal', { resource: 'two' });
    await one.close();
    const at = server.clock.now();
    await two.send(`<presence type='unavailable'/>`);
    await two.drain();
    server.clock.advance(5000);
    await two.close();
    const since = `<delay xmlns='urn:xmpp:delay' from='capulet.lit' stamp='${new Date(at).toISOString()}'/>`;
    const ida = await server.login('ida');
    await ida.receives(`<presence from='hal@capulet.lit' to='${ida.jid}' type='unavailable'>${since}</presence>`);
    await ida.send(`<presence type='probe' to='hal@capulet.lit'/>`);
    await ida.receives(`<presence from='hal@capulet.lit' type='unavailable'>${since}</presence>`);
  });

  test('RFC 6121 4.3.2, rule 1: no subscription, no presence: the answer is unsubscribed, and ends a stale one', async () => {
    const dan = await server.login('dan');
    await server.login('dot');
    await server.command('roster add', { jid: 'dan@capulet.lit', contact: 'dot@capulet.lit' });
    await roster(dan);
    await dan.send(`<presence type='probe' to='dot@capulet.lit'/>`);
    await dan.receivesNothing();
    await dan.send(`<presence to='dot@capulet.lit' type='subscribe'/>`);
    await dan.drain();
    await dan.send(`<presence type='probe' to='dot@capulet.lit'/>`);
    await dan.receives(`<presence from='dot@capulet.lit' to='dan@capulet.lit' type='unsubscribed'/>`);
    const items = await roster(dan);
    assert.deepEqual(itemsOf(items), ['dot@capulet.lit none']);
  });

  test('RFC 6121 8.5.1: an account that does not exist answers like one that has not subscribed us', async () => {
    const eve = await server.login('eve');
    await server.account('ed');
    await roster(eve);
    for (const name of ['ed', 'nobody']) {
      await eve.send(`<presence to='${name}@capulet.lit' type='subscribe'/>`);
      await eve.drain();
      await eve.send(`<presence type='probe' to='${name}@capulet.lit'/>`);
      await eve.receives(`<presence from='${name}@capulet.lit' to='eve@capulet.lit' type='unsubscribed'/>`);
      await eve.drain();
    }
  });

  test('RFC 6121 4.3.2: an answer of unsubscribed leaves an approval that was given in advance', async () => {
    const fay = await server.login('fay');
    const fred = await server.login('fred');
    await fay.send(`<presence to='fred@capulet.lit' type='subscribed'/>`);
    await fay.receivesNothing();
    await fred.send(`<presence type='probe' to='fay@capulet.lit'/>`);
    await fred.receivesNothing();
    const item = (await roster(fay)).firstElement()?.firstElement();
    assert.equal(item?.attr('approved'), 'true');
  });

  test('one’s own account answers with all its resources', async () => {
    const gus = await server.login('gus', { resource: 'one' });
    await server.login('gus', { resource: 'two' });
    await gus.drain();
    await gus.send(`<presence type='probe' to='gus@capulet.lit'/>`);
    await gus.receivesAll(`<presence from='gus@capulet.lit/one'/>`, `<presence from='gus@capulet.lit/two'/>`);
    await gus.receivesNothing();
  });
});
