/** The batch writer: what shares a batch, what it promises, and where it stops. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BatchError, type Call, type Database, type Prepared, query, SqlError } from '../../src/kernel/sql.ts';
import { BatchWriter, type BatchWriterOptions } from '../../src/storage/batch-writer.ts';
import { openDatabase } from '../../src/storage/open-database.ts';

/** A database whose transactions end when the test says so. */
class HeldDatabase implements Pick<Database, 'atomically'> {
  readonly transactions: { calls: readonly Call[]; end: PromiseWithResolvers<readonly (readonly unknown[])[]> }[] = [];
  atomically(calls: readonly Call[]): Promise<readonly (readonly unknown[])[]> {
    const end = Promise.withResolvers<readonly (readonly unknown[])[]>();
    this.transactions.push({ calls, end });
    return end.promise;
  }
}

function held(options: BatchWriterOptions) {
  const db = new HeldDatabase();
  return { db, writer: new BatchWriter(db as unknown as Database, options) };
}

const call = (n: number): Call => ({ statement: 'add', params: [n] });
const sizes = (db: HeldDatabase) => db.transactions.map((transaction) => transaction.calls.length);
const turn = () => new Promise((resolve) => setImmediate(resolve));
/** Longer than any test: only the number of rows, or `flush`, starts a batch. */
const NEVER_MS = 60_000;

test('a full batch starts at once, and rows that come meanwhile are the next', async () => {
  const { db, writer } = held({ maxRows: 3, delayMs: NEVER_MS });
  for (let n = 0; n < 3; n++) void writer.add(call(n));
  assert.deepEqual(sizes(db), [3]);
  for (let n = 3; n < 8; n++) void writer.add(call(n));
  assert.deepEqual(sizes(db), [3]);
  db.transactions[0]?.end.resolve([]);
  await turn();
  assert.deepEqual(
    db.transactions.flatMap(({ calls }) => calls.map(({ params }) => params[0])),
    [0, 1, 2, 3, 4, 5, 6, 7],
  );
  assert.deepEqual(sizes(db), [3, 5]);
  db.transactions[1]?.end.resolve([]);
  await writer.close();
});

test('a batch that is not full starts after its delay', async () => {
  const { db, writer } = held({ maxRows: 100, delayMs: 1 });
  const stored = writer.add(call(1));
  while (db.transactions.length === 0) await turn();
  db.transactions[0]?.end.resolve([]);
  await stored;
  await writer.close();
});

test('the rows of a batch share one promise, which waits for the commit', async () => {
  const { db, writer } = held({ maxRows: 2, delayMs: NEVER_MS });
  const [one, two] = [writer.add(call(1)), writer.add(call(2))];
  assert.equal(one, two);
  let settled = false;
  void one.then(() => (settled = true));
  await turn();
  assert.equal(settled, false);
  db.transactions[0]?.end.resolve([]);
  await one;
  await writer.close();
});

test('flush waits for all that was added before it', async () => {
  const { db, writer } = held({ maxRows: 2, delayMs: NEVER_MS });
  for (let n = 0; n < 3; n++) void writer.add(call(n));
  let flushed = false;
  const flush = writer.flush().then(() => (flushed = true));
  db.transactions[0]?.end.resolve([]);
  await turn();
  assert.deepEqual([sizes(db), flushed, writer.queuedRows], [[2, 1], false, 1]);
  db.transactions[1]?.end.resolve([]);
  await flush;
  assert.equal(writer.queuedRows, 0);
  await writer.flush();
});

test('the writer is saturated from half of its limit on, and refuses rows at the limit', async () => {
  const { db, writer } = held({ maxRows: 4, delayMs: NEVER_MS, maxQueuedRows: 8 });
  for (let n = 0; n < 3; n++) void writer.add(call(n));
  assert.equal(writer.saturated, false);
  void writer.add(call(3));
  assert.equal(writer.saturated, true);
  for (let n = 4; n < 8; n++) void writer.add(call(n));
  const refused = await writer.add(call(8)).catch((error: unknown) => error);
  assert.ok(refused instanceof BatchError);
  assert.deepEqual(
    [...refused.failures.values()].map((error) => error.failure),
    ['unavailable'],
  );
  db.transactions[0]?.end.resolve([]);
  await turn();
  assert.equal(writer.saturated, true);
  db.transactions[1]?.end.resolve([]);
  await writer.flush();
  assert.equal(writer.saturated, false);
  assert.deepEqual(sizes(db), [4, 4]);
});

test('rows that hold too much are refused, however few they are', async () => {
  const { db, writer } = held({ delayMs: NEVER_MS, maxQueuedBytes: 100, sizeOf: ({ params }) => Number(params[0]) });
  void writer.add(call(49));
  assert.deepEqual([writer.saturated, writer.full], [false, false]);
  void writer.add(call(51));
  assert.deepEqual([writer.saturated, writer.full], [true, true]);
  await assert.rejects(writer.add(call(1)), /Too many rows/);
  void writer.flush();
  db.transactions[0]?.end.resolve([]);
  await writer.flush();
  assert.deepEqual([writer.saturated, writer.full, sizes(db)], [false, false, [2]]);
});

test('work of ones own waits for the rows before it, and rows that come meanwhile wait for it', async () => {
  const { db, writer } = held({ delayMs: NEVER_MS });
  void writer.add(call(1));
  const work = Promise.withResolvers<string>();
  let begun = false;
  const result = writer.exclusively(() => {
    begun = true;
    return work.promise;
  });
  void writer.add(call(2));
  await turn();
  assert.deepEqual([sizes(db), begun], [[1], false]);
  db.transactions[0]?.end.resolve([]);
  await turn();
  assert.deepEqual([sizes(db), begun], [[1], true]);
  work.resolve('done');
  assert.equal(await result, 'done');
  await turn();
  assert.deepEqual(sizes(db), [1, 1]);
  db.transactions[1]?.end.resolve([]);
  await writer.close();
});

test('work that fails tells who wanted it, and holds nobody up', async () => {
  const { db, writer } = held({ delayMs: NEVER_MS });
  const failed = writer.exclusively(() => Promise.reject(new Error('not now')));
  const stored = writer.add(call(1));
  await assert.rejects(failed, /not now/);
  await turn();
  db.transactions[0]?.end.resolve([]);
  await stored;
  await writer.close();
});

test('while the database is away a batch is tried again, and what was concluded from it is forgotten', async () => {
  let setbacks = 0;
  const { db, writer } = held({ maxRows: 1, retryForMs: 60_000, onSetback: () => setbacks++ });
  const stored = writer.add(call(1));
  db.transactions[0]?.end.reject(new SqlError('unavailable', 'gone'));
  while (db.transactions.length < 2) await turn();
  db.transactions[1]?.end.resolve([]);
  await stored;
  assert.equal(setbacks, 1);
  await writer.close();
});

test('of a batch with a bad row each half is encoded anew', async () => {
  const asked: number[][] = [];
  const { db, writer } = held({
    maxRows: 4,
    encode(rows) {
      asked.push(rows.map(({ params }) => Number(params[0])));
      return rows;
    },
  });
  const rows = [0, 1, 2, 3].map((n) => call(n));
  const stored = rows.map((row) => writer.add(row))[0];
  for (let i = 0; i < 5; i++) {
    while (db.transactions.length <= i) await turn();
    const { calls, end } = db.transactions[i] as (typeof db.transactions)[number];
    if (calls.some(({ params }) => params[0] === 2)) end.reject(new SqlError('conflict', 'there already'));
    else end.resolve([]);
  }
  const error = await stored?.catch((reason: unknown) => reason);
  assert.ok(error instanceof BatchError);
  assert.deepEqual([...error.failures.keys()], [rows[2]]);
  assert.deepEqual(asked, [[0, 1, 2, 3], [0, 1], [2, 3], [2], [3]]);
  await writer.close();
});

test('close stores what is left and refuses what comes later', async () => {
  const { db, writer } = held({ delayMs: NEVER_MS });
  const stored = writer.add(call(1));
  const closed = writer.close();
  await assert.rejects(writer.add(call(2)), /closed/);
  db.transactions[0]?.end.resolve([]);
  await stored;
  await closed;
  assert.deepEqual(sizes(db), [1]);
});

test('when the database is unavailable every row of the batch failed, and nothing is tried twice', async () => {
  const heard: BatchError[] = [];
  const { db, writer } = held({ maxRows: 2, delayMs: NEVER_MS, onFailure: (error) => void heard.push(error) });
  const calls = [call(1), call(2)];
  const [stored] = calls.map((each) => writer.add(each));
  db.transactions[0]?.end.reject(new SqlError('unavailable', 'gone'));
  const error = await stored?.catch((reason: unknown) => reason);
  assert.ok(error instanceof BatchError);
  assert.deepEqual([...error.failures.keys()], calls);
  assert.deepEqual(heard, [error]);
  assert.deepEqual(sizes(db), [2]);
});

const statements = {
  add: query<[string]>('insert into row (id) values ($1)'),
  ids: query<[], { id: string }>('select id from row order by id'),
};

async function stored(body: (db: Database, rows: Prepared<typeof statements>) => Promise<void>): Promise<void> {
  const db = await openDatabase('sqlite::memory:');
  await db.migrate('m', [{ id: '001', up: 'create table row (id text primary key);' }]);
  await body(db, db.prepare(statements));
  await db.close();
}

test('a row that fails is named, and the rest of its batch is stored', () =>
  stored(async (db, rows) => {
    const writer = new BatchWriter(db, { delayMs: NEVER_MS });
    const calls = ['a', 'b', 'a', 'c'].map((id) => rows.add.bind(id));
    const results = calls.map((each) => writer.add(each));
    await writer.close();
    const error = await results[0]?.catch((reason: unknown) => reason);
    assert.ok(error instanceof BatchError);
    assert.deepEqual(
      [...error.failures].map(([each, why]) => [calls.indexOf(each as Call), why.failure]),
      [[2, 'conflict']],
    );
    assert.deepEqual(await rows.ids(), [{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
  }));

test('the observer hears of each batch', () =>
  stored(async (db, rows) => {
    const heard: number[] = [];
    const writer = new BatchWriter(db, { maxRows: 2, observer: { batch: (size) => void heard.push(size) } });
    for (const id of ['a', 'b', 'c']) void writer.add(rows.add.bind(id));
    await writer.close();
    assert.deepEqual(heard, [2, 1]);
  }));
