/** What was acknowledged survives `kill -9`, on every engine and through every way of writing. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { query } from '../../src/kernel/sql.ts';
import { openDatabase } from '../../src/storage/open-database.ts';
import { freshSchema, stopPostgres } from '../support/postgres.ts';

const ROUNDS = 3;
const child = new URL('./durability-child.ts', import.meta.url).pathname;

const dir = mkdtempSync(join(tmpdir(), 'parley-durability-'));

after(() => rmSync(dir, { recursive: true }));
after(stopPostgres);

test('kill -9 loses no row that SQLite acknowledged, and leaves the file sound', async () => {
  const file = join(dir, 'parley.db');
  for (let round = 0; round < ROUNDS; round++) await killOnce(`sqlite:${file}`, round);
  const raw = new DatabaseSync(file);
  assert.deepEqual(
    raw
      .prepare('pragma integrity_check')
      .all()
      .map((row) => row['integrity_check']),
    ['ok'],
  );
  raw.close();
});

test('kill -9 loses no row that PostgreSQL acknowledged', async () => {
  const { url, drop } = await freshSchema();
  for (let round = 0; round < ROUNDS; round++) await killOnce(url, round);
  await drop();
});

/** Lets a process store rows, kills it after a random number of acknowledgements, and looks for what it acknowledged. */
async function killOnce(url: string, round: number): Promise<void> {
  const killAfter = randomInt(1, 4_000);
  const acknowledged = await storeUntilKilled(url, round, killAfter);
  const db = await openDatabase(url);
  const { rows, halves } = db.prepare({
    rows: query<[], { id: string }>('select id from row'),
    halves: query<[], { count: number }>(
      `select (select count(*) from row r where r.id in (select id from pair)) - (select count(*) from pair) as count`,
    ),
  });
  const stored = new Set((await rows()).map((row) => row.id));
  const lost = acknowledged.filter((id) => !stored.has(id));
  assert.deepEqual(lost, [], `lost after ${killAfter} acknowledgements`);
  assert.deepEqual(await halves(), [{ count: 0 }], 'a pair was stored by half');
  await db.close();
}

async function storeUntilKilled(url: string, round: number, killAfter: number): Promise<string[]> {
  const storing = spawn(process.execPath, [child, url, `${round}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(storing, 'exit');
  let output = '';
  let lines = 0;
  for await (const chunk of storing.stdout) {
    const text = String(chunk);
    output += text;
    lines += text.split('\n').length - 1;
    if (lines >= killAfter) storing.kill('SIGKILL');
  }
  assert.deepEqual(await exited, [null, 'SIGKILL']);
  // The last piece is empty, or an id whose line end was not written.
  return output.split('\n').slice(0, -1);
}
