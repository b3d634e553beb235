/** Database suite: migrations go forward, once, and never over a database that is newer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Database, type Migration, query } from '../../src/kernel/sql.ts';
import { type DatabaseKind, withFixture } from './database-fixture.ts';
import { rejectsAs } from './database-values.ts';

const FIRST: Migration = {
  id: '001',
  up: 'create table a (id text primary key);\ncreate table b (id text primary key);\n',
};
const SECOND: Migration = {
  id: '002',
  up: "alter table a add column n bigint;\ninsert into b (id) values ('semi;colon');",
};
const BROKEN: Migration = { id: '003', up: 'create table c (id text);\ninsert into nowhere (id) values (1);' };

export function migrationTests(kind: DatabaseKind): void {
  test('migrations apply to an empty database in the order of their ids, once', () =>
    withFixture(kind, async (fixture) => {
      const db = await fixture.open();
      await db.migrate('m', [SECOND, FIRST]);
      await db.migrate('m', [FIRST, SECOND]);
      assert.deepEqual(await recorded(db), ['m 001', 'm 002']);
      assert.deepEqual(await db.prepare({ b: query<[], object>('select id from b') }).b(), [{ id: 'semi;colon' }]);
      await db.verify({ a: query('select id, n from a') });
    }));

  test('what is missing is applied to a database that has the rest; owners do not disturb each other', () =>
    withFixture(kind, async (fixture) => {
      const db = await fixture.open();
      await db.migrate('m', [FIRST]);
      await db.migrate('other', [{ id: '001', up: 'create table other (id text)' }]);
      await db.migrate('m', [FIRST, SECOND]);
      await db.migrate('empty', []);
      assert.deepEqual(await recorded(db), ['m 001', 'm 002', 'other 001']);
    }));

  test('a migration that fails leaves nothing behind, and may be corrected', () =>
    withFixture(kind, async (fixture) => {
      const db = await fixture.open();
      await assert.rejects(db.migrate('m', [FIRST, BROKEN]), /Migration 003 of m failed: .*nowhere/);
      assert.deepEqual(await recorded(db), ['m 001']);
      await rejectsAs('other', db.verify({ c: query('select id from c') }));
      await db.migrate('m', [FIRST, { id: '003', up: 'create table c (id text)' }]);
      assert.deepEqual(await recorded(db), ['m 001', 'm 003']);
    }));

  test('a migration whose own rows conflict fails, and is not taken for done by others', () =>
    withFixture(kind, async (fixture) => {
      const db = await fixture.open();
      const twice = { id: '004', up: "insert into a (id) values ('x');\ninsert into a (id) values ('x');" };
      await assert.rejects(db.migrate('m', [FIRST, twice]), /Migration 004 of m failed/);
      assert.deepEqual(await recorded(db), ['m 001']);
    }));

  test('a database that is newer than the program is refused and left as it is', () =>
    withFixture(kind, async (fixture) => {
      const db = await fixture.open();
      await db.migrate('m', [FIRST, SECOND]);
      const older = [FIRST, { id: '0015', up: 'drop table a;' }];
      await assert.rejects(
        db.migrate('m', older),
        /The database is newer than this program: it has migration 002 of m/,
      );
      await db.verify({ a: query('select id, n from a') });
    }));

  test('a migration that was changed after it had been applied is refused; line ends do not count', () =>
    withFixture(kind, async (fixture) => {
      const db = await fixture.open();
      await db.migrate('m', [FIRST]);
      await db.migrate('m', [{ ...FIRST, up: FIRST.up.replaceAll('\n', '\r\n') }]);
      const changed = { ...FIRST, up: `${FIRST.up} create table c (id text);` };
      await assert.rejects(db.migrate('m', [changed, SECOND]), /Migration 001 of m was changed/);
      assert.deepEqual(await recorded(db), ['m 001']);
    }));

  test('two migrations of one id are refused', () =>
    withFixture(kind, async (fixture) => {
      const db = await fixture.open();
      await assert.rejects(db.migrate('m', [FIRST, { ...SECOND, id: '001' }]), /Two migrations of m are called 001/);
    }));

  if (!kind.shared) return;

  test('nodes that start together migrate once', () =>
    withFixture(kind, async (fixture) => {
      const nodes = await Promise.all(Array.from({ length: 4 }, () => fixture.open()));
      const many = Array.from({ length: 8 }, (_, i) => ({
        id: `00${i}`,
        up: `create table t${i} (id text primary key);\ninsert into t${i} (id) values ('seed');`,
      }));
      await Promise.all(nodes.map((db) => db.migrate('m', many)));
      const [first] = nodes;
      assert.ok(first !== undefined);
      assert.equal((await recorded(first)).length, 8);
    }));

  test('what was migrated and stored is there when the database is opened again', () =>
    withFixture(kind, async (fixture) => {
      const db = await fixture.open();
      await db.migrate('m', [FIRST, SECOND]);
      await db.close();
      const again = await fixture.open();
      await again.migrate('m', [FIRST, SECOND]);
      assert.deepEqual(await again.prepare({ b: query<[], object>('select id from b') }).b(), [{ id: 'semi;colon' }]);
    }));
}

async function recorded(db: Database): Promise<string[]> {
  const { list } = db.prepare({
    list: query<[], { owner: string; id: string }>('select owner, id from parley_migrations order by owner, id'),
  });
  return (await list()).map((row) => `${row.owner} ${row.id}`);
}
