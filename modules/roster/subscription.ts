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

/** What to do in a state: `keep` stays in it. The second word is the table's ROUTE? or DELIVER? */
type Cell = readonly [next: State | 'keep', passes: boolean];
type Table = Readonly<Record<State, Cell>>;

/** Appendix A.2: the owner sends it. */
const OUTBOUND: Readonly<Record<SubscriptionEvent, Table>> = {
  // A.2.1
  subscribe: {
    none: ['none+out', true],
    'none+out': ['keep', true],
    'none+in': ['none+out+in', true],
    'none+out+in': ['keep', true],
    to: ['keep', true],
    'to+in': ['keep', true],
    from: ['from+out', true],
    'from+out': ['keep', true],
    both: ['keep', true],
  },
  // A.2.2
  unsubscribe: {
    none: ['keep', true],
    'none+out': ['none', true],
    'none+in': ['keep', true],
    'none+out+in': ['none+in', true],
    to: ['none', true],
    'to+in': ['none+in', true],
    from: ['keep', true],
    'from+out': ['from', true],
    both: ['from', true],
  },
  // A.2.3
  subscribed: {
    none: ['keep', false],
    'none+out': ['keep', false],
    'none+in': ['from', true],
    'none+out+in': ['from+out', true],
    to: ['keep', false],
    'to+in': ['both', true],
    from: ['keep', false],
    'from+out': ['keep', false],
    both: ['keep', false],
  },
  // A.2.4
  unsubscribed: {
    none: ['keep', false],
    'none+out': ['keep', false],
    'none+in': ['none', true],
    'none+out+in': ['none+out', true],
    to: ['keep', false],
    'to+in': ['to', true],
    from: ['none', true],
    'from+out': ['none+out', true],
    both: ['to', true],
  },
};

/** Appendix A.3: the contact sends it. */
const INBOUND: Readonly<Record<SubscriptionEvent, Table>> = {
  // A.3.1
  subscribe: {
    none: ['none+in', true],
    'none+out': ['none+out+in', true],
    'none+in': ['keep', false],
    'none+out+in': ['keep', false],
    to: ['to+in', true],
    'to+in': ['keep', false],
    from: ['keep', false],
    'from+out': ['keep', false],
    both: ['keep', false],
  },
  // A.3.2
  unsubscribe: {
    none: ['keep', false],
    'none+out': ['keep', false],
    'none+in': ['none', true],
    'none+out+in': ['none+out', true],
    to: ['keep', false],
    'to+in': ['to', true],
    from: ['none', true],
    'from+out': ['none+out', true],
    both: ['to', true],
  },
  // A.3.3
  subscribed: {
    none: ['keep', false],
    'none+out': ['to', true],
    'none+in': ['keep', false],
    'none+out+in': ['to+in', true],
    to: ['keep', false],
    'to+in': ['keep', false],
    from: ['keep', false],
    'from+out': ['both', true],
    both: ['keep', false],
  },
  // A.3.4
  unsubscribed: {
    none: ['keep', false],
    'none+out': ['none', true],
    'none+in': ['keep', false],
    'none+out+in': ['none+in', true],
    to: ['none', true],
    'to+in': ['none+in', true],
    from: ['keep', false],
    'from+out': ['from', true],
    both: ['from', true],
  },
};

/** What the stanza makes of the relation. */
export function step(relation: Relation, event: SubscriptionEvent, direction: 'outbound' | 'inbound'): Step {
  const { state, approved } = relation;
  const [next, passes] = (direction === 'outbound' ? OUTBOUND : INBOUND)[event][state];
  const taken = { state: next === 'keep' ? state : next, approved, passes };
  if (direction === 'outbound') {
    // Section 3.4.2: an approval of what was not asked for is remembered, and taken back like one that was.
    if (event === 'subscribed') return { ...taken, approved: approved || (!passes && !isShown(state)) };
    return event === 'unsubscribed' ? { ...taken, approved: false } : taken;
  }
  if (event !== 'subscribe') return taken;
  if (isShown(state)) return { ...taken, reply: 'subscribed' }; // section 3.1.3, rule 2
  if (!approved) return taken;
  // Section 3.4.2: as if the owner had been asked and had answered.
  return { state: OUTBOUND.subscribed[taken.state][0] as State, approved, passes: false, reply: 'subscribed' };
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
