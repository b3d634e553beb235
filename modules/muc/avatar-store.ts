/** The cards of rooms, and the hashes of the pictures in them. */
import { type Database, type Jid, query } from '#api';

export const avatarMigrations = [
  {
    id: 'muc-002-avatar',
    up: `
create table muc_avatar (
  domain text not null,
  local text not null,
  card text not null,
  hashes text not null,
  primary key (domain, local)
)`,
  },
];

export const avatarStatements = {
  card: query<[domain: string, local: string], { card: string }>(
    'select card from muc_avatar where domain = $1 and local = $2',
  ),
  hashes: query<[domain: string, local: string], { hashes: string }>(
    'select hashes from muc_avatar where domain = $1 and local = $2',
  ),
  saveCard: query<[domain: string, local: string, card: string, hashes: string]>(
    `insert into muc_avatar (domain, local, card, hashes) values ($1, $2, $3, $4)
     on conflict (domain, local) do update set card = excluded.card, hashes = excluded.hashes`,
  ),
  forgetCard: query<[domain: string, local: string]>('delete from muc_avatar where domain = $1 and local = $2'),
};

export class AvatarStore {
  readonly #store;

  constructor(db: Database) {
    this.#store = db.prepare(avatarStatements);
  }

  /** The card of a room as text. */
  async card({ domain, local }: Jid): Promise<string | undefined> {
    return (await this.#store.card(domain, local))[0]?.card;
  }

  /** The hashes of the pictures in it. */
  async hashes({ domain, local }: Jid): Promise<readonly string[]> {
    const [row] = await this.#store.hashes(domain, local);
    return row === undefined || row.hashes === '' ? [] : row.hashes.split(' ');
  }

  /** Without a card the room has none any more. */
  async save({ domain, local }: Jid, card: string | undefined, hashes: readonly string[]): Promise<void> {
    if (card === undefined) await this.#store.forgetCard(domain, local);
    else await this.#store.saveCard(domain, local, card, hashes.join(' '));
  }
}
