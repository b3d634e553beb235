/** When the accounts were last available, and what they said when they left. */
import { type Prepared, query } from '#api';

export const migrations = [
  {
    id: 'last-001',
    up: `
create table last_activity (
  host text not null,
  local text not null,
  left_at bigint not null,
  status text not null,
  primary key (host, local)
);`,
  },
];

export interface Departure {
  /** Milliseconds since 1970. */
  readonly leftAt: number;
  /** The status of the unavailable presence; '' without one. */
  readonly status: string;
}

export const statements = {
  find: query<[host: string, local: string], { left_at: number; status: string }>(
    'select left_at, status from last_activity where host = $1 and local = $2',
  ),
  save: query<[host: string, local: string, leftAt: number, status: string]>(
    `insert into last_activity (host, local, left_at, status) values ($1, $2, $3, $4)
     on conflict (host, local) do update set left_at = excluded.left_at, status = excluded.status`,
  ),
  erase: query<[host: string, local: string]>('delete from last_activity where host = $1 and local = $2'),
};

export type LastStore = Prepared<typeof statements>;
