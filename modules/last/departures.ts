/** Who left when: noted in memory, and written a few seconds later, many in one transaction. */
import type { Database, Logger } from '#api';
import type { Departure, LastStore } from './store.ts';

/** Rows of one transaction. */
const BATCH = 500;

export interface DeparturesParts {
  readonly host: string;
  readonly db: Database;
  readonly store: LastStore;
  readonly log: Logger;
}

export class Departures {
  readonly #parts: DeparturesParts;
  #unwritten = new Map<string, Departure>();
  /** What is being written can already be forgotten, but not be read yet. */
  #writing: ReadonlyMap<string, Departure> = new Map();
  #flushing: Promise<void> | undefined;

  constructor(parts: DeparturesParts) {
    this.#parts = parts;
  }

  note(local: string, departure: Departure): void {
    this.#unwritten.set(local, departure);
  }

  async find(local: string): Promise<Departure | undefined> {
    const recent = this.#unwritten.get(local) ?? this.#writing.get(local);
    if (recent !== undefined) return recent;
    const { host, store } = this.#parts;
    const [row] = await store.find(host, local);
    return row && { leftAt: row.left_at, status: row.status };
  }

  /** After what is being written, so that it cannot come back. */
  async erase(local: string): Promise<void> {
    const { host, store } = this.#parts;
    this.#unwritten.delete(local);
    await this.#flushing;
    await store.erase(host, local);
  }

  /** Writes what has been noted. What cannot be written is lost: nobody was promised it. */
  flush(): Promise<void> {
    this.#flushing ??= this.#flush().finally(() => {
      this.#writing = new Map();
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  /** Writes the rest, with what was noted while the batch before was being written. */
  async close(): Promise<void> {
    await this.flush();
    await this.flush();
  }

  async #flush(): Promise<void> {
    if (this.#unwritten.size === 0) return;
    const { db, host, log, store } = this.#parts;
    const departures = [...this.#unwritten];
    this.#writing = this.#unwritten;
    this.#unwritten = new Map();
    for (let i = 0; i < departures.length; i += BATCH) {
      const calls = departures
        .slice(i, i + BATCH)
        .map(([local, { leftAt, status }]) => store.save.bind(host, local, leftAt, status));
      await db.atomically(calls).catch((err) => log.warn({ err }, 'last activity was not written'));
    }
  }
}
