/** When the accounts were last active and last available, what they said when they left, and who may know. */
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
  {
    id: 'last-002',
    up: `
alter table last_activity add column active_at bigint not null default 0;
alter table last_activity add column visible_to text not null default '';`,
  },
];

interface TraceRow {
  /** Milliseconds since 1970; 0 for never. */
  readonly left_at: number;
  readonly status: string;
  /** Milliseconds since 1970; 0 for never. */
  readonly active_at: number;
  /** '' for what holds for the host. */
  readonly visible_to: string;
}

export const statements = {
  find: query<[host: string, local: string], TraceRow>(
    'select left_at, status, active_at, visible_to from last_activity where host = $1 and local = $2',
  ),
  /** A time of 0 leaves what is there as it is, and so does an activity before the last one. */
  save: query<[host: string, local: string, leftAt: number, status: string, activeAt: number]>(
    `insert into last_activity (host, local, left_at, status, active_at) values ($1, $2, $3, $4, $5)
     on conflict (host, local) do update set
       left_at = case when excluded.left_at = 0 then last_activity.left_at else excluded.left_at end,
       status = case when excluded.left_at = 0 then last_activity.status else excluded.status end,
       active_at = case when excluded.active_at > last_activity.active_at then excluded.active_at
         else last_activity.active_at end`,
  ),
  show: query<[host: string, local: string, visibleTo: string]>(
    `insert into last_activity (host, local, left_at, status, visible_to) values ($1, $2, 0, '', $3)
     on conflict (host, local) do update set visible_to = excluded.visible_to`,
  ),
  erase: query<[host: string, local: string]>('delete from last_activity where host = $1 and local = $2'),
};

export type LastStore = Prepared<typeof statements>;
