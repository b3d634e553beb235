/** Everything that changes the archives goes through here, in order: one journal for all hosts of a database. */
import { type Awaitable, type Call, type Clock, type Database, type Jid, type Logger, then, type Writer } from '#api';
import { BatchCalls } from './batch-calls.ts';
import { BodyNumbers, firstNumberAt } from './body-numbers.ts';
import { type JournalRow, KeptMessage, LateShare, type Share } from './kept-message.ts';
import { Places } from './places.ts';
import { type ArchiveStore, ROWS_TOGETHER, statements } from './store.ts';

export interface JournalParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A recipient's archive joins a message of its sender's for so long; one that comes later keeps a text of its own. */
export const SETTLED_MS = 5_000;
/** Few commits, each of many messages, cost the least; an acknowledgement waits for this and a commit. */
const DELAY_MS = 5;
/** Messages that wait to be written: from half of it on senders wait, past it their messages are refused. */
const MAX_QUEUED = 8_192;
const RETRY_MS = 30_000;
/** Owners whose last message is remembered; all are forgotten when there are more. */
const MAX_RECENT = 20_000;
/** Roughly what a message takes besides its text. */
const OVERHEAD_BYTES = 500;

interface Recent {
  readonly id: string;
  readonly stored: Promise<void>;
}

export class Journal {
  readonly store: ArchiveStore;
  readonly numbers: BodyNumbers;
  readonly #clock: Clock;
  readonly #rowsTogether: number;
  readonly #places: Places;
  readonly #writer: Writer<JournalRow>;
  readonly #recent = new Map<string, Recent>();

  constructor({ db, clock, log }: JournalParts) {
    this.store = db.prepare(statements);
    this.numbers = new BodyNumbers(() => clock.now());
    this.#clock = clock;
    // SQLite gains nothing by statements of many rows; to PostgreSQL each statement is a message.
    this.#rowsTogether = db.engine === 'postgres' ? ROWS_TOGETHER : 1;
    this.#places = new Places(db, this.store);
    this.#writer = db.writer<JournalRow>({
      delayMs: DELAY_MS,
      maxQueuedRows: MAX_QUEUED,
      retryForMs: RETRY_MS,
      encode: (rows) => this.#encode(rows),
      sizeOf: (row) => OVERHEAD_BYTES + (row instanceof KeptMessage ? row.xml.length : 0),
      onSetback: () => this.#places.clear(),
      onFailure: (err) => log.error({ err, messages: err.failures.size }, 'messages could not be archived'),
    });
  }

  /** The id of the newest message, so that new ones sort behind it; read once, at the start. */
  async open(): Promise<string | undefined> {
    const [numbers] = await this.store.lastNumbers();
    this.numbers.advanceTo(numbers?.body ?? 0);
    const [row] = await this.store.lastId();
    return row?.id;
  }

  close(): Promise<void> {
    return this.#writer.close();
  }

  /** Senders had better wait for what they have sent. */
  get saturated(): boolean {
    return this.#writer.saturated;
  }

  get full(): boolean {
    return this.#writer.full;
  }

  /** The id of the last message of an archive, if there was one lately. */
  lastIdOf(owner: Jid): string | undefined {
    return this.#recent.get(owner.bare)?.id;
  }

  /** Settles when all that any archive was given is there. */
  flushed(): Promise<void> {
    return this.#writer.flush();
  }

  /** Settles when all that an archive was given is there to be read. */
  settled(owner: Jid): Awaitable<void> {
    return this.#recent.get(owner.bare)?.stored.catch(() => {});
  }

  /** Keeps a message in the archives of its shares. Resolves when it is durable. */
  add(message: KeptMessage): Promise<void> {
    message.number = this.numbers.next();
    message.keptAt = this.#clock.now();
    const stored = this.#writer.add(message);
    message.stored = stored;
    if (message.sender !== undefined) this.#note(message.sender, message.id, stored);
    if (message.recipient !== undefined) this.#note(message.recipient, message.id, stored);
    return stored;
  }

  /** Lets the recipient's archive join; undefined when it is too late for that. */
  join(message: KeptMessage, share: Share): Promise<void> | undefined {
    if (!message.isClosed && message.stored !== undefined) {
      message.recipient = share;
      this.#note(share, message.id, message.stored);
      return message.stored;
    }
    if (this.#clock.now() - message.keptAt >= SETTLED_MS) return undefined;
    const stored = this.#writer.add(new LateShare(message, share));
    this.#note(share, message.id, stored);
    return stored;
  }

  /** Changes the archives by other means, while nothing is being written; `forget` is whose places may be others then. */
  exclusively<T>(forget: string | undefined, work: () => Promise<T>): Promise<T> {
    return this.#writer.exclusively(async () => {
      if (forget !== undefined) this.#places.forget(forget);
      return work();
    });
  }

  /** Numbers below this one are written, and their owners are known. */
  get settledNumber(): number {
    return firstNumberAt(this.#clock.now() - SETTLED_MS);
  }

  #note({ owner }: Share, id: string, stored: Promise<void>): void {
    if (this.#recent.size >= MAX_RECENT) this.#recent.clear();
    this.#recent.set(owner.bare, { id, stored });
  }

  #encode(rows: readonly JournalRow[]): Awaitable<readonly Call[]> {
    const unknown: Share[] = [];
    for (const row of rows) {
      if (row instanceof LateShare) this.#miss(row.share, unknown);
      else {
        row.isClosed = true;
        this.#miss(row.sender, unknown);
        this.#miss(row.recipient, unknown);
      }
    }
    const calls = unknown.length === 0 ? [] : this.#places.prepare(unknown);
    return then(calls, (first) => this.#calls(rows, first));
  }

  #miss(share: Share | undefined, unknown: Share[]): void {
    if (share !== undefined && this.#places.conversation(share) === undefined) unknown.push(share);
  }

  #calls(rows: readonly JournalRow[], first: readonly Call[]): readonly Call[] {
    const batch = new BatchCalls(this.store, this.#rowsTogether);
    for (const row of rows) {
      if (row instanceof LateShare) this.#addLate(row, batch);
      else this.#addMessage(row, batch);
    }
    this.#places.trim();
    return batch.finish(first);
  }

  #addMessage(message: KeptMessage, batch: BatchCalls): void {
    const { number, id, origin, sender, recipient, xml } = message;
    const from = sender === undefined ? 0 : this.#numberOf(sender);
    const to = recipient === undefined ? 0 : this.#numberOf(recipient);
    batch.addBody(number, id, origin, from, to, xml);
    if (sender !== undefined) this.#addEntry(message, sender, batch);
    if (recipient !== undefined) this.#addEntry(message, recipient, batch);
  }

  #addLate({ message, share }: LateShare, batch: BatchCalls): void {
    batch.addOther(this.store.addRecipient.bind(message.number, this.#numberOf(share)));
    this.#addEntry(message, share, batch);
  }

  #addEntry(message: KeptMessage, share: Share, batch: BatchCalls): void {
    const owner = this.#places.owner(share.owner.bare);
    const talk = this.#places.conversation(share);
    if (owner === undefined || talk === undefined) throw new Error('an entry without its place');
    const { id, number, retracts } = message;
    const { resource } = share.peer;
    batch.addEntry(owner.number, id, talk.number, ++owner.last, ++talk.last, resource, number);
    if (retracts === undefined) return;
    const isSent = share === message.sender ? 1 : 0;
    const whose = message.isPrivateInRoom && isSent === 0 ? resource : '';
    const { addRetraction } = this.store;
    batch.addOther(addRetraction.bind(owner.number, id, talk.number, whose, isSent, retracts, message.origin));
  }

  #numberOf({ owner }: Share): number {
    return this.#places.owner(owner.bare)?.number ?? 0;
  }
}
