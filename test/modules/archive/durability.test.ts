/** Nothing that was acknowledged is lost: acknowledgements wait, senders wait, order survives restarts and clocks. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type Call, type Database, SqlError } from '../../../src/kernel/sql.ts';
import { BatchWriter } from '../../../src/storage/batch-writer.ts';
import { openDatabase } from '../../../src/storage/open-database.ts';
import { startParley, TestServer } from '../../support/parley.ts';
import { ask, say } from './support.ts';

interface Scene {
  after(task: () => Promise<void>): void;
}

/** A database whose archive batches wait until the test lets them go, or fail. */
async function gated(t: Scene) {
  const inner = await openDatabase('sqlite::memory:');
  const gate = { open: Promise.resolve(), fail: undefined as SqlError | undefined, held: 0 };
  const atomically = async (calls: readonly Call[]) => {
    if (calls.some((it) => /insert into archive_body/.test(it.statement))) {
      gate.held++;
      await gate.open;
      if (gate.fail !== undefined) throw gate.fail;
    }
    return inner.atomically(calls);
  };
  const db: Database = {
    engine: inner.engine,
    prepare: inner.prepare.bind(inner),
    migrate: inner.migrate.bind(inner),
    reclaim: inner.reclaim.bind(inner),
    close: inner.close.bind(inner),
    atomically,
    writer: (options) => new BatchWriter({ atomically }, options),
  };
  const server = new TestServer({}, db);
  await server.start();
  t.after(() => server.stop());
  return { server, gate };
}

const SM = 'urn:xmpp:sm:3';

suite('durability', () => {
  test('XEP-0198 4: a message is acknowledged when it is in the archive, and delivered before', async (t) => {
    const { server, gate } = await gated(t);
    const juliet = await server.login('juliet', { resource: 'balcony' });
    const romeo = await server.login('romeo', { resource: 'orchard' });
    await romeo.send(`<enable xmlns='${SM}'/>`);
    await romeo.receives(`<enabled xmlns='${SM}'/>`);
    const commit = Promise.withResolvers<void>();
    gate.open = commit.promise;
    await romeo.send(`<message to='juliet@capulet.lit' type='chat'><body>hi</body></message><r xmlns='${SM}'/>`);
    await juliet.receives('<message><body>hi</body></message>');
    while (gate.held === 0) await new Promise((resolve) => setImmediate(resolve));
    const answer = romeo.receive();
    assert.equal(await Promise.race([answer, new Promise((resolve) => setImmediate(resolve, 'nothing'))]), 'nothing');
    commit.resolve();
    const ack = await answer;
    assert.deepEqual([ack.name, ack.attr('h')], ['a', '1']);
  });

  test('a database that is away for a moment loses nothing', async (t) => {
    const { server, gate } = await gated(t);
    const juliet = await server.login('juliet', { resource: 'balcony' });
    gate.fail = new SqlError('unavailable', 'away');
    for (let i = 0; i < 3; i++) await say(juliet, juliet, `n${i}`);
    while (gate.held < 2) await new Promise((resolve) => setImmediate(resolve));
    gate.fail = undefined;
    assert.deepEqual((await ask(juliet)).bodies, ['n0', 'n1', 'n2']);
    const { count, index } = await ask(juliet, { set: '<max>1</max><before/>' });
    assert.deepEqual([count, index], ['3', '2']);
  });

  test('a batch whose commit was not heard of is not written twice', async (t) => {
    const inner = await openDatabase('sqlite::memory:');
    let lost = 0;
    const atomically = async (calls: readonly Call[]) => {
      const rows = await inner.atomically(calls);
      if (lost === 0 && calls.some((it) => /insert into archive_body/.test(it.statement))) {
        lost++;
        throw new SqlError('unavailable', 'the connection was lost');
      }
      return rows;
    };
    const server = new TestServer(
      {},
      {
        engine: inner.engine,
        prepare: inner.prepare.bind(inner),
        migrate: inner.migrate.bind(inner),
        reclaim: inner.reclaim.bind(inner),
        close: inner.close.bind(inner),
        atomically,
        writer: (options) => new BatchWriter({ atomically }, options),
      },
    );
    await server.start();
    t.after(() => server.stop());
    const juliet = await server.login('juliet', { resource: 'balcony' });
    await say(juliet, juliet, 'once');
    await say(juliet, juliet, 'more');
    const found = await ask(juliet);
    assert.deepEqual([found.bodies, found.count, lost], [['once', 'more'], '2', 1]);
  });

  test('ids go on behind those of before, though the clock was set back meanwhile', async (t) => {
    const server = await startParley();
    t.after(() => server.stop());
    server.clock.advance(3_600_000);
    const first = await server.login('juliet', { resource: 'one' });
    for (let i = 0; i < 3; i++) await say(first, first, `a${i}`);
    const { last = '' } = await ask(first);
    await first.close();
    await server.engine.stop();
    server.clock.advance(-3_600_000);
    await server.start();
    const again = await server.login('juliet', { resource: 'two' });
    for (let i = 0; i < 3; i++) await say(again, again, `b${i}`);
    const found = await ask(again, { set: `<after>${last}</after>` });
    assert.deepEqual([found.bodies, found.index, found.count], [['b0', 'b1', 'b2'], '3', '6']);
  });

  test('messages that come while the server stops are written before it has stopped', async (t) => {
    const server = await startParley();
    t.after(() => server.stop());
    const juliet = await server.login('juliet', { resource: 'one' });
    for (let i = 0; i < 50; i++) await juliet.send(`<message to='juliet@capulet.lit'><body>${i}</body></message>`);
    await juliet.drain();
    await server.restart();
    const again = await server.login('juliet', { resource: 'one' });
    assert.equal((await ask(again)).count, '50');
  });
});

suite('overload', () => {
  test('while too much waits to be written, senders wait; past the limit their messages are refused, and nothing is lost', async (t) => {
    const { server, gate } = await gated(t);
    const juliet = await server.login('juliet', { resource: 'balcony' });
    const romeo = await server.login('romeo', { resource: 'orchard' });
    const commit = Promise.withResolvers<void>();
    gate.open = commit.promise;
    const COUNT = 5_000;
    let batch = '';
    for (let i = 0; i < COUNT; i++) batch += `<message to='juliet@capulet.lit' type='chat'><body>${i}</body></message>`;
    romeo.raw(batch);
    const got: string[] = [];
    for (; got.length < 4_000; got.push((await juliet.receive()).childText('{jabber:client}body') ?? ''));
    await juliet.drain().then((more) => got.push(...more.map((it) => it.childText('{jabber:client}body') ?? '')));
    assert.ok(got.length < COUNT, 'the sender does not wait');
    commit.resolve();
    while (got.length < COUNT) got.push((await juliet.receive()).childText('{jabber:client}body') ?? '');
    assert.deepEqual(
      got,
      Array.from({ length: COUNT }, (_, i) => String(i)),
    );
    assert.equal((await ask(juliet, { set: '<max>0</max>' })).count, String(COUNT));
  });
});
