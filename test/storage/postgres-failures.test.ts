/** PostgreSQL when connections break, locks collide and settings are careless. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Client } from 'pg';
import { type Prepared, query } from '../../src/kernel/sql.ts';
import type { StorageDatabase } from '../../src/storage/engine-database.ts';
import { openDatabase, type StorageOptions } from '../../src/storage/open-database.ts';
import { rejectsAs } from '../conformance/database-values.ts';
import { freshDatabase, freshSchema, stopPostgres } from '../support/postgres.ts';

after(stopPostgres);

const statements = {
  add: query<[string, number]>('insert into item (id, n) values ($1, $2)'),
  bump: query<[string], { n: number }>('update item set n = n + 1 where id = $1 returning n'),
  get: query<[string], { n: number }>('select n from item where id = $1'),
  ids: query<[], { id: string }>('select id from item order by id'),
};

interface Scene {
  readonly db: StorageDatabase;
  readonly items: Prepared<typeof statements>;
  /** Somebody else's connection to the same tables. */
  readonly other: Client;
  /** The server process that waits for a lock; resolves when there is one. */
  readonly blocked: () => Promise<number>;
}

async function scene(body: (scene: Scene) => Promise<void>, options?: StorageOptions): Promise<void> {
  const { url, drop } = await freshSchema();
  const db = await openDatabase(url, options);
  await db.migrate('m', [{ id: '001', up: 'create table item (id text primary key, n bigint not null);' }]);
  const other = new Client(url);
  await other.connect();
  // Within a transaction the view of other processes would not change.
  const watcher = new Client(url);
  await watcher.connect();
  const blocked = async () => {
    for (;;) {
      const { rows } = await watcher.query<{ pid: number }>(
        `select pid from pg_stat_activity
         where datname = current_database() and application_name = 'parley' and wait_event_type = 'Lock'`,
      );
      if (rows[0] !== undefined) return rows[0].pid;
    }
  };
  try {
    await body({ db, items: db.prepare(statements), other, blocked });
  } finally {
    await other.end();
    await watcher.end();
    await db.close();
    await drop();
  }
}

test('a server that does not answer is unavailable', async () => {
  await rejectsAs('unavailable', openDatabase('postgres://127.0.0.1:1/parley'));
});

test('a write whose connection is lost is unavailable and not repeated; the next one has a new connection', () =>
  scene(async ({ items, other, blocked }) => {
    await other.query('begin; lock table item in exclusive mode');
    const lost = ['a', 'b'].map((id) => rejectsAs('unavailable', items.add(id, 1)));
    await other.query('select pg_terminate_backend($1)', [await blocked()]);
    await Promise.all(lost);
    await other.query('commit');
    await items.add('c', 1);
    assert.deepEqual(await items.ids(), [{ id: 'c' }]);
  }));

test('a read whose connection is lost runs again on another', () =>
  scene(async ({ items, other, blocked }) => {
    await items.add('a', 1);
    await other.query('begin; lock table item in access exclusive mode');
    const read = items.get('a');
    await other.query('select pg_terminate_backend($1)', [await blocked()]);
    await other.query('commit');
    assert.deepEqual(await read, [{ n: 1 }]);
  }));

test('a read whose connection is lost twice is unavailable', () =>
  scene(async ({ items, other, blocked }) => {
    await other.query('begin; lock table item in access exclusive mode');
    const refused = rejectsAs('unavailable', items.get('a'));
    const first = await blocked();
    await other.query('select pg_terminate_backend($1)', [first]);
    let second = await blocked();
    while (second === first) second = await blocked();
    await other.query('select pg_terminate_backend($1)', [second]);
    await refused;
    await other.query('commit');
    assert.deepEqual(await items.get('a'), []);
  }));

test('connections that were lost while idle are replaced', () =>
  scene(async ({ items, other }) => {
    await Promise.all([items.add('a', 1), items.get('a'), items.get('a')]);
    await other.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name = 'parley' and pid <> pg_backend_pid()`,
    );
    assert.deepEqual(await items.get('a'), [{ n: 1 }]);
  }));

test('a transaction that lost a deadlock runs again', () =>
  scene(async ({ db, items, other, blocked }) => {
    await Promise.all([items.add('a', 1), items.add('b', 1)]);
    // Only our side looks for deadlocks, so it is ours that is given up.
    await other.query("set deadlock_timeout = '1h'; begin; update item set n = 100 where id = 'a'");
    const write = db.atomically([items.bump.bind('b'), items.bump.bind('a')]);
    await blocked();
    await other.query("update item set n = 200 where id = 'b'; commit");
    assert.deepEqual(await write, [[{ n: 201 }], [{ n: 101 }]]);
  }));

test('reads do not wait for a write that waits', () =>
  scene(async ({ items, other, blocked }) => {
    await items.add('a', 1);
    await other.query("begin; update item set n = 5 where id = 'a'");
    const write = items.bump('a');
    await blocked();
    assert.deepEqual(await items.get('a'), [{ n: 1 }]);
    await other.query('commit');
    assert.deepEqual(await write, [{ n: 6 }]);
  }));

test('a statement that takes too long is unavailable', () =>
  scene(
    async ({ items, other }) => {
      await items.add('a', 1);
      await other.query("begin; update item set n = 5 where id = 'a'");
      await rejectsAs('unavailable', items.bump('a'));
      await other.query('rollback');
      assert.deepEqual(await items.bump('a'), [{ n: 2 }]);
    },
    { statementTimeoutMs: 200 },
  ));

test('a value that the server quotes in its message is not in the error', () =>
  scene(async ({ items }) => {
    const error = await rejectsAs('other', items.add('a', 'secret' as unknown as number));
    assert.match(error.message, /invalid input syntax/);
    assert.doesNotMatch(error.message, /secret/);
  }));

test('text that PostgreSQL cannot hold fails alone', () =>
  scene(async ({ items }) => {
    const outcomes = await Promise.allSettled([items.add('a', 1), items.add('nul\0', 1), items.add('b', 1)]);
    assert.deepEqual(
      outcomes.map((outcome) => outcome.status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.deepEqual(await items.ids(), [{ id: 'a' }, { id: 'b' }]);
  }));

test('a statement that failed when it was first run is prepared once for all', () =>
  scene(async ({ items }) => {
    await rejectsAs('other', items.add('x', null as unknown as number));
    await rejectsAs('other', items.add('x', null as unknown as number));
    await Promise.all([items.add('x', 1), items.get('y')]);
    await rejectsAs('conflict', items.add('x', 1));
    assert.deepEqual(await items.bump('x'), [{ n: 2 }]);
  }));

test('a server that forgets commits in a crash is told not to', async () => {
  const { url, drop } = await freshDatabase();
  const admin = new Client(url);
  await admin.connect();
  await admin.query(`alter database "${new URL(url).pathname.slice(1)}" set synchronous_commit = off`);
  await admin.end();
  const db = await openDatabase(url);
  const { setting } = db.prepare({
    setting: query<[], { setting: string }>("select current_setting('synchronous_commit') as setting"),
  });
  assert.deepEqual(await setting(), [{ setting: 'on' }]);
  await db.close();
  await drop();
});
