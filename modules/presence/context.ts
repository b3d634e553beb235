/** What the parts of this module share. */
import {
  type Accounts,
  type Awaitable,
  type Blocking,
  type Clock,
  DELAY,
  delay,
  type Hooks,
  type Jid,
  type Roster,
  type Router,
  type Session,
  type Sessions,
  Stanza,
} from '#api';
import type { Absences } from './absences.ts';
import { presentSince } from './session-state.ts';

interface PresenceOptions {
  readonly maxDirected: number;
  readonly tellAbsence: boolean;
}

export interface PresenceContext {
  readonly host: Jid;
  readonly clock: Clock;
  readonly hooks: Hooks;
  readonly options: PresenceOptions;
  readonly absences: Absences;
  readonly services: {
    readonly accounts: Accounts;
    readonly blocking: Blocking | undefined;
    readonly roster: Roster;
    readonly router: Router;
    readonly sessions: Sessions;
  };
}

/** Whether there is such an account. One with sessions is not looked up. */
export function accountExists({ services }: PresenceContext, account: Jid): Awaitable<boolean> {
  return services.sessions.of(account.bare).length > 0 || services.accounts.exists(account.local);
}

/** Whether any resource of the account is available. */
export function isPresent({ services }: PresenceContext, account: string): boolean {
  return services.sessions.of(account).some((it) => it.presence !== undefined);
}

/** The presence that stands, with the time that it came at (RFC 6121 section 4.3.2); the session must be available. */
export function currentPresence({ host }: PresenceContext, session: Session, to: Jid): Stanza {
  const { element } = session.presence as Stanza;
  const dated = element.child(DELAY) ? element : element.append(delay(host, presentSince(session)));
  return new Stanza(dated, session.jid, to);
}
