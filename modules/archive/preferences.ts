/** Whose messages accounts want to keep: XEP-0441, from memory. */
import { type Awaitable, type Jid, Lru, type Roster, then } from '#api';
import type { ArchiveStore } from './store.ts';

export const FALLBACKS = ['always', 'roster', 'never'] as const;
export type Fallback = (typeof FALLBACKS)[number];

/** Addresses bare or full. */
export interface Preferences {
  /** What holds for addresses in neither list. */
  readonly fallback: Fallback;
  readonly always: ReadonlySet<string>;
  readonly never: ReadonlySet<string>;
}

export interface PreferenceParts {
  readonly store: ArchiveStore;
  readonly roster: Roster | undefined;
  /** Of accounts that have not said anything. */
  readonly fallback: Fallback;
}

const CACHED = 20_000;
const NONE: ReadonlySet<string> = new Set();

export class PreferenceBook {
  readonly #parts: PreferenceParts;
  readonly #unspoken: Preferences;
  readonly #cache = new Lru<string, Preferences>(CACHED);
  readonly #loading = new Map<string, Promise<Preferences>>();

  constructor(parts: PreferenceParts) {
    this.#parts = parts;
    this.#unspoken = Object.freeze({ fallback: parts.fallback, always: NONE, never: NONE });
  }

  of({ bare }: Jid): Awaitable<Preferences> {
    return this.#cache.get(bare) ?? this.#loading.get(bare) ?? this.#load(bare);
  }

  /** Whether an account keeps what it says to an address, or hears from it. */
  keeps(account: Jid, peer: Jid): Awaitable<boolean> {
    return then(this.of(account), (preferences) => {
      if (preferences === this.#unspoken && preferences.fallback === 'always') return true;
      return this.#decide(account, peer, preferences);
    });
  }

  async save({ bare }: Jid, preferences: Preferences): Promise<void> {
    const { fallback, always, never } = preferences;
    await this.#parts.store.savePreferences(bare, fallback, [...always].join('\n'), [...never].join('\n'));
    this.#put(bare, preferences);
  }

  async erase({ bare }: Jid): Promise<void> {
    await this.#parts.store.dropPreferences(bare);
    this.#put(bare, this.#unspoken);
  }

  /** Section 2.3.1. An address in both lists is not kept: the more discreet wish counts. */
  #decide(account: Jid, peer: Jid, { fallback, always, never }: Preferences): Awaitable<boolean> {
    if (never.has(peer.bare) || never.has(peer.full)) return false;
    if (always.has(peer.bare) || always.has(peer.full)) return true;
    if (fallback !== 'roster') return fallback === 'always';
    const { roster } = this.#parts;
    return roster === undefined ? false : then(roster.of(account.bare), (it) => it.get(peer.bare) !== undefined);
  }

  #put(bare: string, preferences: Preferences): void {
    // What is being read may be older than this.
    this.#loading.delete(bare);
    this.#cache.set(bare, preferences);
  }

  #load(bare: string): Promise<Preferences> {
    const loading: Promise<Preferences> = this.#read(bare)
      .then((preferences) => {
        if (this.#loading.get(bare) === loading) this.#cache.set(bare, preferences);
        return preferences;
      })
      .finally(() => {
        if (this.#loading.get(bare) === loading) this.#loading.delete(bare);
      });
    this.#loading.set(bare, loading);
    return loading;
  }

  async #read(bare: string): Promise<Preferences> {
    const [row] = await this.#parts.store.preferences(bare);
    if (row === undefined) return this.#unspoken;
    const list = (text: string): ReadonlySet<string> => new Set(text === '' ? [] : text.split('\n'));
    return { fallback: row.fallback as Fallback, always: list(row.always), never: list(row.never) };
  }
}
