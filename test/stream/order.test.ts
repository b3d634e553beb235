/** RFC 6120 section 10.1: the order of a stream is kept, and no stream waits for another; what becomes of slow readers. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { defineModule, iq, on, outbound, z } from '#api';
import type { TestClient } from '../support/client.ts';
import { startCore } from '../support/core.ts';
import { MemoryLogger } from '../support/memory-log.ts';

const turn = () => new Promise<void>((done) => setImmediate(done));
const message = (to: string, id: string | number, size = 0) =>
  `<message to='${to}' id='${id}'><body>${'x'.repeat(size)}</body></message>`;

/** Lets the test say when a request, or a message of the type, goes on. */
function gate() {
  const waiting: (() => void)[] = [];
  const wait = () => new Promise<undefined>((go) => waiting.push(() => go(undefined)));
  const module = defineModule({
    name: 'gate',
    summary: 'Waits',
    config: z.strictObject({}),
    setup: () => ({
      iq: [iq('get', '{urn:example:gate}wait', 'host', wait)],
      hooks: [on(outbound, 'guard', ({ stanza }) => (stanza.element.attr('id') === 'slow' ? wait() : undefined))],
    }),
  });
  return { module, open: () => waiting.shift()?.(), size: () => waiting.length };
}

const { module, open, size } = gate();
const log = new MemoryLogger();
const server = await startCore({ extra: [module], log, settings: { sessionsPerAccount: 100 } });
after(() => server.stop());

suite('RFC 6120 10.1: in-order processing', () => {
  test('while a handler waits nothing further of this stream is handled, and then all of it is, in order', async () => {
    const [juliet, romeo] = [await server.login('juliet'), await server.login('romeo')];
    juliet.raw(
      `<iq type='get' id='first' to='capulet.lit'><wait xmlns='urn:example:gate'/></iq>${message(romeo.jid, 2)}`,
    );
    juliet.raw(message(romeo.jid, 3));
    assert.equal(size(), 1);
    assert.ok(juliet.transport.paused);
    await romeo.send(message(romeo.jid, 'own'));
    await romeo.receives(`<message id='own'/>`);
    open();
    await juliet.receives(`<iq type='result' id='first'/>`);
    await romeo.receives(`<message id='2'/>`);
    await romeo.receives(`<message id='3'/>`);
    assert.ok(!juliet.transport.paused);
  });

  test('a hook that waits keeps the order, stanza by stanza', async () => {
    const [juliet, romeo] = [await server.login('juliet'), await server.login('romeo')];
    juliet.raw(['slow', 'a', 'slow', 'b', 'slow', 'c'].map((id) => message(romeo.jid, id)).join(''));
    for (const id of ['a', 'b', 'c']) {
      open();
      await romeo.receives(`<message id='slow'/>`);
      await romeo.receives(`<message id='${id}'/>`);
    }
  });

  test('other streams go on meanwhile, those of the same account too', async () => {
    const [balcony, hall] = [
      await server.login('juliet', { resource: 'balcony' }),
      await server.login('juliet', { resource: 'hall' }),
    ];
    balcony.raw(`<iq type='get' id='1' to='capulet.lit'><wait xmlns='urn:example:gate'/></iq>`);
    await hall.send(message(hall.jid, 'own'));
    await hall.receives(`<message id='own'/>`);
    await hall.send(message(balcony.jid, 'to the one that waits'));
    await balcony.receives(`<message id='to the one that waits'/>`);
    open();
    await balcony.receives(`<iq type='result' id='1'/>`);
  });

  test('a stanza that is cut anywhere arrives as it was sent', async () => {
    const [juliet, romeo] = [await server.login('juliet'), await server.login('romeo')];
    const text = message(romeo.jid, 'ü', 3);
    for (let at = 1; at < text.length; at += 3) {
      juliet.raw(text.slice(0, at));
      juliet.raw(text.slice(at));
      await romeo.receives(`<message id='ü'><body>xxx</body></message>`);
    }
  });

  test('what was read while something waited is not lost when the transport reuses its memory', async () => {
    const [juliet, romeo] = [await server.login('juliet'), await server.login('romeo')];
    juliet.raw(`${message(romeo.jid, 'slow')}${message(romeo.jid, 'whole')}${message(romeo.jid, 'cut').slice(0, 30)}`);
    open();
    await romeo.receives(`<message id='slow'/>`);
    await romeo.receives(`<message id='whole'/>`);
    juliet.raw(message(romeo.jid, 'cut').slice(30));
    await romeo.receives(`<message id='cut'/>`);
  });
});

suite('a client that does not read', () => {
  let people = 0;

  async function crowd() {
    const settings = { congestedBytes: 10_000, cutOffBytes: 100_000 };
    server.engine.streams.settings = { ...server.engine.streams.settings, ...settings };
    people++;
    const [sender, other, slow] = [
      await server.login(`sender${people}`),
      await server.login(`other${people}`),
      await server.login(`slow${people}`),
    ];
    slow.transport.stall();
    return { sender, other, slow };
  }

  const fill = (client: TestClient, to: string) => {
    for (let i = 0; i < 12; i++) client.raw(message(to, i, 1000));
  };

  test('whoever sends to it waits, and nobody else does', async () => {
    const { sender, other, slow } = await crowd();
    fill(sender, slow.jid);
    sender.raw(message(other.jid, 'behind'));
    await turn();
    assert.ok(sender.transport.paused);
    assert.ok(slow.transport.bufferedBytes < 12_000);
    await other.send(message(other.jid, 'own'));
    await other.receives(`<message id='own'/>`);
    slow.transport.readOn();
    await other.receives(`<message id='behind'/>`);
    for (let i = 0; i < 12; i++) await slow.receives(`<message id='${i}'/>`);
    assert.ok(!sender.transport.paused);
  });

  test('one to the account waits for every resource that is behind', async () => {
    const { sender, other } = await crowd();
    const two = [await server.login('two', { resource: 'a' }), await server.login('two', { resource: 'b' })] as const;
    for (const it of two) it.transport.stall();
    fill(sender, 'two@capulet.lit');
    sender.raw(message(other.jid, 'behind'));
    await turn();
    assert.ok(sender.transport.paused);
    two[0].transport.readOn();
    await turn();
    assert.ok(sender.transport.paused);
    two[1].transport.readOn();
    await other.receives(`<message id='behind'/>`);
  });

  test('a client that is behind may send, also to itself', async () => {
    const { sender, other, slow } = await crowd();
    fill(sender, slow.jid);
    slow.raw(message(slow.jid, 'own', 5000));
    slow.raw(message(other.jid, 'not behind'));
    await other.receives(`<message id='not behind'/>`);
  });

  test('its senders go on when it is gone', async () => {
    const { sender, other, slow } = await crowd();
    fill(sender, slow.jid);
    sender.raw(message(other.jid, 'behind'));
    await turn();
    await slow.cut();
    await other.receives(`<message id='behind'/>`);
  });

  test('their patience ends after ten seconds: nobody can hold others up', async () => {
    const { sender, other, slow } = await crowd();
    fill(sender, slow.jid);
    sender.raw(message(other.jid, 'behind'));
    await turn();
    server.clock.advance(9000);
    await turn();
    assert.ok(sender.transport.paused);
    server.clock.advance(2000);
    await other.receives(`<message id='behind'/>`);
    // Once it has read everything, it is waited for again.
    slow.transport.readOn();
    await turn();
    slow.transport.stall();
    fill(sender, slow.jid);
    await turn();
    assert.ok(sender.transport.paused);
  });

  test('past the limit it is cut off, and the log says who', async () => {
    const { sender, other, slow } = await crowd();
    fill(sender, slow.jid);
    await turn();
    server.clock.advance(11_000);
    for (let i = 0; i < 100; i++) sender.raw(message(slow.jid, i, 1000));
    await turn();
    assert.ok(slow.ended);
    assert.match(log.take(), /does not read/);
    sender.raw(message(other.jid, 'behind'));
    await other.receives(`<message id='behind'/>`);
  });

  test('answers to its own requests are bounded as well', async () => {
    const { slow } = await crowd();
    for (let i = 0; i < 1000; i++)
      slow.raw(`<iq type='get' id='${i}' to='capulet.lit'><x xmlns='urn:example:none'/></iq>`);
    await turn();
    assert.ok(slow.ended);
    assert.deepEqual(server.host.sessions.of(`slow${people}@capulet.lit`), []);
  });
});
