/** What one occupant says to another: XEP-0045 section 7.5. */
import { type Awaitable, Element, el, NS, refusals, Stanza, StanzaError } from '#api';
import { noteWhisper } from './bounces.ts';
import { honestAttributes, honestChildren } from './honesty.ts';
import { isTooFast, notAnOccupant, tooFast } from './messages.ts';
import type { Muc } from './muc.ts';
import type { Occupant } from './occupant.ts';
import { roleAtLeast } from './ranks.ts';
import type { Room } from './room.ts';
import { NS_OCCUPANT_ID, userX } from './vocabulary.ts';

const notBack = new StanzaError('recipient-unavailable', 'that occupant has not come back yet');
const notForAll = new StanzaError('bad-request', 'what is for all goes to the room itself');

/** A message from an occupant to the address of another. */
export function sayToOne(muc: Muc, room: Room, stanza: Stanza): Awaitable<StanzaError | void> {
  const device = room.devices.get(stanza.from.full);
  if (stanza.type === 'groupchat') return notForAll;
  if (device === undefined) return notAnOccupant;
  const sender = device.occupant;
  const recipient = room.occupants.get(stanza.to.resource);
  if (recipient === undefined) return refusals.itemNotFound;
  if (!mayWhisper(room, sender, recipient)) return refusals.forbidden;
  const devices = room.reachable(recipient);
  if (devices.length === 0) return notBack;
  if (isTooFast(muc, sender)) return tooFast;
  noteWhisper(recipient, device, stanza.id);
  const children = honestChildren(stanza.element);
  children.push(el(NS_OCCUPANT_ID, 'occupant-id', { id: sender.id }), userX());
  const element = new Element(NS.client, 'message', honestAttributes(stanza.element), children);
  return muc.router.routeToDevices(
    new Stanza(element, sender.jid, recipient.jid),
    devices.map((it) => it.jid),
  );
}

/** `muc#roomconfig_allowpm`; where only moderators may, others may speak to them, so that they can be answered. */
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
