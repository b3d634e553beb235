/** The states of a subscription and what each presence stanza makes of them: RFC 6121 appendix A and section 3.4. */
import type { Subscription, SubscriptionEvent } from '#api';

/** The nine states of appendix A.1. `out`: we asked and wait. `in`: they asked and wait. */
export type State = 'none' | 'none+out' | 'none+in' | 'none+out+in' | 'to' | 'to+in' | 'from' | 'from+out' | 'both';

export interface Relation {
  readonly state: State;
  /** The owner allowed the contact's subscription before it was asked for (section 3.4). */
  readonly approved: boolean;
}

export interface Step extends Relation {
  /** Outbound: route the stanza. Inbound: deliver it. */
  readonly passes: boolean;
  readonly reply?: 'subscribed';
}

/** The states that a stanza takes to others; in all that are not named it changes nothing. */
type Changes = Readonly<Partial<Record<State, State>>>;

/** The owner sees the contact no more, and asks no more to: A.2.2 and A.3.4. */
const WATCH_ENDS: Changes = {
  'none+out': 'none',
  'none+out+in': 'none+in',
  to: 'none',
  'to+in': 'none+in',
  'from+out': 'from',
  both: 'from',
};

/** The contact sees the owner no more, and asks no more to: A.2.4 and A.3.2. */
const SHOW_ENDS: Changes = {
  'none+in': 'none',
  'none+out+in': 'none+out',
  'to+in': 'to',
  from: 'none',
  'from+out': 'none+out',
  both: 'to',
};

/** Appendix A.2: the owner sends it. */
const OUTBOUND: Readonly<Record<SubscriptionEvent, Changes>> = {
  subscribe: { none: 'none+out', 'none+in': 'none+out+in', from: 'from+out' }, // A.2.1
  unsubscribe: WATCH_ENDS,
  subscribed: { 'none+in': 'from', 'none+out+in': 'from+out', 'to+in': 'both' }, // A.2.3
  unsubscribed: SHOW_ENDS,
};

/** Appendix A.3: the contact sends it. */
const INBOUND: Readonly<Record<SubscriptionEvent, Changes>> = {
  subscribe: { none: 'none+in', 'none+out': 'none+out+in', to: 'to+in' }, // A.3.1
  unsubscribe: SHOW_ENDS,
  subscribed: { 'none+out': 'to', 'none+out+in': 'to+in', 'from+out': 'both' }, // A.3.3
  unsubscribed: WATCH_ENDS,
};

/** What the stanza makes of the relation. */
export function step(relation: Relation, event: SubscriptionEvent, direction: 'outbound' | 'inbound'): Step {
  const { state, approved } = relation;
  const next = (direction === 'outbound' ? OUTBOUND : INBOUND)[event][state];
  // The tables route what the owner asks for in every state, and the rest where it changes something.
  const isAsked = direction === 'outbound' && (event === 'subscribe' || event === 'unsubscribe');
  const taken = { state: next ?? state, approved, passes: isAsked || next !== undefined };
  if (direction === 'outbound') {
    // Section 3.4.2: an approval of what was not asked for is remembered, and taken back like one that was.
    if (event === 'subscribed') return { ...taken, approved: approved || (!taken.passes && !isShown(state)) };
    return event === 'unsubscribed' ? { ...taken, approved: false } : taken;
  }
  if (event !== 'subscribe') return taken;
  if (isShown(state)) return { ...taken, reply: 'subscribed' }; // section 3.1.3, rule 2
  if (!approved) return taken;
  // Section 3.4.2: as if the owner had been asked and had answered.
  return { state: OUTBOUND.subscribed[taken.state] as State, approved, passes: false, reply: 'subscribed' };
}

/** Whether the contact may see the owner's presence. */
export function isShown(state: State): boolean {
  return state === 'from' || state === 'from+out' || state === 'both';
}

/** Items as the roster keeps them, by their state. */
interface StateParts {
  readonly subscription: Exclude<Subscription, 'remove'>;
  readonly pendingOut: boolean;
  readonly pendingIn: boolean;
}

export function stateOf({ subscription, pendingOut, pendingIn }: StateParts): State {
  switch (subscription) {
    case 'both':
      return 'both';
    case 'to':
      return pendingIn ? 'to+in' : 'to';
    case 'from':
      return pendingOut ? 'from+out' : 'from';
    default:
      if (pendingOut) return pendingIn ? 'none+out+in' : 'none+out';
      return pendingIn ? 'none+in' : 'none';
  }
}

export function partsOf(state: State): StateParts {
  const [subscription, ...pending] = state.split('+') as [StateParts['subscription'], ...string[]];
  return { subscription, pendingOut: pending.includes('out'), pendingIn: pending.includes('in') };
}
