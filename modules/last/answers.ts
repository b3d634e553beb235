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
import type { SignsOfLife } from './signs.ts';
import type { StoredTrace, Traces } from './traces.ts';

const NS_LAST = 'jabber:iq:last';

export const AUDIENCES = ['everyone', 'contacts', 'nobody'] as const;
export type Audience = (typeof AUDIENCES)[number];

interface AnswersParts {
  readonly clock: Clock;
  readonly traces: Traces;
  readonly signs: SignsOfLife;
  readonly program: Program;
  readonly roster: Roster | undefined;
  readonly sessions: Sessions;
  /** Where the account has no choice of its own. */
  readonly visibleTo: Audience;
  /** `activity`: when people last did something. `presence`: when they were last available. */
  readonly tell: 'activity' | 'presence';
}

export class Answers {
  readonly #parts: AnswersParts;

  constructor(parts: AnswersParts) {
    this.#parts = parts;
  }

  /** Whether the server passes questions on to the account's clients (section 4); never to whom it does not answer itself. */
  async mayAskClients(from: Jid, account: Jid): Promise<boolean> {
    if (from.bare === account.bare) return true;
    const found = await this.#parts.traces.find(account.local);
    return this.#audience(found) !== 'nobody' && (await this.#seesPresence(from, account));
  }

  /** Section 5: the time since the start. */
  ofHost(): Element {
    return this.#since(this.#parts.program.startedAt, '');
  }

  /** Section 3. Who is connected without being available counts as away, except to the owner: nobody else may know. */
  async ofAccount({ from, to }: IqContext): Promise<Element | StanzaError> {
    const found = await this.#parts.traces.find(to.local);
    if (!(await this.#maySee(from, to, found))) return refusals.forbidden;
    const isOwner = from.bare === to.bare;
    const there = this.#parts.sessions.of(to.bare).filter((it) => isOwner || it.presence !== undefined);
    if (there.length === 0) return this.#ofAbsent(found);
    const latest = Math.max(found?.activeAt ?? 0, ...there.map((it) => this.#parts.signs.latest(it)));
    const isTold = this.#parts.tell === 'activity' && latest > 0;
    return this.#since(isTold ? latest : this.#parts.clock.now(), '');
  }

  #ofAbsent(found: StoredTrace | undefined): Element | StanzaError {
    const { activeAt = 0, leftAt = 0, status = '' } = found ?? {};
    const at = this.#parts.tell === 'activity' ? activeAt || leftAt : leftAt;
    return at === 0 ? refusals.itemNotFound : this.#since(at, status);
  }

  #maySee(from: Jid, account: Jid, found: StoredTrace | undefined): Awaitable<boolean> {
    if (from.bare === account.bare) return true;
    const audience = this.#audience(found);
    return audience === 'contacts' ? this.#seesPresence(from, account) : audience === 'everyone';
  }

  /** Section 8: those who may see the presence of the account. */
  #seesPresence(from: Jid, account: Jid): Awaitable<boolean> {
    const { roster } = this.#parts;
    return roster === undefined ? false : then(roster.of(account.bare), (it) => it.shownTo(from.bare));
  }

  #audience(found: StoredTrace | undefined): Audience {
    return AUDIENCES.find((it) => it === found?.visibleTo) ?? this.#parts.visibleTo;
  }

  #since(ms: number, status: string): Element {
    const seconds = Math.max(0, Math.floor((this.#parts.clock.now() - ms) / 1000));
    return el(NS_LAST, 'query', { seconds: String(seconds) }, status);
  }
}
