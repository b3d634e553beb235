/** Tables and statements of messages that wait; one set for all hosts. */
import { type Prepared, query } from '#api';

/**
 * Messages of an account are numbered from 1 on and leave from the front. So the queue's counters only ever grow, and
 * with the first message that is left they say how many there are and how large they are, without counting.
 */
export const migrations = [
  {
    id: 'offline-001',
    up: `
create table offline_queue (
  host text not null,
  local text not null,
  last_number bigint not null,
  total_bytes bigint not null,
  newest text not null,
  primary key (host, local)
);
create table offline_message (
  host text not null,
  local text not null,
  number bigint not null,
  received_at bigint not null,
  bytes_before bigint not null,
  stanza text not null,
  primary key (host, local, number)
);
create index offline_message_age on offline_message (host, received_at);`,
  },
];

export interface MessageRow {
  readonly number: number;
  readonly received_at: number;
  readonly stanza: string;
}

export interface CountRow {
  readonly messages: number;
  readonly bytes: number;
  /** When the oldest was received; milliseconds since 1970. */
  readonly oldest: number;
}

type Account = [host: string, local: string];

export const statements = {
  /** Makes room for one message, or does nothing where there is none: `keep` in the same transaction sees which. */
  admit: query<[...Account, bytes: number, id: string, maxMessages: number, maxBytes: number]>(
    `insert into offline_queue (host, local, last_number, total_bytes, newest) values ($1, $2, 1, $3, $4)
     on conflict (host, local) do update set last_number = offline_queue.last_number + 1,
       total_bytes = offline_queue.total_bytes + excluded.total_bytes, newest = excluded.newest
     where offline_queue.last_number - coalesce(
         (select min(m.number) - 1 from offline_message m where m.host = $1 and m.local = $2),
         offline_queue.last_number) < $5
       and offline_queue.total_bytes + excluded.total_bytes - coalesce(
         (select m.bytes_before from offline_message m where m.host = $1 and m.local = $2 order by m.number limit 1),
         offline_queue.total_bytes) <= $6`,
  ),
  keep: query<[...Account, id: string, receivedAt: number, bytes: number, stanza: string], { number: number }>(
    `insert into offline_message (host, local, number, received_at, bytes_before, stanza)
     select host, local, last_number, $4, total_bytes - $5, $6 from offline_queue
     where host = $1 and local = $2 and newest = $3
     returning number`,
  ),
  /** The messages behind a number, as many as are begun within so many bytes, one at least. */
  page: query<[...Account, after: number, bytes: number, limit: number], MessageRow>(
    `select number, received_at, stanza from offline_message
     where host = $1 and local = $2 and number > $3 and bytes_before < $4 + (
       select first.bytes_before from offline_message first
       where first.host = $1 and first.local = $2 and first.number > $3 order by first.number limit 1)
     order by number limit $5`,
  ),
  drop: query<[...Account, upTo: number]>(
    'delete from offline_message where host = $1 and local = $2 and number <= $3',
  ),
  /** The oldest of an account. */
  dropSome: query<[...Account, limit: number], { number: number }>(
    `delete from offline_message where host = $1 and local = $2 and number in (
       select number from offline_message where host = $1 and local = $2 order by number limit $3)
     returning number`,
  ),
  dropExpired: query<[host: string, before: number, limit: number], { number: number }>(
    `delete from offline_message where host = $1 and (local, number) in (
       select local, number from offline_message where host = $1 and received_at < $2 order by received_at limit $3)
     returning number`,
  ),
  dropQueue: query<Account>('delete from offline_queue where host = $1 and local = $2'),
  count: query<Account, CountRow>(
    `select count(*) as messages, coalesce(max(q.total_bytes) - min(m.bytes_before), 0) as bytes,
       coalesce(min(m.received_at), 0) as oldest
     from offline_message m join offline_queue q on q.host = m.host and q.local = m.local
     where m.host = $1 and m.local = $2`,
  ),
};

export type OfflineStore = Prepared<typeof statements>;
