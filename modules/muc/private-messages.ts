/** What one occupant says to another: XEP-0045 section 7.5, and IQs from one to another. */
import { Element, el, NS, refusals, Stanza, StanzaError } from '#api';
import { notAnOccupant } from './messages.ts';
import type { Muc } from './muc.ts';
import type { Occupant } from './occupant.ts';
import { roleAtLeast } from './ranks.ts';
import type { Room } from './room.ts';
import { NS_OCCUPANT_ID, USER_X, userX } from './vocabulary.ts';

const notForAll = new StanzaError('bad-request', 'what is for all goes to the room itself');

/** A message from an occupant to the address of another. */
export function sayToOne(muc: Muc, room: Room, stanza: Stanza): StanzaError | undefined {
  const sender = room.occupantAt(stanza.from);
  if (stanza.type === 'groupchat') return notForAll;
  if (sender === undefined) return notAnOccupant;
  const recipient = room.occupants.get(stanza.to.resource);
  if (recipient === undefined) return refusals.itemNotFound;
  if (!mayWhisper(room, sender, recipient)) return refusals.forbidden;
  const children = stanza.element.children.filter((it) => typeof it === 'string' || !isForged(it));
  const id = el(NS_OCCUPANT_ID, 'occupant-id', { id: sender.id });
  const element = new Element(NS.client, 'message', stanza.element.attrs, [...children, id, userX()]);
  const whispered = new Stanza(element, sender.jid, recipient.jid);
  for (const { jid } of recipient.devices) muc.router.routeCopy(whispered, jid);
  return undefined;
}

function isForged(child: Element): boolean {
  return child.key === USER_X || child.ns === NS_OCCUPANT_ID;
}

/** `muc#roomconfig_allowpm`; an occupant may always speak to a moderator who spoke to it, so moderators are heard. */
function mayWhisper(room: Room, sender: Occupant, recipient: Occupant): boolean {
  switch (room.config.privateMessages) {
    case 'anyone':
      return true;
    case 'participants':
      return roleAtLeast(sender.role, 'participant');
    case 'moderators':
      return sender.role === 'moderator' || recipient.role === 'moderator';
    case 'none':
      return false;
  }
}
