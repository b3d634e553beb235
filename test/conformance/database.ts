/** What every `Database` must do, as one suite; test/storage runs it on each engine. */
import { describe } from 'node:test';
import { closingTests } from './database-closing.ts';
import { commitTests } from './database-commits.ts';
import type { DatabaseKind } from './database-fixture.ts';
import { migrationTests } from './database-migrations.ts';
import { valueTests } from './database-values.ts';
import { writerTests } from './database-writer.ts';

export function databaseSuite(kind: DatabaseKind): void {
  describe(`Database on ${kind.name}`, () => {
    valueTests(kind);
    commitTests(kind);
    migrationTests(kind);
    writerTests(kind);
    closingTests(kind);
  });
}
