/** XEP-0198 section 5: a session goes on over another connection. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import type { Stanza } from '#api';
import { startCore } from '../../support/core.ts';
import type { TransportOptions } from '../../support/transport.ts';
import {
  acknowledge,
  authenticated,
  back,
  bind,
  bodies,
  device,
  enable,
  failed,
  isQuiet,
  message,
  nextStanza,
  REQUEST,
  resume,
  SM,
  sessionsOf,
  turn,
} from './devices.ts';

const server = await startCore({ settings: { sessionsPerAccount: 1000, pingIntervalMs: 86_400_000 } });
after(() => server.stop());
const romeo = await server.login('romeo');

let resources = 0;
const juliet = (options: Parameters<typeof device>[3] = {}) => device(server, 'juliet', `r${++resources}`, options);
const sessionOf = (full: string) => server.host.sessions.of('juliet@capulet.lit').find((it) => it.jid.full === full);

suite('XEP-0198 5: resumption', () => {
  const ways: readonly (readonly [what: string, TransportOptions, TransportOptions])[] = [
    ['over the same kind of transport', {}, {}],
    ['from another address', { address: '192.0.2.1' }, { address: '2001:db8::1' }],
    ['a stream over TCP by one over WebSocket', {}, { framing: 'frames' }],
    ['a stream over WebSocket by one over TCP', { framing: 'frames' }, {}],
  ];
  for (const [what, transport, other] of ways) {
    test(`it works ${what}; what was missed follows <resumed/>, then what is new, and counters go on`, async () => {
      const it = await juliet({ transport });
      const { jid } = it.client;
      await it.client.send(message(romeo.jid, 'before'));
      await romeo.receives(message(romeo.jid, 'before'));
      await romeo.send(message(jid, 'one'));
      assert.deepEqual(await bodies(it.client, 1), ['one']);
      await it.client.cut();
      assert.equal(sessionOf(jid)?.isDetached, true);
      for (const body of ['two', 'three']) await romeo.send(message(jid, body));
      const next = await back(server, it, { h: 2, handled: 2, transport: other });
      assert.deepEqual(await bodies(next, 2), ['two', 'three']);
      await romeo.send(message(jid, 'four'));
      assert.deepEqual(await bodies(next, 1), ['four']);
      const session = sessionOf(jid);
      assert.equal(session?.isDetached, false);
      assert.equal(session?.remoteAddress, other.address ?? '127.0.0.1');
      assert.equal(session?.transport, next.transport.kind);
      await next.send(message(romeo.jid, 'after'));
      await romeo.receives(message(romeo.jid, 'after'));
      await isQuiet(next, 3);
      await next.send(acknowledge(5));
      await next.send(acknowledge(6));
      await next.fails('undefined-condition');
      await romeo.drain();
    });
  }

  test('what was sent and not acknowledged is sent again, as it was, and acknowledgement is asked for', async () => {
    const it = await juliet();
    for (const body of [1, 2, 3]) await romeo.send(message(it.client.jid, body));
    const texts = [await nextStanza(it.client), await nextStanza(it.client), await nextStanza(it.client)];
    await it.client.send(acknowledge(2));
    await it.client.cut();
    const next = await back(server, it, { h: 2, handled: 1 });
    assert.equal((await next.receive()).toString(), String(texts[1]));
    assert.equal((await next.receive()).toString(), String(texts[2]));
    await next.receives(REQUEST);
    await isQuiet(next, 1);
  });

  test('h of <resume/> is an acknowledgement: nothing is sent twice that has arrived', async () => {
    const it = await juliet();
    for (const body of [1, 2, 3]) await romeo.send(message(it.client.jid, body));
    await bodies(it.client, 3);
    await it.client.cut();
    const next = await back(server, it, { h: 4, handled: 1 });
    await isQuiet(next, 1);
    assert.equal(sessionOf(it.client.jid)?.acks?.length, 0);
  });

  test('a session is resumed as often as it is lost', async () => {
    const it = await juliet();
    let h = 1;
    let handled = 1;
    let client = it.client;
    for (let round = 0; round < 5; round++) {
      await client.cut();
      await romeo.send(message(it.client.jid, round));
      client = await back(server, it, { h: h++, handled: handled++ });
      assert.deepEqual(await bodies(client, 1), [String(round)]);
      await client.send(message(romeo.jid, round));
    }
    await isQuiet(client, 6);
    assert.deepEqual(await bodies(romeo, 5), ['0', '1', '2', '3', '4']);
  });

  test('without h, or with one that is none, it fails; another attempt may follow on the same stream', async () => {
    const it = await juliet();
    await it.client.cut();
    const next = await authenticated(server, 'juliet');
    for (const h of [`h=''`, `h='-1'`, '', `h='4294967296'`]) {
      await next.send(`<resume xmlns='${SM}' previd='${it.id}' ${h}/>`);
      await next.receives(failed('bad-request'));
    }
    await next.send(resume(it.id, 1));
    await next.receives(`<resumed xmlns='${SM}' previd='${it.id}' h='1'/>`);
  });

  for (const [what, id] of [
    ['an unknown id', 'unknown'],
    ['an empty id', ''],
    ['one of 10,000 characters', 'x'.repeat(10_000)],
  ] as const) {
    test(`${what} fails with item-not-found and without h; a resource can be bound then`, async () => {
      const client = await authenticated(server, 'juliet');
      await client.send(resume(id, 0));
      const answer = await client.receives(failed('item-not-found'));
      assert.equal(answer.attr('h'), undefined);
      await bind(client, 'instead');
      await client.send(enable(`resume='true'`));
      await client.receives(`<enabled xmlns='${SM}' resume='true'/>`);
    });
  }

  test(`another account's session is not to be had, nor known: the answer is that for an unknown id`, async () => {
    const it = await juliet();
    await it.client.cut();
    const thief = await authenticated(server, 'romeo');
    for (const isOver of [false, true]) {
      if (isOver) server.clock.advance(601_000);
      await thief.send(resume(it.id, 1));
      assert.equal((await thief.receive()).attr('h'), undefined, `over: ${isOver}`);
    }
    const next = await authenticated(server, 'juliet');
    await next.send(resume(it.id, 1));
    await next.receives(failed('item-not-found', 1));
  });

  test('after the time-out it fails with item-not-found and h: the client learns what had arrived', async () => {
    const it = await juliet();
    for (const body of [1, 2]) await it.client.send(message(romeo.jid, body));
    await it.client.cut();
    server.clock.advance(599_000);
    assert.deepEqual(sessionOf(it.client.jid)?.isDetached, true);
    server.clock.advance(2_000);
    assert.equal(sessionOf(it.client.jid), undefined);
    const next = await authenticated(server, 'juliet');
    await next.send(resume(it.id, 1));
    await next.receives(failed('item-not-found', 3));
    await next.send(resume(it.id, 1));
    await next.receives(failed('item-not-found', 3));
    await romeo.drain();
  });

  test('the time that the client prefers counts, from each loss anew', async () => {
    const it = await juliet({ ask: `max='10'` });
    await it.client.cut();
    server.clock.advance(9_000);
    const next = await back(server, it, { h: 1, handled: 1 });
    server.clock.advance(60_000);
    await isQuiet(next, 1);
    await next.cut();
    server.clock.advance(9_000);
    assert.equal(sessionOf(it.client.jid)?.isDetached, true);
    server.clock.advance(2_000);
    assert.equal(sessionOf(it.client.jid), undefined);
  });

  test('with too high an h the new stream ends with handled-count-too-high, and the session waits on', async () => {
    const it = await juliet();
    await it.client.cut();
    await romeo.send(message(it.client.jid, 'one'));
    const next = await authenticated(server, 'juliet');
    await next.send(resume(it.id, 3));
    const error = await next.fails('undefined-condition');
    assert.equal(
      error.child(`{${SM}}handled-count-too-high`)?.toString(),
      `<handled-count-too-high xmlns='${SM}' h='3' send-count='2'/>`,
    );
    const third = await back(server, it, { h: 1, handled: 1 });
    assert.deepEqual(await bodies(third, 1), ['one']);
  });

  test('after a resumption another <enable/> fails', async () => {
    const it = await juliet();
    await it.client.cut();
    const next = await back(server, it, { h: 1, handled: 1 });
    await next.send(enable());
    await next.receives(failed('unexpected-request'));
    await isQuiet(next, 1);
  });

  test('stanzas right behind <resume/> are handled in the resumed session', async () => {
    const it = await juliet();
    await it.client.cut();
    const next = await authenticated(server, 'juliet');
    next.raw(resume(it.id, 1) + message(romeo.jid, 'pipelined') + REQUEST);
    await next.receives(`<resumed xmlns='${SM}' previd='${it.id}' h='1'/>`);
    await next.receives(acknowledge(2));
    assert.equal((await romeo.receives(message(romeo.jid, 'pipelined'))).attr('from'), it.client.jid);
  });

  test('slots, presence, priority and the gate of the session stay; what the gate held back comes when it opens', async () => {
    const it = await juliet({ priority: 7 });
    const session = sessionOf(it.client.jid);
    assert.ok(session);
    const held: Stanza[] = [];
    session.gate = (stanza) => stanza.kind !== 'presence' || held.push(stanza) === 0;
    await it.client.cut();
    await romeo.send(`<presence to='${it.client.jid}'/>`);
    await romeo.send(message(it.client.jid, 'hi'));
    const next = await back(server, it, { h: 1, handled: 1 });
    assert.equal(sessionOf(it.client.jid), session);
    assert.deepEqual([session.priority, session.presence?.kind], [7, 'presence']);
    assert.deepEqual(await bodies(next, 1), ['hi']);
    await isQuiet(next, 1);
    session.gate = undefined;
    for (const stanza of held) session.send(stanza);
    await next.receives(`<presence from='${romeo.jid}'/>`);
    await next.send(acknowledge(3));
    await isQuiet(next, 1);
  });
});

suite('XEP-0198 7: how streams end', () => {
  test('one that is closed in peace ends the session at once', async () => {
    const it = await juliet();
    await it.client.close();
    assert.equal(sessionOf(it.client.jid), undefined);
    const next = await authenticated(server, 'juliet');
    await next.send(resume(it.id, 1));
    await next.receives(failed('item-not-found', 1));
  });

  test('one that breaks leaves the session; where resumption was not asked for, it ends the session', async () => {
    const client = await authenticated(server, 'juliet');
    await bind(client, 'not resumable');
    await client.send(enable());
    await client.receives(`<enabled xmlns='${SM}'/>`);
    const it = await juliet();
    await it.client.cut();
    await client.cut();
    assert.deepEqual([sessionOf(it.client.jid)?.isDetached, sessionOf(client.jid)], [true, undefined]);
  });

  test('one that the server ends with an error ends the session', async () => {
    const it = await juliet();
    await it.client.send('<unknown/>');
    await it.client.fails('unsupported-stanza-type');
    assert.equal(sessionOf(it.client.jid), undefined);
  });

  test('one whose client does not answer a ping leaves the session: it may come back', async (t) => {
    const quick = await startCore({ settings: { pingIntervalMs: 60_000 } });
    t.after(() => quick.stop());
    const it = await device(quick, 'juliet', 'phone');
    quick.clock.advance(61_000);
    await it.client.receives(`<iq type='get' from='capulet.lit'><ping xmlns='urn:xmpp:ping'/></iq>`);
    await it.client.receives(REQUEST);
    quick.clock.advance(60_000);
    await it.client.fails('connection-timeout');
    assert.deepEqual(sessionsOf(quick.host, 'juliet@capulet.lit').detached, ['phone']);
    const next = await back(quick, it, { h: 1, handled: 1 });
    await next.receives(`<iq type='get' from='capulet.lit'><ping xmlns='urn:xmpp:ping'/></iq>`);
  });

  test('one whose client does not read is cut off and leaves the session', async (t) => {
    const small = await startCore({ settings: { congestedBytes: 10_000, cutOffBytes: 20_000 } });
    t.after(() => small.stop());
    const [it, sender] = [await device(small, 'juliet', 'phone'), await small.login('romeo')];
    it.client.transport.stall();
    for (const body of [1, 2, 3]) {
      await sender.send(message(it.client.jid, String(body).padEnd(9_000, '.')));
      small.clock.advance(11_000); // the sender's patience
      await turn();
    }
    assert.deepEqual(sessionsOf(small.host, 'juliet@capulet.lit').detached, ['phone']);
    const next = await back(small, it, { h: 1, handled: 1 });
    assert.deepEqual(
      (await bodies(next, 3)).map((body) => body?.replaceAll('.', '')),
      ['1', '2', '3'],
    );
  });
});
