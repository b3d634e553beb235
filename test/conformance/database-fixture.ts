/** Database suite: a new database for each test, and the tables that the tests use. */
import { type Prepared, query } from '../../src/kernel/sql.ts';
import type { StorageDatabase } from '../../src/storage/engine-database.ts';
import type { StorageOptions } from '../../src/storage/open-database.ts';

/** A database that is empty at first. */
export interface DatabaseFixture {
  /** Opens it; several times at once, where the engine lets several processes share it. */
  open(options?: StorageOptions): Promise<StorageDatabase>;
  /** Removes it; everything opened has been closed. */
  remove(): Promise<void>;
}

export interface DatabaseKind {
  readonly name: string;
  create(): Promise<DatabaseFixture>;
  /** Whether two nodes can open one database, and whether it outlives `close`. */
  readonly shared: boolean;
}

/** Runs `body` with a new database, and cleans up after it. */
export async function withFixture(
  kind: DatabaseKind,
  body: (fixture: DatabaseFixture) => Promise<void>,
): Promise<void> {
  const fixture = await kind.create();
  const opened: StorageDatabase[] = [];
  const open = async (options?: StorageOptions): Promise<StorageDatabase> => {
    const db = await fixture.open(options);
    opened.push(db);
    return db;
  };
  try {
    await body({ ...fixture, open });
  } finally {
    await Promise.all(opened.map((db) => db.close()));
    await fixture.remove();
  }
}

/** Runs `body` with the table `item` and its statements. */
export function withItems(
  kind: DatabaseKind,
  body: (db: StorageDatabase, items: ItemStatements) => Promise<void>,
  options?: StorageOptions,
): Promise<void> {
  return withFixture(kind, async (fixture) => {
    const db = await fixture.open(options);
    await db.migrate('suite', [ITEM]);
    await body(db, db.prepare(statements));
  });
}

const ITEM = {
  id: '001-item',
  up: `create table item (
  id text not null primary key,
  label text,
  size bigint,
  ratio double precision,
  body bytea,
  unique (size)
);
create table part (
  item text not null references item (id),
  number bigint not null check (number > 0),
  primary key (item, number)
);`,
} as const;

export interface Item {
  readonly id: string;
  readonly label: string | null;
  readonly size: number | null;
  readonly ratio: number | null;
  readonly body: Uint8Array | null;
}

const statements = {
  put: query<[string, string | null, number | null, number | null, Uint8Array | null]>(
    'insert into item (id, label, size, ratio, body) values ($1, $2, $3, $4, $5)',
  ),
  add: query<[string, number | null]>('insert into item (id, size) values ($1, $2)'),
  addQuietly: query<[string, string], { label: string }>(
    'insert into item (id, label) values ($1, $2) on conflict (id) do nothing returning label',
  ),
  replace: query<[string, string], { id: string; label: string }>(
    'insert into item (id, label) values ($1, $2) on conflict (id) do update set label = excluded.label returning id, label',
  ),
  relabel: query<[string, string], { label: string }>('update item set label = $2 where id = $1 returning label'),
  get: query<[string], Item>('select id, label, size, ratio, body from item where id = $1'),
  ids: query<[], { id: string }>('select id from item order by id'),
  page: query<[string, number], { id: string }>('select id from item where id > $1 order by id limit $2'),
  count: query<[], { count: number }>('select count(*) as count from item'),
  addPart: query<[string, number]>('insert into part (item, number) values ($1, $2)'),
};

export type ItemStatements = Prepared<typeof statements>;

/** The stored ids, in order. */
export async function idsOf(items: ItemStatements): Promise<string[]> {
  return (await items.ids()).map((row) => row.id);
}
