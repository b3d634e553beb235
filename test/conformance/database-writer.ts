/** Database suite: writers, clustered tables, and space that is given back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BatchError, query } from '../../src/kernel/sql.ts';
import { type DatabaseKind, idsOf, withFixture, withItems } from './database-fixture.ts';

export function writerTests(kind: DatabaseKind): void {
  test('a writer stores the rows of a batch by the calls that its encoder makes of them', () =>
    withItems(kind, async (db, items) => {
      const batches: number[] = [];
      const writer = db.writer<string>({
        sizeOf: (id) => id.length,
        encode(ids) {
          batches.push(ids.length);
          return ids.map((id) => items.add.bind(id, null));
        },
      });
      const stored = ['a', 'b', 'c'].map((id) => writer.add(id));
      await stored[0];
      assert.deepEqual(await idsOf(items), ['a', 'b', 'c']);
      assert.deepEqual(batches, [3]);
      await writer.close();
    }));

  test('an encoder may read what is there, and sees the batch before', () =>
    withItems(kind, async (db, items) => {
      const seen: number[] = [];
      const writer = db.writer<string>({
        sizeOf: () => 1,
        async encode(ids) {
          const [row] = await items.count();
          seen.push(row?.count ?? -1);
          return ids.map((id) => items.add.bind(id, null));
        },
      });
      const first = writer.add('a');
      void writer.flush();
      const second = writer.add('b');
      await Promise.all([first, second]);
      assert.deepEqual(seen, [0, 1]);
      await writer.close();
    }));

  test('a row of a writer that fails is named, and all others are stored', () =>
    withItems(kind, async (db, items) => {
      const writer = db.writer<string>({
        sizeOf: () => 1,
        encode: (ids) => ids.map((id) => items.add.bind(id, null)),
      });
      const stored = ['a', 'b', 'a', 'c', 'd'].map((id) => writer.add(id));
      await writer.close();
      const error = await stored[0]?.catch((reason: unknown) => reason);
      assert.ok(error instanceof BatchError);
      assert.deepEqual(
        [...error.failures].map(([row, why]) => [row, why.failure]),
        [['a', 'conflict']],
      );
      assert.deepEqual(await idsOf(items), ['a', 'b', 'c', 'd']);
    }));

  test('work of ones own has its turn between the rows that came before and those that come after', () =>
    withItems(kind, async (db, items) => {
      const writer = db.writer<string>({
        sizeOf: () => 1,
        encode: (ids) => ids.map((id) => items.add.bind(id, null)),
      });
      void writer.add('a');
      const seen = writer.exclusively(() => idsOf(items));
      const after = writer.add('b');
      assert.deepEqual(await seen, ['a']);
      await after;
      assert.deepEqual(await idsOf(items), ['a', 'b']);
      await writer.close();
    }));

  test('a table may be kept in the order of its primary key, and a number may be that of the row', () =>
    withFixture(kind, async (fixture) => {
      const db = await fixture.open();
      await db.migrate('suite', [
        {
          id: '001',
          up: `create table page (number bigint primary key, words text not null);
create table entry (
  owner text not null, id text not null, page bigint not null, primary key (owner, id)
) without rowid;`,
        },
      ]);
      const rows = db.prepare({
        page: query<[number, string]>('insert into page (number, words) values ($1, $2)'),
        entry: query<[string, string, number]>('insert into entry (owner, id, page) values ($1, $2, $3)'),
        read: query<[string], { id: string; text: string }>(
          'select e.id, p.words as text from entry e join page p on p.number = e.page where e.owner = $1 order by e.id',
        ),
      });
      await rows.page(2 ** 52, 'two');
      await rows.page(1, 'one');
      await Promise.all([rows.entry('a', '2', 2 ** 52), rows.entry('a', '1', 1), rows.entry('b', '1', 1)]);
      assert.deepEqual(await rows.read('a'), [
        { id: '1', text: 'one' },
        { id: '2', text: 'two' },
      ]);
      await assert.rejects(rows.entry('a', '1', 1), { failure: 'conflict' });
      await assert.rejects(rows.page(1, 'again'), { failure: 'conflict' });
    }));

  test('a small database gives no space back: what is free is for what comes', () =>
    withItems(kind, async (db) => {
      assert.equal(await db.reclaim(), 0);
    }));
}
