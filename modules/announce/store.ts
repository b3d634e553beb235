/** The message of the day of each host, and who has been shown which. */
import { type Prepared, query } from '#api';

export const migrations = [
  {
    id: 'announce-001',
    up: `
create table motd (
  host text not null,
  id text not null,
  subject text not null,
  body text not null,
  set_at bigint not null,
  primary key (host)
);
create table motd_seen (
  host text not null,
  local text not null,
  motd text not null,
  primary key (host, local)
);`,
  },
];

export interface MotdRow {
  readonly id: string;
  readonly subject: string;
  readonly body: string;
  readonly set_at: number;
}

export const statements = {
  find: query<[host: string], MotdRow>('select id, subject, body, set_at from motd where host = $1'),
  save: query<[host: string, id: string, subject: string, body: string, setAt: number]>(
    `insert into motd (host, id, subject, body, set_at) values ($1, $2, $3, $4, $5)
     on conflict (host) do update set id = excluded.id, subject = excluded.subject, body = excluded.body,
       set_at = excluded.set_at`,
  ),
  drop: query<[host: string], { id: string }>('delete from motd where host = $1 returning id'),
  seen: query<[host: string, local: string], { motd: string }>(
    'select motd from motd_seen where host = $1 and local = $2',
  ),
  // A row comes back for those who had not seen it: of several sessions of an account, one gets it.
  see: query<[host: string, local: string, motd: string], { local: string }>(
    `insert into motd_seen (host, local, motd) values ($1, $2, $3)
     on conflict (host, local) do update set motd = excluded.motd where motd_seen.motd <> excluded.motd
     returning local`,
  ),
  forget: query<[host: string]>('delete from motd_seen where host = $1'),
  erase: query<[host: string, local: string]>('delete from motd_seen where host = $1 and local = $2'),
};

export type AnnounceStore = Prepared<typeof statements>;
