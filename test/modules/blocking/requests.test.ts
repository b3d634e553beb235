/** Reading and changing the block list: XEP-0191 sections 3.1 to 3.5. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { loginAnonymously } from '../../support/anonymous.ts';
import { startParley } from '../../support/parley.ts';
import { block, blockList, errorOf, push, unblock } from './people.ts';

const server = await startParley({ modules: { blocking: { maxItems: 5 } }, hosts: ['montague.lit'] });
after(() => server.stop());
const NS = 'urn:xmpp:blocking';

test('XEP-0191 3.1, XEP-0377 3: the host announces blocking and reports', () => {
  const host = server.host.parts.disco.flatMap((it) => it.host ?? []);
  assert.ok(host.includes(NS));
  assert.ok(host.includes('urn:xmpp:reporting:1'));
});

suite('the list', () => {
  test('XEP-0191 3.2: of somebody who blocks nobody it is empty', async () => {
    const ann = await server.login('ann');
    const result = await ann.iq('get', `<blocklist xmlns='${NS}'/>`);
    assert.equal(result.attr('type'), 'result');
    assert.equal(result.firstElement()?.key, `{${NS}}blocklist`);
    assert.deepEqual(result.firstElement()?.children, []);
  });

  test('XEP-0191 3.2: it has an item for each address, prepared, and may be asked for at the own bare address', async () => {
    const bea = await server.login('bea');
    await block(bea, 'ROMEO@Montague.net', 'iago@shakespeare.lit/Venice', 'spam.example');
    const result = await bea.iq('get', `<blocklist xmlns='${NS}'/>`, 'bea@capulet.lit');
    const jids = result
      .firstElement()
      ?.elements()
      .map((it) => it.attr('jid'));
    assert.deepEqual(jids?.sort(), ['iago@shakespeare.lit/Venice', 'romeo@montague.net', 'spam.example']);
  });

  test('XEP-0191 3.3: it outlives sessions and the process', async (t) => {
    const other = await startParley();
    t.after(() => other.stop());
    const cid = await other.login('cid');
    await block(cid, 'a@b.example', 'c@d.example');
    await unblock(cid, 'c@d.example');
    await other.restart();
    assert.deepEqual(await blockList(await other.login('cid')), ['a@b.example']);
  });

  test('it is nobody else’s to read or change', async () => {
    const dan = await server.login('dan');
    await server.account('dora');
    for (const [type, payload] of [
      ['get', `<blocklist xmlns='${NS}'/>`],
      ['set', `<block xmlns='${NS}'><item jid='a@b.example'/></block>`],
      ['set', `<unblock xmlns='${NS}'/>`],
    ] as const) {
      assert.equal(errorOf(await dan.iq(type, payload, 'dora@capulet.lit')), 'auth forbidden');
    }
    assert.deepEqual(await server.command('blocking list', { jid: 'dora@capulet.lit' }), []);
  });

  test('accounts of one name on two hosts have a list each', async () => {
    const here = await server.login('eve');
    const there = await server.login('eve', { host: 'montague.lit' });
    await block(here, 'a@b.example');
    await block(there, 'c@d.example');
    assert.deepEqual(await blockList(here), ['a@b.example']);
    assert.deepEqual(await blockList(there), ['c@d.example']);
  });
});

suite('blocking', () => {
  test('XEP-0191 3.3: the answer is an empty result', async () => {
    const fay = await server.login('fay');
    const result = await block(fay, 'romeo@montague.net');
    assert.equal(result.attr('type'), 'result');
    assert.equal(result.firstElement(), undefined);
  });

  test('XEP-0191 3.3: all resources that asked for the list get a push, the sender among them, after its result', async () => {
    const chamber = await server.login('gil', { resource: 'chamber' });
    const balcony = await server.login('gil', { resource: 'balcony', available: false });
    const hall = await server.login('gil', { resource: 'hall' });
    for (const client of [chamber, balcony]) await blockList(client);
    for (const client of [chamber, balcony, hall]) await client.drain();
    await chamber.send(`<iq type='set' id='b1'><block xmlns='${NS}'><item jid='Romeo@Montague.net'/></block></iq>`);
    await chamber.receives(`<iq type='result' id='b1'/>`);
    const pushed = await chamber.receives(push('block', 'romeo@montague.net'));
    assert.equal(pushed.attr('to'), 'gil@capulet.lit/chamber');
    assert.equal(pushed.attr('from'), 'gil@capulet.lit');
    const other = await balcony.receives(push('block', 'romeo@montague.net'));
    assert.equal(other.attr('to'), 'gil@capulet.lit/balcony');
    await balcony.send(`<iq type='result' id='${other.attr('id')}'/>`);
    await balcony.receivesNothing();
    await hall.receivesNothing();
  });

  test('XEP-0191 3.3: several items in one request, all or none', async () => {
    const hal = await server.login('hal');
    await block(hal, 'a@b.example', 'c@d.example', 'a@b.example');
    assert.deepEqual((await blockList(hal)).sort(), ['a@b.example', 'c@d.example']);
    assert.equal(errorOf(await block(hal, 'e@f.example', '@nobody')), 'modify jid-malformed');
    assert.deepEqual((await blockList(hal)).sort(), ['a@b.example', 'c@d.example']);
  });

  test('XEP-0191 3.3: a request without an item is a bad request', async () => {
    const ian = await server.login('ian');
    for (const payload of ['', `<x xmlns='urn:example:x'/>`, '<item/>', `<item jid=''/>`]) {
      const result = await ian.iq('set', `<block xmlns='${NS}'>${payload}</block>`);
      assert.equal(errorOf(result), 'modify bad-request', payload);
    }
  });

  test('a push has the addresses only, not what came with them', async () => {
    const jan = await server.login('jan');
    await blockList(jan);
    const report = `<report xmlns='urn:xmpp:reporting:1' reason='urn:xmpp:reporting:spam'/>`;
    await jan.iq('set', `<block xmlns='${NS}'><item jid='a@b.example'>${report}</item></block>`);
    const pushed = await jan.receives(push('block', 'a@b.example'));
    assert.deepEqual(pushed.firstElement()?.firstElement()?.children, []);
  });

  test('an account may block so many addresses and no more; what it has is pushed all the same', async () => {
    const kim = await server.login('kim');
    const five = ['a', 'b', 'c', 'd', 'e'].map((it) => `${it}@x.example`);
    await block(kim, ...five.slice(0, 4));
    assert.equal(errorOf(await block(kim, 'e@x.example', 'f@x.example')), 'cancel resource-constraint');
    assert.equal((await block(kim, 'e@x.example')).attr('type'), 'result');
    assert.equal((await block(kim, ...five)).attr('type'), 'result', 'nothing new');
    assert.equal(errorOf(await block(kim, 'f@x.example')), 'cancel resource-constraint');
    assert.deepEqual((await blockList(kim)).sort(), five);
  });

  test('requests of two resources at once change one list, one after the other', async () => {
    const one = await server.login('lea', { resource: 'one' });
    const two = await server.login('lea', { resource: 'two' });
    for (const client of [one, two]) {
      await blockList(client);
      await client.drain();
    }
    await Promise.all([
      ...['a', 'b'].map((it) =>
        one.send(`<iq type='set' id='${it}'><block xmlns='${NS}'><item jid='${it}@x.example'/></block></iq>`),
      ),
      ...['c', 'd'].map((it) =>
        two.send(`<iq type='set' id='${it}'><block xmlns='${NS}'><item jid='${it}@x.example'/></block></iq>`),
      ),
    ]);
    for (const id of ['a', 'b']) await one.answer(id);
    for (const id of ['c', 'd']) await two.answer(id);
    const order = async (client: typeof one) =>
      (await client.drain()).map((it) => it.firstElement()?.firstElement()?.attr('jid') ?? '');
    const seen = await order(one);
    assert.deepEqual(seen.toSorted(), ['a@x.example', 'b@x.example', 'c@x.example', 'd@x.example']);
    assert.deepEqual(await order(two), seen);
    assert.deepEqual((await blockList(two)).sort(), seen.toSorted());
  });
});

suite('unblocking', () => {
  test('XEP-0191 3.4: an address is taken out, and pushed', async () => {
    const may = await server.login('may');
    await block(may, 'a@b.example', 'c@d.example');
    await blockList(may);
    const result = await unblock(may, 'A@b.example');
    assert.equal(result.attr('type'), 'result');
    assert.equal(result.firstElement(), undefined);
    await may.receives(push('unblock', 'a@b.example'));
    assert.deepEqual(await blockList(may), ['c@d.example']);
  });

  test('XEP-0191 3.4: one that is not blocked is no error', async () => {
    const ned = await server.login('ned');
    assert.equal((await unblock(ned, 'a@b.example')).attr('type'), 'result');
    assert.equal(errorOf(await unblock(ned, 'a@@b')), 'modify jid-malformed');
  });

  test('XEP-0191 3.5: an empty request unblocks all, and the push is empty too', async () => {
    const ola = await server.login('ola');
    await block(ola, 'a@b.example', 'c@d.example');
    await blockList(ola);
    assert.equal((await unblock(ola)).attr('type'), 'result');
    const pushed = await ola.receives(push('unblock'));
    assert.deepEqual(pushed.firstElement()?.children, []);
    assert.deepEqual(await blockList(ola), []);
  });

  test('a request with something else than items does not unblock all', async () => {
    const pam = await server.login('pam');
    await block(pam, 'a@b.example');
    const result = await pam.iq('set', `<unblock xmlns='${NS}'><items xmlns='${NS}'/></unblock>`);
    assert.equal(errorOf(result), 'modify bad-request');
    assert.deepEqual(await blockList(pam), ['a@b.example']);
  });
});

suite('operators and accounts', () => {
  test('blocking list prints the list of an account', async () => {
    const quin = await server.login('quin');
    await block(quin, 'a@b.example');
    assert.deepEqual(await server.command('blocking list', { jid: 'Quin@capulet.lit' }), ['a@b.example']);
    for (const jid of ['nobody@capulet.lit', 'quin@capulet.lit/x', 'capulet.lit']) {
      await assert.rejects(server.command('blocking list', { jid }), { name: 'CommandError' });
    }
  });

  test('a new account of an old name has an empty list', async () => {
    const ray = await server.login('ray');
    await block(ray, 'a@b.example');
    await server.command('user delete', { jid: 'ray@capulet.lit' });
    await ray.ends();
    assert.deepEqual(await blockList(await server.login('ray')), []);
  });
});

test('anonymous users have no list: nothing would ever remove it', async () => {
  const open = await startParley({ anonymous: true });
  const guest = await loginAnonymously(open);
  assert.equal(errorOf(await block(guest, 'romeo@montague.net')), 'cancel not-allowed');
  assert.deepEqual(await blockList(guest), []);
  await open.stop();
});
