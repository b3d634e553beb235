/** Hot inserts: rows gather for a few milliseconds, and all rows of a batch share one promise and one transaction. */
import { type Call, type Database, SqlError } from '../kernel/sql.ts';
import type { StorageObserver } from './engine.ts';

export interface BatchWriterOptions {
  /** Rows that start a flush at once. */
  readonly maxRows?: number;
  /** How long the first row of a batch waits for others. */
  readonly delayMs?: number;
  /** Rows that may wait or be under way; more are refused as `unavailable`. From half of it on the writer is saturated. */
  readonly maxQueuedRows?: number;
  readonly observer?: StorageObserver;
  /** Hears of rows that could not be stored, for callers that drop the promise. */
  onFailure?(error: BatchError): void;
}

/** Some rows of a batch are not stored; all its other rows are. */
export class BatchError extends Error {
  override readonly name = 'BatchError';
  readonly failures: ReadonlyMap<Call, SqlError>;

  constructor(failures: ReadonlyMap<Call, SqlError>) {
    const [first] = failures.values();
    super(`${failures.size} rows were not stored, the first because: ${first?.message}`, { cause: first });
    this.failures = failures;
  }
}

interface Batch {
  readonly calls: Call[];
  readonly stored: PromiseWithResolvers<void>;
}

export class BatchWriter {
  readonly #db: Database;
  readonly #maxRows: number;
  readonly #delayMs: number;
  readonly #maxQueuedRows: number;
  readonly #observer: StorageObserver | undefined;
  readonly #onFailure: ((error: BatchError) => void) | undefined;
  #open: Batch | undefined;
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  #queuedRows = 0;
  #closed = false;

  constructor(db: Database, options: BatchWriterOptions = {}) {
    this.#db = db;
    this.#maxRows = options.maxRows ?? 512;
    this.#delayMs = options.delayMs ?? 2;
    this.#maxQueuedRows = options.maxQueuedRows ?? 16_384;
    this.#observer = options.observer;
    this.#onFailure = options.onFailure?.bind(options);
  }

  /** Slow whoever fills it down, until the promise of a row settles: the database is behind. */
  get saturated(): boolean {
    return this.#queuedRows * 2 >= this.#maxQueuedRows;
  }

  /** Rows that are not durable yet. */
  get queuedRows(): number {
    return this.#queuedRows;
  }

  /**
   * Resolves when the row is durable, together with the rest of its batch. Rejects with `BatchError` when a row of the
   * batch is not stored, be it this one or another: its `failures` say which. Nobody has to listen.
   */
  add(call: Call): Promise<void> {
    if (this.#closed || this.#queuedRows >= this.#maxQueuedRows) return this.#refuse(call);
    this.#queuedRows++;
    this.#open ??= this.#begin();
    this.#open.calls.push(call);
    const { promise } = this.#open.stored;
    if (this.#open.calls.length >= this.#maxRows) this.#start();
    return promise;
  }

  /** Sends what has gathered now, and waits until everything added so far is durable or has failed. */
  async flush(): Promise<void> {
    while (this.#open !== undefined || this.#flushing !== undefined) {
      this.#start();
      await this.#flushing;
    }
  }

  /** Takes no more, and waits for the rest. Does not close the database. */
  close(): Promise<void> {
    this.#closed = true;
    return this.flush();
  }

  #begin(): Batch {
    if (this.#flushing === undefined) this.#timer = setTimeout(() => this.#start(), this.#delayMs);
    const stored = Promise.withResolvers<void>();
    stored.promise.catch(() => {});
    return { calls: [], stored };
  }

  /** One batch at a time: rows that come meanwhile are the next one, and it starts without delay. */
  #start(): void {
    const batch = this.#open;
    if (this.#flushing !== undefined || batch === undefined) return;
    clearTimeout(this.#timer);
    this.#open = undefined;
    this.#flushing = this.#store(batch).finally(() => {
      this.#flushing = undefined;
      this.#start();
    });
  }

  async #store({ calls, stored }: Batch): Promise<void> {
    const started = performance.now();
    const failures = await this.#write(calls);
    this.#queuedRows -= calls.length;
    this.#observer?.batch(calls.length, performance.now() - started);
    if (failures.size === 0) {
      stored.resolve();
      return;
    }
    const error = new BatchError(failures);
    stored.reject(error);
    this.#onFailure?.(error);
  }

  /** A row that fails would take the batch with it; then each row is tried alone, which still shares commits. */
  async #write(calls: readonly Call[]): Promise<ReadonlyMap<Call, SqlError>> {
    try {
      await this.#db.atomically(calls);
      return new Map();
    } catch (error) {
      const failure = asSqlError(error);
      if (calls.length === 1 || failure.failure === 'unavailable') return new Map(calls.map((call) => [call, failure]));
    }
    const failures = new Map<Call, SqlError>();
    await Promise.all(
      calls.map((call) => this.#db.atomically([call]).catch((error) => failures.set(call, asSqlError(error)))),
    );
    return failures;
  }

  #refuse(call: Call): Promise<void> {
    const why = this.#closed ? 'The batch writer is closed' : 'Too many rows wait to be written';
    return Promise.reject(new BatchError(new Map([[call, new SqlError('unavailable', why)]])));
  }
}

function asSqlError(error: unknown): SqlError {
  return error instanceof SqlError ? error : new SqlError('other', String(error), error);
}
