/** Tables and statements of the archives; one set for all hosts. */
import { type Prepared, query } from '#api';

/**
 * What was said is stored once, in `archive_body`, under a number that grows with time; `sender` and `recipient` are the
 * archives that keep it, 0 for none, and with the last of them it goes. `archive_entry` is the order of each archive, by
 * ids. Archives and their conversations, all that was said with one bare address, are known by numbers.
 *
 * Each entry is numbered without gaps within its archive (`position`) and its conversation (`turn`), and entries leave
 * from the front only: the ends of a range tell how many there are in it, without counting.
 */
export const migrations = [
  {
    id: 'archive-001',
    up: `
create table archive_owner (
  number bigint primary key,
  host text not null,
  address text,
  unique (address)
);
create table archive_conversation (
  number bigint primary key,
  owner bigint not null,
  peer text not null,
  unique (owner, peer)
);
create table archive_body (
  number bigint primary key,
  id text not null,
  origin text not null,
  sender bigint not null,
  recipient bigint not null,
  xml text not null
);
create table archive_entry (
  owner bigint not null,
  id text not null,
  conversation bigint not null,
  position bigint not null,
  turn bigint not null,
  resource text not null,
  body bigint not null,
  primary key (owner, id)
) without rowid;
create index archive_entry_conversation on archive_entry (conversation, id);
create table archive_retraction (
  owner bigint not null,
  id text not null,
  conversation bigint not null,
  resource text not null,
  sent bigint not null,
  target text not null,
  stanza text not null,
  primary key (owner, id)
);
create table archive_preferences (
  account text primary key,
  fallback text not null,
  always text not null,
  never text not null
);`,
  },
];

export interface MessageRow {
  readonly id: string;
  readonly xml: string;
  /** Its number in what was asked: the archive or the conversation. */
  readonly place: number;
}

/** One end of a range. */
export interface EndRow {
  readonly id: string;
  readonly place: number;
}

export interface HeldRow {
  readonly id: string;
  readonly conversation: number;
  readonly resource: string;
}

export interface PlaceRow {
  readonly number: number;
  /** The number of the last entry; 0 when there is none. */
  readonly last: number;
}

export interface ChangeRow {
  readonly number: number;
  readonly id: string;
  readonly xml: string;
  readonly sender: string | null;
  readonly recipient: string | null;
}

/** Between two ids, neither of them included. */
type Range = [scope: number, after: string, before: string];

const MESSAGES = 'from archive_entry e join archive_body b on b.number = e.body';

/** Statements over a range of an archive or a conversation: pages and ends, from the front and from the back. */
function ranges(scope: 'owner' | 'conversation', place: 'position' | 'turn') {
  const range = `e.${scope} = $1 and e.id > $2 and e.id < $3`;
  const page = (order: string) =>
    query<[...Range, limit: number], MessageRow>(
      `select e.id, e.${place} as place, b.xml ${MESSAGES} where ${range} order by e.id ${order} limit $4`,
    );
  const end = (order: string) =>
    query<Range, EndRow>(
      `select e.id, e.${place} as place from archive_entry e where ${range} order by e.id ${order} limit 1`,
    );
  return { forward: page('asc'), backward: page('desc'), first: end('asc'), last: end('desc') };
}

const archive = ranges('owner', 'position');
const talk = ranges('conversation', 'turn');

export type BodyValues = [number: number, id: string, origin: string, sender: number, recipient: number, xml: string];
export type EntryValues = [
  owner: number,
  id: string,
  conversation: number,
  position: number,
  turn: number,
  resource: string,
  body: number,
];

/** Rows that `addBodies` and `addEntries` take. */
export const ROWS_TOGETHER = 32;
const ADD_BODIES = 'insert into archive_body (number, id, origin, sender, recipient, xml) values';
const ADD_ENTRIES = 'insert into archive_entry (owner, id, conversation, position, turn, resource, body) values';

/** `($1, $2), ($3, $4)` and so on. */
function rows(count: number, columns: number): string {
  const row = (i: number): string => Array.from({ length: columns }, (_, j) => `$${i * columns + j + 1}`).join(', ');
  return Array.from({ length: count }, (_, i) => `(${row(i)})`).join(', ');
}

/** Entries of a conversation that are looked at in one step when one resource is asked for, so that nobody waits long. */
export const RESOURCE_STEP = 500;
/** Those with one resource among the next entries; the texts are looked up when it is clear which they are. */
const withResource = (order: string): string =>
  `select e.id, e.turn as place, b.xml from (
     select w.id, w.turn, w.body from (
       select id, turn, body, resource from archive_entry
       where conversation = $1 and id > $2 and id < $3 order by id ${order} limit ${RESOURCE_STEP}) w
     where w.resource = $4 order by w.id ${order} limit $5) e
   join archive_body b on b.number = e.body order by e.id ${order}`;

/** What owner $1 keeps up to the id $2. */
const KEPT = 'select body from archive_entry where owner = $1 and id <= $2';
const FORGET = `update archive_body set sender = case when sender = $1 then 0 else sender end,
  recipient = case when recipient = $1 then 0 else recipient end`;
/** Kept by nobody but $1. */
const ALONE = 'sender in (0, $1) and recipient in (0, $1)';

export const statements = {
  // --- keeping
  lastNumbers: query<[], { owner: number; conversation: number; body: number }>(
    `select coalesce((select max(number) from archive_owner), 0) as owner,
       coalesce((select max(number) from archive_conversation), 0) as conversation,
       coalesce((select max(number) from archive_body), 0) as body`,
  ),
  lastId: query<[], { id: string }>('select id from archive_body order by number desc limit 1'),
  findOwner: query<[address: string], PlaceRow>(
    `select o.number, coalesce((select e.position from archive_entry e where e.owner = o.number
       order by e.id desc limit 1), 0) as last from archive_owner o where o.address = $1`,
  ),
  findConversation: query<[address: string, peer: string], PlaceRow>(
    `select c.number, coalesce((select e.turn from archive_entry e where e.conversation = c.number
       order by e.id desc limit 1), 0) as last
     from archive_owner o join archive_conversation c on c.owner = o.number where o.address = $1 and c.peer = $2`,
  ),
  addOwner: query<[number: number, host: string, address: string]>(
    'insert into archive_owner (number, host, address) values ($1, $2, $3)',
  ),
  addConversation: query<[number: number, owner: number, peer: string]>(
    'insert into archive_conversation (number, owner, peer) values ($1, $2, $3)',
  ),
  // A batch whose commit was not heard of is written again: what is there already stays.
  addBody: query<BodyValues>(`${ADD_BODIES} ${rows(1, 6)} on conflict (number) do nothing`),
  addBodies: query<(string | number)[]>(`${ADD_BODIES} ${rows(ROWS_TOGETHER, 6)} on conflict (number) do nothing`),
  addRecipient: query<[number: number, recipient: number]>('update archive_body set recipient = $2 where number = $1'),
  addEntry: query<EntryValues>(`${ADD_ENTRIES} ${rows(1, 7)} on conflict (owner, id) do nothing`),
  addEntries: query<(string | number)[]>(`${ADD_ENTRIES} ${rows(ROWS_TOGETHER, 7)} on conflict (owner, id) do nothing`),

  // --- reading
  archiveForward: archive.forward,
  archiveBackward: archive.backward,
  archiveFirst: archive.first,
  archiveLast: archive.last,
  talkForward: talk.forward,
  talkBackward: talk.backward,
  talkFirst: talk.first,
  talkLast: talk.last,
  resourceForward: query<[...Range, resource: string, limit: number], MessageRow>(withResource('asc')),
  resourceBackward: query<[...Range, resource: string, limit: number], MessageRow>(withResource('desc')),
  /** The id so many entries further in a conversation; without one there are fewer left. */
  stepForward: query<[...Range, skip: number], { id: string }>(
    `select id from archive_entry where conversation = $1 and id > $2 and id < $3 order by id limit 1 offset $4`,
  ),
  stepBackward: query<[...Range, skip: number], { id: string }>(
    `select id from archive_entry where conversation = $1 and id > $2 and id < $3 order by id desc limit 1 offset $4`,
  ),
  holds: query<[address: string, id: string], HeldRow>(
    `select e.id, e.conversation, e.resource from archive_owner o join archive_entry e on e.owner = o.number
     where o.address = $1 and e.id = $2`,
  ),
  get: query<[owner: number, id: string], MessageRow & { body: number }>(
    `select e.id, e.position as place, e.body, b.xml ${MESSAGES} where e.owner = $1 and e.id = $2`,
  ),
  since: query<[after: number, before: number, limit: number], ChangeRow>(
    `select b.number, b.id, b.xml, s.address as sender, r.address as recipient from archive_body b
     left join archive_owner s on s.number = b.sender left join archive_owner r on r.number = b.recipient
     where b.number > $1 and b.number < $2 order by b.number limit $3`,
  ),
  countConversations: query<[owner: number], { count: number }>(
    'select count(*) as count from archive_conversation where owner = $1',
  ),

  // --- retracting
  addRetraction: query<
    [owner: number, id: string, conversation: number, resource: string, sent: number, target: string, stanza: string]
  >(
    `insert into archive_retraction (owner, id, conversation, resource, sent, target, stanza)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict (owner, id) do nothing`,
  ),
  retractions: query<
    [ownerAfter: number, idAfter: string, limit: number],
    {
      owner: number;
      id: string;
      conversation: number;
      resource: string;
      sent: number;
      target: string;
      stanza: string;
    }
  >(
    `select owner, id, conversation, resource, sent, target, stanza from archive_retraction
     where owner > $1 or (owner = $1 and id > $2) order by owner, id limit $3`,
  ),
  dropRetraction: query<[owner: number, id: string]>('delete from archive_retraction where owner = $1 and id = $2'),
  dropRetractions: query<[owner: number, id: string]>('delete from archive_retraction where owner = $1 and id <= $2'),
  /** The newest message of that origin in a part of a conversation; a resource of '' is any. */
  findRetracted: query<
    [...Range, origin: string, sent: number, resource: string],
    { id: string; body: number; xml: string }
  >(
    `select e.id, e.body, b.xml ${MESSAGES} where e.conversation = $1 and e.id > $2 and e.id < $3 and b.origin = $4
       and case when b.sender = e.owner then 1 else 0 end = $5 and ($6 = '' or e.resource = $6)
     order by e.id desc limit 1`,
  ),
  /** A body of the same kind for one archive alone; the number of the one that it is made after comes last. */
  copyBody: query<[number: number, owner: number, xml: string, from: number]>(
    `insert into archive_body (number, id, origin, sender, recipient, xml)
     select $1, id, '', case when sender = $2 then $2 else 0 end, case when recipient = $2 then $2 else 0 end, $3
     from archive_body where number = $4`,
  ),
  pointTo: query<[owner: number, id: string, body: number]>(
    'update archive_entry set body = $3 where owner = $1 and id = $2',
  ),
  forgetBody: query<[owner: number, number: number]>(`${FORGET} where number = $2`),
  dropForgotten: query<[number: number]>('delete from archive_body where number = $1 and sender = 0 and recipient = 0'),

  // --- removing
  owners: query<[host: string, after: number, limit: number], { number: number; address: string | null }>(
    'select number, address from archive_owner where host = $1 and number > $2 order by number limit $3',
  ),
  /** The last of the next so many entries before an id. */
  portion: query<[owner: number, before: string, skip: number], { id: string }>(
    'select id from archive_entry where owner = $1 and id < $2 order by id limit 1 offset $3',
  ),
  dropBodies: query<[owner: number, upTo: string]>(`delete from archive_body where number in (${KEPT}) and ${ALONE}`),
  forgetBodies: query<[owner: number, upTo: string]>(`${FORGET} where number in (${KEPT})`),
  dropEntries: query<[owner: number, upTo: string], { id: string }>(
    'delete from archive_entry where owner = $1 and id <= $2 returning id',
  ),
  conversations: query<[owner: number, after: string, limit: number], { number: number; peer: string; used: number }>(
    `select c.number, c.peer, case when exists (select 1 from archive_entry e where e.conversation = c.number)
       then 1 else 0 end as used
     from archive_conversation c where c.owner = $1 and c.peer > $2 order by c.peer limit $3`,
  ),
  dropConversation: query<[number: number]>(
    `delete from archive_conversation where number = $1
       and not exists (select 1 from archive_entry e where e.conversation = $1)`,
  ),
  retireOwner: query<[address: string]>('update archive_owner set address = null where address = $1'),
  dropOwner: query<[number: number]>('delete from archive_owner where number = $1'),

  // --- preferences
  preferences: query<[account: string], { fallback: string; always: string; never: string }>(
    'select fallback, always, never from archive_preferences where account = $1',
  ),
  savePreferences: query<[account: string, fallback: string, always: string, never: string]>(
    `insert into archive_preferences (account, fallback, always, never) values ($1, $2, $3, $4)
     on conflict (account) do update set fallback = excluded.fallback, always = excluded.always,
       never = excluded.never`,
  ),
  dropPreferences: query<[account: string]>('delete from archive_preferences where account = $1'),
};

export type ArchiveStore = Prepared<typeof statements>;
