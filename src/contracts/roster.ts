/** Contact lists and presence subscriptions (RFC 6121 sections 2 and 3). */
import type { Jid } from '../jid/jid.ts';
import { tellPoint } from '../kernel/hook.ts';
import { service } from '../kernel/service.ts';
import type { Awaitable } from '../util/awaitable.ts';
import type { Stanza } from '../xmpp/stanza.ts';
import type { StanzaError } from '../xmpp/stanza-error.ts';

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

/** Somebody asked for the owner's presence and waits for the answer (RFC 6121 section 3.1.3). */
export interface SubscriptionRequest {
  readonly contact: Jid;
  /** The presence of type `subscribe` as XML: as it came, or without those children that were too long to keep. */
  readonly stanza: string;
}

export type SubscriptionEvent = 'subscribe' | 'subscribed' | 'unsubscribe' | 'unsubscribed';

/** A presence stanza of a subscription type, as it meets the roster of one of its two ends. */
export interface SubscriptionChange {
  /** The bare address of the local account whose roster it is. */
  readonly owner: Jid;
  /** The bare address of the other end. */
  readonly contact: Jid;
  readonly event: SubscriptionEvent;
  /** `outbound`: the owner sent it. `inbound`: the contact did. */
  readonly direction: 'outbound' | 'inbound';
  /** What to keep of an inbound request until it is answered. */
  readonly request?: Stanza;
}

/** What RFC 6121 appendix A says of the stanza. */
export interface SubscriptionOutcome {
  /** Outbound: it is routed. Inbound: it is delivered to the owner. */
  readonly passes: boolean;
  /** What the server answers on the owner's behalf. */
  readonly reply: 'subscribed' | undefined;
  /** Whether the contact could, and now can, see the owner's presence. */
  readonly shownBefore: boolean;
  readonly shownAfter: boolean;
}

export interface Roster {
  /** The roster of a local account by its bare address; from memory while the account has sessions. */
  of(owner: string): Awaitable<RosterView>;
  /**
   * Takes the step of RFC 6121 appendix A and keeps it. `onward` is called once the change is durable and before it is
   * pushed to the owner's resources, in the order of the changes of that roster: the place to route or deliver. What
   * it starts is not waited for. An error means that nothing was changed, and `onward` was not called.
   */
  apply(
    change: SubscriptionChange,
    onward: (outcome: SubscriptionOutcome) => void,
  ): Promise<SubscriptionOutcome | StanzaError>;
}

/** One roster as it stands; ask for it anew rather than keep it. */
export interface RosterView {
  /** By bare address. */
  get(contact: string): RosterItem | undefined;
  items(): Iterable<RosterItem>;
  /** Requests that wait for an answer; the contact need not be in the roster. */
  requests(): Iterable<SubscriptionRequest>;
  /** May the contact see the owner's presence: subscription `from` or `both`. */
  shownTo(contact: string): boolean;
  /** May the owner see the contact's presence: subscription `to` or `both`. */
  watches(contact: string): boolean;
}
export const Roster = service<Roster>('roster');

/** An item changed, after the change is durable. The subscription `remove` stands for an item that is gone. */
export const rosterChanged = tellPoint<{ readonly owner: Jid; readonly item: RosterItem }>('roster.changed');
