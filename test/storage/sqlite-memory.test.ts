/** The database suite on SQLite in memory. */
import { openDatabase } from '../../src/storage/open-database.ts';
import { databaseSuite } from '../conformance/database.ts';

databaseSuite({
  name: 'SQLite in memory',
  shared: false,
  async create() {
    return { open: (options) => openDatabase('sqlite::memory:', options), remove: async () => {} };
  },
});
