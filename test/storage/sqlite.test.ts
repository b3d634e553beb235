/** The database suite on SQLite, in a file and in memory. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../src/storage/open-database.ts';
import { databaseSuite } from '../conformance/database.ts';

databaseSuite({
  name: 'a SQLite file',
  shared: true,
  async create() {
    const dir = mkdtempSync(join(tmpdir(), 'parley-sqlite-'));
    return {
      open: (options) => openDatabase(`sqlite:${join(dir, 'parley.db')}`, options),
      remove: async () => rmSync(dir, { recursive: true }),
    };
  },
});

databaseSuite({
  name: 'SQLite in memory',
  shared: false,
  async create() {
    return { open: (options) => openDatabase('sqlite::memory:', options), remove: async () => {} };
  },
});
