/** The transactions of the SQLite thread, where SQLite itself gives up. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import type { SqlValue } from '../../src/kernel/sql.ts';
import { Committer } from '../../src/storage/sqlite/committer.ts';
import type { Batch, Outcome } from '../../src/storage/sqlite/protocol.ts';

const dir = mkdtempSync(join(tmpdir(), 'parley-committer-'));
after(() => rmSync(dir, { recursive: true }));

/** A batch of units, each one call of a text that runs once. */
function batch(...calls: (readonly [text: string, ...params: SqlValue[]])[]): Batch {
  return {
    texts: [],
    once: calls.map(([text]) => text),
    units: calls.map(() => 1),
    calls: calls.flatMap(([, ...params]) => [-1, params.length]),
    values: calls.flatMap(([, ...params]) => params),
    writes: true,
  };
}

function firstValue(outcome: Outcome | undefined): SqlValue | undefined {
  if (outcome === undefined || outcome === 0 || 'failure' in outcome) return undefined;
  const [set] = outcome;
  return set === undefined || set === 0 ? undefined : set.rows[0]?.[0];
}

test('commits reach the disk before they return, and foreign keys hold', () => {
  const committer = new Committer(join(dir, 'settings.db'));
  const read = (name: string) => firstValue(committer.commit([batch([`pragma ${name}`])])[0]);
  assert.equal(read('journal_mode'), 'wal');
  assert.equal(read('synchronous'), 2);
  assert.equal(read('foreign_keys'), 1);
  committer.close();
});

test('when the disk is full, what is refused is not there, and what is accepted is', () => {
  const committer = new Committer(join(dir, 'full.db'));
  committer.commit([batch(['create table a (id text primary key, body bytea)'], ['pragma max_page_count = 40'])]);
  const ids = Array.from({ length: 30 }, (_, i) => `${i}`);
  const outcomes = ids.flatMap((id) =>
    committer.commit([
      batch(
        [`insert into a (id, body) values ($1, $2)`, `${id} small`, new Uint8Array(10)],
        [`insert into a (id, body) values ($1, $2)`, `${id} large`, new Uint8Array(20_000)],
      ),
    ]),
  );
  const names = ids.flatMap((id) => [`${id} small`, `${id} large`]);
  const refusals = outcomes.filter((outcome) => outcome !== 0 && 'failure' in outcome);
  assert.ok(refusals.length > 0);
  assert.ok(refusals.every((outcome) => 'failure' in outcome && outcome.failure === 'unavailable'));
  const accepted = names.filter((_, i) => outcomes[i] === 0);
  const [stored] = committer.commit([batch(['select id from a order by rowid'])]);
  assert.ok(stored !== undefined && stored !== 0 && !('failure' in stored));
  const rows = stored[0] === 0 || stored[0] === undefined ? [] : stored[0].rows;
  assert.deepEqual(
    rows.map(([id]) => id),
    accepted,
  );
  committer.close();
});

test('a batch that cannot begin because another process writes is unavailable as a whole', () => {
  const file = join(dir, 'busy.db');
  const committer = new Committer(file, 1);
  committer.commit([batch(['create table a (id text)'])]);
  const other = new DatabaseSync(file);
  other.exec('begin immediate');
  const insert = ['insert into a (id) values ($1)', 'a'] as const;
  const outcomes = committer.commit([batch(insert, insert), batch(insert)]);
  assert.deepEqual(
    outcomes.map((outcome) => outcome !== 0 && 'failure' in outcome && outcome.failure),
    ['unavailable', 'unavailable', 'unavailable'],
  );
  other.exec('rollback');
  other.close();
  assert.deepEqual(committer.commit([batch(insert)]), [0]);
  assert.equal(firstValue(committer.commit([batch(['select count(*) from a'])])[0]), 1);
  committer.close();
});
