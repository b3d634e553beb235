/** Removes what archives keep for too long, and archives whose owners are gone: a little at a time, so that nobody waits. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, firstIdAt, type Jid } from '#api';
import type { Journal } from './journal.ts';

export interface RemovalParts {
  readonly db: Database;
  readonly journal: Journal;
  readonly signal: AbortSignal;
}

/** Entries of one step: a few milliseconds of the database's time. */
const STEP = 250;
/** Conversations that are looked at in one step. */
const CONVERSATIONS = 250;
/** After a step the database is left to others for as long as the step took, and for so long at most. */
const LONGEST_PAUSE_MS = 250;
const EVERYTHING = '~';

export class Removal {
  readonly #parts: RemovalParts;

  constructor(parts: RemovalParts) {
    this.#parts = parts;
  }

  /** Removes the messages of an archive from before a time, in milliseconds since 1970; resolves to their number. */
  async before(owner: Jid, timeMs: number): Promise<number> {
    await this.#parts.journal.settled(owner);
    const [place] = await this.#parts.journal.store.findOwner(owner.bare);
    return place === undefined ? 0 : this.#expire(place.number, owner.bare, timeMs);
  }

  /** How many messages of an archive are from before a time. */
  async countBefore(owner: Jid, timeMs: number): Promise<number> {
    const { journal } = this.#parts;
    await journal.settled(owner);
    const [place] = await journal.store.findOwner(owner.bare);
    const number = place?.number ?? 0;
    const [first] = await journal.store.archiveFirst(number, '', EVERYTHING);
    const [last] = await journal.store.archiveLast(number, '', endOf(timeMs));
    return first === undefined || last === undefined ? 0 : last.place - first.place + 1;
  }

  /** Makes an archive empty at once; what was in it goes with the next sweep. */
  async retire(owner: Jid): Promise<void> {
    const { journal } = this.#parts;
    await journal.exclusively(owner.bare, () => journal.store.retireOwner(owner.bare));
  }

  /**
   * Goes through the archives of a host: removes what is older than `timeOf` says of the owner, all of it where there is
   * no owner any more, and gives the space back. Resolves to the number of messages removed.
   */
  async sweep(host: string, timeOf: (owner: string) => number): Promise<number> {
    const { journal, signal } = this.#parts;
    await journal.flushed();
    let removed = 0;
    for (let after = 0; !signal.aborted; ) {
      const page = await journal.store.owners(host, after, STEP);
      for (const { number, address } of page) {
        if (address === null) removed += await this.#removeAll(number);
        else removed += await this.#expire(number, address, timeOf(address));
        after = number;
      }
      if (page.length < STEP) break;
    }
    if (removed > 0) await this.giveBack();
    return removed;
  }

  /** Gives the space of what was removed back to the disk, as far as the engine does so. */
  async giveBack(): Promise<void> {
    while (!this.#parts.signal.aborted && (await this.#paced(() => this.#parts.db.reclaim())) > 0);
  }

  async #expire(number: number, address: string, timeMs: number): Promise<number> {
    if (!Number.isFinite(timeMs)) return 0;
    const removed = await this.#removeBefore(number, endOf(timeMs));
    if (removed > 0) await this.#dropConversations(number, address);
    return removed;
  }

  async #removeAll(number: number): Promise<number> {
    const { journal, signal } = this.#parts;
    const removed = await this.#removeBefore(number, EVERYTHING);
    await this.#dropConversations(number, undefined);
    if (!signal.aborted) await journal.store.dropOwner(number);
    return removed;
  }

  /** Entries leave from the front, which keeps their numbers without gaps. */
  async #removeBefore(number: number, before: string): Promise<number> {
    const { db, journal, signal } = this.#parts;
    const { portion, archiveLast, dropBodies, forgetBodies, dropRetractions, dropEntries } = journal.store;
    let removed = 0;
    while (!signal.aborted) {
      const [full] = await portion(number, before, STEP - 1);
      const [end] = full === undefined ? await archiveLast(number, '', before) : [full];
      if (end === undefined) return removed;
      const rows = await this.#paced(() =>
        db.atomically([
          dropBodies.bind(number, end.id),
          forgetBodies.bind(number, end.id),
          dropRetractions.bind(number, end.id),
          dropEntries.bind(number, end.id),
        ]),
      );
      removed += rows.at(-1)?.length ?? 0;
    }
    return removed;
  }

  /** Those that nothing is left of; no message may be written into one meanwhile. */
  async #dropConversations(number: number, address: string | undefined): Promise<void> {
    const { db, journal, signal } = this.#parts;
    for (let after = ''; !signal.aborted; ) {
      const page = await journal.store.conversations(number, after, CONVERSATIONS);
      const empty = page.filter((it) => it.used === 0).map((it) => journal.store.dropConversation.bind(it.number));
      if (empty.length > 0) await this.#paced(() => journal.exclusively(address, () => db.atomically(empty)));
      if (page.length < CONVERSATIONS) return;
      after = page.at(-1)?.peer ?? '';
    }
  }

  async #paced<T>(step: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const result = await step();
    await sleep(Math.min(LONGEST_PAUSE_MS, performance.now() - started));
    return result;
  }
}

/** Before every id of this time or later. */
function endOf(timeMs: number): string {
  return timeMs <= 0 ? '' : firstIdAt(timeMs);
}
