/** A resource comes, changes and goes: RFC 6121 sections 4.2, 4.4 and 4.5. */
import {
  type Awaitable,
  becameAvailable,
  becameUnavailable,
  presenceChanged,
  type RosterView,
  type Session,
  type Stanza,
  StanzaError,
  stanza,
  then,
  type Verdict,
} from '#api';
import type { Broadcast } from './broadcast.ts';
import { isPresent, type PresenceContext } from './context.ts';
import { priorityOf } from './priority.ts';
import { notePresence } from './session-state.ts';
import { Waiting } from './waiting.ts';

const badPriority = new StanzaError('bad-request', 'a priority is a whole number from -128 to 127');

export class Availability {
  readonly #context: PresenceContext;
  readonly #broadcast: Broadcast;

  constructor(context: PresenceContext, broadcast: Broadcast) {
    this.#context = context;
    this.#broadcast = broadcast;
  }

  /** A presence without type and without `to`. */
  available(session: Session, presence: Stanza): Awaitable<Verdict> {
    const priority = priorityOf(presence.element);
    if (priority === undefined) return badPriority;
    const roster = this.#context.services.roster.of(session.account.bare);
    return then<RosterView, Verdict>(roster, (it) => this.#show(session, presence, priority, it));
  }

  /** A presence of type `unavailable` without `to`. */
  unavailable(session: Session, presence: Stanza): Awaitable<Verdict> {
    const wasAvailable = session.presence !== undefined;
    return then<void, Verdict>(this.#leave(session, presence, wasAvailable, true), () => 'handled');
  }

  /** The session is over; what it did not say is said for it (section 4.5.2). */
  ended(session: Session): Awaitable<void> {
    const head = { from: session.jid, to: session.account, type: 'unavailable' };
    return this.#leave(session, stanza('presence', head), session.presence !== undefined, false);
  }

  #show(session: Session, presence: Stanza, priority: number, roster: RosterView): Awaitable<Verdict> {
    const { clock, hooks, services } = this.#context;
    // It may have ended while its roster was being read, and then nobody would take the presence back.
    if (services.sessions.get(session.jid) !== session) return 'handled';
    const isInitial = session.presence === undefined;
    session.presence = presence;
    session.priority = priority;
    notePresence(session, clock.now());
    const waiting = new Waiting();
    this.#broadcast.toOwn(session, presence, true);
    this.#broadcast.toSubscribers(session.account, roster, presence, waiting);
    if (isInitial) this.#broadcast.toNewcomer(session, roster, waiting);
    const told = then(waiting.done(), () => hooks.tell(isInitial ? becameAvailable : presenceChanged, session));
    return then<void, Verdict>(told, () => 'handled');
  }

  #leave(session: Session, presence: Stanza, wasAvailable: boolean, isConnected: boolean): Awaitable<void> {
    const { absences, clock, hooks, services } = this.#context;
    const waiting = new Waiting();
    if (!wasAvailable) {
      this.#broadcast.toDirected(session, presence, () => false, waiting);
      return waiting.done();
    }
    const account = session.account.bare;
    return then<RosterView, void>(services.roster.of(account), (roster) => {
      // What observes the end of a session may still want to know its last presence.
      if (isConnected) session.presence = undefined;
      if (!isPresent(this.#context, account)) absences.note(account, clock.now());
      this.#broadcast.toOwn(session, presence, isConnected);
      this.#broadcast.toSubscribers(session.account, roster, presence, waiting);
      this.#broadcast.toDirected(session, presence, (it) => it.bare === account || roster.shownTo(it.bare), waiting);
      return then(waiting.done(), () => hooks.tell(becameUnavailable, session));
    });
  }
}
