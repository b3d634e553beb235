/** Tables and statements of rosters; owners and contacts are addresses, so one set serves all hosts. */
import { type Prepared, query } from '#api';

export const migrations = [
  {
    id: 'roster-001',
    up: `
create table roster (
  owner text not null,
  epoch text not null,
  version bigint not null,
  primary key (owner)
);
create table roster_item (
  owner text not null,
  contact text not null,
  name text not null,
  group_names text not null,
  subscription text not null,
  pending_out bigint not null,
  approved bigint not null,
  version bigint not null,
  primary key (owner, contact)
);
create index roster_item_version on roster_item (owner, version);
create table roster_removed (
  owner text not null,
  contact text not null,
  version bigint not null,
  primary key (owner, contact)
);
create index roster_removed_version on roster_removed (owner, version);
create table roster_request (
  owner text not null,
  contact text not null,
  stanza text not null,
  primary key (owner, contact)
);`,
  },
];

interface HeadRow {
  readonly epoch: string;
  readonly version: number;
}

export interface ItemRow {
  readonly contact: string;
  readonly name: string;
  /** A JSON array of strings; '' for none. */
  readonly group_names: string;
  readonly subscription: string;
  readonly pending_out: number;
  readonly approved: number;
}

export interface RequestRow {
  readonly contact: string;
  readonly stanza: string;
}

export interface ChangeRow {
  readonly contact: string;
  readonly version: number;
}

export const statements = {
  head: query<[owner: string], HeadRow>('select epoch, version from roster where owner = $1'),
  items: query<[owner: string], ItemRow>(
    `select contact, name, group_names, subscription, pending_out, approved
     from roster_item where owner = $1 order by version`,
  ),
  requests: query<[owner: string], RequestRow>('select contact, stanza from roster_request where owner = $1'),
  saveHead: query<[owner: string, epoch: string, version: number]>(
    `insert into roster (owner, epoch, version) values ($1, $2, $3)
     on conflict (owner) do update set version = excluded.version`,
  ),
  saveItem: query<
    [
      owner: string,
      contact: string,
      name: string,
      groups: string,
      subscription: string,
      pendingOut: number,
      approved: number,
      version: number,
    ]
  >(
    `insert into roster_item (owner, contact, name, group_names, subscription, pending_out, approved, version)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (owner, contact) do update set name = excluded.name, group_names = excluded.group_names,
       subscription = excluded.subscription, pending_out = excluded.pending_out, approved = excluded.approved,
       version = excluded.version`,
  ),
  dropItem: query<[owner: string, contact: string]>('delete from roster_item where owner = $1 and contact = $2'),
  noteRemoval: query<[owner: string, contact: string, version: number]>(
    `insert into roster_removed (owner, contact, version) values ($1, $2, $3)
     on conflict (owner, contact) do update set version = excluded.version`,
  ),
  dropRemoval: query<[owner: string, contact: string]>('delete from roster_removed where owner = $1 and contact = $2'),
  pruneRemovals: query<[owner: string, upTo: number]>('delete from roster_removed where owner = $1 and version <= $2'),
  saveRequest: query<[owner: string, contact: string, stanza: string]>(
    `insert into roster_request (owner, contact, stanza) values ($1, $2, $3)
     on conflict (owner, contact) do update set stanza = excluded.stanza`,
  ),
  dropRequest: query<[owner: string, contact: string]>('delete from roster_request where owner = $1 and contact = $2'),
  changes: query<[owner: string, after: number], ChangeRow>(
    'select contact, version from roster_item where owner = $1 and version > $2',
  ),
  removals: query<[owner: string, after: number], ChangeRow>(
    'select contact, version from roster_removed where owner = $1 and version > $2',
  ),
  eraseHead: query<[owner: string]>('delete from roster where owner = $1'),
  eraseItems: query<[owner: string]>('delete from roster_item where owner = $1'),
  eraseRemovals: query<[owner: string]>('delete from roster_removed where owner = $1'),
  eraseRequests: query<[owner: string]>('delete from roster_request where owner = $1'),
};

export type RosterStore = Prepared<typeof statements>;
