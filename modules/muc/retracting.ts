/** What was said is taken back by who said it, and what stays of it: XEP-0424. */
import { clark, type Element, el, formatDateTime, type Node, NS } from '#api';
import { recall, replaceInHistory, type Said } from './history.ts';
import type { Muc } from './muc.ts';
import type { Room } from './room.ts';
import { readKept } from './senders.ts';
import { clearSubject } from './subject.ts';
import { NS_OCCUPANT_ID } from './vocabulary.ts';

export const NS_RETRACT = 'urn:xmpp:message-retract:1';
export const NS_MODERATE = 'urn:xmpp:message-moderate:1';
export const MODERATED = clark(NS_MODERATE, 'moderated');
export const RETRACT = clark(NS_RETRACT, 'retract');
/** Of messages, it says that they are a tombstone. */
export const RETRACTED = clark(NS_RETRACT, 'retracted');
const STANZA_ID = clark(NS.stanzaId, 'stanza-id');
export const OCCUPANT_ID = clark(NS_OCCUPANT_ID, 'occupant-id');

/** A message that the room knows, as all were sent it. */
export async function findKept(muc: Muc, room: Room, id: string): Promise<Element | undefined> {
  const past = recall(room, id);
  if (past !== undefined) return past.stanza.element;
  // An archive that is not being written any more still has what was said before.
  const [message] = (await muc.archive?.get(room.jid, [id])) ?? [];
  return message && readKept(room, message.xml)?.element;
}

export function isTombstone(message: Element): boolean {
  return message.child(RETRACTED) !== undefined;
}

/** Section 4: what is left in the place of a message; `id` is that of the message that retracts it. */
export function makeTombstone(muc: Muc, id: string, ...children: readonly (Node | undefined)[]): Element {
  return el(NS_RETRACT, 'retracted', { id, stamp: formatDateTime(muc.clock.now()) }, ...children);
}

/** Leaves a tombstone wherever the message is. Resolves when it is durable. */
export async function entomb(muc: Muc, room: Room, id: string, retracted: Element): Promise<void> {
  replaceInHistory(room, id, retracted);
  if (room.subject?.element.child(STANZA_ID)?.attr('id') === id) await clearSubject(muc, room);
  await muc.archive?.retract(room.jid, id, retracted);
  // A history that was being read meanwhile may have found what was said.
  await room.reading?.done.catch(() => undefined);
  replaceInHistory(room, id, retracted);
}

/** Carries out what a message asks for that has just been said; undefined when it is none that does. */
export function retractOwn(muc: Muc, room: Room, { id, stanza }: Said): Promise<void> | undefined {
  const target = stanza.element.child(RETRACT)?.attr('id');
  if (target === undefined || target === '') return undefined;
  const author = authorOf(stanza.element);
  return retractAs(muc, room, { author, target, retracted: makeTombstone(muc, stanza.id ?? id) });
}

interface Retraction {
  readonly author: string | undefined;
  readonly target: string;
  readonly retracted: Element;
}

/** Section 5: nobody takes back what others have said; whoever is asked for it by its id knows by XEP-0421. */
async function retractAs(muc: Muc, room: Room, { author, target, retracted }: Retraction): Promise<void> {
  const message = await findKept(muc, room, target);
  if (message === undefined || isTombstone(message) || authorOf(message) !== author) return;
  await entomb(muc, room, target, retracted);
}

function authorOf(message: Element): string | undefined {
  return message.child(OCCUPANT_ID)?.attr('id');
}
