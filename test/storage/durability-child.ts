/** Stores rows until it is killed, and prints the id of each once it is acknowledged: `node durability-child.ts URL ROUND`. */
import { query } from '../../src/kernel/sql.ts';
import { BatchWriter } from '../../src/storage/batch-writer.ts';
import { openDatabase } from '../../src/storage/open-database.ts';

const [, , url = '', round = ''] = process.argv;
const CALLERS_OF_EACH_KIND = 8;

const db = await openDatabase(url);
await db.migrate('durability', [
  { id: '001', up: 'create table row (id text primary key);\ncreate table pair (id text primary key);' },
]);
const { add, addPair } = db.prepare({
  add: query<[string]>('insert into row (id) values ($1)'),
  addPair: query<[string]>('insert into pair (id) values ($1)'),
});
const writer = new BatchWriter(db, { maxRows: 16, delayMs: 1 });

const kinds = {
  single: (id: string) => add(id),
  pair: (id: string) => db.atomically([add.bind(id), addPair.bind(id)]),
  batch: (id: string) => writer.add(add.bind(id)),
};

for (const [kind, store] of Object.entries(kinds)) {
  for (let caller = 0; caller < CALLERS_OF_EACH_KIND; caller++) void storeForever(`${round}-${kind}-${caller}`, store);
}

async function storeForever(prefix: string, store: (id: string) => Promise<unknown>): Promise<void> {
  for (let n = 0; ; n++) {
    const id = `${prefix}-${n}`;
    await store(id);
    process.stdout.write(`${id}\n`);
  }
}
