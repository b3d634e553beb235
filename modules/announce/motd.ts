/** The message of the day: shown to everybody once, now or at the next login (XEP-0133 section 4.24). */
import {
  type Accounts,
  type Awaitable,
  type Clock,
  type Database,
  type Jid,
  randomToken,
  type Session,
  type Sessions,
} from '#api';
import { announcement, type MessageType, sendToAll, type Text } from './announcement.ts';
import type { AnnounceStore, MotdRow } from './store.ts';

/** Rows of one transaction. */
const BATCH = 500;

interface MotdParts {
  readonly host: Jid;
  readonly type: MessageType;
  readonly accounts: Accounts;
  readonly clock: Clock;
  readonly db: Database;
  readonly sessions: Sessions;
  readonly store: AnnounceStore;
}

export class Motd {
  readonly #parts: MotdParts;
  /** Undefined before it has been read, null when there is none. */
  #current: MotdRow | null | undefined;

  constructor(parts: MotdParts) {
    this.#parts = parts;
  }

  async current(): Promise<MotdRow | undefined> {
    const { host, store } = this.#parts;
    if (this.#current === undefined) {
      const [row] = await store.find(host.domain);
      this.#current ??= row ?? null;
    }
    return this.#current ?? undefined;
  }

  /** Shows it to those who are there; returns how many accounts these are. */
  async set({ subject, body }: Text): Promise<number> {
    const { clock, host, store } = this.#parts;
    const motd: MotdRow = { id: randomToken(), subject, body, set_at: clock.now() };
    await store.save(host.domain, motd.id, subject, body, motd.set_at);
    this.#current = motd;
    return this.#showToAll(motd);
  }

  /** False when there is none. */
  async delete(): Promise<boolean> {
    const { db, host, store } = this.#parts;
    const [rows] = await db.atomically([store.drop.bind(host.domain), store.forget.bind(host.domain)]);
    this.#current = null;
    return rows !== undefined && rows.length > 0;
  }

  /** A session has become available. Where there is no message it costs nothing. */
  greet(session: Session): Awaitable<void> {
    return this.#current === null ? undefined : this.#greet(session);
  }

  async erase(local: string): Promise<void> {
    const { host, store } = this.#parts;
    await store.erase(host.domain, local);
  }

  async #greet(session: Session): Promise<void> {
    const { host, type } = this.#parts;
    const motd = await this.current();
    if (motd === undefined || !(await this.#isNew(session.account.local, motd))) return;
    session.sendTo(announcement(host, type, motd), session.jid.full);
  }

  async #isNew(local: string, { id }: MotdRow): Promise<boolean> {
    const { accounts, host, store } = this.#parts;
    // Nobody would ever erase what is kept of those without an account: they see it each time.
    if (!(await accounts.exists(local))) return true;
    const [row] = await store.seen(host.domain, local);
    return row?.motd !== id && (await store.see(host.domain, local, id)).length > 0;
  }

  async #showToAll(motd: MotdRow): Promise<number> {
    const { host, sessions, type } = this.#parts;
    const available = [...sessions.all()].filter((it) => it.presence !== undefined);
    const unaware = await this.#unaware(new Set(available.map((it) => it.account.local)), motd);
    const shown = available.filter((it) => unaware.has(it.account.local));
    await sendToAll(shown, announcement(host, type, motd));
    return unaware.size;
  }

  /** Those of them who have not been shown it; from now on they have. */
  async #unaware(locals: ReadonlySet<string>, { id }: MotdRow): Promise<ReadonlySet<string>> {
    const { accounts, db, host, store } = this.#parts;
    const unaware = new Set<string>();
    const owners: string[] = [];
    for (const local of locals) {
      if (await accounts.exists(local)) owners.push(local);
      else unaware.add(local);
    }
    for (let i = 0; i < owners.length; i += BATCH) {
      const calls = owners.slice(i, i + BATCH).map((it) => store.see.bind(host.domain, it, id));
      for (const [row] of await db.atomically(calls)) if (row) unaware.add((row as { local: string }).local);
    }
    return unaware;
  }
}
