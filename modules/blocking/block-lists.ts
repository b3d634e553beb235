/** The block lists of one host: asked twice for each stanza, so answered from memory. */
import { type Awaitable, Lru } from '#api';
import { BlockList, EMPTY } from './block-list.ts';
import type { BlockingStore } from './store.ts';

export interface BlockListParts {
  readonly host: string;
  readonly store: BlockingStore;
  /** Addresses of the lists in memory, together; each list counts one more. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

/** Accounts learned in one step. */
const LEARN_PAGE = 5_000;
const READY = Promise.resolve();

/**
 * Most accounts block nobody, and nothing is kept for those: the accounts that do are known by name, about 100 bytes
 * each. Their lists are loaded when they log in or are first needed, and forgotten when others need the room.
 */
export class BlockLists {
  readonly #parts: BlockListParts;
  readonly #cache: Lru<string, BlockList>;
  readonly #loading = new Map<string, Promise<BlockList>>();
  readonly #turns = new Map<string, Promise<unknown>>();
  /** Bare addresses of accounts with a list. */
  readonly #owners = new Set<string>();
  /** Whether those are all; until then an account that is not among them is looked up. */
  #learned: 'nothing' | 'some' | 'all' = 'nothing';
  #weight = 0;

  constructor(parts: BlockListParts) {
    this.#parts = parts;
    this.#cache = new Lru(parts.limit, (list) => {
      this.#weight -= weigh(list);
    });
  }

  /** The list of a bare address of this host; EMPTY where there is no such account. */
  of(owner: string): Awaitable<BlockList> {
    if (this.#learned === 'all' && !this.#owners.has(owner)) return EMPTY;
    return this.#cache.get(owner) ?? this.#loading.get(owner) ?? this.#load(owner);
  }

  /** Learns which accounts have lists, unless that is known or under way. */
  async learn(): Promise<void> {
    if (this.#learned !== 'nothing') return;
    this.#learned = 'some';
    const { host, store, signal } = this.#parts;
    try {
      for (let after = ''; !signal.aborted; ) {
        const page = await store.owners(host, after, LEARN_PAGE);
        for (const { local } of page) this.#owners.add(`${local}@${host}`);
        const last = page.at(-1);
        if (last === undefined || page.length < LEARN_PAGE) break;
        after = last.local;
      }
      this.#learned = 'all';
    } catch (cause) {
      this.#learned = 'nothing';
      throw cause;
    }
  }

  /**
   * Changes a list, one change at a time: `save` makes the new one durable and gives it back, or the one that it got;
   * then `onward` is called before the next change begins.
   */
  change(
    owner: string,
    save: (before: BlockList) => Promise<BlockList>,
    onward: (before: BlockList, after: BlockList) => void,
  ): Promise<void> {
    const turn = (this.#turns.get(owner) ?? READY).then(async () => {
      const before = await this.of(owner);
      const after = await save(before);
      if (after !== before) this.#put(owner, after);
      onward(before, after);
    });
    const settled = turn
      .catch(() => {})
      .then(() => {
        if (this.#turns.get(owner) === settled) this.#turns.delete(owner);
      });
    this.#turns.set(owner, settled);
    return turn;
  }

  /** The localpart of a bare address of this host. */
  localOf(owner: string): string {
    return owner.slice(0, owner.length - this.#parts.host.length - 1);
  }

  #put(owner: string, list: BlockList): void {
    // What is being read may be older than this.
    this.#loading.delete(owner);
    if (list === EMPTY) this.#owners.delete(owner);
    else this.#owners.add(owner);
    this.#remember(owner, list);
  }

  #load(owner: string): Promise<BlockList> {
    const { host, store } = this.#parts;
    const loading: Promise<BlockList> = store
      .items(host, this.localOf(owner))
      .then((rows) => {
        const list = rows.length === 0 ? EMPTY : new BlockList(rows.map((it) => it.jid));
        if (this.#loading.get(owner) === loading) this.#remember(owner, list);
        return list;
      })
      .finally(() => {
        if (this.#loading.get(owner) === loading) this.#loading.delete(owner);
      });
    this.#loading.set(owner, loading);
    return loading;
  }

  #remember(owner: string, list: BlockList): void {
    this.#forget(owner);
    // An address that comes from a stanza may keep that stanza in memory.
    this.#cache.set(Buffer.from(owner).toString(), list);
    this.#weight += weigh(list);
    for (const [oldest] of this.#cache) {
      if (this.#weight <= this.#parts.limit) return;
      this.#forget(oldest);
    }
  }

  #forget(owner: string): void {
    const list = this.#cache.get(owner);
    if (list === undefined) return;
    this.#cache.delete(owner);
    this.#weight -= weigh(list);
  }
}

function weigh(list: BlockList): number {
  return 1 + list.size;
}
