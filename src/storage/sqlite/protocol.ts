/** What the server's thread and the database's thread tell each other; flat arrays, because they are copied fastest. */
import type { SqlFailure, SqlValue } from '../../kernel/sql.ts';

/** Units that were submitted in one turn of the event loop. */
export interface Batch {
  /** Texts of statements that the worker has not seen: by id. */
  readonly texts: readonly (readonly [id: number, text: string])[];
  /** Texts that run once, in the order of the calls with statement -1. */
  readonly once: readonly string[];
  /** Calls per unit. */
  readonly units: readonly number[];
  /** Per call: the statement's id, and how many of `values` are its parameters. */
  readonly calls: readonly number[];
  readonly values: readonly SqlValue[];
  /** Whether any call changes anything. */
  readonly writes: boolean;
}

/** Rows of one call without the names of their columns; 0 where there are none. */
export type RowSet = 0 | { readonly columns: readonly string[]; readonly rows: readonly (readonly SqlValue[])[] };

export interface Refusal {
  readonly failure: SqlFailure;
  readonly message: string;
}

/** Of one unit: the rows of each call, 0 for a single call without rows, or why nothing of it took effect. */
export type Outcome = 0 | readonly RowSet[] | Refusal;

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly message: string }
  | {
      readonly kind: 'committed';
      /** How many batches went into this commit. */
      readonly batches: number;
      readonly outcomes: readonly Outcome[];
      readonly ms: number;
    };

export type ToWorker = Batch | 'close';
