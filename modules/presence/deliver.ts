/** Presence that reaches an account: RFC 6121 sections 8.5.2.1.2, 8.5.2.2.2, 8.5.3.1 and 8.5.3.2.2. */
import type { Sessions, Stanza } from '#api';

/** To the resource that is named, else to all that are available; nobody hears of what nobody takes. */
export function deliver(sessions: Sessions, stanza: Stanza): 'handled' {
  const { to } = stanza;
  if (!to.isBare) {
    sessions.get(to)?.send(stanza);
    return 'handled';
  }
  for (const session of sessions.of(to.bare)) if (session.presence !== undefined) session.send(stanza);
  return 'handled';
}
