/** Signs of life: what sessions show of the people behind them, and since when they show nothing. */
import {
  type Accounts,
  type ClientStateChange,
  type Clock,
  clark,
  isPromise,
  type Passage,
  parseDateTime,
  type Session,
  slot,
} from '#api';
import { isWritten } from './human.ts';
import type { Traces } from './traces.ts';

/** XEP-0319. */
const IDLE = clark('urn:xmpp:idle:1', 'idle');

/** What a client lets us know; undefined where it has not said anything yet. */
interface Signs {
  /** XEP-0352: it is looked at. */
  isActive: boolean | undefined;
  /** XEP-0319: its presence says since when nobody has touched it. */
  isIdle: boolean | undefined;
}

interface SignsParts {
  readonly accounts: Accounts;
  readonly clock: Clock;
  readonly traces: Traces;
}

const signs = slot<Signs>('last.signs');
/** Whether the session is of an account, and not of a guest, who leaves no trace. */
const hasAccount = slot<boolean>('last.account');

export class SignsOfLife {
  readonly #parts: SignsParts;

  constructor(parts: SignsParts) {
    this.#parts = parts;
  }

  /** A session sends something. */
  sent({ stanza, origin }: Passage): void {
    if (origin === undefined || stanza.type === 'error') return;
    if (stanza.kind === 'message') {
      if (isWritten(stanza.element)) this.#note(origin, this.#parts.clock.now());
    } else if (stanza.kind === 'presence' && !stanza.addressed) {
      if (stanza.type === '') this.#shows(origin, stanza.element.child(IDLE)?.attr('since'));
      // People log out; connections break.
      else if (stanza.type === 'unavailable') this.#note(origin, this.#parts.clock.now());
    }
  }

  /** The first `inactive` of a stream says nothing of people: it was the client that connected. */
  stateSaid({ session, isActive }: ClientStateChange): void {
    const before = session.slots.get(signs);
    if (isActive || before?.isActive === true) this.#note(session, this.#parts.clock.now());
    if (before === undefined) session.slots.set(signs, { isActive, isIdle: undefined });
    else before.isActive = isActive;
  }

  /** XEP-0352 section 5.2: what the client said before does not hold on another stream. */
  resumed(session: Session): void {
    const shown = session.slots.get(signs);
    if (isAttended(session)) this.#note(session, session.lastActiveAt);
    if (shown !== undefined) shown.isActive = undefined;
  }

  /** The session is no longer available. Of one that was looked at, its last stanza is the last sign. */
  left(session: Session): void {
    if (isAttended(session)) this.#note(session, session.lastActiveAt);
  }

  /** Nothing of this session is noted any more. */
  forget(session: Session): void {
    session.slots.set(hasAccount, false);
  }

  /** When this session last showed a sign that is not in the traces; milliseconds since 1970, 0 for none. */
  latest(session: Session): number {
    if (!isAttended(session)) return 0;
    return session.isDetached ? session.lastActiveAt : this.#parts.clock.now();
  }

  /** A presence: idle since a while, or, where it was idle before, not any more. */
  #shows(session: Session, since: string | undefined): void {
    const shown = session.slots.get(signs);
    const now = this.#parts.clock.now();
    if (since !== undefined) {
      if (shown === undefined) session.slots.set(signs, { isActive: undefined, isIdle: true });
      else shown.isIdle = true;
      this.#note(session, Math.min(parseDateTime(since) ?? 0, now), true);
    } else if (shown?.isIdle === true) {
      shown.isIdle = false;
      this.#note(session, now);
    }
  }

  /** `isShown`: it is about to be available. What an invisible session does is for nobody to know. */
  #note(session: Session, at: number, isShown = session.presence !== undefined): void {
    if (!isShown) return;
    const { accounts, traces } = this.#parts;
    const { local } = session.account;
    const isOfAccount = session.slots.get(hasAccount);
    if (isOfAccount === true) traces.active(local, at);
    if (isOfAccount !== undefined) return;
    const exists = accounts.exists(local);
    if (isPromise(exists)) void exists.then((it) => this.#learn(session, it, at)).catch(() => undefined);
    else this.#learn(session, exists, at);
  }

  #learn(session: Session, isOfAccount: boolean, at: number): void {
    // The account may have been removed meanwhile.
    if (session.slots.get(hasAccount) === undefined) session.slots.set(hasAccount, isOfAccount);
    if (session.slots.get(hasAccount) === true) this.#parts.traces.active(session.account.local, at);
  }
}

/** Somebody is at it just now. A client that says nothing of that is taken for unattended. */
function isAttended(session: Session): boolean {
  const shown = session.slots.get(signs);
  if (shown === undefined || shown.isActive === false || shown.isIdle === true) return false;
  return shown.isActive === true || shown.isIdle === false;
}
