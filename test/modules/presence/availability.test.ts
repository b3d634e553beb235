/** Resources come, change and go: RFC 6121 sections 4.2, 4.4 and 4.5. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { becameAvailable, becameUnavailable, defineModule, observe, presenceChanged, z } from '#api';
import { startParley } from '../../support/parley.ts';
import { errorOf, subscribe } from '../roster/people.ts';

const told: string[] = [];
const witness = defineModule({
  name: 'witness',
  summary: 'Notes what happens to sessions',
  config: z.object({}),
  setup: () => ({
    hooks: [
      observe(becameAvailable, (it) => void told.push(`${it.jid.local} available`)),
      observe(presenceChanged, (it) => void told.push(`${it.jid.local} changed`)),
      observe(becameUnavailable, (it) => void told.push(`${it.jid.local} unavailable`)),
    ],
  }),
});

const server = await startParley({ extra: [witness] });
after(() => server.stop());

suite('initial presence', () => {
  test('RFC 6121 4.2.2: goes as it is to the sender, to its other resources and to subscribers, not to others', async () => {
    await subscribe(server, 'ann', 'abe', 'from');
    await subscribe(server, 'ann', 'ada', 'to');
    const abe = await server.login('abe');
    const ada = await server.login('ada');
    const hall = await server.login('ann', { resource: 'hall' });
    const deaf = await server.login('ann', { resource: 'deaf', available: false });
    for (const client of [abe, ada, hall]) await client.drain();
    const ann = await server.login('ann', { resource: 'r', available: false });
    const inner = `<show>dnd</show><status>Busy</status><priority>3</priority><c xmlns='urn:c' v='1'/>`;
    await ann.send(`<presence id='p1' xml:lang='it'>${inner}</presence>`);
    const presence = (to: string) => `<presence from='${ann.jid}' to='${to}' id='p1' xml:lang='it'>${inner}</presence>`;
    await ann.receives(presence(ann.jid));
    await hall.receives(presence(hall.jid));
    await abe.receives(presence('abe@capulet.lit'));
    await ada.receivesNothing();
    await deaf.receivesNothing();
  });

  test('RFC 6121 4.2.2: the newcomer learns of its own other resources and of contacts, once each', async () => {
    await subscribe(server, 'bea', 'ben', 'to');
    await subscribe(server, 'bea', 'bob', 'from');
    const ben = await server.login('ben', { resource: 'one' });
    await ben.send('<presence><show>away</show></presence>');
    await server.login('ben', { resource: 'two' });
    await server.login('bob');
    const hall = await server.login('bea', { resource: 'hall' });
    server.clock.advance(60_000);
    const bea = await server.login('bea', { resource: 'r' });
    const stamp = `<delay xmlns='urn:xmpp:delay' stamp='2030-01-01T00:00:00.000Z'/>`;
    await bea.receivesAll(
      `<presence from='${hall.jid}' to='${bea.jid}'>${stamp}</presence>`,
      `<presence from='ben@capulet.lit/one' to='${bea.jid}'><show>away</show>${stamp}</presence>`,
      `<presence from='ben@capulet.lit/two' to='${bea.jid}'/>`,
    );
    await bea.receivesNothing();
  });

  test('RFC 6121 4.3.2, rule 3: a contact without resources is said to be unavailable', async () => {
    await subscribe(server, 'cid', 'cora', 'to');
    await subscribe(server, 'cid', 'carl', 'from');
    const cid = await server.login('cid');
    const absent = await cid.receives(`<presence from='cora@capulet.lit' to='${cid.jid}' type='unavailable'/>`);
    assert.equal(absent.elements().length, 0);
    await cid.receivesNothing();
  });

  test('an account without contacts hears itself and nothing else', async () => {
    const dan = await server.login('dan');
    await dan.receivesNothing();
  });

  test('a contact that is absent may be left unmentioned', async (t) => {
    const quiet = await startParley({ modules: { presence: { tellAbsence: false } } });
    t.after(() => quiet.stop());
    await subscribe(quiet, 'eve', 'ed', 'both');
    const eve = await quiet.login('eve');
    await eve.send(`<presence type='probe' to='ed@capulet.lit'/>`);
    await eve.receivesNothing();
  });

  test('observers hear of the first presence once, of later ones as changes, and of the end', async () => {
    const fay = await server.login('fay');
    await fay.send('<presence><show>away</show></presence>');
    await fay.send(`<presence type='unavailable'/>`);
    await fay.send('<presence/>');
    await fay.drain();
    await fay.close();
    assert.deepEqual(
      told.filter((it) => it.startsWith('fay')),
      ['fay available', 'fay changed', 'fay unavailable', 'fay available', 'fay unavailable'],
    );
  });
});

suite('later presence', () => {
  test('RFC 6121 4.4.2: goes to subscribers and own resources; contacts are not probed again', async () => {
    await subscribe(server, 'gus', 'gwen', 'both');
    const gwen = await server.login('gwen');
    const gus = await server.login('gus');
    await gus.drain();
    await gwen.drain();
    await gus.send('<presence><show>xa</show></presence>');
    await gwen.receives(`<presence from='${gus.jid}'><show>xa</show></presence>`);
    await gus.receives(`<presence from='${gus.jid}'><show>xa</show></presence>`);
    await gus.receivesNothing();
    await gwen.receivesNothing();
  });

  test('RFC 6121 4.7.2.3: a priority that is none is refused, and what stood before stands', async () => {
    const hal = await server.login('hal', { resource: 'r' });
    await hal.send(`<presence id='bad'><priority>128</priority></presence>`);
    const refused = await hal.receive();
    assert.equal(refused.attr('id'), 'bad');
    assert.equal(errorOf(refused), 'modify bad-request');
    const other = await server.login('hal', { resource: 'other' });
    const shown = await other.receives(`<presence from='${hal.jid}'/>`);
    assert.equal(
      shown.elements().some((it) => it.name === 'priority'),
      false,
    );
  });

  test('RFC 6121 4.7.2.1: values of show are passed on, whatever they are', async () => {
    const ida = await server.login('ida');
    await ida.send('<presence><show>dancing</show></presence>');
    await ida.receives('<presence><show>dancing</show></presence>');
  });
});

suite('unavailable presence', () => {
  test('RFC 6121 4.5.2: goes to subscribers, to own resources and to the one that sent it', async () => {
    await subscribe(server, 'jay', 'june', 'from');
    const june = await server.login('june');
    const hall = await server.login('jay', { resource: 'hall' });
    const jay = await server.login('jay', { resource: 'r' });
    for (const client of [june, hall, jay]) await client.drain();
    await jay.send(`<presence type='unavailable' id='u1'><status>Bye</status></presence>`);
    for (const client of [june, hall, jay]) {
      await client.receives(`<presence type='unavailable' from='${jay.jid}' id='u1'><status>Bye</status></presence>`);
    }
    await jay.receivesNothing();
  });

  test('RFC 6121 4.5.1: after it, contacts’ presence no longer comes', async () => {
    await subscribe(server, 'kim', 'kate', 'both');
    const kate = await server.login('kate');
    const kim = await server.login('kim');
    await kim.send(`<presence type='unavailable'/>`);
    await kim.drain();
    await kate.send('<presence><show>away</show></presence>');
    await kate.drain();
    await kim.receivesNothing();
  });

  test('without presence before it, it says nothing to anybody', async () => {
    await subscribe(server, 'lea', 'leo', 'both');
    const leo = await server.login('leo');
    await leo.drain();
    const lea = await server.login('lea', { available: false });
    await lea.send(`<presence type='unavailable'/>`);
    await lea.receivesNothing();
    await leo.receivesNothing();
  });

  for (const [way, name] of [
    ['close', 'mia'],
    ['cut', 'may'],
  ] as const) {
    test(`RFC 6121 4.5.2: the server says it for a session that ends without it (${way})`, async () => {
      await subscribe(server, name, `${name}-friend`, 'from');
      const friend = await server.login(`${name}-friend`);
      const hall = await server.login(name, { resource: 'hall' });
      const mia = await server.login(name, { resource: 'r' });
      await friend.drain();
      await hall.drain();
      await mia[way]();
      for (const client of [friend, hall]) {
        await client.receives(`<presence type='unavailable' from='${mia.jid}'/>`);
        await client.receivesNothing();
      }
    });
  }

  test('a session that said it and then ends says it once', async () => {
    await subscribe(server, 'ned', 'nat', 'from');
    const nat = await server.login('nat');
    const ned = await server.login('ned');
    await ned.send(`<presence type='unavailable'/>`);
    await nat.drain();
    await ned.close();
    await nat.receivesNothing();
  });
});
