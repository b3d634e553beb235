/** The lists of a room, and who has reserved which nickname: XEP-0045 sections 5.2 and 7.10. */
import { type Affiliation, affiliationAtLeast } from './ranks.ts';

/** What a room knows of an account, or of a whole domain that is banned. */
export interface Membership {
  readonly affiliation: Affiliation;
  /** The nickname that is reserved (section 7.10), '' for none. */
  readonly nick: string;
  readonly reason: string;
  /** Since when it is so; milliseconds since 1970. */
  readonly since: number;
}

/** By bare address, or domain. Nobody reserves a nickname that another has: who changes lists sees to that. */
export class Memberships extends Map<string, Membership> {
  /** Addresses by nickname: of thousands of members one is looked for whenever somebody enters. */
  #holders: Map<string, string> | undefined = undefined;

  /** The member, admin or owner who has reserved a nickname. */
  holderOf(nick: string): string | undefined {
    return this.#holders?.get(nick);
  }

  override set(address: string, membership: Membership): this {
    this.#release(address);
    if (membership.nick !== '' && affiliationAtLeast(membership.affiliation, 'member')) {
      (this.#holders ??= new Map()).set(membership.nick, address);
    }
    return super.set(address, membership);
  }

  override delete(address: string): boolean {
    this.#release(address);
    return super.delete(address);
  }

  /** One request may have given the nickname to another already. */
  #release(address: string): void {
    const nick = this.get(address)?.nick;
    if (nick !== undefined && this.#holders?.get(nick) === address) this.#holders.delete(nick);
  }
}
