/** The database suite on a SQLite file, and what is true of files only. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { query } from '../../src/kernel/sql.ts';
import { openDatabase } from '../../src/storage/open-database.ts';
import { databaseSuite } from '../conformance/database.ts';
import { rejectsAs } from '../conformance/database-values.ts';

const root = mkdtempSync(join(tmpdir(), 'parley-sqlite-'));
after(() => rmSync(root, { recursive: true }));
const newDirectory = () => mkdtempSync(join(root, 'db-'));

databaseSuite({
  name: 'a SQLite file',
  shared: true,
  async create() {
    const file = join(newDirectory(), 'parley.db');
    return { open: (options) => openDatabase(`sqlite:${file}`, options), remove: async () => {} };
  },
});

test('a database file is readable by its owner only, and so is its log', async () => {
  const file = join(newDirectory(), 'parley.db');
  const db = await openDatabase(`sqlite:${file}`);
  await db.migrate('m', [{ id: '001', up: 'create table a (id text);' }]);
  for (const suffix of ['', '-wal', '-shm']) {
    assert.equal(statSync(file + suffix).mode & 0o777, 0o600, suffix);
  }
  await db.close();
});

test('commits go through a write-ahead log, which is gone after close', async () => {
  const file = join(newDirectory(), 'parley.db');
  const db = await openDatabase(`sqlite:${file}`);
  await db.migrate('m', [{ id: '001', up: 'create table a (id text);' }]);
  await db.close();
  assert.throws(() => statSync(`${file}-wal`), { code: 'ENOENT' });
  const raw = new DatabaseSync(file);
  assert.equal(raw.prepare('pragma journal_mode').get()?.['journal_mode'], 'wal');
  raw.close();
});

test('a file that cannot be made, or is no database, is unavailable and named', async () => {
  const missing = await rejectsAs('unavailable', openDatabase(`sqlite:${join(newDirectory(), 'no', 'parley.db')}`));
  assert.match(missing.message, /no\/parley\.db/);
  const text = join(newDirectory(), 'text.db');
  writeFileSync(text, 'This is not a database. '.repeat(100));
  const refused = await rejectsAs('unavailable', openDatabase(`sqlite:${text}`));
  assert.match(refused.message, /text\.db.*not a database/);
});

test('what was deleted comes back to the disk, in steps, but for what is kept for new rows', async () => {
  const file = join(newDirectory(), 'parley.db');
  const db = await openDatabase(`sqlite:${file}`);
  await db.migrate('m', [{ id: '001', up: 'create table a (id bigint primary key, text text not null);' }]);
  const a = db.prepare({
    add: query<[number, string]>('insert into a (id, text) values ($1, $2)'),
    drop: query<[]>('delete from a'),
  });
  await db.atomically(Array.from({ length: 4_000 }, (_, i) => a.add.bind(i, 'x'.repeat(4_000))));
  await a.drop();
  let given = 0;
  for (let step = await db.reclaim(); step > 0; step = await db.reclaim()) {
    assert.ok(step <= 1_048_576);
    given += step;
  }
  await db.close();
  const { size } = statSync(file);
  assert.ok(given > 10_000_000 && size > 4_000_000 && size < 6_000_000, `${given} given back, ${size} left`);
});

test('a URL of another kind is refused', async () => {
  await rejectsAs('other', openDatabase('mysql://localhost/parley'));
});

test('a write waits for another process that writes, and then succeeds', async () => {
  const file = join(newDirectory(), 'parley.db');
  const db = await openDatabase(`sqlite:${file}`);
  await db.migrate('m', [{ id: '001', up: 'create table a (id text);' }]);
  const a = db.prepare({
    add: query<[string]>('insert into a (id) values ($1)'),
    ids: query<[], { id: string }>('select id from a order by id'),
  });
  const other = new DatabaseSync(file);
  other.exec("begin immediate; insert into a (id) values ('other')");
  const added = a.add('ours');
  await new Promise((resolve) => setImmediate(resolve));
  other.exec('commit');
  other.close();
  await added;
  assert.deepEqual(await a.ids(), [{ id: 'other' }, { id: 'ours' }]);
  await db.close();
});
