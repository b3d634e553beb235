/** Tables and statements of accounts; one set for all hosts. */
import { type Prepared, query } from '#api';

export const migrations = [
  {
    id: 'accounts-001',
    up: `
create table account (
  host text not null,
  local text not null,
  created_at bigint not null,
  locked bigint not null,
  primary key (host, local)
);
create table account_scram_keys (
  host text not null,
  local text not null,
  hash text not null,
  salt bytea not null,
  iterations bigint not null,
  stored_key bytea not null,
  server_key bytea not null,
  primary key (host, local, hash)
);`,
  },
];

export interface AccountRow {
  readonly local: string;
  readonly created_at: number;
  readonly locked: number;
}

/** One row for each hash; one with nulls for an account without keys. */
export interface CredentialsRow {
  readonly locked: number;
  readonly hash: string | null;
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly stored_key: Uint8Array;
  readonly server_key: Uint8Array;
}

export const statements = {
  find: query<[host: string, local: string], AccountRow>(
    'select local, created_at, locked from account where host = $1 and local = $2',
  ),
  page: query<[host: string, after: string, limit: number], AccountRow>(
    'select local, created_at, locked from account where host = $1 and local > $2 order by local limit $3',
  ),
  add: query<[host: string, local: string, createdAt: number]>(
    'insert into account (host, local, created_at, locked) values ($1, $2, $3, 0)',
  ),
  drop: query<[host: string, local: string], { local: string }>(
    'delete from account where host = $1 and local = $2 returning local',
  ),
  lock: query<[host: string, local: string, locked: number], { local: string }>(
    'update account set locked = $3 where host = $1 and local = $2 returning local',
  ),
  credentials: query<[host: string, local: string], CredentialsRow>(
    `select a.locked, k.hash, k.salt, k.iterations, k.stored_key, k.server_key
     from account a left join account_scram_keys k on k.host = a.host and k.local = a.local
     where a.host = $1 and a.local = $2`,
  ),
  // Selects from the accounts, so that keys cannot outlive theirs: a removal may come between.
  addKeys: query<
    [
      host: string,
      local: string,
      hash: string,
      salt: Uint8Array,
      iterations: number,
      stored: Uint8Array,
      server: Uint8Array,
    ],
    { hash: string }
  >(
    `insert into account_scram_keys (host, local, hash, salt, iterations, stored_key, server_key)
     select host, local, $3, $4, $5, $6, $7 from account where host = $1 and local = $2
     returning hash`,
  ),
  // Selects from the proven keys, so that what was made of an old password does not replace what was made of the new one.
  putKeys: query<
    [
      host: string,
      local: string,
      hash: string,
      salt: Uint8Array,
      iterations: number,
      stored: Uint8Array,
      server: Uint8Array,
      provenHash: string,
      provenStored: Uint8Array,
    ],
    { hash: string }
  >(
    `insert into account_scram_keys (host, local, hash, salt, iterations, stored_key, server_key)
     select host, local, $3, $4, $5, $6, $7 from account_scram_keys
     where host = $1 and local = $2 and hash = $8 and stored_key = $9
     on conflict (host, local, hash) do update set salt = excluded.salt, iterations = excluded.iterations,
       stored_key = excluded.stored_key, server_key = excluded.server_key
     returning hash`,
  ),
  dropKeys: query<[host: string, local: string]>('delete from account_scram_keys where host = $1 and local = $2'),
};

export type AccountStore = Prepared<typeof statements>;
