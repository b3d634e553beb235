/** One virtual host as it runs: its modules' parts, which a reload replaces, and its sessions, which stay. */
import { Accounts } from '../contracts/accounts.ts';
import { Ledger } from '../contracts/ledger.ts';
import type { Jid } from '../jid/jid.ts';
import type { HostParts } from '../kernel/loader.ts';
import type { Awaitable } from '../util/awaitable.ts';
import { SessionTable } from './session-table.ts';

export class LocalHost {
  readonly name: Jid;
  readonly sessions = new SessionTable();
  /** Bare addresses of administrators. */
  admins: ReadonlySet<string> = new Set();
  /** Where it is noted what becomes of messages. */
  ledger: Ledger | undefined = undefined;
  #parts: HostParts | undefined;
  #accounts: Accounts | undefined;

  constructor(name: Jid) {
    this.name = name;
  }

  get started(): boolean {
    return this.#parts !== undefined;
  }

  get parts(): HostParts {
    if (this.#parts === undefined) throw new Error(`host ${this.name.full} is not started`);
    return this.#parts;
  }

  /** Puts another set of parts in force; the caller stops the old one. */
  replaceParts(parts: HostParts): void {
    this.#parts = parts;
    this.#accounts = parts.service(Accounts);
    this.ledger = parts.service(Ledger);
  }

  /** Whether there is such an account. One with sessions is not looked up. */
  hasAccount(account: Jid): Awaitable<boolean> {
    if (this.sessions.of(account.bare).length > 0) return true;
    return this.#accounts === undefined ? false : this.#accounts.exists(account.local);
  }

  isAdmin(address: Jid): boolean {
    return this.admins.has(address.bare);
  }
}
