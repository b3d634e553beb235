/** The rosters of one host: read through a cache, changed one change at a time, durable before anybody hears of it. */
import {
  type Awaitable,
  type Database,
  type Hooks,
  type Jid,
  type Roster,
  type RosterItem,
  rosterChanged,
  type Sessions,
  StanzaError,
  type SubscriptionChange,
  type SubscriptionOutcome,
  type SubscriptionRequest,
} from '#api';
import { AccountRoster, EMPTY, itemIn } from './account-roster.ts';
import { pushToInterested } from './pushes.ts';
import { requestFrom } from './requests.ts';
import { RosterCache } from './roster-cache.ts';
import { loadRoster, saveCalls } from './rows.ts';
import type { RosterStore } from './store.ts';
import { isShown, partsOf, type Step, step } from './subscription.ts';
import { Turns } from './turns.ts';

interface RosterLimits {
  readonly items: number;
  readonly requests: number;
  /** Items of rosters in memory whose accounts are not there. */
  readonly idleItems: number;
}

interface RosterContext {
  readonly db: Database;
  readonly store: RosterStore;
  readonly sessions: Sessions;
  readonly hooks: Hooks;
  readonly limits: RosterLimits;
}

/** What to do to a roster; nothing where all but the result is left out. */
interface Change<T> {
  readonly result: T;
  /** Put in the place of the item with this contact; with the subscription `remove`, taken out. Pushed. */
  readonly item?: RosterItem | undefined;
  /** A request to keep. */
  readonly request?: SubscriptionRequest | undefined;
  /** The bare address whose request is answered or taken back. */
  readonly answered?: string | undefined;
  /** Called when all that is durable, before the push. */
  readonly onward?: (() => void) | undefined;
}

export const rosterFull = new StanzaError('resource-constraint', 'the roster is full', { type: 'cancel' });

export class Rosters implements Roster {
  readonly #context: RosterContext;
  readonly #cache: RosterCache;
  readonly #turns: Turns;

  constructor(context: RosterContext) {
    this.#context = context;
    const { db, store, sessions, limits } = context;
    this.#turns = new Turns((owner) => this.#cache.settle(owner));
    this.#cache = new RosterCache(
      (owner) => loadRoster(db, store, owner),
      (owner) => sessions.of(owner).length > 0 || this.#turns.busy(owner),
      limits.idleItems,
    );
  }

  of(owner: string): Awaitable<AccountRoster> {
    return this.#cache.get(owner);
  }

  /** The account has one session less. */
  release(owner: string): void {
    this.#cache.settle(owner);
  }

  /** Runs the task while the roster does not change. */
  hold<T>(owner: string, task: (roster: AccountRoster) => Promise<T>): Promise<T> {
    return this.#turns.take(owner, async () => task(await this.#cache.get(owner)));
  }

  apply(
    change: SubscriptionChange,
    onward: (outcome: SubscriptionOutcome) => void,
  ): Promise<SubscriptionOutcome | StanzaError> {
    return this.change<SubscriptionOutcome | StanzaError>(change.owner, (roster) => this.#step(roster, change, onward));
  }

  /** Makes one change; what `decide` throws is thrown, and nothing is changed. */
  async change<T>(owner: Jid, decide: (roster: AccountRoster) => Change<T>): Promise<T> {
    let told: Awaitable<void> | undefined;
    const result = await this.#turns.take(owner.bare, async () => {
      const roster = await this.#cache.get(owner.bare);
      const change = decide(roster);
      const changed = await this.#save(owner, roster, change);
      change.onward?.();
      const { item } = change;
      if (item !== undefined) {
        pushToInterested(this.#context.sessions.of(owner.bare), owner, item, changed.ver);
        told = this.#context.hooks.tell(rosterChanged, { owner, item });
      }
      return change.result;
    });
    await told;
    return result;
  }

  /** Forgets everything of an account; returns the roster that it had. */
  erase(owner: string): Promise<AccountRoster> {
    const { db, store } = this.#context;
    return this.hold(owner, async (roster) => {
      const calls = [store.eraseHead, store.eraseItems, store.eraseRemovals, store.eraseRequests];
      await db.atomically(calls.map((it) => it.bind(owner)));
      this.#cache.set(owner, EMPTY);
      return roster;
    });
  }

  async #save<T>(owner: Jid, before: AccountRoster, change: Change<T>): Promise<AccountRoster> {
    const { item, request, answered } = change;
    if (item === undefined && request === undefined && answered === undefined) return before;
    const roster = before === EMPTY ? new AccountRoster() : before;
    const version = roster.version + (item === undefined ? 0 : 1);
    await this.#context.db.atomically(saveCalls(this.#context.store, owner.bare, { roster, version, ...change }));
    roster.version = version;
    if (answered !== undefined) roster.dropRequest(answered);
    if (request !== undefined) roster.addRequest(request);
    if (item?.subscription === 'remove') roster.remove(item.contact.bare);
    else if (item !== undefined) roster.put(item);
    if (roster !== before) this.#cache.set(owner.bare, roster);
    return roster;
  }

  #step(
    roster: AccountRoster,
    { contact, event, direction, request }: SubscriptionChange,
    onward: (outcome: SubscriptionOutcome) => void,
  ): Change<SubscriptionOutcome | StanzaError> {
    const { limits } = this.#context;
    const relation = roster.relation(contact.bare);
    const next = step(relation, event, direction);
    const item = changedItem(roster.get(contact.bare), contact, next);
    if (item !== undefined && roster.get(contact.bare) === undefined && roster.size >= limits.items) {
      return { result: rosterFull };
    }
    const before = partsOf(relation.state).pendingIn;
    const after = partsOf(next.state).pendingIn;
    if (after && !before && roster.requestCount >= limits.requests) return { result: rosterFull };
    const outcome: SubscriptionOutcome = {
      passes: next.passes,
      reply: next.reply,
      shownBefore: isShown(relation.state),
      shownAfter: isShown(next.state),
    };
    return {
      result: outcome,
      item,
      request: after && !before ? requestFrom(contact, request) : undefined,
      answered: before && !after ? contact.bare : undefined,
      onward: () => onward(outcome),
    };
  }
}

/** The item as the owner has to see it now; undefined when nothing that they see has changed. */
function changedItem(before: RosterItem | undefined, contact: Jid, { state, approved }: Step): RosterItem | undefined {
  const item = itemIn(before?.contact ?? contact, state, approved, before);
  const { subscription, pendingOut } = item;
  if (before === undefined) return subscription !== 'none' || pendingOut || approved ? item : undefined;
  const same = before.subscription === subscription && before.pendingOut === pendingOut && before.approved === approved;
  return same ? undefined : item;
}
