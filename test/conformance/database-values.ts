/** Database suite: what goes in comes out, and what columns cannot hold is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { query, SqlError, type SqlValue } from '../../src/kernel/sql.ts';
import { type DatabaseKind, type Item, idsOf, withItems } from './database-fixture.ts';

const MAX = Number.MAX_SAFE_INTEGER;
const EVERY_BYTE = Uint8Array.from({ length: 256 }, (_, i) => i);

const ITEMS: readonly Item[] = [
  { id: 'nulls', label: null, size: null, ratio: null, body: null },
  { id: 'empty', label: '', size: 0, ratio: 0, body: new Uint8Array(0) },
  {
    id: 'largest',
    label: 'x'.repeat(300_000),
    size: MAX,
    ratio: Number.MAX_VALUE,
    body: new Uint8Array(300_000).fill(7),
  },
  { id: 'smallest', label: '\u0001', size: -MAX, ratio: Number.MIN_VALUE, body: EVERY_BYTE },
  { id: 'quotes', label: `it's "$1" ?1 \\ %s; -- /* \n`, size: 1, ratio: -0.1, body: Uint8Array.of(0) },
  { id: 'Zoë 東京 👩‍👩‍👧', label: 'e\u0301 is not \u00e9', size: 2 ** 40, ratio: 1 / 3, body: Uint8Array.of(39, 92) },
  { id: 'whole', label: '007', size: 7, ratio: 3, body: Uint8Array.of(92, 120, 48) },
];

export function valueTests(kind: DatabaseKind): void {
  test('text, bigint, double precision, bytea and null come back as they were stored', () =>
    withItems(kind, async (_, items) => {
      await Promise.all(ITEMS.map((item) => items.put(item.id, item.label, item.size, item.ratio, item.body)));
      for (const item of ITEMS) {
        const [stored, ...others] = await items.get(item.id);
        assert.deepEqual(stored && { ...stored, body: stored.body && Uint8Array.from(stored.body) }, item);
        assert.deepEqual(others, []);
      }
    }));

  test('bytes of a view into a larger buffer are stored without what is around them', () =>
    withItems(kind, async (_, items) => {
      const whole = Buffer.from('beforewithinafter');
      await items.put('view', null, null, null, whole.subarray(6, 12));
      assert.equal(Buffer.from((await items.get('view'))[0]?.body ?? []).toString(), 'within');
    }));

  test('a buffer may be reused once the call that stores it has settled', () =>
    withItems(kind, async (_, items) => {
      const buffer = new Uint8Array([1, 2, 3]);
      await items.put('reused', null, null, null, buffer);
      buffer.fill(9);
      assert.deepEqual([...((await items.get('reused'))[0]?.body ?? [])], [1, 2, 3]);
    }));

  test('counts and sums are numbers, truth is 1 and falsehood 0', () =>
    withItems(kind, async (db, items) => {
      await Promise.all([items.add('a', 3), items.add('b', 4)]);
      const { facts } = db.prepare({
        facts: query<[], Record<string, SqlValue>>(
          'select count(*) as count, sum(size) as sum, max(size) > 3 as more, max(size) < 3 as less, exists (select 1 from item) as found from item',
        ),
      });
      assert.deepEqual(await facts(), [{ count: 2, sum: 7, more: 1, less: 0, found: 1 }]);
    }));

  test('text sorts and compares by code point, whatever the locale of the database', () =>
    withItems(kind, async (_, items) => {
      const ids = ['_', 'B', 'Z', 'a', 'b', 'z', '~', 'é', 'ß', '東', '👩', 'A', 'aB', 'a-b', 'a b'];
      await Promise.all(ids.map((id) => items.add(id, null)));
      const sorted = ids.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      assert.deepEqual(await idsOf(items), sorted);
      const after = sorted.slice(sorted.indexOf('a b') + 1, sorted.indexOf('a b') + 4);
      assert.deepEqual(
        (await items.page('a b', 3)).map((row) => row.id),
        after,
      );
    }));

  test('an integer beyond the safe ones is an error, not another integer', () =>
    withItems(kind, async (db, items) => {
      const { beyond } = db.prepare({ beyond: query<[], object>('select 9007199254740993 as n') });
      await rejectsAs('other', beyond());
      assert.deepEqual(await idsOf(items), []);
    }));

  test('a parameter that no column holds is refused, and the calls beside it are not', () =>
    withItems(kind, async (db, items) => {
      const bad = [Number.NaN, Number.POSITIVE_INFINITY, undefined, true, {}, 5n] as unknown as number[];
      const refused = bad.map((value) => rejectsAs('other', items.add('bad', value)));
      await Promise.all([items.add('good', 1), ...refused]);
      await rejectsAs('other', db.atomically([items.add.bind('worse', Number.NaN)]));
      assert.deepEqual(await idsOf(items), ['good']);
    }));
}

/** Checks that a promise rejects with a `SqlError` of this failure; resolves to it. */
export async function rejectsAs(failure: SqlError['failure'], promise: Promise<unknown>): Promise<SqlError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof SqlError, `expected a SqlError, got ${String(error)}`);
  assert.equal(error.failure, failure, error.message);
  return error;
}
