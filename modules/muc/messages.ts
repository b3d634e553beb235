/** What is said to all: XEP-0045 section 7.4. */
import { Element, el, keeping, NS, Stanza, StanzaError, TokenBucket } from '#api';
import { archivesNow, remember, type Said } from './history.ts';
import { honestAttributes, honestChildren } from './honesty.ts';
import { tellMissed } from './missed.ts';
import type { Muc, Origin } from './muc.ts';
import type { Device, Occupant } from './occupant.ts';
import { retractOwn } from './retracting.ts';
import type { Room } from './room.ts';
import { addSender } from './senders.ts';
import { takeTurn } from './slow-mode.ts';
import { changeSubject, isSubjectChange, refuseSubject } from './subject.ts';
import { NS_OCCUPANT_ID } from './vocabulary.ts';

export const notAnOccupant = new StanzaError('not-acceptable', 'you are not in the room', { type: 'modify' });
export const tooFast = new StanzaError('policy-violation', 'you are speaking too fast', { type: 'wait' });
const noVoice = new StanzaError('forbidden', 'you may not speak here');

/** Somebody speaks to all. A promise lets the sender wait because storage is behind. */
export function sayToAll(
  muc: Muc,
  room: Room,
  stanza: Stanza,
  origin: Origin,
): StanzaError | Promise<void> | undefined {
  const device = room.devices.get(stanza.from.full);
  if (device === undefined) return notAnOccupant;
  const { occupant } = device;
  const refusal = refuseMessage(muc, room, occupant, stanza);
  if (refusal !== undefined) return refusal;
  const { id, stanza: said } = asSaid(muc, room, occupant, stanza);
  const stored = id === undefined ? undefined : keep(muc, room, device, { id, stanza: said }, origin);
  for (const { jid } of room.devices.values()) muc.router.routeCopy(said, jid);
  if (id !== undefined) tellMissed(muc, room, said);
  return stored;
}

function refuseMessage(muc: Muc, room: Room, occupant: Occupant, { element }: Stanza): StanzaError | undefined {
  if (occupant.role === 'visitor' || occupant.role === 'none') return noVoice;
  const isSubject = isSubjectChange(element);
  const refusal = isSubject ? refuseSubject(room, occupant) : undefined;
  if (refusal !== undefined) return refusal;
  if (isTooFast(muc, occupant)) return tooFast;
  return isSubject ? undefined : takeTurn(muc, room, occupant, element);
}

/** Whether somebody floods the room; what is said now counts. */
export function isTooFast({ options: { messagesPerSecond }, clock }: Muc, occupant: Occupant): boolean {
  occupant.pace ??= new TokenBucket(messagesPerSecond, Math.max(1, messagesPerSecond));
  return !occupant.pace.tryTake(1, clock.now());
}

/** What somebody says; without an id where it is not worth keeping. */
interface Words extends Omit<Said, 'id'> {
  readonly id: string | undefined;
}

/** The message as all are sent it. */
function asSaid(muc: Muc, room: Room, occupant: Occupant, { element }: Stanza): Words {
  const id = isSubjectChange(element) || keeping('normal', element) === 'lasting' ? muc.ids.next() : undefined;
  const children = honestChildren(element);
  children.push(el(NS_OCCUPANT_ID, 'occupant-id', { id: occupant.id }));
  if (id !== undefined) children.push(el(NS.stanzaId, 'stanza-id', { by: room.jid.bare, id }));
  const said = new Element(NS.client, 'message', honestAttributes(element), children);
  return { stanza: new Stanza(said, occupant.jid, room.jid), id };
}

/** What lasts goes into the archive and the history. The sender's acknowledgement waits for it; the others do not. */
function keep(muc: Muc, room: Room, device: Device, said: Said, origin: Origin): Promise<void> | undefined {
  const { id, stanza } = said;
  // XEP-0313 section 6.1.2: subjects, too.
  const archived = archivesNow(muc, room)
    ? muc.archive?.append(room.jid, { id, stanza: addSender(room, stanza, device), peer: stanza.from })
    : undefined;
  const isSubject = isSubjectChange(stanza.element);
  if (!isSubject) remember(muc, room, said);
  const consequence = isSubject ? changeSubject(muc, room, stanza) : retractOwn(muc, room, said);
  const stored = consequence === undefined ? archived : Promise.all([consequence, archived]).then(() => undefined);
  if (stored === undefined) return undefined;
  stored.catch((cause) => muc.log.error({ err: cause, room: room.jid.bare }, 'a message was not stored'));
  origin?.durableAfter(stored);
  return muc.archive?.saturated ? stored.then(undefined, () => undefined) : undefined;
}
