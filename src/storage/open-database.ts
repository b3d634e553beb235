/** Opens the database that a URL names: `sqlite:FILE`, `sqlite::memory:` or `postgres://...`. */
import { SqlError } from '../kernel/sql.ts';
import type { Engine, StorageObserver } from './engine.ts';
import { EngineDatabase, type StorageDatabase } from './engine-database.ts';

export interface StorageOptions {
  readonly observer?: StorageObserver;
  /** Calls that may wait or be under way; more are refused as `unavailable`. */
  readonly maxQueuedCalls?: number;
  /** What their parameters may hold together. */
  readonly maxQueuedBytes?: number;
  /** PostgreSQL: connections at most, of which one writes. */
  readonly poolSize?: number;
  /** PostgreSQL: how long a statement may take before it fails as `unavailable`. Migrations are exempt. */
  readonly statementTimeoutMs?: number;
}

/** Throws `SqlError`: `unavailable` when it cannot be reached or opened, `other` for a URL of another kind. */
export async function openDatabase(url: string, options: StorageOptions = {}): Promise<StorageDatabase> {
  const engine = await openEngine(url, options);
  return new EngineDatabase(engine, {
    calls: options.maxQueuedCalls ?? 100_000,
    bytes: options.maxQueuedBytes ?? 64 * 1024 * 1024,
  });
}

/** The engine's driver is loaded only where it is used: it costs start-up time. */
async function openEngine(url: string, options: StorageOptions): Promise<Engine> {
  if (url.startsWith('sqlite:')) {
    const { SqliteEngine } = await import('./sqlite/sqlite-engine.ts');
    return SqliteEngine.open(url.slice('sqlite:'.length), options.observer);
  }
  if (/^postgres(?:ql)?:/.test(url)) {
    const { PostgresEngine } = await import('./postgres/postgres-engine.ts');
    return PostgresEngine.open(url, {
      poolSize: Math.max(2, options.poolSize ?? 10),
      statementTimeoutMs: options.statementTimeoutMs ?? 30_000,
      observer: options.observer,
    });
  }
  throw new SqlError('other', 'A database URL begins with sqlite: or postgres:');
}
