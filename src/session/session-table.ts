/** The sessions of one host, by account and resource. */
import type { Sessions } from '../contracts/session.ts';
import type { Jid } from '../jid/jid.ts';
import type { ClientSession } from './session.ts';

const NONE: readonly ClientSession[] = Object.freeze([]);

export class SessionTable implements Sessions {
  readonly #accounts = new Map<string, ClientSession[]>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  of(bare: string): readonly ClientSession[] {
    return this.#accounts.get(bare) ?? NONE;
  }

  get(full: Jid): ClientSession | undefined {
    const list = this.#accounts.get(full.bare);
    if (list === undefined) return undefined;
    for (const session of list) if (session.jid.resource === full.resource) return session;
    return undefined;
  }

  *all(): Iterable<ClientSession> {
    for (const list of this.#accounts.values()) yield* list;
  }

  add(session: ClientSession): void {
    const list = this.#accounts.get(session.jid.bare);
    if (list === undefined) this.#accounts.set(session.jid.bare, [session]);
    else this.#accounts.set(session.jid.bare, [...list, session]);
    this.#count++;
  }

  /** False when the session is not in the table, as after a second ending. */
  remove(session: ClientSession): boolean {
    const list = this.#accounts.get(session.jid.bare);
    if (list === undefined || !list.includes(session)) return false;
    // A new list, so that nobody who iterates over the old one is disturbed.
    const left = list.filter((it) => it !== session);
    if (left.length === 0) this.#accounts.delete(session.jid.bare);
    else this.#accounts.set(session.jid.bare, left);
    this.#count--;
    return true;
  }
}
