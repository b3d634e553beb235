/** What happens at once ends as if it had happened one after the other. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { startParley } from '../../support/parley.ts';
import { itemsOf, roster, setItem, subscribe, verOf } from '../roster/people.ts';

const server = await startParley();
after(() => server.stop());

suite('changes at the same time', () => {
  test('of one roster, by two resources, are pushed to both in one order, each with a version of its own', async () => {
    const one = await server.login('ann', { resource: 'one' });
    const two = await server.login('ann', { resource: 'two' });
    await roster(one);
    await roster(two);
    await one.drain();
    await two.drain();
    const COUNT = 20;
    const sets = (client: typeof one, name: string) =>
      Array.from({ length: COUNT }, (_, i) =>
        client.send(
          `<iq type='set' id='s${i}'><query xmlns='jabber:iq:roster'><item jid='${name}${i % 7}@b.c' name='${i}'/></query></iq>`,
        ),
      );
    await Promise.all([...sets(one, 'x'), ...sets(two, 'y')]);
    const pushes = async (client: typeof one): Promise<string[]> => {
      const seen: string[] = [];
      for (let results = 0; seen.length < 2 * COUNT || results < COUNT; ) {
        const element = await client.receive();
        if (element.attr('type') === 'set') seen.push(verOf(element));
        else results++;
      }
      return seen;
    };
    const [seenByOne, seenByTwo] = await Promise.all([pushes(one), pushes(two)]);
    assert.deepEqual(seenByOne, seenByTwo);
    assert.equal(new Set(seenByOne).size, 2 * COUNT);
    assert.equal(itemsOf(await roster(one)).length, 14);
  });

  test('two people who remove each other at once end without each other, and nobody waits for ever', async () => {
    await subscribe(server, 'bea', 'ben');
    const bea = await server.login('bea');
    const ben = await server.login('ben');
    await Promise.all([
      setItem(bea, `<item jid='ben@capulet.lit' subscription='remove'/>`),
      setItem(ben, `<item jid='bea@capulet.lit' subscription='remove'/>`),
    ]);
    assert.deepEqual(itemsOf(await roster(bea)), []);
    assert.deepEqual(itemsOf(await roster(ben)), []);
  });

  test('subscribe and unsubscribe in one breath leave nothing that waits', async () => {
    await server.account('cora');
    const cid = await server.login('cid');
    for (let i = 0; i < 5; i++) {
      await cid.send(`<presence to='cora@capulet.lit' type='subscribe'/>`);
      await cid.send(`<presence to='cora@capulet.lit' type='unsubscribe'/>`);
    }
    await cid.receivesNothing();
    const cora = await server.login('cora');
    await cora.receivesNothing();
    assert.deepEqual(itemsOf(await roster(cid)), ['cora@capulet.lit none']);
  });

  test('a session that ends right after its presence is not left available with its contacts', async () => {
    await subscribe(server, 'dan', 'dot', 'from');
    const dot = await server.login('dot');
    for (let i = 0; i < 5; i++) {
      const dan = await server.login('dan', { available: false });
      void dan.send('<presence/>');
      await dan.cut();
      const seen = await dot.drain();
      assert.ok(seen.length === 0 || seen.at(-1)?.attr('type') === 'unavailable', String(seen));
    }
  });
});
