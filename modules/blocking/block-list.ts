/** Whom one account blocks, and whether that covers an address: XEP-0191 section 6. */
import { type Jid, parseJid } from '#api';

/** Never changed: a change makes another list. */
export class BlockList {
  readonly #items: ReadonlySet<string>;

  /** @param items prepared addresses of every kind */
  constructor(items: Iterable<string>) {
    this.#items = new Set(items);
  }

  get size(): number {
    return this.#items.size;
  }

  has(item: Jid): boolean {
    return this.#items.has(item.full);
  }

  /** In the order in which they were blocked. */
  items(): Iterable<string> {
    return this.#items;
  }

  addresses(): readonly Jid[] {
    return Array.from(this.#items, parseJid).filter((it) => it !== undefined);
  }

  /** The address itself is blocked, or the account that it is a resource of, or its domain. */
  covers({ full, bare, local, domain, resource }: Jid): boolean {
    const items = this.#items;
    return items.has(full) || (resource !== '' && items.has(bare)) || (local !== '' && items.has(domain));
  }

  with(added: Iterable<Jid>): BlockList {
    const items = new Set(this.#items);
    for (const { full } of added) items.add(full);
    return new BlockList(items);
  }

  without(removed: Iterable<Jid>): BlockList {
    const items = new Set(this.#items);
    for (const { full } of removed) items.delete(full);
    return items.size === 0 ? EMPTY : new BlockList(items);
  }
}

/** Shared by all who block nobody. */
export const EMPTY = new BlockList([]);
