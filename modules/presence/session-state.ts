/** What this module knows of a session besides its presence: since when that stands, and who else was told. */
import { type Jid, type Session, slot } from '#api';

export interface SessionState {
  /** When the presence came; milliseconds since 1970. */
  presentAt: number;
  /** Directed presence went to these, and no unavailable one since (RFC 6121 section 4.6). By full address. */
  directed: Map<string, Jid> | undefined;
}

const state = slot<SessionState>('presence');

export function stateOf(session: Session): SessionState {
  let found = session.slots.get(state);
  if (found === undefined) {
    found = { presentAt: 0, directed: undefined };
    session.slots.set(state, found);
  }
  return found;
}

/** The addresses that got directed presence; undefined for most sessions. */
export function directedOf(session: Session): Map<string, Jid> | undefined {
  return session.slots.get(state)?.directed;
}
