/** Tables and statements of block lists and reports; one set for all hosts. */
import { type Prepared, query } from '#api';

export const migrations = [
  {
    id: 'blocking-001',
    up: `
create table blocked (
  host text not null,
  local text not null,
  jid text not null,
  since bigint not null,
  primary key (host, local, jid)
);
create table blocking_report (
  host text not null,
  local text not null,
  reported text not null,
  id text not null,
  reported_at bigint not null,
  reason text not null,
  note text not null,
  note_lang text not null,
  stanza_ids text not null,
  consents text not null,
  primary key (host, local, reported)
);
create index blocking_report_order on blocking_report (host, id);`,
  },
];

export interface ReportRow {
  readonly id: string;
  readonly local: string;
  readonly reported: string;
  readonly reported_at: number;
  readonly reason: string;
  readonly note: string;
  readonly note_lang: string;
  /** A JSON array of pairs; '' for none. */
  readonly stanza_ids: string;
  /** Names with spaces between. */
  readonly consents: string;
}

type Account = [host: string, local: string];

const REPORT = 'id, local, reported, reported_at, reason, note, note_lang, stanza_ids, consents';

export const statements = {
  items: query<Account, { jid: string }>('select jid from blocked where host = $1 and local = $2 order by since, jid'),
  add: query<[...Account, jid: string, since: number]>(
    `insert into blocked (host, local, jid, since) values ($1, $2, $3, $4)
     on conflict (host, local, jid) do nothing`,
  ),
  remove: query<[...Account, jid: string]>('delete from blocked where host = $1 and local = $2 and jid = $3'),
  clear: query<Account>('delete from blocked where host = $1 and local = $2'),
  owners: query<[host: string, after: string, limit: number], { local: string }>(
    'select distinct local from blocked where host = $1 and local > $2 order by local limit $3',
  ),
  /** An account that reports an address anew replaces its report. */
  report: query<
    [
      ...Account,
      reported: string,
      id: string,
      reportedAt: number,
      reason: string,
      note: string,
      noteLang: string,
      stanzaIds: string,
      consents: string,
    ]
  >(
    `insert into blocking_report
       (host, local, reported, id, reported_at, reason, note, note_lang, stanza_ids, consents)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     on conflict (host, local, reported) do update set id = excluded.id, reported_at = excluded.reported_at,
       reason = excluded.reason, note = excluded.note, note_lang = excluded.note_lang,
       stanza_ids = excluded.stanza_ids, consents = excluded.consents`,
  ),
  trimAccount: query<[...Account, keep: number]>(
    `delete from blocking_report where host = $1 and local = $2 and id <= (
       select id from blocking_report where host = $1 and local = $2 order by id desc limit 1 offset $3)`,
  ),
  trimHost: query<[host: string, keep: number]>(
    `delete from blocking_report where host = $1 and id <= (
       select id from blocking_report where host = $1 order by id desc limit 1 offset $2)`,
  ),
  latest: query<[host: string, limit: number], ReportRow>(
    `select ${REPORT} from blocking_report where host = $1 order by id desc limit $2`,
  ),
  reportsOf: query<Account, ReportRow>(
    `select ${REPORT} from blocking_report where host = $1 and local = $2 order by id`,
  ),
  clearReports: query<Account>('delete from blocking_report where host = $1 and local = $2'),
};

export type BlockingStore = Prepared<typeof statements>;
