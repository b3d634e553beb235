/** Directed presence: RFC 6121 section 4.6. */
import { type Awaitable, type RosterView, type Session, type Stanza, StanzaError, then } from '#api';
import type { PresenceContext } from './context.ts';
import { directedFor, directedOf } from './session-state.ts';

const tooMany = new StanzaError('resource-constraint', 'directed presence went to too many addresses');

/** Remembers who has to be told when the resource goes; an error when there are too many of them. */
export function noteDirected(
  context: PresenceContext,
  session: Session,
  { to, type }: Stanza,
): Awaitable<StanzaError | undefined> {
  if (type !== '') {
    directedOf(session)?.delete(to.full);
    return undefined;
  }
  if (session.presence === undefined) return remember(context, session, to);
  // Section 4.6.3, rule 1: subscribers hear of it anyway.
  return then<RosterView, StanzaError | undefined>(context.services.roster.of(session.account.bare), (roster) =>
    roster.shownTo(to.bare) ? undefined : remember(context, session, to),
  );
}

function remember({ options }: PresenceContext, session: Session, to: Stanza['to']): StanzaError | undefined {
  const directed = directedFor(session);
  if (directed.size >= options.maxDirected && !directed.has(to.full)) return tooMany;
  directed.set(to.full, to);
  return undefined;
}

/** Whether the session sent directed presence to this address (section 4.6.5). */
export function wasDirectedTo(session: Session, peer: Stanza['from']): boolean {
  const directed = directedOf(session);
  return directed !== undefined && (directed.has(peer.full) || directed.has(peer.bare));
}
