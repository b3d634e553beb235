/** Tables of the rooms: their set-up, affiliations and subjects, and who is in them while the server is down. */
import { type Database, type Jid, jid, parseStored, query } from '#api';
import { avatarMigrations, avatarStatements } from './avatar-store.ts';
import type { RoomDirectory } from './directory.ts';
import { HatStore, hatsMigrations, hatsStatements } from './hats-store.ts';
import { type Membership, Memberships } from './memberships.ts';
import { overviewStatements } from './overview.ts';
import { type Affiliation, isAffiliation } from './ranks.ts';
import { residentMigrations, residentStatements } from './residents.ts';
import { Room } from './room.ts';
import { DEFAULT_ROOM, type RoomConfig } from './room-config.ts';

export const migrations = [
  {
    id: 'muc-001',
    up: `
create table muc_room (
  domain text not null,
  local text not null,
  config text not null,
  listed bigint not null,
  name text not null,
  creator text not null,
  created bigint not null,
  subject text,
  subject_by text,
  subject_at bigint not null,
  primary key (domain, local)
);
create index muc_room_creator on muc_room (domain, creator);
create table muc_affiliation (
  domain text not null,
  local text not null,
  address text not null,
  affiliation text not null,
  nick text not null,
  reason text not null,
  since bigint not null,
  primary key (domain, local, address)
);
create index muc_affiliation_address on muc_affiliation (address, domain, local)`,
  },
  ...avatarMigrations,
  ...hatsMigrations,
  ...residentMigrations,
];

interface RoomRow {
  readonly config: string;
  readonly fleeting: number;
  readonly subject: string | null;
  readonly subject_by: string | null;
  readonly subject_at: number;
}

interface MembershipRow {
  readonly address: string;
  readonly affiliation: string;
  readonly nick: string;
  readonly reason: string;
  readonly since: number;
}

interface RoomSummary {
  readonly local: string;
  readonly config: string;
}

export const statements = {
  insert: query<[string, string, string, number, number, string, string, number]>(
    `insert into muc_room (domain, local, config, listed, fleeting, name, creator, created, subject_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, 0)`,
  ),
  configure: query<[string, string, string, number, number, string]>(
    'update muc_room set config = $3, listed = $4, fleeting = $5, name = $6 where domain = $1 and local = $2',
  ),
  saySubject: query<[string, string, string | null, string | null, number]>(
    'update muc_room set subject = $3, subject_by = $4, subject_at = $5 where domain = $1 and local = $2',
  ),
  room: query<[string, string], RoomRow>(
    'select config, fleeting, subject, subject_by, subject_at from muc_room where domain = $1 and local = $2',
  ),
  listed: query<[string, string, number], RoomSummary>(
    `select local, config from muc_room where domain = $1 and listed = 1 and local > $2 order by local limit $3`,
  ),
  memberships: query<[string, string], MembershipRow>(
    'select address, affiliation, nick, reason, since from muc_affiliation where domain = $1 and local = $2',
  ),
  affiliate: query<[string, string, string, string, string, string, number]>(
    `insert into muc_affiliation (domain, local, address, affiliation, nick, reason, since)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (domain, local, address) do update set
       affiliation = excluded.affiliation, nick = excluded.nick, reason = excluded.reason, since = excluded.since`,
  ),
  disaffiliate: query<[string, string, string]>(
    'delete from muc_affiliation where domain = $1 and local = $2 and address = $3',
  ),
  forgetRoom: query<[string, string]>('delete from muc_room where domain = $1 and local = $2'),
  forgetMemberships: query<[string, string]>('delete from muc_affiliation where domain = $1 and local = $2'),
  ...avatarStatements,
  ...hatsStatements,
  ...overviewStatements,
  ...residentStatements,
};

/** One change of affiliation; a membership without rank and name is none. */
export interface MembershipChange {
  readonly address: string;
  readonly membership: Membership;
}

export class MucStore {
  readonly hats: HatStore;
  readonly #db: Database;
  readonly #directory: RoomDirectory;
  readonly #store;

  /** The directory is told of all rooms that are stored, changed and removed. */
  constructor(db: Database, directory: RoomDirectory) {
    this.#db = db;
    this.hats = new HatStore(db);
    this.#directory = directory;
    this.#store = db.prepare(statements);
  }

  async load(address: Jid): Promise<Room | undefined> {
    const [[row], members, hats] = await Promise.all([
      this.#store.room(address.domain, address.local),
      this.#store.memberships(address.domain, address.local),
      this.hats.load(address),
    ]);
    if (row === undefined) return undefined;
    const memberships = new Memberships();
    for (const { address: who, affiliation, nick, reason, since } of members) {
      if (isAffiliation(affiliation)) memberships.set(who, { affiliation, nick, reason, since });
    }
    const { subject, subject_by: by, subject_at: at } = row;
    const known = subject === null || by === null ? undefined : { element: parseStored(subject), by: jid(by), at };
    const room = new Room(address, readConfig(row.config), memberships, known);
    room.isLocked = row.fleeting === LOCKED;
    room.hats = hats;
    this.#directory.note(room);
    return room;
  }

  async create(room: Room, creator: string, now: number): Promise<void> {
    const { domain, local } = room.jid;
    await this.#db.atomically([
      ...this.#remains(room.jid),
      this.#store.insert.bind(domain, local, ...asStored(room), room.config.name, creator, now),
      ...[...room.memberships].map(([address, membership]) => this.#change(room.jid, { address, membership })),
    ]);
    this.#directory.note(room);
  }

  async saveConfig(room: Room): Promise<void> {
    const { domain, local } = room.jid;
    await this.#store.configure(domain, local, ...asStored(room), room.config.name);
    this.#directory.note(room);
  }

  async saveSubject({ jid: { domain, local }, subject }: Room): Promise<void> {
    const { element, by, at = 0 } = subject ?? {};
    await this.#store.saySubject(domain, local, element?.toString() ?? null, by?.full ?? null, at);
  }

  async saveMemberships(room: Jid, changes: readonly MembershipChange[]): Promise<void> {
    if (changes.length > 0) await this.#db.atomically(changes.map((it) => this.#change(room, it)));
  }

  async destroy(room: Jid): Promise<void> {
    this.#directory.forget(room);
    await this.#db.atomically([...this.#remains(room), this.#store.forgetRoom.bind(room.domain, room.local)]);
  }

  /** What is stored of a room besides itself: nobody finds anything of another's in a room of the same name. */
  #remains(room: Jid) {
    const { domain, local } = room;
    return [
      this.#store.forgetCard.bind(domain, local),
      ...this.hats.removal(room),
      this.#store.forgetMemberships.bind(domain, local),
    ];
  }

  /** Stored rooms that want to be found, in the order of their names, behind one of them. */
  listed(domain: string, after: string, limit: number): Promise<readonly RoomSummary[]> {
    return this.#store.listed(domain, after, limit);
  }

  #change({ domain, local }: Jid, { address, membership }: MembershipChange) {
    const { affiliation, nick, reason, since } = membership;
    if (affiliation === 'none' && nick === '') return this.#store.disaffiliate.bind(domain, local, address);
    return this.#store.affiliate.bind(domain, local, address, affiliation satisfies Affiliation, nick, reason, since);
  }
}

/** What `fleeting` is of a room that nobody has set up yet; of other temporary rooms it is 1. */
const LOCKED = 2;

/** `config`, `listed`, `fleeting`. */
function asStored({ config, isLocked }: Room): [string, number, number] {
  const isListed = config.public && config.persistent && !isLocked;
  const fleeting = config.persistent ? 0 : 1;
  return [JSON.stringify(config), isListed ? 1 : 0, isLocked ? LOCKED : fleeting];
}

/** Options that a room was stored without have their default: they are younger than the room. */
export function readConfig(text: string): RoomConfig {
  return Object.freeze({ ...DEFAULT_ROOM, ...(JSON.parse(text) as Partial<RoomConfig>) });
}
