/** Hands over what waited to the first resource that takes messages: XEP-0160 section 2, in order and once. */
import { type Blocking, type Jid, type Logger, Lru, type Session, type Sessions, type Stanza, slot } from '#api';
import { readMessage } from './message.ts';
import type { OfflineQueues } from './queues.ts';
import type { MessageRow } from './store.ts';

export interface DeliveryParts {
  readonly host: Jid;
  readonly queues: OfflineQueues;
  readonly sessions: Sessions;
  readonly blocking: Blocking | undefined;
  readonly log: Logger;
  readonly delivered: { inc(): void };
  readonly signal: AbortSignal;
}

/** One account's queue on its way to a session. */
interface Run {
  /** Something was added since the last page was read. */
  again: boolean;
  /** Messages from this number on came when somebody was there: what delayed them is not worth a word. */
  promptFrom: number;
}

/** The session has got what waited, and takes messages as they come. */
const caughtUp = slot<true>('offline');

/** Accounts whose delivered messages could not be deleted, because the database was away. */
const UNDELETED = 10_000;

/**
 * A page is deleted when it has left the process, so a kill delivers it again rather than never. While pages go out,
 * messages that come for the account queue behind them (`isBehind`): a sender's messages stay in order, and nobody waits.
 */
export class Delivery {
  readonly #parts: DeliveryParts;
  readonly #runs = new Map<string, Run>();
  readonly #undeleted = new Lru<string, number>(UNDELETED);

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /** The presence of a session is there or has changed. It does not wait for what is delivered because of that. */
  showed(session: Session): void {
    if (!takesMessages(session)) this.left(session);
    else if (session.slots.get(caughtUp) !== true) this.#serve(session);
  }

  left(session: Session): void {
    if (session.slots.get(caughtUp) === true) session.slots.set(caughtUp, undefined);
  }

  /** Whether a message has to queue, because those who would take it still wait for what came before. */
  isBehind({ to }: Stanza): boolean {
    const { sessions } = this.#parts;
    let waits = false;
    for (const session of sessions.of(to.bare)) {
      if (!takesMessages(session)) continue;
      if (session.slots.get(caughtUp) === true) return false;
      waits = true;
    }
    if (!waits || to.isBare) return waits;
    const named = sessions.get(to);
    return named === undefined || takesMessages(named);
  }

  /** A message was added to an account's queue; somebody may have come just before. */
  added(account: Jid, number: number): void {
    const run = this.#runs.get(account.local);
    if (run !== undefined) {
      run.again = true;
      run.promptFrom = Math.min(run.promptFrom, number);
      return;
    }
    const session = this.#parts.sessions.of(account.bare).find(takesMessages);
    if (session === undefined) return;
    session.slots.set(caughtUp, undefined);
    this.#serve(session, number);
  }

  #serve(session: Session, promptFrom = Infinity): void {
    const { local, bare } = session.account;
    if (this.#runs.has(local)) {
      // What waits is for another resource that came before; this one takes part in what comes now.
      session.slots.set(caughtUp, true);
      return;
    }
    const run: Run = { again: false, promptFrom };
    this.#runs.set(local, run);
    this.#run(session, run).catch((cause) => this.#failed(bare, cause));
  }

  /** Page by page, until there is nothing left or nobody who takes it. */
  async #run(first: Session, run: Run): Promise<void> {
    const { queues, signal } = this.#parts;
    const { local } = first.account;
    let handed = this.#undeleted.get(local) ?? 0;
    let session: Session | undefined = first;
    try {
      for (;;) {
        run.again = false;
        const page = await queues.next(local, handed);
        this.#undeleted.delete(local);
        const last = page.at(-1);
        if (last === undefined) {
          if (run.again) continue;
          return;
        }
        session = this.#recipient(session);
        if (session === undefined || signal.aborted) return;
        await this.#send(session, page, run);
        if (await session.flushed()) {
          handed = last.number;
          this.#undeleted.set(local, handed);
        } else if (this.#isThere(session)) return;
      }
    } finally {
      // In one go with the look at `run.again`: what is added from now on finds a session that has caught up.
      this.#over(first.account);
    }
  }

  #over({ local, bare }: Jid): void {
    this.#runs.delete(local);
    for (const it of this.#parts.sessions.of(bare)) if (takesMessages(it)) it.slots.set(caughtUp, true);
  }

  #failed(account: string, cause: unknown): void {
    const { log, signal } = this.#parts;
    if (!signal.aborted) log.error({ err: cause, account }, 'messages that wait were not delivered');
  }

  async #send(session: Session, page: readonly MessageRow[], run: Run): Promise<void> {
    const { host, blocking, delivered, log } = this.#parts;
    for (const row of page) {
      const message = readMessage(row, row.number < run.promptFrom ? host : undefined);
      if (message === undefined) {
        log.warn({ account: session.account.bare, number: row.number }, 'a message that waited cannot be read');
        continue;
      }
      // XEP-0191 section 3.3: its sender may have been blocked since.
      if (blocking !== undefined && (await blocking.isBlocked(session.account.bare, message.from))) continue;
      session.send(message);
      delivered.inc();
    }
  }

  /** The session as long as it is there, then another of the account that takes messages. */
  #recipient(session: Session): Session | undefined {
    if (takesMessages(session) && this.#isThere(session)) return session;
    return this.#parts.sessions.of(session.account.bare).find(takesMessages);
  }

  #isThere(session: Session): boolean {
    return this.#parts.sessions.get(session.jid) === session;
  }
}

/** RFC 6121 section 8.5.2.1.1. */
function takesMessages(session: Session): boolean {
  return session.presence !== undefined && session.priority >= 0;
}
