/** Every cell of the tables of RFC 6121 appendix A, and what pre-approval (section 3.4) adds to them. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { SubscriptionEvent } from '#api';
import { isShown, partsOf, type State, stateOf, step } from '../../../modules/roster/subscription.ts';

/** The names of appendix A.1. */
const STATES: Readonly<Record<string, State>> = {
  None: 'none',
  'None + Pending Out': 'none+out',
  'None + Pending In': 'none+in',
  'None + Pending Out+In': 'none+out+in',
  To: 'to',
  'To + Pending In': 'to+in',
  From: 'from',
  'From + Pending Out': 'from+out',
  Both: 'both',
};

const OUTBOUND = {
  'A.2.1 subscribe': `
    None                  | MUST     | None + Pending Out
    None + Pending Out    | MUST     | no state change
    None + Pending In     | MUST     | None + Pending Out+In
    None + Pending Out+In | MUST     | no state change
    To                    | MUST     | no state change
    To + Pending In       | MUST     | no state change
    From                  | MUST     | From + Pending Out
    From + Pending Out    | MUST     | no state change
    Both                  | MUST     | no state change`,
  'A.2.2 unsubscribe': `
    None                  | MUST     | no state change
    None + Pending Out    | MUST     | None
    None + Pending In     | MUST     | no state change
    None + Pending Out+In | MUST     | None + Pending In
    To                    | MUST     | None
    To + Pending In       | MUST     | None + Pending In
    From                  | MUST     | no state change
    From + Pending Out    | MUST     | From
    Both                  | MUST     | From`,
  'A.2.3 subscribed': `
    None                  | MUST NOT | no state change
    None + Pending Out    | MUST NOT | no state change
    None + Pending In     | MUST     | From
    None + Pending Out+In | MUST     | From + Pending Out
    To                    | MUST NOT | no state change
    To + Pending In       | MUST     | Both
    From                  | MUST NOT | no state change
    From + Pending Out    | MUST NOT | no state change
    Both                  | MUST NOT | no state change`,
  'A.2.4 unsubscribed': `
    None                  | MUST NOT | no state change
    None + Pending Out    | MUST NOT | no state change
    None + Pending In     | MUST     | None
    None + Pending Out+In | MUST     | None + Pending Out
    To                    | MUST NOT | no state change
    To + Pending In       | MUST     | To
    From                  | MUST     | None
    From + Pending Out    | MUST     | None + Pending Out
    Both                  | MUST     | To`,
};

const INBOUND = {
  'A.3.1 subscribe': `
    None                  | MUST     | None + Pending In
    None + Pending Out    | MUST     | None + Pending Out+In
    None + Pending In     | MUST NOT | no state change
    None + Pending Out+In | MUST NOT | no state change
    To                    | MUST     | To + Pending In
    To + Pending In       | MUST NOT | no state change
    From                  | MUST NOT | no state change
    From + Pending Out    | MUST NOT | no state change
    Both                  | MUST NOT | no state change`,
  'A.3.2 unsubscribe': `
    None                  | MUST NOT | no state change
    None + Pending Out    | MUST NOT | no state change
    None + Pending In     | MUST     | None
    None + Pending Out+In | MUST     | None + Pending Out
    To                    | MUST NOT | no state change
    To + Pending In       | MUST     | To
    From                  | MUST     | None
    From + Pending Out    | MUST     | None + Pending Out
    Both                  | MUST     | To`,
  'A.3.3 subscribed': `
    None                  | MUST NOT | no state change
    None + Pending Out    | MUST     | To
    None + Pending In     | MUST NOT | no state change
    None + Pending Out+In | MUST     | To + Pending In
    To                    | MUST NOT | no state change
    To + Pending In       | MUST NOT | no state change
    From                  | MUST NOT | no state change
    From + Pending Out    | MUST     | Both
    Both                  | MUST NOT | no state change`,
  'A.3.4 unsubscribed': `
    None                  | MUST NOT | no state change
    None + Pending Out    | MUST     | None
    None + Pending In     | MUST NOT | no state change
    None + Pending Out+In | MUST     | None + Pending In
    To                    | MUST     | None
    To + Pending In       | MUST     | None + Pending In
    From                  | MUST NOT | no state change
    From + Pending Out    | MUST     | From
    Both                  | MUST     | From`,
};

interface Row {
  readonly name: string;
  readonly state: State;
  readonly passes: boolean;
  readonly next: State;
}

function rows(table: string): Row[] {
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const [name = '', word = '', next = ''] = line.split('|').map((it) => it.trim());
      const state = STATES[name] as State;
      return {
        name,
        state,
        passes: word === 'MUST',
        next: next === 'no state change' ? state : (STATES[next] as State),
      };
    });
}

for (const [direction, tables] of [['outbound', OUTBOUND] as const, ['inbound', INBOUND] as const]) {
  const verb = direction === 'outbound' ? 'routed' : 'delivered';
  for (const [title, table] of Object.entries(tables)) {
    const event = title.split(' ')[1] as SubscriptionEvent;
    suite(`RFC 6121 ${title}, ${direction}`, () => {
      test('has all nine states', () => assert.equal(rows(table).length, 9));
      for (const { name, state, passes, next } of rows(table)) {
        test(`${name}: ${passes ? verb : `not ${verb}`}, then ${next}`, () => {
          const taken = step({ state, approved: false }, event, direction);
          assert.equal(taken.passes, passes);
          assert.equal(taken.state, next);
        });
      }
    });
  }
}

suite('RFC 6121 3.1.3 and 3.4: answers on the account’s behalf', () => {
  for (const [name, state] of Object.entries(STATES)) {
    test(`3.1.3: a request in the state ${name} is ${isShown(state) ? '' : 'not '}answered by the server`, () => {
      const { reply } = step({ state, approved: false }, 'subscribe', 'inbound');
      assert.equal(reply, isShown(state) ? 'subscribed' : undefined);
    });
  }

  const approvable: readonly (readonly [State, State])[] = [
    ['none', 'from'],
    ['none+out', 'from+out'],
    ['to', 'both'],
  ];
  for (const [state, next] of approvable) {
    test(`3.4.2: subscribed in the state ${state} is noted as an approval and not routed`, () => {
      assert.deepEqual(step({ state, approved: false }, 'subscribed', 'outbound'), {
        state,
        approved: true,
        passes: false,
      });
    });
    test(`3.4.2: an approved request in the state ${state} is answered, not delivered, and leads to ${next}`, () => {
      const taken = step({ state, approved: true }, 'subscribe', 'inbound');
      assert.deepEqual(taken, { state: next, approved: true, passes: false, reply: 'subscribed' });
    });
    test(`3.4.2: unsubscribed in the state ${state} takes the approval back and is not routed`, () => {
      const taken = step({ state, approved: true }, 'unsubscribed', 'outbound');
      assert.deepEqual(taken, { state, approved: false, passes: false });
    });
  }
  for (const state of ['from', 'from+out', 'both'] as const) {
    test(`3.4.2: subscribed in the state ${state} is ignored`, () => {
      assert.deepEqual(step({ state, approved: false }, 'subscribed', 'outbound'), {
        state,
        approved: false,
        passes: false,
      });
    });
  }
  for (const state of ['none+in', 'none+out+in', 'to+in'] as const) {
    test(`3.4.2: subscribed in the state ${state} is an approval as any other`, () => {
      assert.equal(step({ state, approved: false }, 'subscribed', 'outbound').approved, false);
    });
  }
  test('4.3.2: what the contact sends does not cancel an approval', () => {
    for (const event of ['unsubscribe', 'unsubscribed', 'subscribed'] as const) {
      assert.equal(step({ state: 'none', approved: true }, event, 'inbound').approved, true);
    }
  });
});

test('a state and its parts are the same thing', () => {
  for (const state of Object.values(STATES)) assert.equal(stateOf(partsOf(state)), state);
});
