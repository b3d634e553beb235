/** Answers to presence probes: RFC 6121 sections 4.3.2 and 4.6.5. */
import { type Awaitable, type Jid, type RosterView, type Stanza, stanza, then } from '#api';
import { accountExists, currentPresence, type PresenceContext } from './context.ts';
import { wasDirectedTo } from './directed.ts';
import { Waiting } from './waiting.ts';

export class Probes {
  readonly #context: PresenceContext;

  constructor(context: PresenceContext) {
    this.#context = context;
  }

  answer({ from, to }: Stanza): Awaitable<'handled'> {
    const exists = accountExists(this.#context, to);
    const answered = then(exists, (it) => (it ? this.#forAccount(from, to) : this.#notSubscribed(from, to)));
    return then<void, 'handled'>(answered, () => 'handled');
  }

  #forAccount(from: Jid, to: Jid): Awaitable<void> {
    if (from.bare === to.bare) return this.#show(from, to);
    return then<RosterView, void>(this.#context.services.roster.of(to.bare), (roster) =>
      roster.shownTo(from.bare) ? this.#show(from, to) : this.#mere(from, to),
    );
  }

  /** The presence of every available resource, or of the one that was asked for. */
  #show(from: Jid, to: Jid): Awaitable<void> {
    const { absences, options, services } = this.#context;
    const { router, sessions } = services;
    const waiting = new Waiting();
    let isPresent = false;
    for (const session of sessions.of(to.bare)) {
      if (session.presence === undefined || (!to.isBare && session.jid.resource !== to.resource)) continue;
      isPresent = true;
      waiting.add(router.route(currentPresence(this.#context, session, from)));
    }
    if (!isPresent && options.tellAbsence) waiting.add(router.route(absences.presence(to, from)));
    return waiting.done();
  }

  /** Section 4.6.5: who got directed presence may ask whether that resource is still there, and learns no more. */
  #mere(from: Jid, to: Jid): Awaitable<void> {
    const { router, sessions } = this.#context.services;
    const session = to.isBare ? undefined : sessions.get(to);
    if (session === undefined || !wasDirectedTo(session, from)) return this.#notSubscribed(from, to);
    return router.route(stanza('presence', { from: session.jid, to: from }));
  }

  /** The same for an account that does not exist, which so is not told apart. */
  #notSubscribed(from: Jid, to: Jid): Awaitable<void> {
    const head = { from: to.bareJid, to: from.bareJid, type: 'unsubscribed' };
    return this.#context.services.router.route(stanza('presence', head));
  }
}
