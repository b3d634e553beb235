/** Hands over what waited to the first resource that takes messages: XEP-0160 section 2, in order and once. */
import {
  type Archive,
  type Blocking,
  type Jid,
  type Ledger,
  type Logger,
  Lru,
  type Session,
  type Sessions,
  type Stanza,
  slot,
} from '#api';
import { findArchived } from './archived.ts';
import { readMessage } from './message.ts';
import type { OfflineQueues } from './queues.ts';
import type { MessageRow } from './store.ts';

export interface DeliveryParts {
  readonly host: Jid;
  readonly queues: OfflineQueues;
  readonly sessions: Sessions;
  readonly archive: Archive | undefined;
  readonly blocking: Blocking | undefined;
  readonly ledger: Ledger | undefined;
  readonly log: Logger;
  readonly delivered: { inc(): void };
  readonly signal: AbortSignal;
}

/** One account's queue on its way to a session. */
interface Run {
  session: Session;
  /** Something was added since the last page was read. */
  again: boolean;
  /** Messages from this number on came when somebody was there: what delayed them is not worth a word. */
  promptFrom: number;
  /** All messages up to this number have arrived. */
  arrived: number;
  /** Lets the page that is under way be. */
  giveUp: () => void;
}

/** The session has got what waited, and takes messages as they come. */
const caughtUp = slot<true>('offline');

/** Accounts whose delivered messages could not be deleted, because the database was away. */
const UNDELETED = 10_000;

/** Outlives a reload of the host's modules, as its sessions do: what is under way goes on, and once. */
const states = new WeakMap<Sessions, { runs: Map<string, Run>; undeleted: Lru<string, number> }>();

/**
 * Messages are deleted when they have arrived (`Session.arrived`), so a kill or a lost client delivers them again rather
 * than never. While pages go out, messages that come for the account queue behind them (`isBehind`): a sender's messages
 * stay in order, and nobody waits.
 */
export class Delivery {
  readonly #parts: DeliveryParts;
  readonly #runs: Map<string, Run>;
  readonly #undeleted: Lru<string, number>;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
    let state = states.get(parts.sessions);
    if (state === undefined) states.set(parts.sessions, (state = { runs: new Map(), undeleted: new Lru(UNDELETED) }));
    this.#runs = state.runs;
    this.#undeleted = state.undeleted;
  }

  /** The presence of a session is there or has changed. It does not wait for what is delivered because of that. */
  showed(session: Session): void {
    if (!takesMessages(session)) this.left(session);
    else if (session.slots.get(caughtUp) !== true) this.#serve(session);
  }

  left(session: Session): void {
    if (session.slots.get(caughtUp) === true) session.slots.set(caughtUp, undefined);
  }

  /** The session is over; what has not arrived is for another one. */
  ended(session: Session): void {
    const run = this.#runs.get(session.account.local);
    if (run?.session === session) run.giveUp();
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
    const session = this.#taker(account);
    if (session === undefined) return;
    session.slots.set(caughtUp, undefined);
    this.#serve(session, number);
  }

  #serve(session: Session, promptFrom = Infinity): void {
    const { local, bare } = session.account;
    const before = this.#runs.get(local);
    if (before !== undefined) {
      // What waits is for another resource that came before; this one takes part in what comes now. Unless the other
      // has lost its connection: nobody has to wait until it is back.
      session.slots.set(caughtUp, true);
      if (before.session.isDetached) before.giveUp();
      return;
    }
    const arrived = this.#undeleted.get(local) ?? 0;
    const run: Run = { session, again: false, promptFrom, arrived, giveUp: () => {} };
    this.#runs.set(local, run);
    this.#run(run).catch((cause) => this.#failed(bare, cause));
  }

  /** Page by page, until there is nothing left or nobody who takes it. */
  async #run(run: Run): Promise<void> {
    const { queues } = this.#parts;
    const { account } = run.session;
    try {
      for (;;) {
        run.again = false;
        const page = await queues.next(account.local, run.arrived);
        this.#undeleted.delete(account.local);
        if (page.length === 0) {
          if (run.again) continue;
          return;
        }
        const recipient = this.#recipient(run.session);
        if (recipient === undefined) return;
        run.session = recipient;
        const isThrough = await this.#send(run, page);
        if (run.arrived > 0) this.#undeleted.set(account.local, run.arrived);
        if (!isThrough && this.#recipient(recipient) === recipient) return;
      }
    } finally {
      // In one go with the look at `run.again`: what is added from now on finds a session that has caught up.
      this.#over(account);
    }
  }

  #over({ local, bare }: Jid): void {
    this.#runs.delete(local);
    for (const it of this.#parts.sessions.of(bare)) {
      if (takesMessages(it) && !it.isDetached) it.slots.set(caughtUp, true);
    }
  }

  #failed(account: string, cause: unknown): void {
    const { log, signal } = this.#parts;
    if (!signal.aborted) log.error({ err: cause, account }, 'messages that wait were not delivered');
  }

  /** Whether all of the page has arrived; `run.arrived` says how much of it has in any case. */
  async #send(run: Run, page: readonly MessageRow[]): Promise<boolean> {
    const { session } = run;
    const { archive, delivered, ledger } = this.#parts;
    const givenUp = new Promise<false>((resolve) => {
      run.giveUp = () => resolve(false);
    });
    let last: Promise<boolean> = Promise.resolve(true);
    const archived = await findArchived(archive, session, page);
    for (const row of page) {
      const message = await this.#read(row, run);
      if (message !== undefined && archived.has(row.number)) {
        ledger?.note('fetched', message, session.jid, 'from the archive');
      } else if (message !== undefined) {
        ledger?.note('fetched', message, session.jid);
        session.send(message);
        delivered.inc();
      }
      last = session.arrived().then((hasArrived) => {
        if (hasArrived && run.session === session && row.number > run.arrived) run.arrived = row.number;
        return hasArrived;
      });
    }
    return Promise.race([last, givenUp]);
  }

  /** Undefined for what is not to be delivered any more. */
  async #read(row: MessageRow, { session, promptFrom }: Run): Promise<Stanza | undefined> {
    const { host, blocking, log } = this.#parts;
    const account = session.account.bare;
    const message = readMessage(row, row.number < promptFrom ? host : undefined);
    if (message === undefined) {
      log.warn({ account, number: row.number }, 'a message that waited cannot be read');
      return undefined;
    }
    // XEP-0191 section 3.3: its sender may have been blocked since.
    const isBlocked = blocking !== undefined && (await blocking.isBlocked(account, message.from));
    return isBlocked ? undefined : message;
  }

  /** The session as long as it is there, then another of the account that takes messages; a connected one in any case. */
  #recipient(session: Session): Session | undefined {
    const isThere = takesMessages(session) && this.#parts.sessions.get(session.jid) === session;
    if (isThere && !session.isDetached) return session;
    const other = this.#taker(session.account);
    return isThere && other?.isDetached !== false ? session : other;
  }

  #taker({ bare }: Jid): Session | undefined {
    const takers = this.#parts.sessions.of(bare).filter(takesMessages);
    return takers.find((it) => !it.isDetached) ?? takers[0];
  }
}

/** RFC 6121 section 8.5.2.1.1. */
function takesMessages(session: Session): boolean {
  return session.presence !== undefined && session.priority >= 0;
}
