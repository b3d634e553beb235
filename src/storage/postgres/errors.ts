/** PostgreSQL's error codes (https://www.postgresql.org/docs/current/errcodes-appendix.html) as failures of the kernel. */
import { SqlError, type SqlFailure } from '../../kernel/sql.ts';

/** The server ended the connection, or the network did. */
export class ConnectionLost extends Error {}

const UNIQUE_VIOLATION = '23505';
/** serialization_failure, deadlock_detected: another transaction won; this one may run again. */
const RETRIABLE = new Set(['40001', '40P01']);
/** Classes: connection exception, insufficient resources, operator intervention, system error. */
const UNAVAILABLE_CLASSES = new Set(['08', '53', '57', '58']);
/** read_only_sql_transaction, as on a standby; lock_not_available. */
const UNAVAILABLE = new Set(['25006', '55P03', ...RETRIABLE]);

export function isRetriable(error: unknown): boolean {
  return RETRIABLE.has(codeOf(error));
}

/** An error after which the connection is closed by the server. */
export function isFatal(error: unknown): boolean {
  const severity = (error as { severity?: unknown } | null)?.severity;
  return severity === undefined || severity === 'FATAL' || severity === 'PANIC';
}

/** Carries no detail of the server's: details and messages of class 22 quote values, and errors are logged. */
export function sqlErrorOf(error: unknown, text = ''): SqlError {
  if (error instanceof SqlError) return error;
  const code = codeOf(error);
  const said = error instanceof Error ? error.message : String(error);
  const message = `PostgreSQL: ${code.startsWith('22') ? said.replace(/: ".*$/s, '') : said}${code === '' ? '' : ` (${code})`}`;
  return new SqlError(failureOf(error, code), text === '' ? message : `${message} in: ${text.slice(0, 200)}`);
}

function failureOf(error: unknown, code: string): SqlFailure {
  if (code === UNIQUE_VIOLATION) return 'conflict';
  if (error instanceof ConnectionLost || UNAVAILABLE.has(code) || UNAVAILABLE_CLASSES.has(code.slice(0, 2))) {
    return 'unavailable';
  }
  return 'other';
}

function codeOf(error: unknown): string {
  const { code, severity } = (error ?? {}) as { readonly code?: unknown; readonly severity?: unknown };
  return typeof code === 'string' && severity !== undefined ? code : '';
}
