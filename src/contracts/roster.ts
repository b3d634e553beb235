/** Contact lists and presence subscriptions (RFC 6121 sections 2 and 3). */
import type { Jid } from '../jid/jid.ts';
import { tellPoint } from '../kernel/hook.ts';
import { service } from '../kernel/service.ts';
import type { Awaitable } from '../util/awaitable.ts';

export type Subscription = 'none' | 'to' | 'from' | 'both' | 'remove';

export interface RosterItem {
  readonly contact: Jid;
  readonly name: string;
  readonly groups: readonly string[];
  readonly subscription: Subscription;
  /** We asked, and they have not answered: ask='subscribe'. */
  readonly pendingOut: boolean;
  /** They asked, and we have not answered. Not shown in the roster. */
  readonly pendingIn: boolean;
  /** Pre-approved (RFC 6121 section 3.4). */
  readonly approved: boolean;
}

export interface Roster {
  /** The roster of a local account by its bare address; from memory while the account has sessions. */
  of(owner: string): Awaitable<RosterView>;
}

/** One roster as it stands; changes replace the view. */
export interface RosterView {
  get(contact: string): RosterItem | undefined;
  items(): Iterable<RosterItem>;
  /** May the contact see the owner's presence: subscription `from` or `both`. */
  shownTo(contact: string): boolean;
  /** May the owner see the contact's presence: subscription `to` or `both`. */
  watches(contact: string): boolean;
}
export const Roster = service<Roster>('roster');

/** An item changed, after the change is durable. */
export const rosterChanged = tellPoint<{ readonly owner: Jid; readonly item: RosterItem }>('roster.changed');
