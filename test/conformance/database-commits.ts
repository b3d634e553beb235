/** Database suite: conflicts, transactions, order, and calls that share a commit. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { query } from '../../src/kernel/sql.ts';
import { type DatabaseKind, idsOf, withItems } from './database-fixture.ts';
import { rejectsAs } from './database-values.ts';

export function commitTests(kind: DatabaseKind): void {
  conflictTests(kind);
  atomicityTests(kind);
  batchTests(kind);
  statementTests(kind);
}

function conflictTests(kind: DatabaseKind): void {
  test('a violated primary or unique key is a conflict, any other constraint is not', () =>
    withItems(kind, async (_, items) => {
      await items.add('a', 1);
      await rejectsAs('conflict', items.add('a', 2));
      await rejectsAs('conflict', items.add('b', 1));
      await rejectsAs('other', items.addPart('a', 0));
      await rejectsAs('other', items.addPart('nobody', 1));
      await rejectsAs('other', items.add(null as unknown as string, 3));
      assert.deepEqual(await idsOf(items), ['a']);
    }));

  test('an error names the statement and holds no value', () =>
    withItems(kind, async (_, items) => {
      await items.add('secret-jid', 1);
      const error = await rejectsAs('conflict', items.add('secret-jid', 2));
      assert.match(error.message, /insert into item/);
      assert.doesNotMatch(`${error.message} ${String(error.cause)}`, /secret-jid/);
    }));

  test('on conflict do nothing returns a row for the first insert only', () =>
    withItems(kind, async (_, items) => {
      assert.deepEqual(await items.addQuietly('a', 'first'), [{ label: 'first' }]);
      assert.deepEqual(await items.addQuietly('a', 'second'), []);
    }));

  test('on conflict do update returns the row as it is now', () =>
    withItems(kind, async (_, items) => {
      assert.deepEqual(await items.replace('a', 'first'), [{ id: 'a', label: 'first' }]);
      assert.deepEqual(await items.replace('a', 'second'), [{ id: 'a', label: 'second' }]);
      assert.deepEqual(await items.relabel('a', 'third'), [{ label: 'third' }]);
      assert.deepEqual(await items.relabel('b', 'third'), []);
    }));
}

function atomicityTests(kind: DatabaseKind): void {
  test('atomically resolves to the rows of each call, and each sees those before it', () =>
    withItems(kind, async (db, items) => {
      const rows = await db.atomically([
        items.add.bind('a', 1),
        items.count.bind(),
        items.replace.bind('a', 'label'),
        items.ids.bind(),
      ]);
      assert.deepEqual(rows, [[], [{ count: 1 }], [{ id: 'a', label: 'label' }], [{ id: 'a' }]]);
      assert.deepEqual(await db.atomically([]), []);
      assert.deepEqual(await db.atomically([items.count.bind(), items.ids.bind()]), [[{ count: 1 }], [{ id: 'a' }]]);
    }));

  for (const at of [0, 1, 2]) {
    test(`atomically takes no effect when call ${at + 1} of 3 fails`, () =>
      withItems(kind, async (db, items) => {
        await items.add('taken', 1);
        const calls = ['a', 'b', 'c'].map((id, i) => items.add.bind(i === at ? 'taken' : id, 10 + i));
        await rejectsAs('conflict', db.atomically(calls));
        assert.deepEqual(await idsOf(items), ['taken']);
        assert.equal((await items.get('taken'))[0]?.size, 1);
      }));
  }

  test('atomically that fails leaves the calls made beside it alone', () =>
    withItems(kind, async (db, items) => {
      const outcomes = await Promise.allSettled([
        items.add('before', 1),
        db.atomically([items.add.bind('x', 2), items.add.bind('before', 3)]),
        items.add('between', 4),
        db.atomically([items.add.bind('p', 5), items.add.bind('q', 6)]),
        db.atomically([items.relabel.bind('p', 'seen'), items.add.bind('p', 7)]),
        items.add('after', 8),
      ]);
      assert.deepEqual(
        outcomes.map((outcome) => outcome.status),
        ['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
      );
      assert.deepEqual(await idsOf(items), ['after', 'before', 'between', 'p', 'q']);
      assert.equal((await items.get('p'))[0]?.label, null);
    }));
}

function batchTests(kind: DatabaseKind): void {
  test('calls that are not awaited take effect in the order in which they were made', () =>
    withItems(kind, async (db, items) => {
      const labels = Array.from({ length: 300 }, (_, i) => `label ${i}`);
      const pending: Promise<unknown>[] = [items.replace('a', 'none')];
      for (const [i, label] of labels.entries()) {
        pending.push(i % 3 === 0 ? db.atomically([items.relabel.bind('a', label)]) : items.relabel('a', label));
        if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await Promise.all(pending);
      assert.equal((await items.get('a'))[0]?.label, labels.at(-1));
    }));

  test('calls settle in the order in which they were made', () =>
    withItems(kind, async (_, items) => {
      const settled: number[] = [];
      await Promise.all(Array.from({ length: 50 }, (_, i) => items.add(`${i}`, i).then(() => settled.push(i))));
      assert.deepEqual(
        settled,
        Array.from({ length: 50 }, (_, i) => i),
      );
    }));

  test('who has awaited a write reads it, however many others read and write', () =>
    withItems(kind, async (_, items) => {
      const writeAndRead = async (n: number) => {
        await items.replace(`${n}`, 'first');
        assert.equal((await items.get(`${n}`))[0]?.label, 'first');
        await items.relabel(`${n}`, 'second');
        assert.equal((await items.get(`${n}`))[0]?.label, 'second');
      };
      await Promise.all(Array.from({ length: 200 }, (_, n) => writeAndRead(n)));
    }));

  test('calls that fail in a batch fail alone', () =>
    withItems(kind, async (_, items) => {
      await items.add('taken', -1);
      const fails = (i: number) => i % 7 === 3 || i === 0 || i === 99;
      const outcomes = await Promise.allSettled(
        Array.from({ length: 100 }, (_, i) => items.add(fails(i) ? 'taken' : `${i}`, i)),
      );
      const expected = Array.from({ length: 100 }, (_, i) => (fails(i) ? 'rejected' : 'fulfilled'));
      assert.deepEqual(
        outcomes.map((outcome) => outcome.status),
        expected,
      );
      const stored = Array.from({ length: 100 }, (_, i) => `${i}`).filter((_, i) => !fails(i));
      assert.deepEqual(await idsOf(items), [...stored, 'taken'].toSorted());
    }));

  test('reads that fail fail alone', () =>
    withItems(kind, async (db, items) => {
      await items.add('a', 1);
      const { broken } = db.prepare({ broken: query<[], object>('select nothing from nowhere') });
      const outcomes = await Promise.allSettled([items.get('a'), broken(), items.get('a'), broken(), items.count()]);
      assert.deepEqual(
        outcomes.map((outcome) => outcome.status),
        ['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'],
      );
    }));

  test('10,000 calls at once are all stored, and share commits', async () => {
    const batches: number[] = [];
    const observer = { batch: (rows: number) => void batches.push(rows) };
    await withItems(
      kind,
      async (_, items) => {
        batches.length = 0;
        await Promise.all(Array.from({ length: 10_000 }, (_, i) => items.add(`${i}`, i)));
        assert.deepEqual(await items.count(), [{ count: 10_000 }]);
        assert.equal(
          batches.reduce((sum, rows) => sum + rows, 0),
          10_000,
        );
        assert.ok(batches.length <= 100, `${batches.length} commits`);
      },
      { observer },
    );
  });

  test('calls beyond the limit are refused as unavailable, and there is room again afterwards', () =>
    withItems(
      kind,
      async (_, items) => {
        const writes = await Promise.allSettled(Array.from({ length: 12 }, (_, i) => items.add(`${i}`, i)));
        assert.equal(writes.filter((outcome) => outcome.status === 'fulfilled').length, 8);
        const reads = await Promise.allSettled(Array.from({ length: 9 }, () => items.count()));
        assert.equal(reads.filter((outcome) => outcome.status === 'fulfilled').length, 8);
        assert.deepEqual(await items.count(), [{ count: 8 }]);
        const large = new Uint8Array(6_000);
        const bodies = await Promise.allSettled(['x', 'y', 'z'].map((id) => items.put(id, null, null, null, large)));
        assert.deepEqual(
          bodies.map((outcome) => outcome.status),
          ['fulfilled', 'fulfilled', 'rejected'],
        );
      },
      { maxQueuedCalls: 8, maxQueuedBytes: 10_000 },
    ));
}

function statementTests(kind: DatabaseKind): void {
  test('a statement outside the portable subset is refused when it is prepared', () =>
    withItems(kind, async (db) => {
      assert.throws(() => db.prepare({ bad: query('select now() as now') }), /Not portable: now/);
    }));

  test('two modules may declare one statement, and different ones of one name', () =>
    withItems(kind, async (db, items) => {
      const text = 'select count(*) as count from item where id = $1';
      const one = db.prepare({ find: query<[string], { count: number }>(text) });
      const same = db.prepare({ find: query<[string], { count: number }>(text) });
      const other = db.prepare({ find: query<[string]>('delete from item where id = $1') });
      await items.add('a', 1);
      const rows = await db.atomically([one.find.bind('a'), other.find.bind('a'), same.find.bind('a')]);
      assert.deepEqual(rows, [[{ count: 1 }], [], [{ count: 0 }]]);
    }));

  test('a call of a statement that was not prepared is refused', () =>
    withItems(kind, async (db) => {
      await rejectsAs('other', db.atomically([{ statement: 'delete from item', params: [] }]));
    }));

  test('verify accepts what the engine can prepare, refuses the rest, and runs nothing', () =>
    withItems(kind, async (db, items) => {
      await items.add('a', 1);
      await db.verify({ wipe: query('delete from item where id = $1'), list: query('select id from item limit $1') });
      const error = await rejectsAs('other', db.verify({ typo: query('select idd from item') }));
      assert.match(error.message, /idd/);
      assert.deepEqual(await idsOf(items), ['a']);
    }));
}
