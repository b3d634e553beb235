/** Presence that reaches an account: RFC 6121 section 8.5, and types that are none. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { startParley } from '../../support/parley.ts';
import { errorOf, itemsOf, roster } from '../roster/people.ts';

const server = await startParley({ hosts: ['montague.lit'] });
after(() => server.stop());

suite('delivery of presence', () => {
  for (const type of ['', ` type='unavailable'`]) {
    test(`RFC 6121 8.5.2.1.2: presence${type} to a bare address goes to every available resource, whatever its priority`, async () => {
      const name = type === '' ? 'ann' : 'ada';
      const resources = await Promise.all(['a', 'b', 'c'].map((it) => server.login(name, { resource: it })));
      const priorities = [3, 0, -1];
      for (const [i, client] of resources.entries()) {
        await client.send(`<presence><priority>${priorities[i]}</priority></presence>`);
      }
      const deaf = await server.login(name, { resource: 'deaf', available: false });
      for (const client of [...resources, deaf]) await client.drain();
      const abe = await server.login('abe', { available: false });
      await abe.send(`<presence to='${name}@capulet.lit'${type} id='n1'><x xmlns='org.example'>needle</x></presence>`);
      for (const client of resources) {
        await client.receives(
          `<presence from='${abe.jid}' to='${name}@capulet.lit' id='n1'><x xmlns='org.example'>needle</x></presence>`,
        );
      }
      await deaf.receivesNothing();
    });
  }

  test('RFC 6121 8.5.3.1: presence to a resource goes to that one, available or not', async () => {
    const one = await server.login('bea', { resource: 'one' });
    const deaf = await server.login('bea', { resource: 'deaf', available: false });
    const ben = await server.login('ben');
    await ben.send(`<presence to='bea@capulet.lit/deaf'/>`);
    await deaf.receives(`<presence from='${ben.jid}' to='${deaf.jid}'/>`);
    await one.receivesNothing();
  });

  test('RFC 6121 8.5.3.2.2: presence to a resource that is not there is ignored, and no error comes back', async () => {
    const cid = await server.login('cid', { resource: 'r' });
    const cora = await server.login('cora');
    for (const type of ['', 'unavailable', 'unsubscribe', 'unsubscribed', 'subscribed']) {
      await cora.send(`<presence to='cid@capulet.lit/gone'${type && ` type='${type}'`} id='x1'/>`);
    }
    await cora.receivesNothing();
    await cid.receivesNothing();
  });

  test('RFC 6121 8.5.1 and 8.5.2.2.2: presence to accounts that are absent or do not exist is ignored', async () => {
    await server.account('dan');
    const dot = await server.login('dot');
    for (const to of ['dan@capulet.lit', 'nobody@capulet.lit', 'nobody@capulet.lit/r', 'capulet.lit']) {
      for (const type of ['', 'unavailable', 'subscribed', 'unsubscribe', 'unsubscribed']) {
        await dot.send(`<presence to='${to}'${type && ` type='${type}'`}/>`);
      }
    }
    await dot.receivesNothing();
  });

  test('presence of type error is delivered and never answered', async () => {
    const eve = await server.login('eve', { resource: 'r' });
    const ed = await server.login('ed');
    const error = `<error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`;
    for (const to of [eve.jid, 'eve@capulet.lit', 'nobody@capulet.lit']) {
      await ed.send(`<presence to='${to}' type='error'>${error}</presence>`);
    }
    await ed.send(`<presence type='error'>${error}</presence>`);
    await eve.receives(`<presence type='error' to='${eve.jid}'>${error}</presence>`);
    await eve.receives(`<presence type='error' to='eve@capulet.lit'>${error}</presence>`);
    await ed.receivesNothing();
    await eve.receivesNothing();
  });
});

suite('types of presence', () => {
  test('RFC 6121 4.7.1: a type that is none is refused, with or without an address', async () => {
    const fay = await server.login('fay');
    const fred = await server.login('fred');
    for (const to of ['', ` to='fred@capulet.lit'`]) {
      for (const type of ['available', 'invisible', 'SUBSCRIBE', 'x']) {
        await fay.send(`<presence type='${type}'${to} id='t1'/>`);
        const refused = await fay.receive();
        assert.equal(refused.attr('id'), 't1');
        assert.equal(errorOf(refused), 'modify bad-request');
      }
    }
    await fred.receivesNothing();
  });

  test('types that manage subscriptions, and probes, need an address', async () => {
    const gus = await server.login('gus');
    for (const type of ['subscribe', 'subscribed', 'unsubscribe', 'unsubscribed', 'probe']) {
      await gus.send(`<presence type='${type}'/>`);
      assert.equal(errorOf(await gus.receive()), 'modify bad-request');
    }
    assert.deepEqual(itemsOf(await roster(gus)), []);
  });
});

suite('two hosts of one server', () => {
  test('subscribe, see and lose each other like two servers', async () => {
    const hal = await server.login('hal');
    const ida = await server.login('ida', { host: 'montague.lit' });
    await roster(hal);
    await hal.send(`<presence to='ida@montague.lit' type='subscribe'/>`);
    await ida.receives(`<presence from='hal@capulet.lit' to='ida@montague.lit' type='subscribe'/>`);
    await ida.send(`<presence to='hal@capulet.lit' type='subscribed'/>`);
    await hal.receives(`<iq type='set'/>`);
    await hal.receives(`<presence from='ida@montague.lit' type='subscribed'/>`);
    await hal.receives(`<iq type='set'/>`);
    await hal.receives(`<presence from='${ida.jid}'/>`);
    await ida.cut();
    await hal.receives(`<presence from='${ida.jid}' type='unavailable'/>`);
    await hal.close();
    const back = await server.login('ida', { host: 'montague.lit' });
    const again = await server.login('hal');
    await again.receives(`<presence from='${back.jid}' to='${again.jid}'/>`);
    await again.receivesNothing();
  });
});
