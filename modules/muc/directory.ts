/** Rooms that want to be found, in the order of their addresses: those that are stored, and temporary ones while they last. */
import { type Awaitable, type Jid, jid } from '#api';
import type { Muc } from './muc.ts';
import { byAddress, type Order, placeOf } from './paging.ts';
import type { Room } from './room.ts';
import type { RoomConfig } from './room-config.ts';
import { readConfig } from './store.ts';

/** What others may know of a room before they enter. */
export interface Listing {
  readonly local: string;
  readonly address: string;
  readonly name: string;
  /** The beginning of it. */
  readonly description: string;
  readonly lang: string;
  /** Everybody may enter. */
  readonly isOpen: boolean;
  readonly whois: RoomConfig['whois'];
  /** Name, description and address as they are searched. */
  readonly folded: { readonly name: string; readonly description: string; readonly address: string };
}

export const ADDRESS_ORDER: Order<Listing> = byAddress((it) => it.address);

/** Characters of a description that are listed. */
const MAX_DESCRIPTION = 500;
/** Rooms that are read at once. */
const CHUNK = 500;
/** Combining marks of Latin, Greek and Cyrillic letters; in other scripts they make other letters. */
const ACCENTS = /[\u0300-\u036F]/g;

/** Text as it is compared with what somebody looks for: case and accents do not count. */
export function fold(text: string): string {
  return text.normalize('NFKD').replace(ACCENTS, '').toLowerCase();
}

function describe({ local, bare }: Jid, config: RoomConfig): Listing {
  const name = config.name === '' ? local : config.name;
  const description = shorten(config.description);
  return {
    local,
    address: bare,
    name,
    description,
    lang: config.lang,
    isOpen: !config.membersOnly && config.password === '',
    whois: config.whois,
    folded: { name: fold(name), description: fold(description), address: fold(bare) },
  };
}

function shorten(text: string): string {
  if (text.length <= MAX_DESCRIPTION) return text;
  return `${text
    .slice(0, MAX_DESCRIPTION)
    .toWellFormed()
    .replace(/\uFFFD$/, '')}…`;
}

export class RoomDirectory {
  /** Undefined until somebody looks for rooms. */
  #listings: Listing[] | undefined = undefined;
  #loading: Promise<readonly Listing[]> | undefined = undefined;
  /** While the list is read: rooms that are known to be otherwise than what is read of them. */
  #known: Set<string> | undefined = undefined;

  /** All of them. The list is read once, and kept from then on. */
  all(muc: Muc): Awaitable<readonly Listing[]> {
    if (this.#loading === undefined && this.#listings !== undefined) return this.#listings;
    this.#loading ??= this.#load(muc);
    return this.#loading;
  }

  /** A room is as it is now. */
  note(room: Room): void {
    if (room.config.public && !room.isLocked && !room.isGone) this.#put(room.jid.bare, describe(room.jid, room.config));
    else this.forget(room.jid);
  }

  /** A room is no more, or does not want to be found. */
  forget({ bare }: Jid): void {
    this.#put(bare, undefined);
  }

  #put(address: string, listing: Listing | undefined): void {
    if (this.#listings === undefined) return;
    this.#known?.add(address);
    const at = placeOf(this.#listings, ADDRESS_ORDER, address);
    const isListed = this.#listings[at]?.address === address;
    this.#listings.splice(at, isListed ? 1 : 0, ...(listing === undefined ? [] : [listing]));
  }

  async #load(muc: Muc): Promise<readonly Listing[]> {
    const listings: Listing[] = [];
    const known = new Set<string>();
    this.#listings = listings;
    this.#known = known;
    try {
      const stored = this.#read(muc);
      for (const room of muc.rooms.awake()) this.note(room);
      listings.push(...(await stored).filter((it) => !known.has(it.address)));
      listings.sort((a, b) => ADDRESS_ORDER.compare(a, b.address));
      return listings;
    } catch (cause) {
      this.#listings = undefined;
      throw cause;
    } finally {
      this.#known = undefined;
      this.#loading = undefined;
    }
  }

  async #read({ jid: { domain }, store, options }: Muc): Promise<readonly Listing[]> {
    const found: Listing[] = [];
    for (let after = ''; found.length < options.maxRooms; ) {
      const rows = await store.listed(domain, after, CHUNK);
      for (const { local, config } of rows) found.push(describe(jid(`${local}@${domain}`), readConfig(config)));
      if (rows.length < CHUNK) break;
      after = rows.at(-1)?.local ?? '';
    }
    return found;
  }
}
