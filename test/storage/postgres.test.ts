/** The database suite on PostgreSQL. */
import { after } from 'node:test';
import { openDatabase } from '../../src/storage/open-database.ts';
import { databaseSuite } from '../conformance/database.ts';
import { freshSchema, stopPostgres } from '../support/postgres.ts';

after(stopPostgres);

databaseSuite({
  name: 'PostgreSQL',
  shared: true,
  async create() {
    const { url, drop } = await freshSchema();
    return { open: (options) => openDatabase(url, options), remove: drop };
  },
});
