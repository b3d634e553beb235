/** Verified capabilities. They are true of any client that announces the hash, so they belong to no host. */
import { type Prepared, query } from '#api';

export const migrations = [
  {
    id: 'caps-001',
    up: `
create table client_caps (
  hash text not null,
  ver text not null,
  features text not null,
  used_at bigint not null,
  primary key (hash, ver)
);
create index client_caps_used on client_caps (used_at);`,
  },
];

export const statements = {
  find: query<[hash: string, ver: string], { features: string }>(
    'select features from client_caps where hash = $1 and ver = $2',
  ),
  touch: query<[hash: string, ver: string, usedAt: number]>(
    'update client_caps set used_at = $3 where hash = $1 and ver = $2',
  ),
  save: query<[hash: string, ver: string, features: string, usedAt: number]>(
    `insert into client_caps (hash, ver, features, used_at) values ($1, $2, $3, $4)
     on conflict (hash, ver) do update set used_at = excluded.used_at`,
  ),
  // Keeps the most recently used ones.
  prune: query<[kept: number]>(
    `delete from client_caps where used_at < (select used_at from client_caps order by used_at desc limit 1 offset $1)`,
  ),
};

export type CapsStore = Prepared<typeof statements>;
