/** The operator's commands on rosters. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { startParley } from '../../support/parley.ts';
import { itemsOf, push, roster, subscribe } from './people.ts';

const server = await startParley();
after(() => server.stop());

suite('roster commands', () => {
  test('roster add puts a contact into the roster, and pushes it', async () => {
    const ann = await server.login('ann');
    await roster(ann);
    const added = await server.command('roster add', {
      jid: 'ann@capulet.lit',
      contact: 'Nurse@b.c',
      name: 'Nurse',
      groups: 'Servants, Friends',
    });
    assert.deepEqual(added, {
      contact: 'nurse@b.c',
      name: 'Nurse',
      groups: ['Servants', 'Friends'],
      subscription: 'none',
      asked: false,
      asksUs: false,
      approved: false,
    });
    await ann.receives(push(`<item jid='nurse@b.c' name='Nurse' subscription='none'><group>Servants</group></item>`));
  });

  test('roster add with a subscription serves both sides, who see each other at once', async () => {
    const bea = await server.login('bea', { resource: 'r' });
    const ben = await server.login('ben', { resource: 'r' });
    await subscribe(server, 'bea', 'ben', 'to');
    await bea.receives(`<presence from='ben@capulet.lit/r' to='bea@capulet.lit'/>`);
    await ben.receivesNothing();
    await subscribe(server, 'bea', 'ben', 'from');
    await ben.receives(`<presence from='bea@capulet.lit/r' to='ben@capulet.lit'/>`);
    assert.deepEqual(itemsOf(await roster(bea)), ['ben@capulet.lit both']);
    assert.deepEqual(itemsOf(await roster(ben)), ['bea@capulet.lit both']);
  });

  test('roster add keeps what is not mentioned', async () => {
    const jid = 'cid@capulet.lit';
    await server.account('cid');
    await server.command('roster add', { jid, contact: 'a@b.c', name: 'A', groups: 'G', subscription: 'to' });
    const again = await server.command('roster add', { jid, contact: 'a@b.c' });
    assert.deepEqual(again, {
      contact: 'a@b.c',
      name: 'A',
      groups: ['G'],
      subscription: 'to',
      asked: false,
      asksUs: false,
      approved: false,
    });
  });

  test('roster list shows contacts, and strangers whose request waits', async () => {
    await server.account('dan');
    const eve = await server.login('eve');
    await eve.send(`<presence to='dan@capulet.lit' type='subscribe'/>`);
    await eve.receivesNothing();
    await server.command('roster add', { jid: 'dan@capulet.lit', contact: 'a@b.c' });
    const lines = (await server.command('roster list', { jid: 'dan@capulet.lit' })) as {
      contact: string;
      asksUs: boolean;
    }[];
    assert.deepEqual(
      lines.map((it) => [it.contact, it.asksUs]),
      [
        ['a@b.c', false],
        ['eve@capulet.lit', true],
      ],
    );
  });

  test('roster add answers a request that waits', async () => {
    await server.account('fay');
    const gus = await server.login('gus');
    await gus.send(`<presence to='fay@capulet.lit' type='subscribe'/>`);
    await gus.receivesNothing();
    await subscribe(server, 'gus', 'fay', 'to');
    const fay = await server.login('fay');
    await fay.receivesNothing();
    assert.deepEqual(itemsOf(await roster(fay)), ['gus@capulet.lit from']);
    const item = (await roster(gus)).firstElement()?.firstElement();
    assert.equal(item?.attr('ask'), undefined);
  });

  test('roster remove ends the subscriptions on both sides', async () => {
    await subscribe(server, 'hal', 'ida');
    await server.command('roster remove', { jid: 'hal@capulet.lit', contact: 'ida@capulet.lit' });
    assert.deepEqual(await server.command('roster list', { jid: 'hal@capulet.lit' }), []);
    const ida = await server.login('ida');
    assert.deepEqual(itemsOf(await roster(ida)), ['hal@capulet.lit none']);
  });

  test('the commands refuse unknown accounts, odd addresses and absent contacts', async () => {
    await server.account('jay');
    const jid = 'jay@capulet.lit';
    const refused: readonly (readonly [string, object, RegExp])[] = [
      ['roster list', { jid: 'nobody@capulet.lit' }, /no account nobody/],
      ['roster add', { jid, contact: 'a@b.c/d' }, /no bare address/],
      ['roster add', { jid, contact: '@' }, /no bare address/],
      ['roster add', { jid, contact: jid }, /own roster/],
      ['roster remove', { jid, contact: 'a@b.c' }, /a@b.c is not in the roster of jay/],
    ];
    for (const [name, args, message] of refused) {
      await assert.rejects(() => server.command(name, { ...args }), message);
    }
  });
});
