/**
 * Durable inserts a second and the time until an insert is durable, on both engines; `node test/bench/storage.ts`.
 * PostgreSQL runs in a cluster of its own that flushes to disk, so that both engines pay for durability.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Prepared, query } from '../../src/kernel/sql.ts';
import { BatchWriter } from '../../src/storage/batch-writer.ts';
import type { StorageDatabase } from '../../src/storage/engine-database.ts';
import { openDatabase } from '../../src/storage/open-database.ts';
import { startCluster } from '../support/postgres.ts';

const SECONDS = Number(process.env['SECONDS'] ?? 3);
const CALLERS = [1, 100, 1_000];
const BODY = `<message xmlns='jabber:client' type='chat'><body>${'x'.repeat(240)}</body></message>`;

const statements = {
  put: query<[string, string, number, string, string]>(
    'insert into archive (id, owner, stamp, peer, stanza) values ($1, $2, $3, $4, $5)',
  ),
  page: query<[string, string], { id: string; stanza: string }>(
    'select id, stamp, peer, stanza from archive where owner = $1 and id > $2 order by id limit 50',
  ),
};
type Archive = Prepared<typeof statements>;

const MIGRATION = {
  id: '001',
  up: `create table archive (
  id text not null, owner text not null, stamp bigint not null, peer text not null, stanza text not null,
  primary key (owner, id)
);`,
};

interface Result {
  readonly what: string;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly rowsPerCommit: number;
  readonly cpuMicrosPerCall: number;
}

const commits = { count: 0, rows: 0, ms: [] as number[] };
const observer = {
  batch(rows: number, ms: number) {
    commits.count++;
    commits.rows += rows;
    commits.ms.push(ms);
  },
};

async function measure(what: string, calls: number, work: () => Promise<unknown>): Promise<Result> {
  const times: number[] = [];
  Object.assign(commits, { count: 0, rows: 0, ms: [] });
  const cpu = process.threadCpuUsage();
  const started = performance.now();
  const caller = async () => {
    while (performance.now() - started < SECONDS * 1000) {
      const before = performance.now();
      await work();
      times.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: calls }, caller));
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.threadCpuUsage(cpu);
  times.sort((a, b) => a - b);
  return {
    what,
    perSecond: Math.round(times.length / seconds),
    p50Ms: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
    rowsPerCommit: commits.count === 0 ? 0 : Math.round(commits.rows / commits.count),
    cpuMicrosPerCall: Math.round((user + system) / times.length),
  };
}

function quantile(sorted: readonly number[], q: number): number {
  return Math.round((sorted[Math.floor(sorted.length * q)] ?? 0) * 100) / 100;
}

let next = 0;
function row(): [string, string, number, string, string] {
  const id = `${Date.now().toString(36)}-${(next++).toString(36).padStart(8, '0')}`;
  return [id, `user${next % 1000}@localhost`, Date.now(), 'juliet@localhost', BODY];
}

async function run(url: string): Promise<void> {
  const db = await openDatabase(url, { observer });
  await db.migrate('bench', [MIGRATION]);
  const archive: Archive = db.prepare(statements);
  const results: Result[] = [];
  for (const callers of CALLERS) {
    results.push(await measure(`insert, ${callers} callers`, callers, () => archive.put(...row())));
    commits.ms.sort((a, b) => a - b);
    console.log(
      `${db.engine}: a commit took p50 ${quantile(commits.ms, 0.5)} ms, p99 ${quantile(commits.ms, 0.99)} ms`,
    );
  }
  results.push(await withWriter(db, archive));
  for (const readers of [1, 100]) {
    results.push(
      await measure(`page of 50, ${readers} readers`, readers, () =>
        archive.page(`user${next++ % 1000}@localhost`, ''),
      ),
    );
  }
  const put = () => archive.put(...row());
  const mixed = { writes: true };
  const writing = Promise.all(
    Array.from({ length: 100 }, async () => {
      while (mixed.writes) await put();
    }),
  );
  results.push(
    await measure('page of 50 beside 100 writers, 1 reader', 1, () => archive.page(`user${next % 1000}@localhost`, '')),
  );
  mixed.writes = false;
  await writing;
  console.log(db.engine);
  console.table(results);
  await db.close();
}

async function withWriter(db: StorageDatabase, archive: Archive): Promise<Result> {
  const writer = new BatchWriter(db);
  const result = await measure('batch writer, 1000 callers', 1_000, () => writer.add(archive.put.bind(...row())));
  await writer.close();
  return result;
}

const dir = mkdtempSync(join(tmpdir(), 'parley-bench-'));
await run(`sqlite:${join(dir, 'bench.db')}`);
rmSync(dir, { recursive: true });
const cluster = await startCluster({ fsync: true });
await run(cluster.url);
await cluster.stop();
