/** Messages of the host to its people. */
import { el, type Jid, NS, type Session, type Stanza, stanza } from '#api';

/** Sessions that get a message before others get their turn. */
const AT_ONCE = 500;

export interface Text {
  /** '' for none. */
  readonly subject: string;
  readonly body: string;
}

export type MessageType = 'headline' | 'normal';

export function announcement(host: Jid, type: MessageType, { subject, body }: Text): Stanza {
  return stanza(
    'message',
    { from: host, to: host, type },
    subject === '' ? undefined : el(NS.client, 'subject', null, subject),
    el(NS.client, 'body', null, body),
  );
}

/** Without keeping everybody else waiting, however many there are. */
export async function sendToAll(sessions: readonly Session[], message: Stanza): Promise<void> {
  for (const [i, session] of sessions.entries()) {
    if (i > 0 && i % AT_ONCE === 0) await new Promise((done) => setImmediate(done));
    session.sendTo(message, session.jid.full);
  }
}
