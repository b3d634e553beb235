/** Who was active and who left when: noted in memory, and written once a minute, many in one transaction. */
import type { Database, Logger } from '#api';
import type { LastStore } from './store.ts';

/** Rows of one transaction. */
const BATCH = 500;

/** What is known of an account. */
interface Trace {
  /** When its user last did something; milliseconds since 1970, 0 for never. */
  activeAt: number;
  /** When its last resource left; milliseconds since 1970, 0 for never. */
  leftAt: number;
  /** The status of the unavailable presence; '' without one. */
  status: string;
}

export interface StoredTrace extends Readonly<Trace> {
  /** Who may know of it; '' for what holds for the host. */
  readonly visibleTo: string;
}

interface TracesParts {
  readonly host: string;
  readonly db: Database;
  readonly store: LastStore;
  readonly log: Logger;
}

const NOTHING: Readonly<Trace> = { activeAt: 0, leftAt: 0, status: '' };

export class Traces {
  readonly #parts: TracesParts;
  #unwritten = new Map<string, Trace>();
  /** What is being written can already be forgotten, but not be read yet. */
  #writing: ReadonlyMap<string, Trace> = new Map();
  #flushing: Promise<void> | undefined;

  constructor(parts: TracesParts) {
    this.#parts = parts;
  }

  /** The user of an account did something at this time. */
  active(local: string, at: number): void {
    const trace = this.#trace(local);
    if (at > trace.activeAt) trace.activeAt = at;
  }

  /** The last resource of an account is gone. */
  left(local: string, at: number, status: string): void {
    const trace = this.#trace(local);
    trace.leftAt = at;
    trace.status = status;
  }

  async find(local: string): Promise<StoredTrace | undefined> {
    const { host, store } = this.#parts;
    const [row] = await store.find(host, local);
    const noted = [this.#writing.get(local), this.#unwritten.get(local)].filter((it) => it !== undefined);
    if (row === undefined && noted.length === 0) return undefined;
    const stored = row && { activeAt: row.active_at, leftAt: row.left_at, status: row.status };
    return { ...[stored ?? NOTHING, ...noted].reduce(joined), visibleTo: row?.visible_to ?? '' };
  }

  async show(local: string, visibleTo: string): Promise<void> {
    await this.#parts.store.show(this.#parts.host, local, visibleTo);
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

  #trace(local: string): Trace {
    let trace = this.#unwritten.get(local);
    if (trace === undefined) {
      trace = { ...NOTHING };
      this.#unwritten.set(local, trace);
    }
    return trace;
  }

  async #flush(): Promise<void> {
    if (this.#unwritten.size === 0) return;
    const { db, host, log, store } = this.#parts;
    const traces = [...this.#unwritten];
    this.#writing = this.#unwritten;
    this.#unwritten = new Map();
    for (let i = 0; i < traces.length; i += BATCH) {
      const calls = traces
        .slice(i, i + BATCH)
        .map(([local, { activeAt, leftAt, status }]) => store.save.bind(host, local, leftAt, status, activeAt));
      await db.atomically(calls).catch((err) => log.warn({ err }, 'last activity was not written'));
    }
  }
}

/** As the store joins what is written with what is there. */
function joined(before: Readonly<Trace>, after: Readonly<Trace>): Readonly<Trace> {
  const activeAt = Math.max(before.activeAt, after.activeAt);
  return after.leftAt === 0 ? { ...before, activeAt } : { ...after, activeAt };
}
