/** PostgreSQL's text format (https://www.postgresql.org/docs/current/protocol-overview.html) as values of the kernel. */
import type { SqlValue } from '../../kernel/sql.ts';

export type Reader = (text: string) => SqlValue;

const BOOL = 16;
const BYTEA = 17;
/** int8, int2, int4, oid, float4, float8, numeric: sums and counts are of these types, too. */
const NUMBERS = new Set([20, 21, 23, 26, 700, 701, 1700]);

/** How to read a column of the type with this object id. */
export function readerOf(typeId: number): Reader {
  if (NUMBERS.has(typeId)) return readNumber;
  if (typeId === BYTEA) return readBytes;
  return typeId === BOOL ? readBoolean : readText;
}

function readNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && !Number.isSafeInteger(value) && !/[.e]/.test(text)) {
    throw new RangeError(`${text} is not a safe integer`);
  }
  return value;
}

function readBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.slice(2), 'hex'));
}

function readBoolean(text: string): number {
  return text === 't' ? 1 : 0;
}

function readText(text: string): string {
  return text;
}

/** What `pg` writes for a parameter: a Buffer goes as binary, everything else as text. */
export function writeValue(value: SqlValue): string | Buffer | null {
  if (typeof value === 'string' || value === null) return value;
  if (typeof value === 'number') return String(value);
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
