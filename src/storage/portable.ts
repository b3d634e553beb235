/** The guard of the SQL subset that SQLite and PostgreSQL understand alike. */
import { SqlError } from '../kernel/sql.ts';
import { splitStatements, type Token, tokenize } from './sql-text.ts';

const REFUSED_WORDS: Readonly<Record<string, string>> = {
  autoincrement: 'ids are made by the server',
  serial: 'ids are made by the server',
  bigserial: 'ids are made by the server',
  identity: 'ids are made by the server',
  generated: 'neither generated columns nor identities',
  current_timestamp: 'times are parameters',
  current_date: 'times are parameters',
  current_time: 'times are parameters',
  rowid: 'only SQLite has it',
  ctid: 'only PostgreSQL has it',
  ilike: 'only PostgreSQL has it',
  glob: 'only SQLite has it',
  regexp: 'only SQLite has it',
  like: 'the engines disagree about case; compare ranges',
  similar: 'only PostgreSQL has it',
  replace: 'use on conflict',
  pragma: 'only SQLite has it',
  strict: 'only SQLite has it',
  deferrable: 'a violated constraint fails its own statement, not the commit',
  true: 'booleans are 0 and 1',
  false: 'booleans are 0 and 1',
};

const REFUSED_FUNCTIONS: Readonly<Record<string, string>> = {
  now: 'times are parameters',
  datetime: 'times are parameters',
  strftime: 'times are parameters',
  unixepoch: 'times are parameters',
  random: 'random values are parameters',
  nextval: 'ids are made by the server',
  ifnull: 'use coalesce',
  iif: 'use case',
  group_concat: 'only SQLite has it',
  string_agg: 'SQLite has it since lately only',
  greatest: 'only PostgreSQL has it',
  least: 'only PostgreSQL has it',
};

const REFUSED_SYMBOLS = new Set([
  '?',
  '::',
  '->',
  '->>',
  '#>',
  '#>>',
  '@>',
  '<@',
  '==',
  '~',
  '@',
  ':',
  '`',
  '[',
  '$',
  ';',
]);
const COLUMN_TYPES = /^(?:text|bigint|bytea|double precision)\b/;
const TABLE_CONSTRAINTS = new Set(['primary', 'unique', 'foreign', 'check', 'constraint']);

/**
 * Throws `SqlError` for a statement text that only one engine understands, or that the two understand differently.
 * Also refused: `*` for columns, whose meaning changes with the next migration, and names in mixed case, which
 * PostgreSQL folds.
 */
export function assertPortable(text: string): void {
  const tokens = tokenize(text);
  tokens.forEach((token, i) => {
    const reason = objection(token, tokens[i - 1], tokens[i + 1]);
    if (reason !== undefined) refuse(text, token.text, reason);
  });
  assertNumbered(text, tokens);
}

/** `assertPortable` for every statement of a migration, and for the types of the columns that it declares. */
export function assertPortableMigration(up: string): void {
  for (const statement of splitStatements(up)) {
    assertPortable(statement);
    for (const column of declaredColumns(tokenize(statement))) {
      const type = column.slice(1).join(' ').toLowerCase();
      if (!COLUMN_TYPES.test(type)) {
        refuse(statement, column.join(' '), 'a column is text, bigint, double precision or bytea');
      }
    }
  }
}

function objection(token: Token, before: Token | undefined, after: Token | undefined): string | undefined {
  const lower = token.text.toLowerCase();
  switch (token.kind) {
    case 'symbol':
      if (REFUSED_SYMBOLS.has(token.text)) return 'not in both engines, or not with one meaning';
      return token.text === '*' && isColumnStar(before) ? 'name the columns' : undefined;
    case 'word':
      if (token.text !== lower && token.text !== token.text.toUpperCase()) return 'write names in lower case';
      if (after?.text === '(') return functionObjection(lower);
      if (lower === 'for' && /^(?:update|share|no|key)$/i.test(after?.text ?? '')) return 'only PostgreSQL locks rows';
      // `without rowid` says where SQLite keeps the rows of a table, and is left out elsewhere.
      if (before?.text === '.' || (lower === 'rowid' && before?.text.toLowerCase() === 'without')) return undefined;
      return REFUSED_WORDS[lower];
    case 'number':
      return after?.kind === 'word' && after.offset === token.offset + token.text.length ? 'not a number' : undefined;
    default:
      return undefined;
  }
}

function functionObjection(name: string): string | undefined {
  if (name.startsWith('json') || name.startsWith('pg_') || name.startsWith('sqlite_')) return 'only one engine has it';
  if (name === 'replace') return undefined;
  return REFUSED_FUNCTIONS[name] ?? REFUSED_WORDS[name];
}

function isColumnStar(before: Token | undefined): boolean {
  return before === undefined || /^(?:select|returning|distinct|all|,|\.)$/i.test(before.text);
}

/** PostgreSQL cannot tell the type of a parameter that nothing uses. */
function assertNumbered(text: string, tokens: readonly Token[]): void {
  const used = new Set(
    tokens.filter((token) => token.kind === 'parameter').map((token) => Number(token.text.slice(1))),
  );
  for (let n = 1; n <= used.size; n++) {
    if (!used.has(n)) refuse(text, `$${n}`, 'parameters are numbered from $1 without a gap');
  }
}

/** Name and type words of each column that `create table` or `alter table ... add` declares. */
function declaredColumns(tokens: readonly Token[]): string[][] {
  const words = tokens.map((token) => token.text.toLowerCase());
  if (words[0] === 'create' && words[1] === 'table') {
    const open = words.indexOf('(');
    return open === -1
      ? []
      : topLevelItems(words.slice(open + 1)).filter((item) => !TABLE_CONSTRAINTS.has(item[0] ?? ''));
  }
  if (words[0] === 'alter' && words[1] === 'table' && words[3] === 'add') {
    const column = words.slice(words[4] === 'column' ? 5 : 4);
    return TABLE_CONSTRAINTS.has(column[0] ?? '') ? [] : [column];
  }
  return [];
}

function topLevelItems(words: readonly string[]): string[][] {
  const items: string[][] = [[]];
  let depth = 1;
  for (const word of words) {
    if (word === '(') depth++;
    if (word === ')' && --depth === 0) break;
    if (word === ',' && depth === 1) items.push([]);
    else items.at(-1)?.push(word);
  }
  return items;
}

function refuse(text: string, what: string, why: string): never {
  throw new SqlError('other', `Not portable: ${what} (${why}) in: ${text.replace(/\s+/g, ' ').slice(0, 200)}`);
}
