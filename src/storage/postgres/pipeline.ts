/**
 * Sends many calls to PostgreSQL before the first answer: Bind and Execute for each, one Sync at the end.
 * What is between two Syncs is one transaction
 * (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING).
 */
import { createHash } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import type { ClientBase, Connection, Submittable } from 'pg';
import type { SqlValue } from '../../kernel/sql.ts';
import type { BoundCall, CompiledStatement, Row, Rows } from '../engine.ts';
import { ConnectionLost, isFatal } from './errors.ts';
import { type Reader, readerOf, writeValue } from './values.ts';

/** Rows that cannot be told as values of the kernel, such as integers beyond the safe ones; the call has run all the same. */
export class Unreadable extends Error {}

export interface PipelineOutcome {
  /** The rows of the calls that were run, in order. They took effect if there is no error. */
  readonly rows: readonly (Rows | Unreadable)[];
  /** Why the transaction was given up; the call that failed is the first without rows, or none if the commit failed. */
  readonly error: unknown;
  /** The connection is gone, and with it the knowledge whether the transaction was committed. */
  readonly lost: boolean;
}

/** The part of the driver's connection that is used; its published types are those of an older version. */
interface Wire extends EventEmitter {
  readonly stream: Duplex;
  parse(message: { name: string; text: string }): void;
  bind(message: { portal: string; statement: string; values: unknown[]; valueMapper: typeof writeValue }): void;
  describe(message: { type: 'S'; name: string }): void;
  execute(message: { portal: string; rows: number }): void;
  sync(): void;
}

interface Columns {
  readonly names: readonly string[];
  readonly readers: readonly Reader[];
}

/** What a connection has prepared, by the name of the statement; undefined columns: it returns no rows. */
type PreparedNames = Map<string, Columns | undefined>;
const preparedOn = new WeakMap<Wire, PreparedNames>();

/** Never rejects. */
export function runPipeline(
  client: ClientBase,
  calls: readonly BoundCall[],
  timeoutMs: number | undefined,
): Promise<PipelineOutcome> {
  return new Promise((resolve) => client.query(new Pipeline(calls, timeoutMs, resolve)));
}

/** A query of the driver's, in the way of its cursors: the driver calls it for each message of the server. */
class Pipeline implements Submittable {
  readonly #calls: readonly BoundCall[];
  readonly #timeoutMs: number | undefined;
  readonly #done: (outcome: PipelineOutcome) => void;
  readonly #rows: (Rows | Unreadable)[] = [];
  /** Names in the order of the Parse messages; the server answers in the same order. */
  readonly #parsing: string[] = [];
  #parsed = 0;
  #current: Row[] = [];
  #columns: Columns | undefined;
  #unreadable: Unreadable | undefined;
  #wire: Wire | undefined;
  #watchdog: NodeJS.Timeout | undefined;
  #settled = false;

  constructor(calls: readonly BoundCall[], timeoutMs: number | undefined, done: (outcome: PipelineOutcome) => void) {
    this.#calls = calls;
    this.#timeoutMs = timeoutMs;
    this.#done = done;
  }

  submit(connection: Connection): void {
    // The types leave the events of the protocol out.
    const wire = connection as unknown as Wire;
    this.#wire = wire;
    wire.on('parseComplete', this.#onParsed);
    if (this.#timeoutMs !== undefined) this.#watchdog = setTimeout(() => wire.stream.destroy(), this.#timeoutMs);
    const prepared = preparedOn.get(wire) ?? new Map();
    preparedOn.set(wire, prepared);
    wire.stream.cork();
    for (const call of this.#calls) this.#send(wire, prepared, call);
    wire.sync();
    wire.stream.uncork();
    this.#startCall();
  }

  handleRowDescription(message: {
    readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[];
  }): void {
    const names = message.fields.map((field) => field.name);
    this.#columns = { names, readers: message.fields.map((field) => readerOf(field.dataTypeID)) };
    const statement = this.#calls[this.#rows.length]?.statement;
    if (statement !== undefined && !statement.once) this.#prepared()?.set(nameOf(statement), this.#columns);
  }

  handleDataRow(message: { readonly fields: readonly (string | null)[] }): void {
    try {
      this.#current.push(readRow(this.#columns, message.fields));
    } catch (error) {
      this.#unreadable ??= new Unreadable((error as Error).message);
    }
  }

  handleCommandComplete(): void {
    this.#rows.push(this.#unreadable ?? this.#current);
    this.#startCall();
  }

  handleEmptyQuery(): void {
    this.handleCommandComplete();
  }

  handleReadyForQuery(): void {
    this.#settle(undefined, false);
  }

  handleError(error: unknown): void {
    const lost = isFatal(error);
    this.#settle(lost ? new ConnectionLost((error as Error).message, { cause: error }) : error, lost);
  }

  /** Describes a statement only when it is prepared: the answer is good for all later calls. */
  #send(wire: Wire, prepared: PreparedNames, { statement, params }: BoundCall): void {
    const name = statement.once ? '' : nameOf(statement);
    if (statement.once || !(prepared.has(name) || this.#parsing.includes(name))) {
      this.#parsing.push(name);
      wire.parse({ name, text: statement.text });
      wire.describe({ type: 'S', name });
    }
    wire.bind({ portal: '', statement: name, values: params as SqlValue[], valueMapper: writeValue });
    wire.execute({ portal: '', rows: 0 });
  }

  /** A statement stays prepared even if the transaction is given up. */
  readonly #onParsed = (): void => {
    const name = this.#parsing[this.#parsed++];
    if (name !== undefined && name !== '') this.#prepared()?.set(name, undefined);
  };

  #startCall(): void {
    this.#current = [];
    this.#unreadable = undefined;
    const statement = this.#calls[this.#rows.length]?.statement;
    this.#columns = statement === undefined || statement.once ? undefined : this.#prepared()?.get(nameOf(statement));
  }

  #prepared(): PreparedNames | undefined {
    return this.#wire === undefined ? undefined : preparedOn.get(this.#wire);
  }

  #settle(error: unknown, lost: boolean): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#watchdog);
    this.#wire?.off('parseComplete', this.#onParsed);
    this.#done({ rows: this.#rows, error, lost });
  }
}

const names = new WeakMap<CompiledStatement, string>();

/** The same on every connection and node, so that a pooler may share it. */
function nameOf(statement: CompiledStatement): string {
  let name = names.get(statement);
  if (name === undefined) {
    name = `parley_${createHash('sha256').update(statement.text).digest('hex').slice(0, 16)}`;
    names.set(statement, name);
  }
  return name;
}

function readRow(columns: Columns | undefined, fields: readonly (string | null)[]): Row {
  const row: Row = {};
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] ?? null;
    row[columns?.names[i] ?? ''] = field === null ? null : (columns?.readers[i]?.(field) ?? null);
  }
  return row;
}
