/** Where the archives stand: the numbers of owners and conversations, and of the last entry of each, in memory. */
import type { Call, Database } from '#api';
import type { Share } from './kept-message.ts';
import type { ArchiveStore, PlaceRow } from './store.ts';

/** A place where entries are numbered without gaps. */
interface Place {
  readonly number: number;
  /** Of the last entry; grows as entries are made. */
  last: number;
}

export interface OwnerPlace extends Place {
  readonly conversations: Map<string, Place>;
}

/** Owners and conversations of a generation; two are kept, at about 200 bytes each. */
const GENERATION = 50_000;

/**
 * What is used is in the young generation. When that is full it becomes the old one, and what nobody has used meanwhile
 * is forgotten; it is read again when it is needed.
 */
export class Places {
  readonly #db: Database;
  readonly #store: ArchiveStore;
  #young = new Map<string, OwnerPlace>();
  #old = new Map<string, OwnerPlace>();
  #weight = 0;
  /** The highest numbers that were given; undefined before they are read. */
  #given: { owner: number; conversation: number } | undefined;

  constructor(db: Database, store: ArchiveStore) {
    this.#db = db;
    this.#store = store;
  }

  /** The owner's place, once it has been prepared. */
  owner(address: string): OwnerPlace | undefined {
    return this.#young.get(address) ?? this.#renew(address);
  }

  conversation({ owner, peer }: Share): Place | undefined {
    return this.owner(owner.bare)?.conversations.get(peer.bare);
  }

  /** Reads the places of these shares, and makes those that are not there yet: by the calls that it resolves to. */
  async prepare(shares: readonly Share[]): Promise<readonly Call[]> {
    await this.#readNumbers();
    const owners = new Map(
      shares.filter((it) => this.owner(it.owner.bare) === undefined).map((it) => [it.owner.bare, it]),
    );
    const talks = new Map(
      shares.filter((it) => this.conversation(it) === undefined).map((it) => [`${it.owner.bare} ${it.peer.bare}`, it]),
    );
    const { findOwner, findConversation } = this.#store;
    const found = (await this.#db.atomically([
      ...[...owners.keys()].map((address) => findOwner.bind(address)),
      ...[...talks.values()].map((it) => findConversation.bind(it.owner.bare, it.peer.bare)),
    ])) as readonly (readonly PlaceRow[])[];
    const calls: Call[] = [];
    let answers = 0;
    for (const share of owners.values()) this.#enterOwner(share, found[answers++]?.[0], calls);
    for (const share of talks.values()) this.#enterConversation(share, found[answers++]?.[0], calls);
    return calls;
  }

  /** Makes room; not while places are being used. */
  trim(): void {
    if (this.#weight <= GENERATION) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#weight = 0;
  }

  forget(address: string): void {
    this.#young.delete(address);
    this.#old.delete(address);
  }

  /** What was written last may not be there: everything is read again. */
  clear(): void {
    this.#young = new Map();
    this.#old = new Map();
    this.#weight = 0;
    this.#given = undefined;
  }

  #renew(address: string): OwnerPlace | undefined {
    const place = this.#old.get(address);
    if (place === undefined) return undefined;
    this.#old.delete(address);
    this.#young.set(address, place);
    this.#weight += 1 + place.conversations.size;
    return place;
  }

  async #readNumbers(): Promise<void> {
    if (this.#given !== undefined) return;
    const [row] = await this.#store.lastNumbers();
    this.#given = { owner: row?.owner ?? 0, conversation: row?.conversation ?? 0 };
  }

  #enterOwner({ owner, host }: Share, row: PlaceRow | undefined, calls: Call[]): void {
    const number = row?.number ?? ++this.#numbers.owner;
    if (row === undefined) calls.push(this.#store.addOwner.bind(number, host, owner.bare));
    this.#young.set(owner.bare, { number, last: row?.last ?? 0, conversations: new Map() });
    this.#weight++;
  }

  #enterConversation({ owner, peer }: Share, row: PlaceRow | undefined, calls: Call[]): void {
    const place = this.owner(owner.bare);
    if (place === undefined) throw new Error('a conversation without its owner');
    const number = row?.number ?? ++this.#numbers.conversation;
    if (row === undefined) calls.push(this.#store.addConversation.bind(number, place.number, peer.bare));
    place.conversations.set(peer.bare, { number, last: row?.last ?? 0 });
    this.#weight++;
  }

  get #numbers(): { owner: number; conversation: number } {
    if (this.#given === undefined) throw new Error('numbers are given before they were read');
    return this.#given;
  }
}
