/** Storage as a module sees it: named statements over its own tables; which engine runs them is not its business. */
import type { Awaitable } from '../util/awaitable.ts';

/** What a column or parameter may hold: `text`, `bigint` (a safe integer), `double precision`, `bytea`, or null. */
export type SqlValue = string | number | Uint8Array | null;

/** `$1`-style text in the subset that PostgreSQL and SQLite share; prepared once per engine at boot. */
export interface Statement<P extends readonly SqlValue[], Row> {
  readonly text: string;
  readonly types?: { params: P; row: Row };
}

/** Declares a statement with the types of its parameters and rows. */
export function query<P extends readonly SqlValue[], Row = never>(text: string): Statement<P, Row> {
  return { text };
}

// Statements differ in parameter and row types; a map of them is invariant in nothing, and `Prepared` recovers each.
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Statements = Readonly<Record<string, Statement<any, any>>>;

/** One bound call of a statement, for `atomically`. */
export interface Call {
  readonly statement: string;
  readonly params: readonly SqlValue[];
}

export interface PreparedStatement<P extends readonly SqlValue[], Row> {
  /** Runs the statement. The promise settles when its effect is durable; calls made together share a commit. */
  (...params: P): Promise<readonly Row[]>;
  /** Binds the parameters without running. */
  bind(...params: P): Call;
}

export type Prepared<S extends Statements> = {
  readonly [K in keyof S]: S[K] extends Statement<infer P, infer Row> ? PreparedStatement<P, Row> : never;
};

/** Forward-only; `id` sorts, is never reused, and is recorded with a checksum. */
export interface Migration {
  readonly id: string;
  /** One or more statements, separated by semicolons at line ends. */
  readonly up: string;
}

/** Why a statement failed, as far as callers may care. `conflict` is a violated unique or primary key. */
export type SqlFailure = 'conflict' | 'unavailable' | 'other';

export class SqlError extends Error {
  override readonly name = 'SqlError';
  readonly failure: SqlFailure;
  constructor(failure: SqlFailure, message: string, cause?: unknown) {
    super(message, { cause });
    this.failure = failure;
  }
}

/** Some rows of a batch are not stored; all its other rows are. */
export class BatchError extends Error {
  override readonly name = 'BatchError';
  /** Why, by row as it was added. */
  readonly failures: ReadonlyMap<unknown, SqlError>;

  constructor(failures: ReadonlyMap<unknown, SqlError>) {
    const [first] = failures.values();
    super(`${failures.size} rows were not stored, the first because: ${first?.message}`, { cause: first });
    this.failures = failures;
  }
}

export interface WriterOptions<Row> {
  /**
   * The calls that store these rows, together in one transaction; may read the database first, and is not asked again
   * before they are durable or have failed. After a failure it is asked again, for parts of the rows.
   */
  encode(rows: readonly Row[]): Awaitable<readonly Call[]>;
  /** Roughly what a row holds in memory, in bytes. */
  sizeOf(row: Row): number;
  /** Calls of `encode` had no effect, as far as is known: what was concluded from them does not hold. */
  onSetback?(): void;
  /** Hears of rows that could not be stored, for callers that drop the promise. */
  onFailure?(error: BatchError): void;
  /** How long a batch is tried again when the database is away; more rows wait meanwhile. Default 0. */
  readonly retryForMs?: number;
  /** Rows that start a batch at once; what gathers while one is under way may be more. Default 512. */
  readonly maxRows?: number;
  /** How long the first row of a batch waits for others. Default 2. */
  readonly delayMs?: number;
  /** Rows that may wait or be under way; more are refused as `unavailable`. Default 16,384. */
  readonly maxQueuedRows?: number;
  /** The same for what they hold, by `sizeOf`. Default 32 MiB. */
  readonly maxQueuedBytes?: number;
}

/** Hot inserts: rows gather for a few milliseconds, and all rows of a batch share one promise and one transaction. */
export interface Writer<Row> {
  /**
   * Resolves when the row is durable, together with the rest of its batch. Rejects with `BatchError` when a row of the
   * batch is not stored, be it this one or another: its `failures` say which. Nobody has to listen.
   */
  add(row: Row): Promise<void>;
  /** Slow whoever fills it down, until the promise of a row settles: half of what may wait does. */
  readonly saturated: boolean;
  /** Takes no more rows now. */
  readonly full: boolean;
  /** Waits until everything added so far is durable or has failed. */
  flush(): Promise<void>;
  /** Does some work after everything that was added so far, and before anything that is added from now on. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
  /** Takes no more, and waits for the rest. Does not close the database. */
  close(): Promise<void>;
}

export interface Database {
  readonly engine: 'sqlite' | 'postgres';
  prepare<S extends Statements>(statements: S): Prepared<S>;
  /** All calls in one transaction, in order; resolves to the rows of each. Throws `SqlError`, and then none took effect. */
  atomically(calls: readonly Call[]): Promise<readonly (readonly unknown[])[]>;
  /**
   * Applies what is missing, in the order of the ids, each in its own transaction, and records it.
   * Refuses (throws) when the database knows a migration of this owner that the program does not: it is newer.
   */
  migrate(owner: string, migrations: readonly Migration[]): Promise<void>;
  /** A writer of its own queue and batches; close it before the database. */
  writer<Row>(options: WriterOptions<Row>): Writer<Row>;
  /**
   * Gives the operating system a little of the space back that deleted rows have left, and says how many bytes. 0 means
   * that there is nothing to give: little is left, which new rows will take, or the engine does so by itself.
   */
  reclaim(): Promise<number>;
  /** Waits for everything under way, then closes. */
  close(): Promise<void>;
}
