/** Where the stanzas go that a lost client did not acknowledge: XEP-0198 section 4, RFC 6121 section 8.5. */
import { Passage, undeliverable } from '../contracts/routing.ts';
import type { Unacknowledged } from '../session/acknowledgements.ts';
import type { ClientSession } from '../session/session.ts';
import { DELAY, delay } from '../xmpp/delay.ts';
import { errorReply, type Stanza } from '../xmpp/stanza.ts';
import { StanzaError } from '../xmpp/stanza-error.ts';
import { deliverToAccount } from './deliver.ts';
import type { StanzaRouter } from './router.ts';

const gone = new StanzaError('recipient-unavailable', 'the client is gone');

/** The session is out of the table. One after the other, so that their order is kept. */
export async function redeliver(router: StanzaRouter, session: ClientSession): Promise<void> {
  for (const entry of [...(session.acks?.pending() ?? [])]) {
    const { kind } = entry.stanza;
    if (kind === 'message') await redeliverMessage(router, session, entry);
    else if (kind === 'iq') await refuse(router, entry.stanza);
    // Presence is old news: who comes next is told how things are then.
  }
}

async function refuse(router: StanzaRouter, stanza: Stanza): Promise<void> {
  // An answer is for one client alone, and so is the server's own question.
  if (stanza.isReply || router.isLocal(stanza.from.full)) return;
  await router.route(errorReply(stanza, gone));
}

async function redeliverMessage(router: StanzaRouter, session: ClientSession, entry: Unacknowledged): Promise<void> {
  const { stanza } = entry;
  // From the account itself: a copy of another device's message, or a page of the archive. From a room: the room is told
  // by unavailable presence that its occupant is gone, and keeps its own archive.
  if (stanza.from.full === session.jid.bare || !isPersonal(stanza.type)) return;
  if (stanza.queued || othersHaveIt(session, entry)) return;
  const { host } = session;
  const passage = new Passage(withDelay(host.name, entry), undefined);
  if (stanza.kept) {
    // Never bounced and never delivered twice: at most it waits for a client that does not read the archive.
    if (host.sessions.of(session.jid.bare).length === 0) await host.parts.hooks.run(undeliverable, passage);
    return;
  }
  const error = await deliverToAccount(host, passage);
  if (error !== undefined) await router.route(errorReply(stanza, error));
}

function isPersonal(type: string): boolean {
  return type !== 'error' && type !== 'groupchat' && type !== 'headline';
}

/** A message to the account went to every device that was there and takes messages. */
function othersHaveIt(session: ClientSession, { stanza, at }: Unacknowledged): boolean {
  if (stanza.to.resource !== '') return false;
  return session.host.sessions
    .of(session.jid.bare)
    .some((it) => it.since <= at && it.presence !== undefined && it.priority >= 0);
}

/** XEP-0198 section 4: with the time of the attempt that failed (XEP-0203). */
function withDelay(host: ClientSession['host']['name'], { stanza, at }: Unacknowledged): Stanza {
  if (stanza.element.child(DELAY) !== undefined) return stanza;
  const late = stanza.replace(stanza.element.append(delay(host, at)));
  late.kept = stanza.kept;
  return late;
}
