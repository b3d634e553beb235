/** Adding, changing and removing contacts: RFC 6121 sections 2.1 to 2.5. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { startParley } from '../../support/parley.ts';
import { errorOf, itemsOf, push, roster, setItem, subscribe } from './people.ts';

const server = await startParley({
  modules: { roster: { maxItems: 5, maxNameBytes: 20, maxGroupBytes: 10, maxGroups: 2 } },
});
after(() => server.stop());

suite('adding and changing a contact', () => {
  test('RFC 6121 2.3.2: a new item is pushed to interested resources, the sender among them, and answered', async () => {
    const balcony = await server.login('ann', { resource: 'balcony' });
    const hall = await server.login('ann', { resource: 'hall' });
    const idle = await server.login('ann', { resource: 'idle' });
    for (const client of [balcony, hall, idle]) await client.drain();
    await roster(balcony);
    await roster(hall);
    const item = `<item jid='nurse@example.org' name='Nurse'><group>Servants</group></item>`;
    const result = await setItem(balcony, item);
    assert.equal(result.attr('type'), 'result');
    assert.equal(result.firstElement(), undefined);
    const pushed = `<item jid='nurse@example.org' name='Nurse' subscription='none'><group>Servants</group></item>`;
    const first = await balcony.receives(push(pushed));
    await hall.receives(push(pushed));
    await idle.receivesNothing();
    assert.equal(first.attr('to'), balcony.jid);
    assert.equal(first.attr('from'), 'ann@capulet.lit');
  });

  test('RFC 6121 2.1.6: an interested resource need not be available', async () => {
    const silent = await server.login('bea', { available: false });
    await roster(silent);
    await setItem(silent, `<item jid='nurse@example.org'/>`);
    await silent.receives(push(`<item jid='nurse@example.org' subscription='none'/>`));
  });

  test('RFC 6121 2.4.1: an item is replaced as a whole, and its subscription stays', async () => {
    await subscribe(server, 'cid', 'cora');
    const cid = await server.login('cid');
    await cid.drain();
    await roster(cid);
    await setItem(cid, `<item jid='cora@capulet.lit' name='Cora'><group>A</group><group>B</group></item>`);
    await cid.receives(
      push(`<item jid='cora@capulet.lit' name='Cora' subscription='both'><group>A</group><group>B</group></item>`),
    );
    await setItem(cid, `<item jid='cora@capulet.lit'><group>C</group></item>`);
    const item = (await cid.receive()).firstElement()?.firstElement();
    assert.equal(item?.attr('name'), undefined);
    assert.equal(item?.attr('subscription'), 'both');
    assert.deepEqual(
      item?.elements().map((it) => it.text()),
      ['C'],
    );
  });

  test('RFC 6121 2.1.5: every value of subscription but remove is ignored', async () => {
    const dan = await server.login('dan');
    for (const [jid, value] of [
      ['a@b.c', 'both'],
      ['d@e.f', 'foobar'],
    ] as const) {
      const result = await setItem(dan, `<item jid='${jid}' subscription='${value}' ask='subscribe' approved='true'/>`);
      assert.equal(result.attr('type'), 'result');
    }
    const items = (await roster(dan)).firstElement()?.elements() ?? [];
    assert.deepEqual(
      items.map((it) => [it.attr('subscription'), it.attr('ask'), it.attr('approved')]),
      [
        ['none', undefined, undefined],
        ['none', undefined, undefined],
      ],
    );
  });

  test('an address is prepared, so one contact has one item', async () => {
    const eve = await server.login('eve');
    await setItem(eve, `<item jid='NURSE@Example.ORG' name='One'/>`);
    await setItem(eve, `<item jid='nurse@example.org' name='Two'/>`);
    assert.deepEqual(itemsOf(await roster(eve)), ['nurse@example.org none']);
  });

  test('a roster outlives the session and the process', async (t) => {
    const other = await startParley();
    t.after(() => other.stop());
    const fay = await other.login('fay');
    await setItem(fay, `<item jid='nurse@example.org' name='N &amp; &lt;'><group>"x", 'y'</group></item>`);
    await fay.close();
    await other.restart();
    const again = await other.login('fay');
    const item = (await roster(again)).firstElement()?.firstElement();
    assert.equal(item?.attr('name'), 'N & <');
    assert.equal(item?.firstElement()?.text(), `"x", 'y'`);
  });
});

suite('what a roster set must not be', () => {
  const cases: readonly (readonly [rule: string, items: string, error: string])[] = [
    ['2.3.3: more than one item', `<item jid='a@b.c'/><item jid='d@e.f'/>`, 'modify bad-request'],
    ['2.1.5: no item', '', 'modify bad-request'],
    ['2.1.5: something else than an item', `<thing jid='a@b.c'/>`, 'modify bad-request'],
    ['2.1.2: an item without jid', `<item name='x'/>`, 'modify bad-request'],
    ['2.1.2: an empty jid', `<item jid=''/>`, 'modify bad-request'],
    ['an address of a resource', `<item jid='a@b.c/d'/>`, 'modify bad-request'],
    ['RFC 6120 8.3.3.8: a jid that is none', `<item jid='@b.c'/>`, 'modify jid-malformed'],
    ['one’s own address', `<item jid='gus@capulet.lit'/>`, 'cancel not-allowed'],
    ['2.3.3: the same group twice', `<item jid='a@b.c'><group>G</group><group>G</group></item>`, 'modify bad-request'],
    ['2.3.3: a group without name', `<item jid='a@b.c'><group/></item>`, 'modify not-acceptable'],
    ['2.3.3: too long a group', `<item jid='a@b.c'><group>12345678901</group></item>`, 'modify not-acceptable'],
    ['2.3.3: too long a name, in bytes', `<item jid='a@b.c' name='ééééééééééé'/>`, 'modify not-acceptable'],
    [
      'too many groups',
      `<item jid='a@b.c'><group>1</group><group>2</group><group>3</group></item>`,
      'modify not-acceptable',
    ],
  ];
  for (const [rule, items, error] of cases) {
    test(`RFC 6121 ${rule} is refused with ${error}`, async () => {
      const gus = await server.login('gus', { available: false });
      assert.equal(errorOf(await setItem(gus, items)), error);
      assert.deepEqual(itemsOf(await roster(gus)), []);
      await gus.close();
    });
  }

  test('RFC 6121 2.1.5 and 2.3.3: somebody else’s roster is forbidden, whether they exist or not', async () => {
    await server.account('hal');
    const ida = await server.login('ida');
    for (const to of ['hal@capulet.lit', 'nobody@capulet.lit']) {
      for (const type of ['get', 'set'] as const) {
        const item = type === 'set' ? `<item jid='a@b.c'/>` : '';
        const answer = await ida.iq(type, `<query xmlns='jabber:iq:roster'>${item}</query>`, to);
        assert.equal(errorOf(answer), 'auth forbidden');
      }
    }
  });

  test('a full roster takes no more items, and still takes changes', async () => {
    const jay = await server.login('jay');
    for (let i = 0; i < 5; i++) assert.equal((await setItem(jay, `<item jid='c${i}@b.c'/>`)).attr('type'), 'result');
    assert.equal(errorOf(await setItem(jay, `<item jid='c5@b.c'/>`)), 'cancel resource-constraint');
    assert.equal((await setItem(jay, `<item jid='c4@b.c' name='x'/>`)).attr('type'), 'result');
    await jay.send(`<presence to='c6@b.c' type='subscribe' id='p1'/>`);
    const refused = await jay.receive();
    assert.equal(errorOf(refused), 'cancel resource-constraint');
    assert.equal((await roster(jay)).firstElement()?.elements().length, 5);
  });
});

suite('removing a contact', () => {
  test('RFC 6121 2.5.2: the removal is pushed and answered', async () => {
    const kim = await server.login('kim');
    await roster(kim);
    await setItem(kim, `<item jid='a@b.c' name='A'><group>G</group></item>`);
    await kim.receives(push(`<item jid='a@b.c'/>`));
    assert.equal((await setItem(kim, `<item jid='a@b.c' subscription='remove'/>`)).attr('type'), 'result');
    const pushed = await kim.receives(push(`<item jid='a@b.c' subscription='remove'/>`));
    assert.equal(pushed.firstElement()?.firstElement()?.attr('name'), undefined);
    assert.deepEqual(itemsOf(await roster(kim)), []);
  });

  test('RFC 6121 2.5.3: what is not there is item-not-found', async () => {
    const lea = await server.login('lea');
    assert.equal(errorOf(await setItem(lea, `<item jid='a@b.c' subscription='remove'/>`)), 'cancel item-not-found');
  });

  for (const [subscription, told] of [
    ['to', ['unsubscribe']],
    ['from', ['unavailable', 'unsubscribed']],
    ['both', ['unavailable', 'unsubscribe', 'unsubscribed']],
  ] as const) {
    test(`RFC 6121 2.5.2: a contact with the subscription ${subscription} hears ${told.join(', ')}`, async () => {
      const [one, two] = [`mia-${subscription}`, `max-${subscription}`];
      await subscribe(server, one, two, subscription);
      const mia = await server.login(one, { resource: 'r' });
      const max = await server.login(two);
      await roster(max);
      await mia.drain();
      await max.drain();
      await setItem(mia, `<item jid='${two}@capulet.lit' subscription='remove'/>`);
      await max.receivesAll(
        ...told.map(
          (type) => `<presence type='${type}' from='${one}@capulet.lit${type === 'unavailable' ? '/r' : ''}'/>`,
        ),
        ...told
          .filter((it) => it !== 'unavailable')
          .map(() => push(`<item jid='${one}@capulet.lit' subscription='*'/>`)),
      );
      assert.deepEqual(itemsOf(await roster(max)), [`${one}@capulet.lit none`]);
      assert.deepEqual(itemsOf(await roster(mia)), []);
    });
  }

  test('a request that was not answered is taken back with the item', async () => {
    await server.account('noa');
    const ned = await server.login('ned');
    await ned.send(`<presence to='noa@capulet.lit' type='subscribe'/>`);
    await ned.receivesNothing();
    await setItem(ned, `<item jid='noa@capulet.lit' subscription='remove'/>`);
    const noa = await server.login('noa');
    await noa.receivesNothing();
  });
});
