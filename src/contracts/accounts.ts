/** Who has an account here. */

import type { Jid } from '../jid/jid.ts';
import { collectPoint, filterPoint, tellPoint } from '../kernel/hook.ts';
import { service } from '../kernel/service.ts';
import type { Awaitable } from '../util/awaitable.ts';

export interface AccountInfo {
  readonly local: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly locked: boolean;
}

/** The accounts of one host, by prepared localpart. */
export interface Accounts {
  /** Answered from memory when it was asked lately. */
  exists(local: string): Awaitable<boolean>;
  /**
   * False when there is one already. Throws a StanzaError when the host does not allow that name (`jid-malformed`,
   * `not-acceptable` with the reason) or that password (`not-acceptable`).
   */
  create(local: string, password: string): Promise<boolean>;
  /** Throws a StanzaError: `item-not-found` without such an account, `not-acceptable` for a password not allowed. */
  setPassword(local: string, password: string): Promise<void>;
  /**
   * Removes the account and everything that modules keep for it, and ends its sessions (XEP-0077 section 3.2); false
   * when there is none. `answered` is called between: the account is gone for good, and its sessions can still be told.
   */
  remove(local: string, answered?: () => void): Promise<boolean>;
  /** False when there is no such account. Locking ends its sessions. */
  setLocked(local: string, locked: boolean): Promise<boolean>;
  info(local: string): Promise<AccountInfo | undefined>;
  /** In the order of names, at most `limit`, after the name `after`. */
  list(after: string, limit: number): Promise<readonly AccountInfo[]>;
}
export const Accounts = service<Accounts>('accounts');

/** Who may run this host; changes with the configuration. */
export interface Administrators {
  /** By the bare address. */
  has(address: Jid): boolean;
}
export const Administrators = service<Administrators>('administrators');

/** An account was removed: every module erases what it keeps for it. Awaited. */
export const accountRemoved = tellPoint<Jid>('account.removed');
/** An account was created. */
export const accountCreated = tellPoint<Jid>('account.created');
/** An account got a new password from its owner or an operator: what was derived from the old one ends. Awaited. */
export const passwordChanged = tellPoint<Jid>('account.password-changed');
/** May this name be registered? An answer refuses, with the reason. */
export const accountNaming = filterPoint<{ readonly local: string }, string>('account.naming');
/** What is kept for one account, for export: named lists of plain values; long ones are read on demand, as an AsyncIterable. */
export const accountData = collectPoint<Jid, { readonly name: string; readonly data: unknown }>('account.data');
