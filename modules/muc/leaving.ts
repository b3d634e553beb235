/** How occupants leave, on their own account or not: XEP-0045 sections 7.14, 8.2, 9.1 and 11. */
import { type Element, el, NS, Stanza } from '#api';
import type { Muc } from './muc.ts';
import type { Device, Occupant } from './occupant.ts';
import { broadcastLeaving, broadcastPresence, type Change, sendSelfPresence } from './presence.ts';
import type { Room } from './room.ts';
import { NS_USER, type Status, status, userX } from './vocabulary.ts';

/** Takes everybody under this name out of the room and tells the rest. */
export function removeOccupant(muc: Muc, room: Room, occupant: Occupant, change: Change): void {
  broadcastLeaving(muc, room, occupant, change);
  forgetOccupant(muc, room, occupant);
}

function forgetOccupant(muc: Muc, room: Room, occupant: Occupant): void {
  room.occupants.delete(occupant.nick);
  for (const device of occupant.devices) room.devices.delete(device.jid.full);
  occupant.role = 'none';
  muc.rooms.vacated(room);
}

/** One device leaves; with the last one the occupant does. `said` is what it said in going. */
export function leave(
  muc: Muc,
  room: Room,
  device: Device,
  said: Element | undefined,
  statuses: readonly Status[] = [],
): void {
  const { occupant } = device;
  if (occupant.devices.length === 1) {
    const reason = statuses.length > 0 ? 'The connection was lost.' : undefined;
    broadcastLeaving(muc, room, occupant, { statuses, reason, ...(said === undefined ? {} : { said: said.children }) });
    forgetOccupant(muc, room, occupant);
    return;
  }
  const gone = gonePresence(room, device, statuses);
  const wasShown = occupant.device === device;
  occupant.devices.splice(occupant.devices.indexOf(device), 1);
  room.devices.delete(device.jid.full);
  muc.router.routeCopy(gone, device.jid);
  if (!wasShown) return;
  broadcastPresence(muc, room, occupant);
  sendSelfPresence(muc, room, occupant, []);
}

/** The answer to a device that goes while others of its occupant stay. */
function gonePresence(room: Room, { jid, occupant }: Device, statuses: readonly Status[]): Stanza {
  const affiliation = room.affiliationOf(occupant.account);
  const item = el(NS_USER, 'item', { affiliation, role: 'none', jid: jid.full });
  return new Stanza(
    el(NS.client, 'presence', { type: 'unavailable' }, userX(item, ...[...statuses, 110 as const].map(status))),
    occupant.jid,
    jid,
  );
}
