/** Which database: SQLite in the data directory, or PostgreSQL. */
import { z } from 'zod';
import type { OptionMeta } from '../../kernel/config-schema.ts';

export type DatabaseConfig =
  /** `file` is absolute once the configuration is loaded. */
  | { readonly engine: 'sqlite'; readonly file: string }
  /** A connection URL, with the password in it when there is one. */
  | { readonly engine: 'postgres'; readonly url: string };

const expected = 'sqlite:FILE or postgres://USER@HOST/DATABASE';

export const databaseOption = z
  .string()
  .transform((text, issues): DatabaseConfig => {
    const found = readDatabase(text);
    if (found) return found;
    issues.addIssue({ code: 'custom', message: 'invalid', params: { expected } });
    return z.NEVER;
  })
  .meta({ expected, hidden: true } satisfies OptionMeta)
  .prefault('sqlite:parley.db')
  .describe(
    'sqlite:FILE (in the data directory), or postgres://USER@HOST:PORT/DATABASE for PostgreSQL; its password in ' +
      '`databasePasswordFile`, or in the URL.',
  );

function readDatabase(text: string): DatabaseConfig | undefined {
  if (text.startsWith('sqlite:')) {
    const file = text.slice('sqlite:'.length);
    return file === '' ? undefined : { engine: 'sqlite', file };
  }
  if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(text)) return undefined;
  return { engine: 'postgres', url: text };
}

/** Puts the password into the URL, and the file under the data directory. */
export function completeDatabase(
  database: DatabaseConfig,
  password: string | undefined,
  resolve: (path: string) => string,
): DatabaseConfig {
  if (database.engine === 'sqlite') return { ...database, file: resolve(database.file) };
  if (password === undefined) return database;
  const url = new URL(database.url);
  // A URL without a host cannot carry a user and password; drivers read them from the query, too.
  if (url.host === '') url.searchParams.set('password', password);
  else url.password = encodeURIComponent(password);
  return { engine: 'postgres', url: url.href };
}
