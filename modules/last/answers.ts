/** Who is told what about the last activity of whom (XEP-0012 sections 3 to 5). */
import {
  type Awaitable,
  type Clock,
  type Element,
  el,
  type IqContext,
  type Jid,
  type Program,
  type Roster,
  refusals,
  type Sessions,
  type StanzaError,
  then,
} from '#api';
import type { Departures } from './departures.ts';

const NS_LAST = 'jabber:iq:last';

export interface AnswersParts {
  readonly clock: Clock;
  readonly departures: Departures;
  readonly program: Program;
  readonly roster: Roster | undefined;
  readonly sessions: Sessions;
}

export class Answers {
  readonly #parts: AnswersParts;

  constructor(parts: AnswersParts) {
    this.#parts = parts;
  }

  /** Those who may see the presence of the account, and its owner (section 8). */
  maySee(from: Jid, account: Jid): Awaitable<boolean> {
    if (from.bare === account.bare) return true;
    const { roster } = this.#parts;
    return roster === undefined ? false : then(roster.of(account.bare), (it) => it.shownTo(from.bare));
  }

  /** Section 5: the time since the start. */
  ofHost(): Element {
    return this.#since(this.#parts.program.startedAt, '');
  }

  /** Section 3. Who is connected without being available counts as away, except to the owner: nobody else may know. */
  async ofAccount({ from, to }: IqContext): Promise<Element | StanzaError> {
    if (!(await this.maySee(from, to))) return refusals.forbidden;
    const { clock, departures, sessions } = this.#parts;
    const isOwner = from.bare === to.bare;
    if (sessions.of(to.bare).some((it) => isOwner || it.presence !== undefined)) return this.#since(clock.now(), '');
    const departure = await departures.find(to.local);
    return departure === undefined ? refusals.itemNotFound : this.#since(departure.leftAt, departure.status);
  }

  #since(ms: number, status: string): Element {
    const seconds = Math.max(0, Math.floor((this.#parts.clock.now() - ms) / 1000));
    return el(NS_LAST, 'query', { seconds: String(seconds) }, status);
  }
}
