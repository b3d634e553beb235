/** Nothing that was acknowledged is lost: by a kill, a broken connection, a database that is away. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type {
  Call,
  Database,
  Migration,
  Prepared,
  Statements,
  Writer,
  WriterOptions,
} from '../../../src/kernel/sql.ts';
import { openDatabase } from '../../../src/storage/open-database.ts';
import { acknowledge, device } from '../../stream/management/devices.ts';
import type { TestClient } from '../../support/client.ts';
import { startParley, TestServer } from '../../support/parley.ts';
import { bodies, count, emptied, getsNothing, numbers, says, settled } from './support.ts';

/** A database whose transactions over offline messages wait for the test, or fail. */
class GatedDatabase implements Database {
  readonly engine = 'sqlite';
  readonly inner: Database;
  /** What a transaction that matches waits for. */
  gate: { readonly matches: RegExp; readonly opens: Promise<void> } | undefined = undefined;
  /** Transactions that have come to the gate. */
  held = 0;

  constructor(inner: Database) {
    this.inner = inner;
  }

  prepare<S extends Statements>(statements: S): Prepared<S> {
    return this.inner.prepare(statements);
  }

  async atomically(calls: readonly Call[]): Promise<readonly (readonly unknown[])[]> {
    const { gate } = this;
    if (gate !== undefined && calls.some((it) => gate.matches.test(it.statement))) {
      this.held++;
      await gate.opens;
    }
    return this.inner.atomically(calls);
  }

  migrate(owner: string, migrations: readonly Migration[]): Promise<void> {
    return this.inner.migrate(owner, migrations);
  }

  writer<Row>(options: WriterOptions<Row>): Writer<Row> {
    return this.inner.writer(options);
  }

  reclaim(): Promise<number> {
    return this.inner.reclaim();
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}

interface Scene {
  after(task: () => Promise<void>): void;
}

async function gated(t: Scene): Promise<{ db: GatedDatabase; server: TestServer }> {
  const db = new GatedDatabase(await openDatabase('sqlite::memory:'));
  const server = new TestServer({}, db);
  await server.start();
  t.after(() => server.stop());
  return { db, server };
}

/** Another process on the same database: the first was killed, and did not get to do anything more. */
async function successor(t: Scene, db: GatedDatabase): Promise<TestServer> {
  const server = new TestServer({}, db.inner);
  await server.start();
  t.after(() => server.engine.stop());
  return server;
}

/** What the server writes to this client stays in its buffer. */
function stall(client: TestClient): void {
  Object.defineProperty(client.transport, 'bufferedBytes', { get: () => 1000 });
  client.transport.write = () => {};
}

/** Until all that was begun has been done, as far as it depends on nobody else. */
async function turns(server: TestServer): Promise<void> {
  for (let i = 0; i < 10; i++) await count(server, 'juliet');
}

suite('acknowledged means durable', () => {
  test('the next answer on the stream comes when the message is committed, and others do not wait', async (t) => {
    const { db, server } = await gated(t);
    await server.account('juliet');
    const romeo = await server.login('romeo');
    const nurse = await server.login('nurse');
    const commit = Promise.withResolvers<void>();
    db.gate = { matches: /into offline_message/, opens: commit.promise };
    await says(romeo, 'juliet@capulet.lit', 'hi');
    let answered = false;
    const answer = settled(romeo).then(() => {
      answered = true;
    });
    await settled(nurse);
    await turns(server);
    assert.equal(db.held, 1);
    assert.equal(answered, false);
    commit.resolve();
    await answer;
    assert.equal((await count(server, 'juliet')).messages, 1);
  });

  test('a message that cannot be stored is answered with an error', async (t) => {
    const { db, server } = await gated(t);
    await server.account('juliet');
    const romeo = await server.login('romeo');
    const failure = Promise.reject(new Error('the disk is full'));
    failure.catch(() => {});
    db.gate = { matches: /into offline_message/, opens: failure };
    await romeo.send(`<message to='juliet@capulet.lit' id='m1' type='chat'><body>hi</body></message>`);
    await romeo.receives(`<message type='error' id='m1'/>`);
    db.gate = undefined;
    await says(romeo, 'juliet@capulet.lit', 'again');
    await romeo.receivesNothing();
    assert.deepEqual(await bodies(await server.login('juliet'), 1), ['again']);
  });
});

suite('a kill', () => {
  test('between delivery and deletion delivers again rather than never', async (t) => {
    const { db, server } = await gated(t);
    await server.account('juliet');
    const romeo = await server.login('romeo');
    await says(romeo, 'juliet@capulet.lit', '1', '2');
    await settled(romeo);
    db.gate = { matches: /delete from offline_message/, opens: new Promise(() => {}) };
    const juliet = await server.login('juliet');
    assert.deepEqual(await bodies(juliet, 2), ['1', '2']);
    const next = await successor(t, db);
    assert.deepEqual(await bodies(await next.login('juliet'), 2), ['1', '2']);
    assert.equal(db.held, 1, 'a page was not deleted in one transaction');
  });

  test('while messages still are in the buffer of a connection loses none of them', async (t) => {
    const { db, server } = await gated(t);
    await server.account('juliet');
    const romeo = await server.login('romeo');
    await says(romeo, 'juliet@capulet.lit', '1', '2');
    await settled(romeo);
    const juliet = await server.login('juliet', { available: false });
    stall(juliet);
    await juliet.send('<presence/>');
    await turns(server);
    const next = await successor(t, db);
    assert.deepEqual(await bodies(await next.login('juliet'), 2), ['1', '2']);
  });
});

suite('a connection that breaks', () => {
  test('before messages have left: the next resource gets them', async (t) => {
    const server = await startParley();
    t.after(() => server.stop());
    await server.account('juliet');
    const romeo = await server.login('romeo');
    await says(romeo, 'juliet@capulet.lit', ...numbers(1, 150));
    await settled(romeo);
    const phone = await server.login('juliet', { resource: 'phone', available: false });
    stall(phone);
    await phone.send('<presence/>');
    await turns(server);
    await phone.cut();
    const laptop = await server.login('juliet', { resource: 'laptop' });
    assert.deepEqual(await bodies(laptop, 150), numbers(1, 150));
    await getsNothing(server, laptop);
    await turns(server);
    await emptied(server, 'juliet');
  });

  test('while another resource is there: that one gets the rest', async (t) => {
    const server = await startParley();
    t.after(() => server.stop());
    await server.account('juliet');
    const romeo = await server.login('romeo');
    await says(romeo, 'juliet@capulet.lit', '1', '2');
    await settled(romeo);
    const phone = await server.login('juliet', { resource: 'phone', available: false });
    stall(phone);
    await phone.send('<presence/>');
    await turns(server);
    const laptop = await server.login('juliet', { resource: 'laptop' });
    await laptop.drain();
    await says(romeo, 'juliet@capulet.lit', 'now');
    await laptop.receives('<message><body>now</body></message>');
    await phone.cut();
    await laptop.receives(`<presence type='unavailable'/>`);
    assert.deepEqual(await bodies(laptop, 2), ['1', '2']);
    await getsNothing(server, laptop);
  });

  test('a client that does not read gets one page, and what comes for it waits in the queue', async (t) => {
    const server = await startParley({ modules: { offline: { maxMessages: 2000 } } });
    t.after(() => server.stop());
    await server.account('juliet');
    const romeo = await server.login('romeo');
    await says(romeo, 'juliet@capulet.lit', ...numbers(1, 300));
    await settled(romeo);
    const juliet = await server.login('juliet', { available: false });
    let written = 0;
    stall(juliet);
    juliet.transport.write = (text) => {
      written += text.split('<message').length - 1;
    };
    await juliet.send('<presence/>');
    await turns(server);
    await says(romeo, 'juliet@capulet.lit', ...numbers(301, 320));
    await romeo.receivesNothing();
    assert.equal(written, 100);
    assert.equal((await count(server, 'juliet')).messages, 320);
  });
});

suite('a database that is away', () => {
  test('when messages are to be delivered: those that come are delivered, the others later', async (t) => {
    const { db, server } = await gated(t);
    await server.account('juliet');
    const romeo = await server.login('romeo');
    await says(romeo, 'juliet@capulet.lit', ...numbers(1, 150));
    await settled(romeo);
    const failure = Promise.reject(new Error('the disk is full'));
    failure.catch(() => {});
    db.gate = { matches: /delete from offline_message/, opens: failure };
    const juliet = await server.login('juliet');
    assert.deepEqual(await bodies(juliet, 100), numbers(1, 100));
    await turns(server);
    await says(romeo, 'juliet@capulet.lit', 'now');
    assert.deepEqual(await bodies(juliet, 1), ['now']);
    await juliet.close();
    db.gate = undefined;
    // What was delivered is not delivered again, though it could not be deleted then.
    const again = await server.login('juliet');
    assert.deepEqual(await bodies(again, 50), numbers(101, 150));
    await getsNothing(server, again);
  });

  test('a row that is damaged is left out, and goes', async (t) => {
    const { db, server } = await gated(t);
    await server.account('juliet');
    const romeo = await server.login('romeo');
    await says(romeo, 'juliet@capulet.lit', '1', '2', '3');
    await settled(romeo);
    const damage = { text: `update offline_message set stanza = '<message' where number = 2` };
    await db.inner.prepare({ damage }).damage();
    const juliet = await server.login('juliet');
    assert.deepEqual(await bodies(juliet, 2), ['1', '3']);
    await getsNothing(server, juliet);
    await turns(server);
    await emptied(server, 'juliet');
  });
});

test('modules that are loaded anew go on with the sessions that are there', async (t) => {
  const server = await startParley();
  t.after(() => server.stop());
  const romeo = await server.login('romeo');
  const juliet = await server.login('juliet');
  const { loadModules } = await import('../../../src/server/module-files.ts');
  await server.engine.setHost('capulet.lit', { modules: await loadModules(), options: {}, admins: new Set() });
  await says(romeo, 'juliet@capulet.lit', '1', '2');
  assert.deepEqual(await bodies(juliet, 2), ['1', '2']);
  await juliet.close();
  await says(romeo, 'juliet@capulet.lit', '3');
  await settled(romeo);
  assert.deepEqual(await bodies(await server.login('juliet'), 1), ['3']);
});

test('XEP-0160 2: a reload of the host while messages go out keeps none of them back, nor their order', async (t) => {
  const server = await startParley();
  t.after(() => server.stop());
  const romeo = await server.login('romeo');
  await server.account('juliet');
  await says(romeo, 'juliet@capulet.lit', ...numbers(1, 150));
  await settled(romeo);
  const { client } = await device(server, 'juliet', 'balcony');
  const got: string[] = [];
  const read = async (last: string): Promise<void> => {
    while (got.at(-1) !== last) {
      const element = await client.receive();
      if (element.name === 'message') got.push(element.childText('{jabber:client}body') ?? '');
    }
  };
  await read('100');
  const { loadModules } = await import('../../../src/server/module-files.ts');
  await server.engine.setHost('capulet.lit', { modules: await loadModules(), options: {}, admins: new Set() });
  await client.send(acknowledge(101));
  await read('150');
  await client.send(acknowledge(151));
  await says(romeo, 'juliet@capulet.lit', '151');
  await read('151');
  assert.deepEqual(got, numbers(1, 151));
});
