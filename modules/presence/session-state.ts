/** What this module knows of a session besides its presence: since when that stands, and who else was told. */
import { type Jid, type Session, slot } from '#api';

interface SessionState {
  /** When the presence came; milliseconds since 1970. */
  presentAt: number;
  /** Directed presence went to these, and no unavailable one since (RFC 6121 section 4.6). By full address. */
  directed: Map<string, Jid> | undefined;
}

const state = slot<SessionState>('presence');

/** A presence so soon after binding counts as of then: most sessions need no state of their own. */
const SOON_MS = 1000;

function stateOf(session: Session): SessionState {
  let found = session.slots.get(state);
  if (found === undefined) {
    found = { presentAt: session.since, directed: undefined };
    session.slots.set(state, found);
  }
  return found;
}

/** The session's presence came at this time; milliseconds since 1970. */
export function notePresence(session: Session, at: number): void {
  if (at - session.since < SOON_MS && session.slots.get(state) === undefined) return;
  stateOf(session).presentAt = at;
}

/** When the session's presence came, to a second; milliseconds since 1970. */
export function presentSince(session: Session): number {
  return session.slots.get(state)?.presentAt ?? session.since;
}

/** The addresses that got directed presence; undefined for most sessions. */
export function directedOf(session: Session): Map<string, Jid> | undefined {
  return session.slots.get(state)?.directed;
}

/** The same, to add to. */
export function directedFor(session: Session): Map<string, Jid> {
  const found = stateOf(session);
  found.directed ??= new Map();
  return found.directed;
}
