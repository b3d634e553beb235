/** PostgreSQL: commits in groups on one connection, reads on the others. */
import type { Engine, StorageObserver, Unit } from '../engine.ts';
import { rewrite } from '../sql-text.ts';
import { once } from '../statement-registry.ts';
import { Connections } from './connections.ts';
import { sqlErrorOf } from './errors.ts';
import { ReadLanes } from './read-lanes.ts';
import { WriteLane } from './write-lane.ts';

export interface PostgresOptions {
  readonly poolSize: number;
  readonly statementTimeoutMs: number;
  readonly observer: StorageObserver | undefined;
}

/** Any number, so long as every node uses the same; it spells "parley". */
const MIGRATION_LOCK = 0x7061_726c_6579;

export class PostgresEngine implements Engine {
  readonly name = 'postgres';
  readonly migrationLock = [
    `select set_config('statement_timeout', '0', true)`,
    `select pg_advisory_xact_lock(${MIGRATION_LOCK})`,
  ];
  /** Autovacuum makes the space of deleted rows free for new ones. */
  readonly reclamation = undefined;
  readonly #connections: Connections;
  readonly #writes: WriteLane;
  readonly #reads: ReadLanes;

  private constructor(connections: Connections, options: PostgresOptions) {
    this.#connections = connections;
    this.#writes = new WriteLane(connections, options.observer);
    this.#reads = new ReadLanes(connections, options.poolSize - 1);
  }

  static async open(url: string, options: PostgresOptions): Promise<PostgresEngine> {
    const connections = new Connections(url, options);
    const { error } = await connections.run([once('select 1')]);
    if (error === undefined) return new PostgresEngine(connections, options);
    await connections.close();
    throw sqlErrorOf(error);
  }

  /** A read may overtake a write that has not settled; who has awaited the write sees it. */
  enqueue(unit: Unit): void {
    if (unit.reads) this.#reads.enqueue(unit);
    else this.#writes.enqueue(unit);
  }

  /** Text sorts by code point, as in SQLite and whatever the database's locale is. */
  translate(ddl: string): string {
    if (!/^\s*(?:create|alter)\s+table\b/i.test(ddl)) return ddl;
    // What SQLite keeps in the order of its primary key is a table with an index here.
    const table = ddl.replace(/\)\s*without\s+rowid\s*$/i, ')');
    return rewrite(table, (token) =>
      token.kind === 'word' && /^text$/i.test(token.text) ? 'text collate "C"' : undefined,
    );
  }

  verification(text: string): readonly string[] {
    return [`prepare parley_verify as ${text}`, 'deallocate parley_verify'];
  }

  close(): Promise<void> {
    return this.#connections.close();
  }
}
