/** SQLite on a thread of its own, so that no `fsync` stalls the sockets. */
import { closeSync, openSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { SqlError, type SqlValue } from '../../kernel/sql.ts';
import { countCalls, type Engine, type Row, type Rows, type StorageObserver, type Unit } from '../engine.ts';
import type { Batch, FromWorker, Outcome, RowSet, ToWorker } from './protocol.ts';
import { reclamation } from './reclamation.ts';

/** A turn with more calls is posted in pieces, so that the worker starts on the first while the rest is copied. */
const MAX_CALLS_PER_MESSAGE = 512;

export class SqliteEngine implements Engine {
  readonly name = 'sqlite';
  /** The primary key of the record decides who migrates, and writers exclude each other. */
  readonly migrationLock: readonly string[] = [];
  readonly reclamation = reclamation;
  readonly #worker: Worker;
  readonly #observer: StorageObserver | undefined;
  readonly #sentTexts = new Set<number>();
  #arrived: Unit[] = [];
  #posted: (readonly Unit[])[] = [];
  #scheduled = false;
  #lost: SqlError | undefined;

  private constructor(worker: Worker, observer: StorageObserver | undefined) {
    this.#worker = worker;
    this.#observer = observer;
    worker.on('message', (message: FromWorker) => this.#onMessage(message));
    worker.on('error', (error) => this.#lose(error instanceof Error ? error.message : String(error)));
    worker.on('exit', () => this.#lose('its thread ended'));
  }

  /** Opens the file, or makes it, readable by its owner only. `:memory:` is a database that ends with the engine. */
  static async open(file: string, observer?: StorageObserver): Promise<SqliteEngine> {
    if (file !== ':memory:') createPrivately(file);
    const script = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
    const worker = new Worker(new URL(script, import.meta.url), { workerData: { file }, name: 'parley-sqlite' });
    await ready(worker, file);
    return new SqliteEngine(worker, observer);
  }

  enqueue(unit: Unit): void {
    if (this.#lost !== undefined) {
      unit.reject(this.#lost);
      return;
    }
    this.#arrived.push(unit);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#postArrived());
  }

  /** A lone `bigint primary key` is the number of the row itself, which then needs no index. */
  translate(ddl: string): string {
    if (!/^\s*create\s+table\b/i.test(ddl)) return ddl;
    return ddl.replace(/\bbigint(?=\s+(?:not\s+null\s+)?primary\s+key\b)/i, 'integer');
  }

  verification(text: string): readonly string[] {
    return [`explain ${text}`];
  }

  async close(): Promise<void> {
    if (this.#lost !== undefined) return;
    const exited = new Promise((resolve) => this.#worker.once('exit', resolve));
    this.#post('close');
    await exited;
  }

  #postArrived(): void {
    this.#scheduled = false;
    const units = this.#arrived;
    this.#arrived = [];
    let piece: Unit[] = [];
    let calls = 0;
    for (const unit of units) {
      piece.push(unit);
      calls += unit.calls.length;
      if (calls < MAX_CALLS_PER_MESSAGE) continue;
      this.#postPiece(piece);
      piece = [];
      calls = 0;
    }
    if (piece.length > 0) this.#postPiece(piece);
  }

  #postPiece(units: readonly Unit[]): void {
    this.#posted.push(units);
    this.#post(this.#batchOf(units));
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #batchOf(units: readonly Unit[]): Batch {
    const texts: [number, string][] = [];
    const once: string[] = [];
    const calls: number[] = [];
    const values: SqlValue[] = [];
    for (const unit of units) {
      for (const { statement, params } of unit.calls) {
        if (statement.once) once.push(statement.text);
        else if (!this.#sentTexts.has(statement.id)) {
          this.#sentTexts.add(statement.id);
          texts.push([statement.id, statement.text]);
        }
        calls.push(statement.id, params.length);
        for (const value of params) values.push(copyable(value));
      }
    }
    return {
      texts,
      once,
      units: units.map((unit) => unit.calls.length),
      calls,
      values,
      writes: !units.every((u) => u.reads),
    };
  }

  #onMessage(message: FromWorker): void {
    if (message.kind !== 'committed') return;
    const units = this.#posted.splice(0, message.batches).flat();
    const writes = units.filter((unit) => !unit.reads);
    if (writes.length > 0) this.#observer?.batch(countCalls(writes), message.ms);
    for (const [i, unit] of units.entries()) settle(unit, message.outcomes[i] ?? 0);
  }

  #lose(why: string): void {
    this.#lost ??= new SqlError('unavailable', `The SQLite database is gone: ${why}`);
    for (const unit of [...this.#posted.flat(), ...this.#arrived]) unit.reject(this.#lost);
    this.#posted = [];
    this.#arrived = [];
  }
}

function settle(unit: Unit, outcome: Outcome): void {
  if (outcome === 0) unit.resolve(unit.calls.map(() => []));
  else if ('failure' in outcome) unit.reject(new SqlError(outcome.failure, outcome.message));
  else unit.resolve(outcome.map(rowsOf));
}

function rowsOf(set: RowSet): Rows {
  if (set === 0) return [];
  return set.rows.map((values) => {
    const row: Row = {};
    for (let i = 0; i < values.length; i++) row[set.columns[i] ?? ''] = values[i] ?? null;
    return row;
  });
}

/** A view would be copied with the whole memory behind it: of a pooled Buffer, 8 KiB of other people's bytes. */
function copyable(value: SqlValue): SqlValue {
  if (!(value instanceof Uint8Array) || value.byteLength === value.buffer.byteLength) return value;
  return new Uint8Array(value);
}

function createPrivately(file: string): void {
  try {
    closeSync(openSync(file, 'a', 0o600));
  } catch (error) {
    throw new SqlError('unavailable', `Cannot open the database ${file}: ${(error as Error).message}`, error);
  }
}

function ready(worker: Worker, file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new SqlError('unavailable', `Cannot open the database ${file}: ${why}`));
    worker.once('error', (error) => fail(error instanceof Error ? error.message : String(error)));
    worker.once('message', (message: FromWorker) => {
      if (message.kind === 'failed') fail(message.message);
      else resolve();
    });
  });
}
