/** Hot inserts: rows gather for a few milliseconds, and all rows of a batch share one promise and one transaction. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BatchError, type Call, type Database, SqlError, type Writer, type WriterOptions } from '../kernel/sql.ts';
import { type Awaitable, isPromise } from '../util/awaitable.ts';
import type { StorageObserver } from './engine.ts';

export interface BatchWriterOptions<Row = Call> extends Partial<WriterOptions<Row>> {
  readonly observer?: StorageObserver;
}

/** What has its turn, one at a time and in order: rows to store, or somebody's own work. */
interface Turn<Row> {
  readonly rows: Row[];
  /** Of `rows`, together. */
  bytes: number;
  readonly work: (() => Promise<void>) | undefined;
  readonly done: PromiseWithResolvers<void>;
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

export class BatchWriter<Row = Call> implements Writer<Row> {
  readonly #db: Pick<Database, 'atomically'>;
  readonly #options: BatchWriterOptions<Row>;
  readonly #maxRows: number;
  readonly #delayMs: number;
  readonly #maxQueuedRows: number;
  readonly #maxQueuedBytes: number;
  readonly #turns: Turn<Row>[] = [];
  #timer: NodeJS.Timeout | undefined;
  #busy = false;
  #queuedRows = 0;
  #queuedBytes = 0;
  #closed = false;

  constructor(db: Pick<Database, 'atomically'>, options: BatchWriterOptions<Row> = {}) {
    this.#db = db;
    this.#options = options;
    this.#maxRows = options.maxRows ?? 512;
    this.#delayMs = options.delayMs ?? 2;
    this.#maxQueuedRows = options.maxQueuedRows ?? 16_384;
    this.#maxQueuedBytes = options.maxQueuedBytes ?? 32 * 1024 * 1024;
  }

  get saturated(): boolean {
    return this.#queuedRows * 2 >= this.#maxQueuedRows || this.#queuedBytes * 2 >= this.#maxQueuedBytes;
  }

  get full(): boolean {
    return this.#queuedRows >= this.#maxQueuedRows || this.#queuedBytes >= this.#maxQueuedBytes;
  }

  /** Rows that are not durable yet. */
  get queuedRows(): number {
    return this.#queuedRows;
  }

  add(row: Row): Promise<void> {
    if (this.#closed || this.full) return this.#refuse(row);
    const bytes = this.#options.sizeOf?.(row) ?? 0;
    this.#queuedRows++;
    this.#queuedBytes += bytes;
    let turn = this.#turns.at(-1);
    if (turn === undefined || turn.work !== undefined) turn = this.#append(undefined);
    turn.rows.push(row);
    turn.bytes += bytes;
    if (turn.rows.length >= this.#maxRows) this.#next();
    return turn.done.promise;
  }

  /** Sends what has gathered now, and waits until everything added so far is durable or has failed. */
  flush(): Promise<void> {
    return this.exclusively(() => Promise.resolve());
  }

  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    let result: T | undefined;
    const turn = this.#append(async () => {
      result = await work();
    });
    this.#next();
    await turn.done.promise;
    return result as T;
  }

  close(): Promise<void> {
    this.#closed = true;
    return this.flush();
  }

  #append(work: Turn<Row>['work']): Turn<Row> {
    const isFirst = this.#turns.length === 0 && !this.#busy;
    const turn = { rows: [], bytes: 0, work, done: Promise.withResolvers<void>() };
    turn.done.promise.catch(() => {});
    this.#turns.push(turn);
    if (isFirst && work === undefined) this.#timer = setTimeout(() => this.#next(), this.#delayMs);
    return turn;
  }

  /** One turn at a time: rows that come meanwhile are the next one, and it starts without delay. */
  #next(): void {
    if (this.#busy) return;
    const turn = this.#turns.shift();
    if (turn === undefined) return;
    clearTimeout(this.#timer);
    this.#busy = true;
    void this.#run(turn).finally(() => {
      this.#busy = false;
      this.#next();
    });
  }

  async #run({ rows, bytes, work, done }: Turn<Row>): Promise<void> {
    try {
      if (work === undefined) await this.#store(rows);
      else await work();
      done.resolve();
    } catch (error) {
      done.reject(error);
      if (error instanceof BatchError) this.#options.onFailure?.(error);
    } finally {
      this.#queuedRows -= rows.length;
      this.#queuedBytes -= bytes;
    }
  }

  async #store(rows: readonly Row[]): Promise<void> {
    const started = performance.now();
    const failures = await this.#write(rows, started);
    this.#options.observer?.batch(rows.length, performance.now() - started);
    if (failures.size > 0) throw new BatchError(failures);
  }

  /** A row that fails would take the batch with it: then each half is tried by itself, down to the row. */
  async #write(rows: readonly Row[], started: number): Promise<ReadonlyMap<unknown, SqlError>> {
    const error = await this.#persist(rows, started);
    if (error === undefined) return new Map();
    if (rows.length === 1 || error.failure === 'unavailable') return new Map(rows.map((row) => [row, error]));
    const middle = rows.length >> 1;
    const first = await this.#write(rows.slice(0, middle), started);
    const second = await this.#write(rows.slice(middle), started);
    return new Map([...first, ...second]);
  }

  /** Tries again while the database is away, for as long as the options allow. */
  async #persist(rows: readonly Row[], started: number): Promise<SqlError | undefined> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        const calls = this.#encode(rows);
        await this.#db.atomically(isPromise(calls) ? await calls : calls);
        return undefined;
      } catch (cause) {
        const error = asSqlError(cause);
        this.#options.onSetback?.();
        const leftMs = started + (this.#options.retryForMs ?? 0) - performance.now();
        if (error.failure !== 'unavailable' || leftMs <= 0) return error;
        await sleep(Math.min(pauseMs, leftMs));
      }
    }
  }

  /** Without an encoder the rows are calls. */
  #encode(rows: readonly Row[]): Awaitable<readonly Call[]> {
    return this.#options.encode?.(rows) ?? (rows as unknown as readonly Call[]);
  }

  #refuse(row: Row): Promise<void> {
    const why = this.#closed ? 'The batch writer is closed' : 'Too many rows wait to be written';
    return Promise.reject(new BatchError(new Map([[row, new SqlError('unavailable', why)]])));
  }
}

function asSqlError(error: unknown): SqlError {
  return error instanceof SqlError ? error : new SqlError('other', String(error), error);
}
