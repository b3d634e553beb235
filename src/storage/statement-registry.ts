/** The statements of one database, each compiled once however many modules declare it. */
import { type Call, SqlError, type SqlValue } from '../kernel/sql.ts';
import type { BoundCall, CompiledStatement } from './engine.ts';
import { assertPortable } from './portable.ts';
import { isReadOnly } from './sql-text.ts';

export class StatementRegistry {
  readonly #byText = new Map<string, CompiledStatement>();

  /** Throws `SqlError` when the text is outside the portable subset. */
  compile(text: string): CompiledStatement {
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    assertPortable(text);
    const compiled = { id: this.#byText.size, text, reads: isReadOnly(text), once: false };
    this.#byText.set(text, compiled);
    return compiled;
  }

  /** A `Call` names its statement by the text: names are unique within a module only. */
  bound(call: Call): BoundCall {
    const statement = this.#byText.get(call.statement);
    if (statement === undefined) throw new SqlError('other', `Not prepared: ${call.statement.slice(0, 200)}`);
    assertStorable(call.params, statement.text);
    return { statement, params: call.params };
  }
}

/** Throws `SqlError` for what no column holds; the engines would each make something else of it. */
export function assertStorable(params: readonly SqlValue[], text: string): void {
  for (let i = 0; i < params.length; i++) {
    const value = params[i];
    if (typeof value === 'string' || value === null || value instanceof Uint8Array) continue;
    if (typeof value === 'number' && Number.isFinite(value)) continue;
    const what = typeof value === 'number' ? 'a number that is not finite' : typeof value;
    throw new SqlError('other', `Parameter $${i + 1} is ${what} in: ${text.slice(0, 200)}`);
  }
}

/** A statement that runs once, in the engine's own words. */
export function once(text: string, params: readonly SqlValue[] = []): BoundCall {
  return { statement: { id: -1, text, reads: false, once: true }, params };
}
