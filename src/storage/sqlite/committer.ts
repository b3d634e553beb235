/** Runs batches on a SQLite connection, all of them in one transaction; lives on the database's thread. */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { SqlValue } from '../../kernel/sql.ts';
import { refusalOf } from './errors.ts';
import { numberedParameters } from './parameters.ts';
import type { Batch, Outcome, Refusal, RowSet } from './protocol.ts';

/**
 * WAL with `synchronous = full`: a commit is on the disk when it returns. The log is copied into the database every
 * 64 MiB instead of every 4: the same pages of an index are in it over and over, and each copy stalls the writers; that
 * doubles the rate of random inserts. `cache_size` is in KiB when negative, `wal_autocheckpoint` in pages of 4 KiB.
 * `auto_vacuum` holds for files that are new.
 */
const SETTINGS = `
  pragma auto_vacuum = incremental;
  pragma journal_mode = wal;
  pragma synchronous = full;
  pragma foreign_keys = on;
  pragma trusted_schema = off;
  pragma temp_store = memory;
  pragma cache_size = -32768;
  pragma mmap_size = 268435456;
  pragma wal_autocheckpoint = 16384;
  pragma journal_size_limit = 134217728;`;
/** How long to wait for another process that writes, such as the command line. */
const BUSY_TIMEOUT_MS = 5_000;

interface Cached {
  readonly statement: StatementSync;
  readonly text: string;
  readonly columns: readonly string[];
}

/** A batch that is being read, call by call. */
interface Cursor {
  readonly batch: Batch;
  call: number;
  value: number;
  once: number;
}

/** SQLite gave the whole transaction up (disk full, I/O error): nothing of it took effect. */
class TransactionLost extends Error {}

export class Committer {
  readonly #db: DatabaseSync;
  readonly #texts = new Map<number, string>();
  readonly #cache = new Map<number, Cached>();

  constructor(file: string, busyTimeoutMs = BUSY_TIMEOUT_MS) {
    this.#db = new DatabaseSync(file, { timeout: busyTimeoutMs });
    this.#db.exec(SETTINGS);
  }

  /** Outcomes in order; they hold once this returns. */
  commit(batches: readonly Batch[]): readonly Outcome[] {
    const outcomes: Outcome[] = [];
    try {
      this.#db.exec(batches.some((batch) => batch.writes) ? 'begin immediate' : 'begin');
      for (const batch of batches) this.#runBatch(batch, outcomes);
      this.#db.exec('commit');
      return outcomes;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('rollback');
      const refusal = refusalOf(error instanceof TransactionLost ? error.cause : error);
      return batches.flatMap((batch) => batch.units.map(() => refusal));
    }
  }

  close(): void {
    this.#db.close();
  }

  #runBatch(batch: Batch, outcomes: Outcome[]): void {
    for (const [id, text] of batch.texts) this.#texts.set(id, text);
    const cursor: Cursor = { batch, call: 0, value: 0, once: 0 };
    for (const size of batch.units) outcomes.push(size === 1 ? this.#runCall(cursor) : this.#runTogether(cursor, size));
  }

  /** One statement is atomic by itself: a violated constraint undoes that statement and no more. */
  #runCall(cursor: Cursor): Outcome {
    const rows = this.#call(cursor);
    return rows === 0 || isRefusal(rows) ? rows : [rows];
  }

  #runTogether(cursor: Cursor, size: number): Outcome {
    const rowSets: RowSet[] = [];
    let refusal: Refusal | undefined;
    this.#db.exec('savepoint unit');
    for (let i = 0; i < size; i++) {
      if (refusal !== undefined) {
        skip(cursor);
        continue;
      }
      const rows = this.#call(cursor);
      if (isRefusal(rows)) refusal = rows;
      else rowSets.push(rows);
    }
    if (refusal !== undefined) this.#db.exec('rollback to unit');
    this.#db.exec('release unit');
    return refusal ?? rowSets;
  }

  #call(cursor: Cursor): RowSet | Refusal {
    const text = this.#textOf(cursor);
    const id = cursor.batch.calls[cursor.call * 2] ?? -1;
    const values = take(cursor);
    try {
      const { statement, columns } = id === -1 ? this.#prepare(text) : this.#cached(id, text);
      // The types do not know that the statement gives its rows as arrays.
      const rows = statement.all(...values) as unknown as readonly (readonly SqlValue[])[];
      return rows.length === 0 ? 0 : { columns, rows };
    } catch (error) {
      if (!this.#db.isTransaction) throw new TransactionLost('rolled back', { cause: error });
      return refusalOf(error, text);
    }
  }

  #textOf(cursor: Cursor): string {
    const id = cursor.batch.calls[cursor.call * 2] ?? -1;
    return (id === -1 ? cursor.batch.once[cursor.once] : this.#texts.get(id)) ?? '';
  }

  #cached(id: number, text: string): Cached {
    const known = this.#cache.get(id);
    if (known !== undefined) return known;
    const prepared = this.#prepare(text);
    this.#cache.set(id, prepared);
    return prepared;
  }

  #prepare(text: string): Cached {
    const statement = this.#db.prepare(numberedParameters(text));
    statement.setReturnArrays(true);
    return { statement, text, columns: statement.columns().map((column) => column.name) };
  }
}

function isRefusal(value: RowSet | Refusal): value is Refusal {
  return value !== 0 && 'failure' in value;
}

/** Moves past a call and returns its parameters; integers as such, because node:sqlite binds numbers as floats. */
function take(cursor: Cursor): (string | number | bigint | Uint8Array | null)[] {
  const { batch } = cursor;
  const count = batch.calls[cursor.call * 2 + 1] ?? 0;
  const values: (string | number | bigint | Uint8Array | null)[] = [];
  for (let i = 0; i < count; i++) {
    const value = batch.values[cursor.value + i] ?? null;
    values.push(typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value);
  }
  skip(cursor);
  return values;
}

function skip(cursor: Cursor): void {
  if (cursor.batch.calls[cursor.call * 2] === -1) cursor.once++;
  cursor.value += cursor.batch.calls[cursor.call * 2 + 1] ?? 0;
  cursor.call++;
}
