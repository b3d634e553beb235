/** Who is in the rooms while the server is down: restarts are no reason to see everybody go and come again. */
import { type Database, jid, type Prepared, parseJid, parseStored, query } from '#api';
import type { Muc } from './muc.ts';
import { type Device, Occupant } from './occupant.ts';
import { isRole, type Role } from './ranks.ts';
import type { Room } from './room.ts';

/** Rooms that are read, or rows that are written, at once. */
const LOT = 200;

export const residentMigrations = [
  {
    id: 'muc-003-residents',
    up: `
alter table muc_room add column fleeting bigint not null default 0;
create index muc_room_fleeting on muc_room (domain, local) where fleeting > 0;
create table muc_occupant (
  domain text not null,
  local text not null,
  address text not null,
  nick text not null,
  role text not null,
  presence text not null,
  place bigint not null,
  gone bigint not null,
  primary key (domain, local, address)
)`,
  },
];

interface ResidentRow {
  readonly address: string;
  readonly nick: string;
  readonly role: string;
  readonly presence: string;
  readonly gone: number;
}

export const residentStatements = {
  putResident: query<[string, string, string, string, string, string, number, number]>(
    `insert into muc_occupant (domain, local, address, nick, role, presence, place, gone)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
  ),
  houses: query<[string], { local: string }>('select local from muc_occupant where domain = $1 group by local'),
  residents: query<[string, string], ResidentRow>(
    `select address, nick, role, presence, gone from muc_occupant where domain = $1 and local = $2 order by place`,
  ),
  forgetResidents: query<[string]>('delete from muc_occupant where domain = $1'),
  fleeting: query<[string], { local: string }>('select local from muc_room where domain = $1 and fleeting > 0'),
};

export class Residents {
  readonly #db: Database;
  readonly #store: Prepared<typeof residentStatements>;

  constructor(db: Database) {
    this.#db = db;
    this.#store = db.prepare(residentStatements);
  }

  /** The server stops. Whoever is in a room is written down, with the role that moderators have given. */
  async save(muc: Muc): Promise<void> {
    const rows = [...muc.rooms.awake()].flatMap((room) => this.#rowsOf(room));
    for (let i = 0; i < rows.length; i += LOT) await this.#db.atomically(rows.slice(i, i + LOT));
  }

  #rowsOf(room: Room) {
    const { domain, local } = room.jid;
    let place = 0;
    return [...room.occupants.values()].flatMap(({ nick, role, devices }) =>
      devices.map((it) => {
        const isGone = room.devices.has(it.jid.full) ? 0 : 1;
        const presence = it.presence.toString();
        return this.#store.putResident.bind(domain, local, it.jid.full, nick, role, presence, place++, isGone);
      }),
    );
  }

  /**
   * The server has started: those who were there are there again, until it shows that they are not. Rooms that were to
   * go with the last of their occupants, and have none, are removed: after a crash some are left.
   */
  async restore(muc: Muc): Promise<void> {
    const { domain } = muc.jid;
    const until = muc.clock.now() + muc.options.returnWithin;
    await inLots(await this.#store.houses(domain), (local) => this.#settle(muc, local, until));
    await this.#store.forgetResidents(domain);
    await inLots(await this.#store.fleeting(domain), (local) => removeEmpty(muc, local));
  }

  async #settle(muc: Muc, local: string, until: number): Promise<void> {
    const [room, rows] = await Promise.all([
      muc.rooms.find(jid(`${local}@${muc.jid.domain}`)),
      this.#store.residents(muc.jid.domain, local),
    ]);
    if (room === undefined) return;
    for (const row of rows) {
      const device = settle(muc, room, row);
      if (device !== undefined) muc.absences.expect(room, device, until);
    }
  }
}

async function inLots(rows: readonly { local: string }[], work: (local: string) => Promise<void>): Promise<void> {
  for (let i = 0; i < rows.length; i += LOT) {
    await Promise.all(rows.slice(i, i + LOT).map(({ local }) => work(local)));
  }
}

async function removeEmpty(muc: Muc, local: string): Promise<void> {
  const room = await muc.rooms.find(jid(`${local}@${muc.jid.domain}`));
  if (room !== undefined && room.occupants.size === 0) await muc.rooms.destroy(room);
}

/** One whose session has ended with the server is seen, and sent nothing. */
function settle(muc: Muc, room: Room, row: ResidentRow): Device | undefined {
  const from = parseJid(row.address);
  const { nick, role } = row;
  if (from === undefined || !isRole(role) || role === 'none') return undefined;
  const occupant = room.occupants.get(nick) ?? newOccupant(muc, room, { account: from.bareJid, nick, role });
  if (occupant.account.bare !== from.bare) return undefined;
  const device: Device = { jid: from, occupant, presence: parseStored(row.presence), isRestored: true };
  occupant.putLast(device);
  if (row.gone === 0) room.devices.set(from.full, device);
  return device;
}

interface Resident {
  readonly account: Occupant['account'];
  readonly nick: string;
  readonly role: Role;
}

function newOccupant(muc: Muc, room: Room, { account, nick, role }: Resident): Occupant {
  const occupant = new Occupant(room.at(nick), account, muc.occupantId(room, account), role);
  room.occupants.set(nick, occupant);
  return occupant;
}
