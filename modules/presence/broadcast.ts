/** Presence to contacts and to one's own resources: RFC 6121 sections 4.2, 4.4 and 4.5. */
import {
  type Awaitable,
  isPromise,
  type Jid,
  parseStored,
  type RosterView,
  type Session,
  Stanza,
  stanza,
  then,
} from '#api';
import { currentPresence, isPresent, type PresenceContext } from './context.ts';
import { directedOf } from './session-state.ts';
import type { Waiting } from './waiting.ts';

export class Broadcast {
  readonly #context: PresenceContext;

  constructor(context: PresenceContext) {
    this.#context = context;
  }

  /** To the account's available resources, the sender's own first (section 4.2.2: the one that sent it, too). */
  toOwn(session: Session, presence: Stanza, isConnected: boolean): void {
    if (isConnected) session.sendTo(presence, session.jid.full);
    for (const other of this.#context.services.sessions.of(session.account.bare)) {
      if (other !== session && other.presence !== undefined) other.sendTo(presence, other.jid.full);
    }
  }

  /** To every contact that is subscribed to the account's presence. */
  toSubscribers(owner: Jid, roster: RosterView, presence: Stanza, waiting: Waiting): void {
    for (const { contact, subscription } of roster.items()) {
      if (subscription === 'from' || subscription === 'both') this.#toContact(owner, presence, contact, waiting);
    }
  }

  /** Those who got directed presence and were not told otherwise, `covered` by a broadcast or by themselves (4.6.3). */
  toDirected(session: Session, presence: Stanza, covered: (peer: Jid) => boolean, waiting: Waiting): void {
    const directed = directedOf(session);
    if (directed === undefined) return;
    for (const peer of directed.values()) {
      // Also to one who is blocked since: the guard lets nobody else tell them.
      if (!covered(peer)) waiting.add(this.#context.services.router.route(presence.readdress(peer)));
    }
    directed.clear();
  }

  /** What a new resource learns: who of its contacts is there, which other resources, what requests wait (4.2.2, 3.1). */
  toNewcomer(session: Session, roster: RosterView, waiting: Waiting): void {
    const { sessions } = this.#context.services;
    for (const other of sessions.of(session.account.bare)) {
      if (other === session || other.presence === undefined) continue;
      session.send(currentPresence(this.#context, other, session.jid));
    }
    for (const { contact, subscription, pendingOut } of roster.items()) {
      if (subscription === 'to' || subscription === 'both') this.#probe(session, contact, waiting);
      if (pendingOut) this.#askAgain(session.account, contact, waiting);
    }
    for (const { contact, stanza: xml } of roster.requests()) {
      const request = new Stanza(parseStored(xml), contact, session.account);
      this.#unlessBlocked(session.account, contact, waiting, () => session.send(request));
    }
  }

  /** From each available resource of the account to one contact; of type `unavailable` when that is asked for. */
  fromAll(owner: Jid, contact: Jid, type: 'available' | 'unavailable', waiting: Waiting): void {
    const { router, sessions } = this.#context.services;
    for (const session of sessions.of(owner.bare)) {
      if (session.presence === undefined) continue;
      const presence =
        type === 'available'
          ? currentPresence(this.#context, session, contact)
          : stanza('presence', { from: session.jid, to: contact, type });
      waiting.add(router.route(presence));
    }
  }

  #toContact(owner: Jid, presence: Stanza, contact: Jid, waiting: Waiting): void {
    const { router, sessions } = this.#context.services;
    // Nobody is there to hear it; no guard need be asked, no list be loaded.
    if (this.#isHere(contact) && sessions.of(contact.bare).length === 0) return;
    this.#unlessBlocked(owner, contact, waiting, () => router.route(presence.readdress(contact)));
  }

  /** Section 4.3.1. The two rosters of a local subscription agree, so one who is absent is not asked for theirs. */
  #probe(session: Session, contact: Jid, waiting: Waiting): void {
    const { absences, services } = this.#context;
    const isThere = !this.#isHere(contact) || isPresent(this.#context, contact.bare);
    const answer = (): Awaitable<void> => {
      if (!isThere && !absences.knows(contact)) return this.#sayAbsent(session, contact, false);
      // XEP-0191 section 3.3: whom the contact blocks must not tell its presence from its absence.
      const hides = this.#isHere(contact) && services.blocking?.isBlocked(contact.bare, session.account);
      return then<boolean, void>(hides ?? false, (isHidden) => {
        if (isHidden || !isThere) return this.#sayAbsent(session, contact, !isHidden);
        return services.router.route(stanza('presence', { from: session.jid, to: contact, type: 'probe' }));
      });
    };
    this.#unlessBlocked(session.account, contact, waiting, answer);
  }

  #sayAbsent(session: Session, contact: Jid, sinceWhen: boolean): void {
    const { absences, options } = this.#context;
    if (!options.tellAbsence) return;
    const head = { from: contact, to: session.jid, type: 'unavailable' };
    session.send(sinceWhen ? absences.presence(contact, session.jid) : stanza('presence', head));
  }

  /** Section 3.1.2: a request to another server may have been lost on the way. */
  #askAgain(owner: Jid, contact: Jid, waiting: Waiting): void {
    const { router } = this.#context.services;
    if (router.isLocal(contact.domain)) return;
    const ask = () => router.route(stanza('presence', { from: owner, to: contact, type: 'subscribe' }));
    this.#unlessBlocked(owner, contact, waiting, ask);
  }

  /** XEP-0191 section 3.3: nothing goes to whom the owner blocks. What the other side blocks, its inbound guards stop. */
  #unlessBlocked(owner: Jid, peer: Jid, waiting: Waiting, send: () => Awaitable<void>): void {
    const isBlocked = this.#context.services.blocking?.isBlocked(owner.bare, peer) ?? false;
    if (isPromise(isBlocked)) waiting.add(isBlocked.then((it) => (it ? undefined : send())));
    else if (!isBlocked) waiting.add(send());
  }

  #isHere(contact: Jid): boolean {
    return contact.domain === this.#context.host.domain && contact.local !== '';
  }
}
