/** What both engines share: statements, and units of work on their way to a commit. */
import type { SqlError, SqlValue } from '../kernel/sql.ts';
import type { Backlog } from './backlog.ts';

export type Row = Record<string, SqlValue>;
export type Rows = readonly Row[];

export interface CompiledStatement {
  /** Counts from 0 within one database. */
  readonly id: number;
  readonly text: string;
  readonly reads: boolean;
  /** Run once and forgotten, as migrations are: not worth keeping prepared. */
  readonly once: boolean;
}

export interface BoundCall {
  readonly statement: CompiledStatement;
  readonly params: readonly SqlValue[];
}

/** Calls that take effect together or not at all, and the promise of whoever waits for them. */
export class Unit {
  readonly calls: readonly BoundCall[];
  /** Changes nothing, so it needs no commit and may run again. */
  readonly reads: boolean;
  /** Roughly what its parameters hold. */
  readonly bytes: number;
  readonly #backlog: Backlog;
  readonly #resolve: (rows: readonly Rows[]) => void;
  readonly #reject: (error: SqlError) => void;

  constructor(
    calls: readonly BoundCall[],
    backlog: Backlog,
    resolve: (rows: readonly Rows[]) => void,
    reject: (error: SqlError) => void,
  ) {
    this.calls = calls;
    this.reads = calls.every((call) => call.statement.reads);
    this.bytes = calls.reduce((sum, call) => sum + sizeOf(call.params), 0);
    this.#backlog = backlog;
    this.#resolve = resolve;
    this.#reject = reject;
    backlog.add(this);
  }

  resolve(rows: readonly Rows[]): void {
    this.#backlog.remove(this);
    this.#resolve(rows);
  }

  reject(error: SqlError): void {
    this.#backlog.remove(this);
    this.#reject(error);
  }
}

export function countCalls(units: readonly Unit[]): number {
  return units.reduce((sum, unit) => sum + unit.calls.length, 0);
}

function sizeOf(params: readonly SqlValue[]): number {
  let bytes = 0;
  for (const value of params) {
    bytes += typeof value === 'string' ? value.length : value instanceof Uint8Array ? value.byteLength : 8;
  }
  return bytes;
}

/** Runs units in the order in which they come, and settles each of them. */
export interface Engine {
  readonly name: 'sqlite' | 'postgres';
  enqueue(unit: Unit): void;
  /** A statement of a migration in the engine's own words. */
  translate(ddl: string): string;
  /** What has to run first in a transaction that migrates, so that only one node does. */
  readonly migrationLock: readonly string[];
  /** How space is given back; undefined where the engine does so by itself. */
  readonly reclamation: Reclamation | undefined;
  /** Statements that prepare `text` without running it. */
  verification(text: string): readonly string[];
  /** Called when no unit is left. */
  close(): Promise<void>;
}

/** A look at the free space, and what to do then. */
export interface Reclamation {
  /** Returns one row. */
  readonly measure: string;
  /** The statement that gives a little back, and how many bytes that is; undefined when nothing needs to be. */
  step(measured: Row): { readonly text: string; readonly bytes: number } | undefined;
}

/** Hears about every commit; for metrics. */
export interface StorageObserver {
  /** `rows` calls went into one commit, which took `ms` milliseconds from the first statement on. */
  batch(rows: number, ms: number): void;
}
