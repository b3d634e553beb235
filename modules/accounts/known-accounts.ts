/** Which accounts exist, from memory: asked for each stanza to an account that has no session. */
import { type Awaitable, Lru } from '#api';

/** Remembers both answers, in caches of their own: a flood of invented names must not push out the real ones. */
export class KnownAccounts {
  readonly #present: Lru<string, true>;
  readonly #absent: Lru<string, true>;
  readonly #look: (local: string) => Promise<boolean>;
  #changes = 0;

  constructor(size: number, look: (local: string) => Promise<boolean>) {
    this.#present = new Lru(size);
    this.#absent = new Lru(size);
    this.#look = look;
  }

  has(local: string): Awaitable<boolean> {
    if (this.#present.get(local) !== undefined) return true;
    if (this.#absent.get(local) !== undefined) return false;
    return this.#ask(local);
  }

  /** An account was created or removed. */
  note(local: string, exists: boolean): void {
    this.#changes++;
    // A name may be a slice of a stanza, which must not stay in memory as long as the name.
    this.#remember(Buffer.from(local).toString(), exists);
  }

  async #ask(local: string): Promise<boolean> {
    const changes = this.#changes;
    const exists = await this.#look(local);
    // After a change the answer may be older than what `note` said.
    if (changes === this.#changes) this.#remember(Buffer.from(local).toString(), exists);
    return exists;
  }

  #remember(local: string, exists: boolean): void {
    (exists ? this.#absent : this.#present).delete(local);
    (exists ? this.#present : this.#absent).set(local, true);
  }
}
