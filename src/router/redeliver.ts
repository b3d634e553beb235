/** Where the stanzas go that a lost client did not acknowledge: XEP-0198 section 4, RFC 6121 section 8.5. */
import { Passage, undeliverable } from '../contracts/routing.ts';
import type { Unacknowledged } from '../session/acknowledgements.ts';
import type { ClientSession } from '../session/session.ts';
import { DELAY, delay } from '../xmpp/delay.ts';
import { errorReply, type Stanza } from '../xmpp/stanza.ts';
import { refusals, StanzaError } from '../xmpp/stanza-error.ts';
import { deliverToAccount } from './deliver.ts';
import type { StanzaRouter } from './router.ts';

/** Stanzas that are on their way to storage at once. */
const LOT = 250;

const gone = new StanzaError('recipient-unavailable', 'the client is gone');

/** The session is out of the table. What is begun at once keeps its order, and comes before whatever comes later. */
export async function redeliver(router: StanzaRouter, session: ClientSession): Promise<void> {
  const entries = [...(session.acks?.pending() ?? [])];
  for (let i = 0; i < entries.length; i += LOT) {
    // An account may be removed meanwhile: of the rest nothing waits for whoever has its name next.
    const isKnown = i === 0 || (await session.host.hasAccount(session.jid));
    await Promise.all(entries.slice(i, i + LOT).map((it) => settle(router, session, it, isKnown)));
  }
}

async function settle(
  router: StanzaRouter,
  session: ClientSession,
  entry: Unacknowledged,
  isKnown: boolean,
): Promise<void> {
  const { stanza } = entry;
  session.host.ledger?.note('lost', stanza, session.jid);
  try {
    if (stanza.kind === 'message')
      await (isKnown ? redeliverMessage(router, session, entry) : bounce(router, session, entry));
    else if (stanza.kind === 'iq') await refuse(router, stanza);
    // Presence is old news: who comes next is told how things are then.
  } catch (cause) {
    router.logFailure(stanza, cause);
  }
}

async function refuse(router: StanzaRouter, stanza: Stanza): Promise<void> {
  // An answer is for one client alone, and so is the server's own question.
  if (stanza.isReply || router.isLocal(stanza.from.full)) return;
  await router.route(errorReply(stanza, gone));
}

/** Copies of what others were sent are nothing to its sender. */
async function bounce(router: StanzaRouter, { jid }: ClientSession, { stanza }: Unacknowledged): Promise<void> {
  if (stanza.original === undefined && stanza.from.full !== jid.bare && isPersonal(stanza.type)) {
    await refuse(router, stanza);
  }
}

async function redeliverMessage(router: StanzaRouter, session: ClientSession, entry: Unacknowledged): Promise<void> {
  const stanza = entry.stanza.original ?? entry.stanza;
  // From the account itself: a copy of what another device has sent, or a page of the archive. From a room: the room is
  // told by unavailable presence that its occupant is gone, and keeps its own archive.
  if (stanza.from.full === session.jid.bare || !isPersonal(stanza.type)) return;
  if (stanza.queued || othersHaveIt(session, entry)) return;
  const { host } = session;
  const passage = new Passage(withDelay(host.name, stanza, entry.at), undefined);
  passage.ledger = host.ledger;
  if (stanza.kept) {
    // Never bounced and never delivered twice: at most it waits for a client that does not read the archive.
    if (host.sessions.of(session.jid.bare).length === 0) await host.parts.hooks.run(undeliverable, passage);
    return;
  }
  const error = await deliverAgain(router, session, passage);
  // XEP-0280 section 10.3: what becomes of a copy is nothing to its sender.
  if (error === undefined || entry.stanza.original !== undefined) return;
  host.ledger?.note('bounced', stanza, undefined, error.condition);
  await router.route(errorReply(stanza, error));
}

async function deliverAgain(
  router: StanzaRouter,
  { host }: ClientSession,
  passage: Passage,
): Promise<StanzaError | undefined> {
  try {
    return await deliverToAccount(host, passage);
  } catch (cause) {
    router.logFailure(passage.stanza, cause);
    return refusals.internal;
  }
}

function isPersonal(type: string): boolean {
  return type !== 'error' && type !== 'groupchat' && type !== 'headline';
}

/** Other devices of the account that are there were sent it, too, or a copy of it. */
function othersHaveIt({ jid, host }: ClientSession, { stanza, moment }: Unacknowledged): boolean {
  const { to, copies } = stanza.original ?? stanza;
  const others = host.sessions.of(jid.bare);
  if (copies?.some((it) => others.includes(it as ClientSession))) return true;
  if (stanza.original !== undefined) return others.some((it) => it.jid.resource === to.resource && it.wasAt(moment));
  // What was for this device alone, no other has; what went to the account, all have that took messages then.
  return to.resource !== jid.resource && others.some((it) => it.tookMessagesAt(moment));
}

/** XEP-0198 section 4: with the time of the attempt that failed (XEP-0203). */
function withDelay(host: ClientSession['host']['name'], stanza: Stanza, at: number): Stanza {
  if (stanza.element.child(DELAY) !== undefined) return stanza;
  const late = stanza.replace(stanza.element.append(delay(host, at)));
  late.kept = stanza.kept;
  return late;
}
