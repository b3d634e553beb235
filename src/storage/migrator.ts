/** Brings the tables of an owner (a module, or the server) to the version that the program knows; never back. */
import { createHash } from 'node:crypto';
import { type Migration, SqlError } from '../kernel/sql.ts';
import type { BoundCall, Engine, Rows } from './engine.ts';
import { assertPortableMigration } from './portable.ts';
import { splitStatements } from './sql-text.ts';
import { once } from './statement-registry.ts';

/** Why the program must not touch this database. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

export interface MigrationTarget {
  readonly engine: Engine;
  /** Runs the calls in one transaction. */
  run(calls: readonly BoundCall[]): Promise<readonly Rows[]>;
}

const CREATE = `create table if not exists parley_migrations (
  owner text not null, id text not null, checksum text not null, applied_at bigint not null, primary key (owner, id))`;
const APPLIED = 'select id, checksum from parley_migrations where owner = $1';
const RECORD = 'insert into parley_migrations (owner, id, checksum, applied_at) values ($1, $2, $3, $4)';

/**
 * The record of a migration is written first, within its transaction: of two nodes that start together one wins the
 * primary key, and the other finds the work done.
 */
export async function migrate(target: MigrationTarget, owner: string, migrations: readonly Migration[]): Promise<void> {
  const ordered = inOrder(owner, migrations);
  for (const { up } of ordered) assertPortableMigration(up);
  await exclusively(target, [once(target.engine.translate(CREATE))]);
  const applied = await readApplied(target, owner, ordered);
  for (const migration of ordered) {
    if (!applied.has(migration.id)) await apply(target, owner, migration, ordered);
  }
}

async function apply(
  target: MigrationTarget,
  owner: string,
  migration: Migration,
  known: readonly Migration[],
): Promise<void> {
  const record = once(RECORD, [owner, migration.id, checksum(migration), Date.now()]);
  const statements = splitStatements(migration.up).map((text) => once(target.engine.translate(text)));
  try {
    await exclusively(target, [record, ...statements]);
  } catch (error) {
    if (!(error instanceof SqlError) || error.failure !== 'conflict') throw failed(owner, migration, error);
    const applied = await readApplied(target, owner, known);
    if (!applied.has(migration.id)) throw failed(owner, migration, error);
  }
}

function exclusively(target: MigrationTarget, calls: readonly BoundCall[]): Promise<unknown> {
  return target.run([...target.engine.migrationLock.map((text) => once(text)), ...calls]);
}

/** Ids that the database has; throws when it has one that the program does not know, or knows with another text. */
async function readApplied(
  target: MigrationTarget,
  owner: string,
  known: readonly Migration[],
): Promise<ReadonlySet<string>> {
  const [rows] = await target.run([once(APPLIED, [owner])]);
  const checksums = new Map(known.map((migration) => [migration.id, checksum(migration)]));
  const applied = new Set<string>();
  for (const row of rows ?? []) {
    const id = String(row['id']);
    const expected = checksums.get(id);
    applied.add(id);
    if (expected === undefined) {
      throw new MigrationError(`The database is newer than this program: it has migration ${id} of ${owner}`);
    }
    if (expected !== row['checksum']) {
      throw new MigrationError(`Migration ${id} of ${owner} was changed after it had been applied to this database`);
    }
  }
  return applied;
}

function inOrder(owner: string, migrations: readonly Migration[]): readonly Migration[] {
  const ordered = migrations.toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  ordered.forEach((migration, i) => {
    if (ordered[i + 1]?.id === migration.id)
      throw new MigrationError(`Two migrations of ${owner} are called ${migration.id}`);
  });
  return ordered;
}

function failed(owner: string, migration: Migration, cause: unknown): MigrationError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new MigrationError(`Migration ${migration.id} of ${owner} failed: ${why}`, { cause });
}

/** The same for a file that was checked out with other line ends. */
function checksum(migration: Migration): string {
  return createHash('sha256').update(migration.up.replaceAll('\r\n', '\n').trim()).digest('hex');
}
