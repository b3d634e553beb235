/** Database suite: closing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DatabaseKind, withItems } from './database-fixture.ts';
import { rejectsAs } from './database-values.ts';

export function closingTests(kind: DatabaseKind): void {
  test('close waits for everything under way, and everything under way succeeds', () =>
    withItems(kind, async (db, items) => {
      let settled = 0;
      const pending = Array.from({ length: 500 }, (_, i) =>
        (i % 5 === 0 ? items.count() : items.add(`${i}`, i)).then(() => settled++),
      );
      await db.close();
      assert.equal(settled, 500);
      await Promise.all(pending);
    }));

  test('a database that is closed, or about to, refuses calls as unavailable; closing twice is closing once', () =>
    withItems(kind, async (db, items) => {
      const pending = items.add('a', 1);
      const closing = db.close();
      await rejectsAs('unavailable', items.add('b', 2));
      await pending;
      await closing;
      await rejectsAs('unavailable', items.count());
      await rejectsAs('unavailable', db.atomically([items.count.bind()]));
      await db.close();
    }));
}
