/** The stores of all modules: their migrations apply to an empty database and their statements prepare, on both engines. */
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { after, test } from 'node:test';
import type { Migration, Statements } from '../../src/kernel/sql.ts';
import { openDatabase } from '../../src/storage/open-database.ts';
import { freshSchema, stopPostgres } from '../support/postgres.ts';

interface Store {
  readonly migrations: readonly Migration[];
  readonly statements: Statements;
}

const root = new URL('../../', import.meta.url);
const files = globSync('modules/*/store.ts', { cwd: root.pathname }).toSorted();

after(stopPostgres);

test('modules have stores', () => assert.notEqual(files.length, 0));

for (const file of files) {
  const name = basename(dirname(file));

  test(`the store of ${name} works on SQLite`, async () => prepareStore(name, file, 'sqlite::memory:'));

  test(`the store of ${name} works on PostgreSQL`, async () => {
    const { url, drop } = await freshSchema();
    await prepareStore(name, file, url);
    await drop();
  });
}

async function prepareStore(name: string, file: string, url: string): Promise<void> {
  const { migrations, statements } = (await import(new URL(file, root).href)) as Partial<Store>;
  assert.ok(migrations !== undefined && migrations.length > 0, 'a store exports its migrations');
  assert.ok(statements !== undefined && Object.keys(statements).length > 0, 'a store exports its statements');
  const db = await openDatabase(url);
  try {
    await db.migrate(name, migrations);
    await db.verify(statements);
  } finally {
    await db.close();
  }
}
