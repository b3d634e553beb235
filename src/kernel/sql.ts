/** Storage as a module sees it: named statements over its own tables; which engine runs them is not its business. */

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
  /** Waits for everything under way, then closes. */
  close(): Promise<void>;
}
