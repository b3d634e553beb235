/** The `Database` of the kernel over either engine. */
import {
  type Call,
  type Database,
  type Migration,
  type Prepared,
  type PreparedStatement,
  SqlError,
  type SqlValue,
  type Statements,
  type Writer,
  type WriterOptions,
} from '../kernel/sql.ts';
import { Backlog, type BacklogLimits } from './backlog.ts';
import { BatchWriter } from './batch-writer.ts';
import { type BoundCall, type Engine, type Rows, Unit } from './engine.ts';
import { migrate } from './migrator.ts';
import { assertStorable, once, StatementRegistry } from './statement-registry.ts';

/** What the composition root and the tests may do besides. */
export interface StorageDatabase extends Database {
  /** Prepares each statement on the engine without running it; throws the `SqlError` of the first that it refuses. */
  verify(statements: Statements): Promise<void>;
}

export class EngineDatabase implements StorageDatabase {
  readonly engine: 'sqlite' | 'postgres';
  readonly #engine: Engine;
  readonly #backlog: Backlog;
  readonly #statements = new StatementRegistry();
  #closing: Promise<void> | undefined;

  constructor(engine: Engine, limits: BacklogLimits) {
    this.engine = engine.name;
    this.#engine = engine;
    this.#backlog = new Backlog(limits);
  }

  prepare<S extends Statements>(statements: S): Prepared<S> {
    const prepared: Record<string, PreparedStatement<SqlValue[], unknown>> = {};
    for (const [name, { text }] of Object.entries(statements)) {
      const statement = this.#statements.compile(text);
      const run = (...params: SqlValue[]): Promise<Rows> => this.#run({ statement, params });
      prepared[name] = Object.assign(run, { bind: (...params: SqlValue[]): Call => ({ statement: text, params }) });
    }
    return prepared as Prepared<S>;
  }

  async atomically(calls: readonly Call[]): Promise<readonly Rows[]> {
    if (calls.length === 0) return [];
    return this.#together(calls.map((call) => this.#statements.bound(call)));
  }

  migrate(owner: string, migrations: readonly Migration[]): Promise<void> {
    return migrate({ engine: this.#engine, run: (calls) => this.#together(calls) }, owner, migrations);
  }

  writer<Row>(options: WriterOptions<Row>): Writer<Row> {
    return new BatchWriter<Row>(this, options);
  }

  async reclaim(): Promise<number> {
    const plan = this.#engine.reclamation;
    if (plan === undefined) return 0;
    const [measured] = await this.#together([once(plan.measure)]);
    const step = plan.step((measured ?? [])[0] ?? {});
    if (step === undefined) return 0;
    await this.#together([once(step.text)]);
    return step.bytes;
  }

  async verify(statements: Statements): Promise<void> {
    for (const { text } of Object.values(statements)) {
      this.#statements.compile(text);
      await this.#together(this.#engine.verification(text).map((step) => once(step)));
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#backlog.empty().then(() => this.#engine.close());
    return this.#closing;
  }

  #run(call: BoundCall): Promise<Rows> {
    return new Promise((resolve, reject) => {
      assertStorable(call.params, call.statement.text);
      this.#assertOpen();
      this.#engine.enqueue(new Unit([call], this.#backlog, (rows) => resolve(rows[0] ?? []), reject));
    });
  }

  #together(calls: readonly BoundCall[]): Promise<readonly Rows[]> {
    return new Promise((resolve, reject) => {
      this.#assertOpen();
      this.#engine.enqueue(new Unit(calls, this.#backlog, resolve, reject));
    });
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new SqlError('unavailable', 'The database is closed');
    if (this.#backlog.full) throw new SqlError('unavailable', 'Too many calls wait for the database');
  }
}
