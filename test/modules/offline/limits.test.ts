/** How much waits, and for how long. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { startExpiry } from '../../../modules/offline/expiry.ts';
import type { OfflineQueues } from '../../../modules/offline/queues.ts';
import { silent } from '../../../src/kernel/log.ts';
import { FakeClock } from '../../support/clock.ts';
import { startParley, type TestServer } from '../../support/parley.ts';
import { bodies, count, emptied, errorOf, numbers, says, settled } from './support.ts';

/** A server with these options; Romeo is there, and Juliet has an account. */
async function start(t: { after(task: () => Promise<void>): void }, offline: object) {
  const server = await startParley({ modules: { archive: false, offline }, settings: { pingIntervalMs: 1e12 } });
  t.after(() => server.stop());
  await server.account('juliet');
  return { server, romeo: await server.login('romeo') };
}

suite('limits', () => {
  test('XEP-0160 2: a full queue answers with service-unavailable, and keeps what it has', async (t) => {
    const { server, romeo } = await start(t, { maxMessages: 3 });
    await says(romeo, 'juliet@capulet.lit', '1', '2', '3', '4');
    const error = await romeo.receives(`<message type='error' from='juliet@capulet.lit'/>`);
    assert.equal(errorOf(error), 'cancel service-unavailable');
    await romeo.receivesNothing();
    assert.equal((await count(server, 'juliet')).messages, 3);
    const juliet = await server.login('juliet');
    assert.deepEqual(await bodies(juliet, 3), ['1', '2', '3']);
  });

  test('there is room again when messages were delivered, and the limit holds then as before', async (t) => {
    const { server, romeo } = await start(t, { maxMessages: 2 });
    for (let round = 0; round < 3; round++) {
      await says(romeo, 'juliet@capulet.lit', '1', '2', '3');
      assert.equal(errorOf(await romeo.receive()), 'cancel service-unavailable');
      const juliet = await server.login('juliet');
      assert.deepEqual(await bodies(juliet, 2), ['1', '2']);
      await juliet.close();
    }
  });

  test('the limit is the account’s own', async (t) => {
    const { server, romeo } = await start(t, { maxMessages: 1 });
    await server.account('nurse');
    await says(romeo, 'juliet@capulet.lit', '1');
    await says(romeo, 'nurse@capulet.lit', '1');
    await romeo.receivesNothing();
  });

  test('the size of all messages together is limited', async (t) => {
    const { server, romeo } = await start(t, { maxBytes: '2 KiB' });
    const text = 'x'.repeat(600);
    await says(romeo, 'juliet@capulet.lit', `1${text}`, `2${text}`, `3${text}`);
    assert.equal(errorOf(await romeo.receive()), 'cancel service-unavailable');
    await says(romeo, 'juliet@capulet.lit', 'short');
    await romeo.receivesNothing();
    const { messages, bytes } = await count(server, 'juliet');
    assert.equal(messages, 3);
    assert.ok(bytes <= 2048 && bytes > 1200, `${bytes}`);
    const juliet = await server.login('juliet');
    assert.deepEqual(
      (await bodies(juliet, 3)).map((it) => it.slice(0, 1)),
      ['1', '2', 's'],
    );
    await juliet.close();
    await says(romeo, 'juliet@capulet.lit', `1${text}`, `2${text}`);
    await romeo.receivesNothing();
  });

  test('one message larger than all the room is refused, as the first one too', async (t) => {
    const { server, romeo } = await start(t, { maxBytes: '1 KiB' });
    await says(romeo, 'juliet@capulet.lit', 'x'.repeat(1024));
    assert.equal(errorOf(await romeo.receive()), 'cancel service-unavailable');
    assert.equal((await count(server, 'juliet')).messages, 0);
    await says(romeo, 'juliet@capulet.lit', 'y');
    await romeo.receivesNothing();
  });

  test('several who write at once are let in up to the limit', async (t) => {
    const { server } = await start(t, { maxMessages: 10 });
    const writers = await Promise.all(numbers(1, 5).map((it) => server.login(`writer${it}`)));
    await Promise.all(writers.map((it) => says(it, 'juliet@capulet.lit', ...numbers(1, 4))));
    const answers = await Promise.all(writers.map((it) => it.drain()));
    assert.equal(answers.flat().filter((it) => it.attr('type') === 'error').length, 10);
    assert.equal((await count(server, 'juliet')).messages, 10);
  });

  test('somebody whose queue is full while it is delivered gets what comes now all the same', async (t) => {
    const { server, romeo } = await start(t, { maxMessages: 250 });
    await says(romeo, 'juliet@capulet.lit', ...numbers(1, 250));
    await settled(romeo);
    const juliet = await server.login('juliet', { available: false });
    await juliet.send('<presence/>');
    await juliet.receives('<presence/>');
    await says(romeo, 'juliet@capulet.lit', ...numbers(251, 600));
    await romeo.receivesNothing();
    const got = await bodies(juliet, 600);
    assert.deepEqual(
      got
        .map(Number)
        .sort((a, b) => a - b)
        .map(String),
      numbers(1, 600),
    );
  });
});

suite('retention', () => {
  const MINUTE_MS = 60_000;

  /** Moves time on, and waits until what the clock started is done: the database answers in order. */
  async function later(server: TestServer, ms: number): Promise<void> {
    server.clock.advance(ms);
    for (let i = 0; i < 5; i++) await count(server, 'juliet');
  }

  test('a message that nobody came for is deleted, and not before its time', async (t) => {
    const { server, romeo } = await start(t, { retention: '1h' });
    await says(romeo, 'juliet@capulet.lit', 'old');
    await settled(romeo);
    await later(server, 30 * MINUTE_MS);
    await says(romeo, 'juliet@capulet.lit', 'new');
    await settled(romeo);
    await later(server, 25 * MINUTE_MS);
    await later(server, 5 * MINUTE_MS);
    assert.equal((await count(server, 'juliet')).messages, 2);
    await later(server, 10 * MINUTE_MS);
    assert.equal((await count(server, 'juliet')).messages, 1);
    assert.deepEqual(await bodies(await server.login('juliet'), 1), ['new']);
  });

  test('many of them are deleted in steps, and make room', async (t) => {
    const { server, romeo } = await start(t, { retention: '1h', maxMessages: 1200 });
    await says(romeo, 'juliet@capulet.lit', ...numbers(1, 1201));
    assert.equal(errorOf(await romeo.receive()), 'cancel service-unavailable');
    await later(server, 60 * MINUTE_MS);
    await later(server, 10 * MINUTE_MS);
    await emptied(server, 'juliet');
    await says(romeo, 'juliet@capulet.lit', 'again');
    await romeo.receivesNothing();
    assert.equal((await count(server, 'juliet')).messages, 1);
  });

  test('forever looks for none', () => {
    const clock = new FakeClock();
    const looked: number[] = [];
    const queues = {
      expire: async (before: number) => looked.push(before),
    } as unknown as OfflineQueues;
    const common = { queues, clock, log: silent, expired: { inc() {} }, signal: new AbortController().signal };
    startExpiry({ ...common, retention: Infinity });
    clock.advance(86_400_000);
    assert.deepEqual(looked, []);
    startExpiry({ ...common, retention: 3_600_000 });
    clock.advance(600_000);
    assert.deepEqual(looked, [clock.now() - 3_600_000]);
  });

  test('a search goes on from the next tick when one has failed, and none begins while one is under way', async () => {
    const clock = new FakeClock();
    const searches: PromiseWithResolvers<number>[] = [];
    const queues = {
      expire: () => {
        const search = Promise.withResolvers<number>();
        searches.push(search);
        return search.promise;
      },
    } as unknown as OfflineQueues;
    const stopped = new AbortController();
    let expired = 0;
    const counter = { inc: (by: number) => (expired += by) };
    startExpiry({ queues, clock, log: silent, expired: counter, retention: 3_600_000, signal: stopped.signal });
    clock.advance(1_800_000);
    assert.equal(searches.length, 1);
    searches[0]?.reject(new Error('the database is away'));
    await new Promise(setImmediate);
    clock.advance(600_000);
    searches[1]?.resolve(7);
    await new Promise(setImmediate);
    assert.equal(expired, 7);
    stopped.abort();
    clock.advance(1_800_000);
    assert.equal(searches.length, 2);
  });
});
