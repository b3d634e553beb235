/** What waits for the accounts of one host, in the database: XEP-0160 section 2. */
import { type Clock, type Database, formatDateTime, type Stanza, TimeOrderedId } from '#api';
import type { CountRow, MessageRow, OfflineStore } from './store.ts';

export interface QueueLimits {
  /** Messages of one account. */
  readonly maxMessages: number;
  /** Their length together. */
  readonly maxBytes: number;
}

export interface QueueParts {
  readonly host: string;
  readonly db: Database;
  readonly store: OfflineStore;
  readonly clock: Clock;
  readonly limits: QueueLimits;
}

/** A page is what may be in memory of a queue: so many messages, begun within so many bytes. */
const PAGE_MESSAGES = 100;
const PAGE_BYTES = 262_144;
/** Deleted in one step, so that nobody waits long for it. */
const STEP = 500;

export class OfflineQueues {
  readonly #parts: QueueParts;
  readonly #ids: TimeOrderedId;

  constructor(parts: QueueParts) {
    this.#parts = parts;
    this.#ids = new TimeOrderedId(() => parts.clock.now());
  }

  /** Resolves when the message is durable, to its number; to undefined when the queue is full, and it is not kept. */
  async add(message: Stanza): Promise<number | undefined> {
    const { host, db, store, clock, limits } = this.#parts;
    const { local } = message.to;
    const xml = message.toElement().toString();
    const bytes = Buffer.byteLength(xml);
    if (bytes > limits.maxBytes) return undefined;
    const id = this.#ids.next();
    const [, kept] = await db.atomically([
      store.admit.bind(host, local, bytes, id, limits.maxMessages, limits.maxBytes),
      store.keep.bind(host, local, id, clock.now(), bytes, xml),
    ]);
    const [row] = (kept ?? []) as readonly { readonly number: number }[];
    return row?.number;
  }

  /** Deletes the messages up to a number, 0 for none, and reads on behind it: in one step with what was added before. */
  async next(local: string, handed: number): Promise<readonly MessageRow[]> {
    const { host, db, store } = this.#parts;
    const range = [host, local, handed, PAGE_BYTES, PAGE_MESSAGES] as const;
    if (handed === 0) return store.page(...range);
    const [, rows] = await db.atomically([store.drop.bind(host, local, handed), store.page.bind(...range)]);
    return (rows ?? []) as readonly MessageRow[];
  }

  async count(local: string): Promise<CountRow> {
    const [row] = await this.#parts.store.count(this.#parts.host, local);
    return row ?? { messages: 0, bytes: 0, oldest: 0 };
  }

  /** All of them, for an export. */
  async describe(local: string): Promise<readonly object[]> {
    const { host, store } = this.#parts;
    const all: object[] = [];
    for (let after = 0; ; ) {
      const page = await store.page(host, local, after, PAGE_BYTES, PAGE_MESSAGES);
      for (const { received_at, stanza } of page) all.push({ received: formatDateTime(received_at), stanza });
      const last = page.at(-1);
      if (last === undefined) return all;
      after = last.number;
    }
  }

  /** Deletes all messages of an account; resolves to their number. */
  purge(local: string): Promise<number> {
    const { host, store } = this.#parts;
    return inSteps(() => store.dropSome(host, local, STEP));
  }

  async erase(local: string): Promise<void> {
    await this.purge(local);
    await this.#parts.store.dropQueue(this.#parts.host, local);
  }

  /** Deletes messages of all accounts that came before a time, in milliseconds since 1970; resolves to their number. */
  expire(before: number, signal: AbortSignal): Promise<number> {
    const { host, store } = this.#parts;
    return inSteps(async () => (signal.aborted ? [] : store.dropExpired(host, before, STEP)));
  }
}

async function inSteps(step: () => Promise<readonly unknown[]>): Promise<number> {
  let total = 0;
  for (;;) {
    const { length } = await step();
    total += length;
    if (length < STEP) return total;
  }
}
