/** The accounts of one host: what is done to them, and who hears of it. */
import {
  type AccountInfo,
  type Accounts,
  type Awaitable,
  accountCreated,
  accountNaming,
  accountRemoved,
  type Clock,
  type Counter,
  type Database,
  type Hooks,
  type Jid,
  jid,
  Lru,
  type Passwords,
  passwordChanged,
  prepareLocal,
  refusals,
  type ScramKeys,
  type Session,
  type Sessions,
  SqlError,
  StanzaError,
  StreamError,
} from '#api';
import { addKeys } from './host-credentials.ts';
import { KnownAccounts } from './known-accounts.ts';
import type { AccountRow, AccountStore } from './store.ts';

interface AccountContext {
  readonly host: Jid;
  readonly db: Database;
  readonly store: AccountStore;
  readonly passwords: Passwords;
  readonly sessions: Sessions;
  readonly hooks: Hooks;
  readonly clock: Clock;
  readonly metrics: { readonly created: Counter; readonly removed: Counter };
}

/** An account that is ready to be stored. */
export interface NewAccount {
  readonly local: string;
  readonly keys: readonly ScramKeys[];
}

const badName = new StanzaError('jid-malformed', 'this is no name for an account');
const badPassword = new StanzaError(
  'not-acceptable',
  'the password is empty, longer than 1023 bytes, or has characters that are not allowed',
);
// XEP-0077 section 3.2. RFC 6120 has no condition for a locked account; that login is refused says `not-authorized` too.
const removed = new StreamError('not-authorized', 'the account was removed');
const locked = new StreamError('not-authorized', 'the account is locked');
/** Names that were removed or locked lately: a login that was under way then must not outlive it. */
const BARRED = 1024;

export class HostAccounts implements Accounts {
  readonly #context: AccountContext;
  readonly #host: string;
  readonly #known: KnownAccounts;
  readonly #barred = new Lru<string, StreamError>(BARRED);

  constructor(context: AccountContext, cacheSize: number) {
    this.#context = context;
    this.#host = context.host.domain;
    this.#known = new KnownAccounts(cacheSize, async (local) => (await this.info(local)) !== undefined);
  }

  exists(local: string): Awaitable<boolean> {
    return this.#known.has(local);
  }

  async create(local: string, password: string): Promise<boolean> {
    await this.assertName(local);
    if (await this.exists(local)) return false;
    return this.add([{ local, keys: await this.derive(password) }]);
  }

  async setPassword(local: string, password: string): Promise<void> {
    const { db, store, hooks } = this.#context;
    if ((await this.info(local)) === undefined) throw refusals.itemNotFound;
    const keys = await this.derive(password);
    await db.atomically([store.dropKeys.bind(this.#host, local), ...addKeys(store, this.#host, local, keys)]);
    await hooks.tell(passwordChanged, this.#address(local));
  }

  async remove(local: string, answered?: () => void): Promise<boolean> {
    const { db, store, hooks, metrics } = this.#context;
    const [, rows] = await db.atomically([store.dropKeys.bind(this.#host, local), store.drop.bind(this.#host, local)]);
    if (rows === undefined || rows.length === 0) return false;
    this.#known.note(local, false);
    metrics.removed.inc();
    answered?.();
    // Before modules erase what they keep: a session that goes on would make them keep more.
    this.#bar(local, removed);
    await hooks.tell(accountRemoved, this.#address(local));
    return true;
  }

  async setLocked(local: string, lock: boolean): Promise<boolean> {
    const rows = await this.#context.store.lock(this.#host, local, lock ? 1 : 0);
    if (rows.length === 0) return false;
    if (lock) this.#bar(local, locked);
    else this.#barred.delete(local);
    return true;
  }

  async info(local: string): Promise<AccountInfo | undefined> {
    const [row] = await this.#context.store.find(this.#host, local);
    return row === undefined ? undefined : toInfo(row);
  }

  async list(after: string, limit: number): Promise<readonly AccountInfo[]> {
    return (await this.#context.store.page(this.#host, after, limit)).map(toInfo);
  }

  /** Throws when this host does not allow an account of that name; it must be prepared. */
  async assertName(local: string): Promise<void> {
    if (local === '' || prepareLocal(local) !== local) throw badName;
    const reason = await this.#context.hooks.run(accountNaming, { local });
    if (reason !== undefined) throw new StanzaError('not-acceptable', reason);
  }

  async derive(password: string): Promise<readonly ScramKeys[]> {
    const keys = await this.#context.passwords.derive(password);
    if (keys === undefined) throw badPassword;
    return keys;
  }

  /** Stores all of them or, with the answer false, none: when one exists already. */
  async add(accounts: readonly NewAccount[]): Promise<boolean> {
    const { db, store, hooks, clock, metrics } = this.#context;
    const now = clock.now();
    try {
      await db.atomically(
        accounts.flatMap(({ local, keys }) => [
          store.add.bind(this.#host, local, now),
          ...addKeys(store, this.#host, local, keys),
        ]),
      );
    } catch (error) {
      if (error instanceof SqlError && error.failure === 'conflict') return false;
      throw error;
    }
    metrics.created.inc(accounts.length);
    for (const { local } of accounts) {
      this.#known.note(local, true);
      this.#barred.delete(local);
    }
    await Promise.all(accounts.map(async ({ local }) => hooks.tell(accountCreated, this.#address(local))));
    return true;
  }

  /** Ends a session whose account went away or was locked while it logged in. */
  endIfBarred(session: Session): void {
    const error = this.#barred.get(session.account.local);
    // Not before the stream knows its session: it hears of this within binding.
    if (error !== undefined) queueMicrotask(() => session.end(error));
  }

  #bar(local: string, error: StreamError): void {
    const { bare } = this.#address(local);
    this.#barred.set(local, error);
    for (const session of this.#context.sessions.of(bare)) session.end(error);
  }

  /** The name is one that was allowed once, so it makes an address. */
  #address(local: string): Jid {
    return jid(`${local}@${this.#host}`);
  }
}

function toInfo(row: AccountRow): AccountInfo {
  return { local: row.local, createdAt: row.created_at, locked: row.locked !== 0 };
}
