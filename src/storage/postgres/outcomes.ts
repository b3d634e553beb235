/** Which units of a pipeline ran, which one failed, and which never had their turn. */
import type { Rows, Unit } from '../engine.ts';
import { sqlErrorOf } from './errors.ts';
import { type PipelineOutcome, Unreadable } from './pipeline.ts';

export interface Split {
  /** Every call of these ran. */
  readonly ran: readonly Unit[];
  /** The one whose call failed; undefined when the commit itself failed. */
  readonly failed: Unit | undefined;
  readonly untouched: readonly Unit[];
}

export function splitAtFailure(units: readonly Unit[], outcome: PipelineOutcome): Split {
  let calls = 0;
  const at = units.findIndex((unit) => (calls += unit.calls.length) > outcome.rows.length);
  if (at === -1) return { ran: units, failed: undefined, untouched: [] };
  return { ran: units.slice(0, at), failed: units[at], untouched: units.slice(at + 1) };
}

/** Gives each of the units that ran its rows. */
export function resolveAll(units: readonly Unit[], outcome: PipelineOutcome): void {
  let offset = 0;
  for (const unit of units) {
    const rows = outcome.rows.slice(offset, offset + unit.calls.length);
    offset += unit.calls.length;
    const unreadable = rows.find((set) => set instanceof Unreadable);
    if (unreadable === undefined) unit.resolve(rows as readonly Rows[]);
    else unit.reject(sqlErrorOf(unreadable, unit.calls[0]?.statement.text));
  }
}

/** The error of the call that failed, with its text. */
export function failureOf(unit: Unit, units: readonly Unit[], outcome: PipelineOutcome): ReturnType<typeof sqlErrorOf> {
  const calls = units.flatMap((each) => each.calls);
  return sqlErrorOf(outcome.error, (calls[outcome.rows.length] ?? unit.calls[0])?.statement.text);
}
