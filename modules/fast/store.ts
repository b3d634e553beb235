/** The table of tokens; one for all hosts. */
import { type Prepared, query } from '#api';

export const migrations = [
  {
    id: 'fast-001',
    up: `
create table fast_token (
  host text not null,
  local text not null,
  client text not null,
  id text not null,
  secret bytea not null,
  mechanism text not null,
  replay_count bigint not null,
  used bigint not null,
  issued_at bigint not null,
  expires_at bigint not null,
  primary key (host, local, client, id)
);
create index fast_token_expiry on fast_token (host, expires_at);`,
  },
];

export interface TokenRow {
  readonly id: string;
  readonly secret: Uint8Array;
  readonly mechanism: string;
  readonly replay_count: number;
  readonly issued_at: number;
  readonly expires_at: number;
}

interface TokenSummaryRow {
  readonly client: string;
  readonly mechanism: string;
  readonly issued_at: number;
  readonly expires_at: number;
}

type Client = [host: string, local: string, client: string];
type Token = [host: string, local: string, client: string, id: string];

/** Ids sort by time, so their order is that of issue. */
export const statements = {
  find: query<Client, TokenRow>(
    `select id, secret, mechanism, replay_count, issued_at, expires_at from fast_token
     where host = $1 and local = $2 and client = $3 order by id desc`,
  ),
  add: query<[...Token, secret: Uint8Array, mechanism: string, issuedAt: number, expiresAt: number]>(
    `insert into fast_token (host, local, client, id, secret, mechanism, replay_count, used, issued_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, 0, 0, $7, $8)`,
  ),
  dropUnused: query<Client>('delete from fast_token where host = $1 and local = $2 and client = $3 and used = 0'),
  /** Nothing, when the token is gone. */
  use: query<Token, { id: string }>(
    'update fast_token set used = 1 where host = $1 and local = $2 and client = $3 and id = $4 returning id',
  ),
  /** Nothing either, when as high a count has come already. */
  useCounted: query<[...Token, count: number], { id: string }>(
    `update fast_token set used = 1, replay_count = $5
     where host = $1 and local = $2 and client = $3 and id = $4 and replay_count < $5 returning id`,
  ),
  /** Those issued before a token that has been used. */
  dropOlder: query<Token>(
    `delete from fast_token where host = $1 and local = $2 and client = $3 and id < $4 and exists (
       select 1 from fast_token newer
       where newer.host = $1 and newer.local = $2 and newer.client = $3 and newer.id = $4 and newer.used = 1)`,
  ),
  dropClient: query<Client>('delete from fast_token where host = $1 and local = $2 and client = $3'),
  dropAccount: query<[host: string, local: string]>('delete from fast_token where host = $1 and local = $2'),
  /** All of those clients but the ones that got a token latest. */
  dropSurplus: query<[host: string, local: string, clients: number]>(
    `delete from fast_token where host = $1 and local = $2 and client not in (
       select client from fast_token where host = $1 and local = $2 group by client order by max(id) desc limit $3)`,
  ),
  dropExpired: query<[host: string, before: number]>('delete from fast_token where host = $1 and expires_at < $2'),
  summary: query<[host: string, local: string], TokenSummaryRow>(
    `select client, mechanism, issued_at, expires_at from fast_token
     where host = $1 and local = $2 order by client, id`,
  ),
};

export type TokenStore = Prepared<typeof statements>;
