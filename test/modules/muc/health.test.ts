/** XEP-0045 sections 11 and 18.1.3, XEP-0410, XEP-0198: who is in a room is there, and who is gone is not. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { el, jid, type Stanza, stanza } from '#api';
import { back, device, nextStanza } from '../../stream/management/devices.ts';
import type { TestClient } from '../../support/client.ts';
import { startParley } from '../../support/parley.ts';
import { enter, gather, MUC, ROOM } from './room.ts';

const server = await startParley({ settings: { pingIntervalMs: 86_400_000 } });
after(() => server.stop());

/** What another server is to this one: nothing serves it, so what goes there comes back as remote-server-not-found. */
const REMOTE = 'far.example';
/** A domain from which the tests send what they want, and which swallows what it is sent. */
const HEATH = 'heath.example';
const sent: Stanza[] = [];
server.engine.router.addService(HEATH, { receive: (it) => void sent.push(it) });

const crone = await server.login('crone');
const hag = await server.login('hag');
await gather({ firstwitch: crone, secondwitch: hag });

const available = (nick: string) => `<presence from='${ROOM}/${nick}'/>`;
const unavailable = (nick: string, codes = '') =>
  `<presence from='${ROOM}/${nick}' type='unavailable'><x xmlns='${MUC}#user'><item role='none'/>${codes}</x></presence>`;
const ping = `<ping xmlns='urn:xmpp:ping'/>`;

/** Somebody elsewhere enters. */
async function strangerEnters(nick: string, domain: string): Promise<void> {
  const from = jid(`${nick}@${domain}/x`);
  await server.engine.router.route(stanza('presence', { from, to: jid(`${ROOM}/${nick}`) }, el(MUC, 'x')));
}

/** An error comes from elsewhere. */
async function fails(kind: Stanza['kind'], nick: string, condition: string, id?: string, to = ROOM): Promise<void> {
  const head = { from: jid(`${nick}@${HEATH}/x`), to: jid(to), type: 'error', id };
  const error = el('jabber:client', 'error', { type: 'cancel' }, el('urn:ietf:params:xml:ns:xmpp-stanzas', condition));
  await server.engine.router.route(stanza(kind, head, error));
}

/** What is in the way of deciding has been decided. */
const turn = () => new Promise((done) => setImmediate(() => setImmediate(done)));

async function drainAll(...clients: readonly TestClient[]): Promise<void> {
  await turn();
  for (const client of clients) await client.drain();
}

suite('XEP-0045 11.1: an error of delivery', () => {
  test('takes whoever cannot be reached any more out of the room, with 333 and without 307', async () => {
    await strangerEnters('lost', REMOTE);
    await crone.receives(available('lost'));
    const presence = await crone.receives(unavailable('lost', `<status code='333'/>`));
    assert.doesNotMatch(String(presence), /'307'/);
    await drainAll(crone, hag);
  });

  test('of many at once is told once for each, to those who are there', async () => {
    const nicks = Array.from({ length: 50 }, (_, i) => `far${i}`);
    for (const nick of nicks) await strangerEnters(nick, REMOTE);
    await turn();
    const heard = await crone.drain();
    const went = heard.filter((it) => it.attr('type') === 'unavailable').map((it) => it.attr('from'));
    assert.equal(went.length, nicks.length);
    assert.deepEqual(new Set(went), new Set(nicks.map((it) => `${ROOM}/${it}`)));
    await drainAll(crone, hag);
  });

  for (const condition of ['gone', 'item-not-found', 'recipient-unavailable', 'redirect', 'remote-server-timeout']) {
    test(`${condition} for a message means that nobody is there`, async () => {
      await strangerEnters('macbeth', HEATH);
      await crone.receives(available('macbeth'));
      await fails('message', 'macbeth', condition);
      await crone.receives(unavailable('macbeth', `<status code='333'/>`));
      await drainAll(crone, hag);
    });
  }

  test('for a presence means the same', async () => {
    await strangerEnters('macbeth', HEATH);
    await crone.receives(available('macbeth'));
    await fails('presence', 'macbeth', 'remote-server-not-found');
    await crone.receives(unavailable('macbeth', `<status code='333'/>`));
    await drainAll(crone, hag);
  });

  test('that is about one message alone changes nothing', async () => {
    await strangerEnters('macbeth', HEATH);
    await crone.receives(available('macbeth'));
    for (const condition of ['not-acceptable', 'policy-violation', 'undefined-condition'])
      await fails('message', 'macbeth', condition);
    await turn();
    await crone.receivesNothing();
    await fails('message', 'macbeth', 'gone');
    await drainAll(crone, hag);
  });

  test('for an IQ that was passed on removes whom it was for, and the one who asked hears of it', async () => {
    await strangerEnters('ghost', HEATH);
    await drainAll(crone, hag);
    sent.length = 0;
    await hag.send(`<iq type='get' id='v1' to='${ROOM}/ghost'><query xmlns='jabber:iq:version'/></iq>`);
    await turn();
    const question = sent.find((it) => it.kind === 'iq');
    await fails('iq', 'ghost', 'remote-server-not-found', question?.id, `${ROOM}/secondwitch`);
    const answer = await hag.answer('v1');
    assert.match(String(answer), /remote-server-not-found/);
    await crone.receives(unavailable('ghost', `<status code='333'/>`));
    await drainAll(crone, hag);
  });

  test('for an IQ that one who is there may give, too, removes nobody', async () => {
    await strangerEnters('macbeth', HEATH);
    await drainAll(crone, hag);
    for (const condition of ['service-unavailable', 'item-not-found', 'feature-not-implemented']) {
      sent.length = 0;
      await hag.send(`<iq type='get' id='v2' to='${ROOM}/macbeth'><query xmlns='jabber:iq:version'/></iq>`);
      await turn();
      await fails('iq', 'macbeth', condition, sent.find((it) => it.kind === 'iq')?.id, `${ROOM}/secondwitch`);
      assert.match(String(await hag.answer('v2')), new RegExp(condition));
    }
    await turn();
    await crone.receivesNothing();
    await fails('message', 'macbeth', 'gone');
    await drainAll(crone, hag);
  });

  test('from somebody who is not inside says nothing', async () => {
    await fails('message', 'nobody', 'gone');
    await turn();
    await crone.receivesNothing();
  });
});

suite('18.1.3: sessions', () => {
  test('that are over leave, however they end', async () => {
    for (const end of ['close', 'cut'] as const) {
      const third = await server.login('third');
      await enter(third, 'thirdwitch');
      await drainAll(crone, hag);
      await third[end]();
      await crone.receives(unavailable('thirdwitch'));
      await drainAll(crone, hag);
    }
  });

  test('that never were available leave all the same', async () => {
    const third = await server.login('third', { available: false });
    await enter(third, 'thirdwitch');
    await drainAll(crone, hag);
    await third.close();
    await crone.receives(unavailable('thirdwitch'));
    await drainAll(crone, hag);
  });

  test('leave when they become unavailable to everybody (RFC 6121 section 4.6.3)', async () => {
    const third = await server.login('third');
    await enter(third, 'thirdwitch');
    await drainAll(crone, hag);
    await third.send(`<presence type='unavailable'/>`);
    await crone.receives(unavailable('thirdwitch'));
    await drainAll(crone, hag);
    await third.close();
  });

  test('that an operator ends, or that go with their account, leave', async () => {
    const third = await server.login('third');
    await enter(third, 'thirdwitch');
    await drainAll(crone, hag);
    await server.command('sessions kick', { jid: 'third@capulet.lit' });
    await crone.receives(unavailable('thirdwitch'));
    const fourth = await server.login('fourth');
    await enter(fourth, 'fourthwitch');
    await drainAll(crone, hag);
    await server.command('user delete', { jid: 'fourth@capulet.lit' });
    await crone.receives(unavailable('fourthwitch'));
    await drainAll(crone, hag);
  });

  test('one of several devices leaves without its occupant', async () => {
    const [phone, laptop] = [await server.login('third'), await server.login('third')];
    await enter(phone, 'thirdwitch');
    await enter(laptop, 'thirdwitch');
    await drainAll(crone, hag);
    await phone.cut();
    await turn();
    await crone.receivesNothing();
    await laptop.cut();
    await crone.receives(unavailable('thirdwitch'));
    await drainAll(crone, hag);
  });

  test('that are resumed never left, and have missed nothing (XEP-0198 section 5)', async () => {
    const third = await device(server, 'third', 'phone');
    await third.client.send(`<presence to='${ROOM}/thirdwitch'><x xmlns='${MUC}'/></presence>`);
    let handed = 1;
    for (;;) {
      const stanza = await nextStanza(third.client);
      handed++;
      if (stanza.name === 'message') break;
    }
    await drainAll(crone, hag);
    await third.client.cut();
    await crone.send(`<message to='${ROOM}' type='groupchat'><body>Still there?</body></message>`);
    await crone.receives(`<message from='${ROOM}/firstwitch'><body>Still there?</body></message>`);
    await crone.receivesNothing();
    const again = await back(server, third, { h: handed, handled: 2 });
    const missed = await nextStanza(again);
    assert.equal(missed.childText('{jabber:client}body'), 'Still there?');
    assert.equal((await again.iq('get', ping, `${ROOM}/thirdwitch`)).attr('type'), 'result');
    await again.cut();
    server.clock.advance(700_000);
    await crone.receives(unavailable('thirdwitch'));
    await drainAll(crone, hag);
  });

  test('of which the end was not told are found out by and by, and leave as if they had said so', async () => {
    const third = await server.login('third');
    await enter(third, 'thirdwitch');
    await drainAll(crone, hag);
    // What happens if a presence gets lost: the session is not there any more, and the room was not told.
    server.host.sessions.remove(server.host.sessions.get(jid(third.jid)) as never);
    await turn();
    await crone.receivesNothing();
    server.clock.advance(20_000);
    assert.doesNotMatch(String(await crone.receives(unavailable('thirdwitch'))), /status code='3/);
    await drainAll(crone, hag);
  });
});

suite('XEP-0410: a ping of oneself', () => {
  test('3.3: is answered by the room, for each device that is inside', async () => {
    const [phone, laptop] = [await server.login('third'), await server.login('third')];
    await enter(phone, 'thirdwitch');
    await enter(laptop, 'thirdwitch');
    for (const it of [phone, laptop]) {
      assert.equal((await it.iq('get', ping, `${ROOM}/thirdwitch`)).attr('type'), 'result');
    }
    await phone.send(`<presence to='${ROOM}/thirdwitch' type='unavailable'/>`);
    const refusal = await phone.iq('get', ping, `${ROOM}/thirdwitch`);
    assert.match(String(refusal), /<not-acceptable/);
    assert.equal((await laptop.iq('get', ping, `${ROOM}/thirdwitch`)).attr('type'), 'result');
    await laptop.close();
    await phone.close();
    await drainAll(crone, hag);
  });

  test('3.1: says not-acceptable to one who is not inside, whatever else is true', async () => {
    const third = await server.login('third');
    for (const place of [`${ROOM}/thirdwitch`, `${ROOM}/firstwitch`, `nowhere@${ROOM.split('@')[1]}/thirdwitch`]) {
      assert.match(String(await third.iq('get', ping, place)), /<not-acceptable/, place);
    }
    await third.close();
  });

  test('under a name that one does not have any more says item-not-found', async () => {
    await hag.send(`<presence to='${ROOM}/hag'/>`);
    await drainAll(hag, crone);
    assert.match(String(await hag.iq('get', ping, `${ROOM}/secondwitch`)), /<item-not-found/);
    assert.equal((await hag.iq('get', ping, `${ROOM}/hag`)).attr('type'), 'result');
    await hag.send(`<presence to='${ROOM}/secondwitch'/>`);
    await drainAll(hag, crone);
  });

  test('to another is passed on, and comes back', async () => {
    await hag.send(`<iq type='get' id='p1' to='${ROOM}/firstwitch'>${ping}</iq>`);
    const question = await crone.receives(`<iq type='get' from='${ROOM}/secondwitch'>${ping}</iq>`);
    await crone.send(`<iq type='result' id='${question.attr('id')}' to='${ROOM}/secondwitch'/>`);
    assert.equal((await hag.answer('p1')).attr('from'), `${ROOM}/firstwitch`);
  });
});

test('7.2.2: who enters again right behind an error is in, and is not told that it is out', async () => {
  await drainAll(crone, hag);
  await strangerEnters('quick', HEATH);
  await turn();
  sent.length = 0;
  void fails('message', 'quick', 'item-not-found');
  void strangerEnters('quick', HEATH);
  await turn();
  await drainAll(crone, hag);
  const own = sent.filter(({ kind, from }) => kind === 'presence' && from.resource === 'quick');
  assert.equal(own.at(-1)?.type, '');
});
