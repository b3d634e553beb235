/** SQLite's result codes (https://sqlite.org/rescode.html) as failures of the kernel. */
import type { SqlFailure } from '../../kernel/sql.ts';
import type { Refusal } from './protocol.ts';

const CONSTRAINT_PRIMARYKEY = 1555;
const CONSTRAINT_UNIQUE = 2067;
const CONSTRAINT_ROWID = 2579;
/** BUSY, LOCKED, NOMEM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB: the database, not the call. */
const UNAVAILABLE = new Set([5, 6, 7, 8, 10, 11, 13, 14, 15, 26]);

/** SQLite's messages name tables and columns but hold no values, so they may be logged. */
export function refusalOf(error: unknown, text = ''): Refusal {
  const message = error instanceof Error ? error.message : String(error);
  return { failure: failureOf(error), message: text === '' ? message : `${message} in: ${text.slice(0, 200)}` };
}

function failureOf(error: unknown): SqlFailure {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  if (typeof code !== 'number') return 'other';
  if (code === CONSTRAINT_UNIQUE || code === CONSTRAINT_PRIMARYKEY || code === CONSTRAINT_ROWID) return 'conflict';
  return UNAVAILABLE.has(code & 0xff) ? 'unavailable' : 'other';
}
