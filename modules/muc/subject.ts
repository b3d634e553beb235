/** What a room is about: XEP-0045 sections 7.2.15 and 8.1. */
import { clark, delay, Element, el, type Jid, NS, refusals, Stanza, type StanzaError } from '#api';
import type { Muc } from './muc.ts';
import type { Occupant } from './occupant.ts';
import type { Room } from './room.ts';
import { NS_OCCUPANT_ID } from './vocabulary.ts';

export const SUBJECT = clark(NS.client, 'subject');
const BODY = clark(NS.client, 'body');
const THREAD = clark(NS.client, 'thread');
/** What is kept of a message that changes the subject. */
const KEPT = new Set([SUBJECT, clark(NS_OCCUPANT_ID, 'occupant-id'), clark(NS.stanzaId, 'stanza-id')]);

/** A message changes the subject when it has nothing else to say (section 8.1). */
export function isSubjectChange(element: Element): boolean {
  return (
    element.child(SUBJECT) !== undefined && element.child(BODY) === undefined && element.child(THREAD) === undefined
  );
}

export function refuseSubject(room: Room, occupant: Occupant): StanzaError | undefined {
  if (occupant.role === 'moderator') return undefined;
  return room.config.changeSubject && occupant.role === 'participant' ? undefined : refusals.forbidden;
}

export async function changeSubject(muc: Muc, room: Room, { from, element }: Stanza): Promise<void> {
  const kept = element.filter((it) => typeof it !== 'string' && KEPT.has(it.key));
  room.subject = { element: kept, by: from, at: muc.clock.now() };
  await muc.store.saveSubject(room);
}

/** It was taken back: nobody who comes later is told of it, and who is there sees that there is none. */
export async function clearSubject(muc: Muc, room: Room): Promise<void> {
  room.subject = undefined;
  for (const { jid } of room.devices.values()) sendSubject(muc, room, jid);
  await muc.store.saveSubject(room);
}

const NO_SUBJECT = new Element(NS.client, 'message', ['type', 'groupchat'], [el(NS.client, 'subject')]);

/** Section 7.2.15: always the last of what a newcomer is sent, even where there is none. */
export function sendSubject(muc: Muc, room: Room, to: Jid): void {
  const { subject } = room;
  const element = subject === undefined ? NO_SUBJECT : subject.element.append(delay(room.jid, subject.at));
  muc.router.routeCopy(new Stanza(element, subject?.by ?? room.jid, room.jid), to);
}
