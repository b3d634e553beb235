/** Rosters in memory: those of accounts with sessions always, those of others while there is room. */
import type { Awaitable } from '#api';
import type { AccountRoster } from './account-roster.ts';

export class RosterCache {
  readonly #load: (owner: string) => Promise<AccountRoster>;
  /** Whether an account's roster has to stay. */
  readonly #isInUse: (owner: string) => boolean;
  readonly #limit: number;
  readonly #inUse = new Map<string, AccountRoster>();
  /** In the order of use, oldest first. */
  readonly #idle = new Map<string, AccountRoster>();
  readonly #loading = new Map<string, Promise<AccountRoster>>();
  #idleWeight = 0;

  /** @param limit items of the rosters that are not in use, together; each roster counts one more. */
  constructor(load: (owner: string) => Promise<AccountRoster>, isInUse: (owner: string) => boolean, limit: number) {
    this.#load = load;
    this.#isInUse = isInUse;
    this.#limit = limit;
  }

  get(owner: string): Awaitable<AccountRoster> {
    const roster = this.#inUse.get(owner);
    if (roster !== undefined) return roster;
    return this.#revive(owner) ?? this.#loading.get(owner) ?? this.#fetch(owner);
  }

  /** Puts another roster in place of the one that is there. */
  set(owner: string, roster: AccountRoster): void {
    this.forget(owner);
    if (this.#isInUse(owner)) this.#inUse.set(owner, roster);
    else this.#lay(owner, roster);
  }

  forget(owner: string): void {
    this.#inUse.delete(owner);
    this.#take(owner);
  }

  /** Looks anew whether the roster is in use; to be called when it no longer is. */
  settle(owner: string): void {
    const roster = this.#inUse.get(owner);
    if (roster !== undefined && !this.#isInUse(owner)) this.set(owner, roster);
  }

  #revive(owner: string): AccountRoster | undefined {
    const roster = this.#take(owner);
    if (roster !== undefined) this.set(owner, roster);
    return roster;
  }

  #fetch(owner: string): Promise<AccountRoster> {
    const loading = this.#load(owner).then(
      (roster) => {
        this.#loading.delete(owner);
        this.set(owner, roster);
        return roster;
      },
      (cause) => {
        this.#loading.delete(owner);
        throw cause;
      },
    );
    this.#loading.set(owner, loading);
    return loading;
  }

  #lay(owner: string, roster: AccountRoster): void {
    this.#idle.set(owner, roster);
    this.#idleWeight += weigh(roster);
    for (const oldest of this.#idle.keys()) {
      if (this.#idleWeight <= this.#limit) return;
      this.#take(oldest);
    }
  }

  /** A roster in here does not change: it is in use while it does. */
  #take(owner: string): AccountRoster | undefined {
    const roster = this.#idle.get(owner);
    if (roster === undefined) return undefined;
    this.#idle.delete(owner);
    this.#idleWeight -= weigh(roster);
    return roster;
  }
}

function weigh(roster: AccountRoster): number {
  return 1 + roster.size + roster.requestCount;
}
