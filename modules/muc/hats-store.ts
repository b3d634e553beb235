/** The hats of rooms, few and stored as a whole, and who wears which of them. */
import { type Call, type Database, type Jid, query } from '#api';
import { type Hats, NO_HATS, readHats, writeHats } from './hats.ts';

export const hatsMigrations = [
  {
    id: 'muc-002-hats',
    up: `
create table muc_hats (
  domain text not null,
  local text not null,
  hats text not null,
  primary key (domain, local)
);
create table muc_wearer (
  domain text not null,
  local text not null,
  address text not null,
  uris text not null,
  primary key (domain, local, address)
);
create index muc_wearer_address on muc_wearer (address, domain)`,
  },
];

export const hatsStatements = {
  hats: query<[domain: string, local: string], { hats: string }>(
    'select hats from muc_hats where domain = $1 and local = $2',
  ),
  wearers: query<[domain: string, local: string], { address: string; uris: string }>(
    'select address, uris from muc_wearer where domain = $1 and local = $2 order by address',
  ),
  worn: query<[address: string, domain: string], { local: string; uris: string }>(
    'select local, uris from muc_wearer where address = $1 and domain = $2 order by local',
  ),
  saveHats: query<[domain: string, local: string, hats: string]>(
    `insert into muc_hats (domain, local, hats) values ($1, $2, $3)
     on conflict (domain, local) do update set hats = excluded.hats`,
  ),
  wear: query<[domain: string, local: string, address: string, uris: string]>(
    `insert into muc_wearer (domain, local, address, uris) values ($1, $2, $3, $4)
     on conflict (domain, local, address) do update set uris = excluded.uris`,
  ),
  undress: query<[domain: string, local: string, address: string]>(
    'delete from muc_wearer where domain = $1 and local = $2 and address = $3',
  ),
  forgetWearer: query<[address: string, domain: string]>('delete from muc_wearer where address = $1 and domain = $2'),
  forgetHats: query<[domain: string, local: string]>('delete from muc_hats where domain = $1 and local = $2'),
  forgetWearers: query<[domain: string, local: string]>('delete from muc_wearer where domain = $1 and local = $2'),
};

export class HatStore {
  readonly #db: Database;
  readonly #store;

  constructor(db: Database) {
    this.#db = db;
    this.#store = db.prepare(hatsStatements);
  }

  async load({ domain, local }: Jid): Promise<Hats> {
    const [[row], wearers] = await Promise.all([this.#store.hats(domain, local), this.#store.wearers(domain, local)]);
    if (row === undefined) return NO_HATS;
    return {
      hats: readHats(row.hats),
      wearers: new Map(wearers.map(({ address, uris }) => [address, uris.split(' ')])),
    };
  }

  /** With what these addresses wear now. */
  async save({ domain, local }: Jid, hats: Hats, addresses: readonly string[]): Promise<void> {
    const changes = addresses.map((address) => {
      const uris = hats.wearers.get(address);
      if (uris === undefined) return this.#store.undress.bind(domain, local, address);
      return this.#store.wear.bind(domain, local, address, uris.join(' '));
    });
    await this.#db.atomically([this.#store.saveHats.bind(domain, local, writeHats(hats)), ...changes]);
  }

  /** What an account wears, by room. */
  async wornBy({ bare }: Jid, domain: string): Promise<readonly { readonly local: string; readonly uris: string[] }[]> {
    return (await this.#store.worn(bare, domain)).map(({ local, uris }) => ({ local, uris: uris.split(' ') }));
  }

  async undress({ bare }: Jid, domain: string): Promise<void> {
    await this.#store.forgetWearer(bare, domain);
  }

  /** What has to be done when a room goes. */
  removal({ domain, local }: Jid): readonly Call[] {
    return [this.#store.forgetHats.bind(domain, local), this.#store.forgetWearers.bind(domain, local)];
  }
}
