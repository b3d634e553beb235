/** What is said of an account without available resources: RFC 6121 section 4.3.2, rule 3. */
import { delay, type Jid, Lru, type Stanza, stanza } from '#api';

export class Absences {
  readonly #host: Jid;
  /** When the last resource went; milliseconds since 1970. Of those who went lately, and not before a restart. */
  readonly #since: Lru<string, number>;

  constructor(host: Jid, remembered: number) {
    this.#host = host;
    this.#since = new Lru(remembered);
  }

  /** The last available resource of the account is gone. */
  note(account: string, at: number): void {
    this.#since.set(account, at);
  }

  /** Whether it is known since when the account is absent. */
  knows({ bare }: Jid): boolean {
    return this.#since.has(bare);
  }

  /** Unavailable presence, with the time since when that is so where it is known. */
  presence(contact: Jid, to: Jid): Stanza {
    const at = contact.isBare ? this.#since.get(contact.bare) : undefined;
    const since = at === undefined ? undefined : delay(this.#host, at);
    return stanza('presence', { from: contact, to, type: 'unavailable' }, since);
  }
}
