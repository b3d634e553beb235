/** Presence stanzas that manage subscriptions: RFC 6121 section 3; what they do to rosters is the roster's business. */
import {
  type Awaitable,
  type Jid,
  type Session,
  Stanza,
  StanzaError,
  type SubscriptionEvent,
  type SubscriptionOutcome,
  stanza,
  then,
  type Verdict,
} from '#api';
import type { Broadcast } from './broadcast.ts';
import { accountExists, type PresenceContext } from './context.ts';
import { Waiting } from './waiting.ts';

export class Subscriptions {
  readonly #context: PresenceContext;
  readonly #broadcast: Broadcast;

  constructor(context: PresenceContext, broadcast: Broadcast) {
    this.#context = context;
    this.#broadcast = broadcast;
  }

  /** A client sends one: sections 3.1.2, 3.1.5, 3.2.2, 3.3.2 and 3.4.2. */
  async outbound(session: Session, sent: Stanza): Promise<Verdict> {
    const { roster, router } = this.#context.services;
    const owner = session.account;
    const contact = sent.to.bareJid;
    if (contact.bare === owner.bare) return 'handled';
    const event = sent.type as SubscriptionEvent;
    const waiting = new Waiting();
    const outcome = await roster.apply({ owner, contact, event, direction: 'outbound' }, (it) => {
      if (!it.passes) return;
      // Section 3.2.2: before they are told that they may see it no longer.
      if (it.shownBefore && !it.shownAfter) this.#broadcast.fromAll(owner, contact, 'unavailable', waiting);
      // RFC 6120 section 8.1.2.1: these come from the account, not from one of its resources.
      waiting.add(router.route(new Stanza(sent.element, owner, contact)));
    });
    if (outcome instanceof StanzaError) return outcome;
    await waiting.done();
    if (outcome.shownAfter && !outcome.shownBefore) await this.#showNow(owner, contact); // section 3.1.5
    return 'handled';
  }

  /** One arrives for an account: sections 3.1.3, 3.1.6, 3.2.3 and 3.3.3. */
  inbound(received: Stanza): Awaitable<Verdict> {
    const { to } = received;
    if (received.from.bare === to.bare) return 'handled';
    return then<boolean, Verdict>(accountExists(this.#context, to), (exists) =>
      // Section 8.5.1: nothing tells an account that does not exist from one that does not answer.
      exists ? this.#receive(new Stanza(received.element, received.from.bareJid, to.bareJid)) : 'handled',
    );
  }

  async #receive(request: Stanza): Promise<Verdict> {
    const { roster, router } = this.#context.services;
    const { from: contact, to: owner } = request;
    const event = request.type as SubscriptionEvent;
    const waiting = new Waiting();
    const isBlocked = (await this.#context.services.blocking?.isBlocked(owner.bare, contact)) ?? false;
    const outcome = await roster.apply({ owner, contact, event, direction: 'inbound', request }, (it) => {
      if (it.passes && !isBlocked) this.#deliver(owner, request);
      if (it.reply) waiting.add(router.route(stanza('presence', { from: owner, to: contact, type: it.reply })));
    });
    if (outcome instanceof StanzaError) return 'handled'; // too many requests wait: this one is dropped
    await waiting.done();
    await this.#after(owner, contact, outcome);
    return 'handled';
  }

  /** A request goes to available resources, what changes a subscription to those that follow the roster. */
  #deliver(owner: Jid, received: Stanza): void {
    const isRequest = received.type === 'subscribe';
    for (const session of this.#context.services.sessions.of(owner.bare)) {
      if (isRequest ? session.presence !== undefined : session.interested) session.send(received);
    }
  }

  async #after(owner: Jid, contact: Jid, { shownBefore, shownAfter, reply }: SubscriptionOutcome): Promise<void> {
    if (reply !== undefined) await this.#showNow(owner, contact);
    if (!shownBefore || shownAfter) return;
    const waiting = new Waiting();
    this.#broadcast.fromAll(owner, contact, 'unavailable', waiting); // section 3.3.3
    await waiting.done();
  }

  #showNow(owner: Jid, contact: Jid): Awaitable<void> {
    const waiting = new Waiting();
    this.#broadcast.fromAll(owner, contact, 'available', waiting);
    return waiting.done();
  }
}
