/** What remains of an account that is removed: nothing, at either end of its subscriptions. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { query } from '#api';
import { startParley } from '../../support/parley.ts';
import { itemsOf, push, roster, setItem, subscribe } from './people.ts';

const server = await startParley();
after(() => server.stop());

test('contacts of a removed account hear that the subscriptions are over', async () => {
  await subscribe(server, 'ann', 'ben');
  const ben = await server.login('ben');
  const ann = await server.login('ann', { resource: 'r' });
  await roster(ben);
  await ben.drain();
  await server.command('user delete', { jid: 'ann@capulet.lit' });
  await ben.receivesAll(
    `<presence type='unavailable' from='ann@capulet.lit/r'/>`,
    `<presence type='unsubscribe' from='ann@capulet.lit'/>`,
    `<presence type='unsubscribed' from='ann@capulet.lit'/>`,
    push(`<item jid='ann@capulet.lit' subscription='to'/>`),
    push(`<item jid='ann@capulet.lit' subscription='none'/>`),
  );
  await ben.receivesNothing();
  await ann.ends();
});

test('requests to a removed account are denied, and its own are taken back', async () => {
  await server.account('cora');
  await server.account('cid');
  const dan = await server.login('dan');
  await roster(dan);
  await dan.send(`<presence to='cid@capulet.lit' type='subscribe'/>`);
  await dan.receives(push(`<item jid='cid@capulet.lit' ask='subscribe'/>`));
  const cid = await server.login('cid');
  await cid.send(`<presence to='cora@capulet.lit' type='subscribe'/>`);
  await cid.drain();
  await server.command('user delete', { jid: 'cid@capulet.lit' });
  await dan.receives(`<presence type='unsubscribed' from='cid@capulet.lit'/>`);
  const pushed = await dan.receives(push(`<item jid='cid@capulet.lit' subscription='none'/>`));
  assert.equal(pushed.firstElement()?.firstElement()?.attr('ask'), undefined);
  const cora = await server.login('cora');
  await cora.receivesNothing();
});

test('nothing of a removed account is left in the database, nor in the roster of the next of its name', async () => {
  const eve = await server.login('eve');
  await setItem(eve, `<item jid='a@b.c'/>`);
  await setItem(eve, `<item jid='d@b.c'/>`);
  await setItem(eve, `<item jid='d@b.c' subscription='remove'/>`);
  const fay = await server.login('fay');
  await fay.send(`<presence to='eve@capulet.lit' type='subscribe'/>`);
  await fay.receivesNothing();
  await server.command('user delete', { jid: 'eve@capulet.lit' });
  for (const table of ['roster', 'roster_item', 'roster_removed', 'roster_request']) {
    const { left } = server.db.prepare({
      left: query<[string], { owner: string }>(`select owner from ${table} where owner = $1`),
    });
    assert.deepEqual(await left('eve@capulet.lit'), [], table);
  }
  const next = await server.login('eve');
  assert.deepEqual(itemsOf(await roster(next)), []);
  await next.receivesNothing();
});
