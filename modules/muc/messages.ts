/** What is said to all: XEP-0045 section 7.4. */
import { clark, Element, el, keeping, NS, Stanza, StanzaError } from '#api';
import { loadHistory, remember } from './history.ts';
import type { Muc, Origin } from './muc.ts';
import type { Occupant } from './occupant.ts';
import type { Room } from './room.ts';
import { changeSubject, isSubjectChange, refuseSubject } from './subject.ts';
import { NS_OCCUPANT_ID, USER_X } from './vocabulary.ts';

export const notAnOccupant = new StanzaError('not-acceptable', 'you are not in the room', { type: 'modify' });
const noVoice = new StanzaError('forbidden', 'you may not speak here');
const tooSoon = new StanzaError('policy-violation', 'you are speaking too fast', { type: 'wait' });

const STANZA_ID = clark(NS.stanzaId, 'stanza-id');
const OCCUPANT_ID = clark(NS_OCCUPANT_ID, 'occupant-id');
const DELAY_KEY = clark(NS.delay, 'delay');

/** Only the room says such things. */
function isHonest(room: Room, child: Element): boolean {
  if (child.key === STANZA_ID) return child.attr('by') !== room.jid.bare;
  return child.key !== OCCUPANT_ID && child.key !== USER_X && child.key !== DELAY_KEY;
}

/** Somebody speaks to all. A promise lets the sender wait because storage is behind. */
export function sayToAll(
  muc: Muc,
  room: Room,
  stanza: Stanza,
  origin: Origin,
): StanzaError | Promise<void> | undefined {
  const occupant = room.occupantAt(stanza.from);
  if (occupant === undefined) return notAnOccupant;
  const refusal = refuseMessage(muc, room, occupant, stanza);
  if (refusal !== undefined) return refusal;
  const said = asSaid(muc, room, occupant, stanza);
  occupant.spokeAt = muc.clock.now();
  const stored = keep(muc, room, said, origin);
  for (const { jid } of room.devices.values()) muc.router.routeCopy(said.stanza, jid);
  return stored;
}

function refuseMessage(muc: Muc, room: Room, occupant: Occupant, { element }: Stanza): StanzaError | undefined {
  if (occupant.role === 'visitor' || occupant.role === 'none') return noVoice;
  if (isSubjectChange(element)) return refuseSubject(room, occupant);
  if (occupant.role === 'moderator') return undefined;
  const pause = room.config.slowModeSeconds * 1000;
  // XEP-0500 section 4: chat states and their like do not count.
  const counts = pause > 0 && keeping('normal', element) === 'lasting';
  return counts && muc.clock.now() - occupant.spokeAt < pause ? tooSoon : undefined;
}

interface Said {
  readonly stanza: Stanza;
  /** Its id in the archive; undefined for what is not worth keeping. */
  readonly id: string | undefined;
}

/** The message as all are sent it. */
function asSaid(muc: Muc, room: Room, occupant: Occupant, { element }: Stanza): Said {
  const id = isSubjectChange(element) || keeping('normal', element) === 'lasting' ? muc.ids.next() : undefined;
  const children = element.children.filter((it) => typeof it === 'string' || isHonest(room, it));
  children.push(el(NS_OCCUPANT_ID, 'occupant-id', { id: occupant.id }));
  if (id !== undefined) children.push(el(NS.stanzaId, 'stanza-id', { by: room.jid.bare, id }));
  return { stanza: new Stanza(new Element(NS.client, 'message', element.attrs, children), occupant.jid, room.jid), id };
}

/** What lasts goes into the archive and the history. The sender's acknowledgement waits for it; the others do not. */
function keep(muc: Muc, room: Room, { stanza, id }: Said, origin: Origin): Promise<void> | undefined {
  if (id === undefined) return undefined;
  let stored: Promise<void> | undefined;
  if (isSubjectChange(stanza.element)) {
    stored = changeSubject(muc, room, stanza.from, stanza.element);
  } else {
    if (room.history === undefined) void loadHistory(muc, room);
    remember(room, stanza, muc.clock.now());
    if (room.config.archive && muc.archive !== undefined) {
      stored = muc.archive.append(room.jid, { id, stanza, peer: stanza.from });
    }
  }
  if (stored === undefined) return undefined;
  stored.catch((cause) => muc.log.error({ err: cause, room: room.jid.bare }, 'a message was not stored'));
  origin?.durableAfter(stored);
  return muc.archive?.saturated ? stored.then(undefined, () => undefined) : undefined;
}
