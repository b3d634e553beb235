/** What is asked of all rooms at once, asleep or not: by operators, and about one account. */
import { type Database, type Prepared, query } from '#api';

interface StoredRoom {
  readonly local: string;
  readonly config: string;
}

interface StoredMembership {
  readonly room: string;
  readonly affiliation: string;
  readonly nick: string;
  readonly reason: string;
  readonly since: number;
}

export const overviewStatements = {
  allRooms: query<[string, string, number], StoredRoom>(
    `select local, config from muc_room where domain = $1 and local > $2 order by local limit $3`,
  ),
  countRooms: query<[string], { count: number }>('select count(*) as count from muc_room where domain = $1'),
  roomsBy: query<[string, string], { count: number }>(
    'select count(*) as count from muc_room where creator = $1 and domain = $2',
  ),
  membershipsOf: query<[string, string], StoredMembership>(
    `select local as room, affiliation, nick, reason, since from muc_affiliation
     where address = $1 and domain = $2 order by local`,
  ),
  forgetMember: query<[string, string]>('delete from muc_affiliation where address = $1 and domain = $2'),
  forgetCreator: query<[string, string]>(`update muc_room set creator = '' where creator = $1 and domain = $2`),
};

export class Overview {
  readonly #db: Database;
  readonly #domain: string;
  readonly #store: Prepared<typeof overviewStatements>;

  constructor(db: Database, domain: string) {
    this.#db = db;
    this.#domain = domain;
    this.#store = db.prepare(overviewStatements);
  }

  /** In the order of their names, behind one of them. */
  rooms(after: string, limit: number): Promise<readonly StoredRoom[]> {
    return this.#store.allRooms(this.#domain, after, limit);
  }

  async count(): Promise<number> {
    return (await this.#store.countRooms(this.#domain))[0]?.count ?? 0;
  }

  /** How many rooms an account has created: it may be made the owner of others without being asked. */
  async createdBy(account: string): Promise<number> {
    return (await this.#store.roomsBy(account, this.#domain))[0]?.count ?? 0;
  }

  /** What an account is in the rooms that know it. */
  memberships(account: string): Promise<readonly StoredMembership[]> {
    return this.#store.membershipsOf(account, this.#domain);
  }

  async forget(account: string): Promise<void> {
    await this.#db.atomically([
      this.#store.forgetMember.bind(account, this.#domain),
      this.#store.forgetCreator.bind(account, this.#domain),
    ]);
  }
}
