/** How occupants leave, on their own account or not: XEP-0045 sections 7.14, 8.2, 9.1 and 11. */
import { type Element, el, NS, Stanza } from '#api';
import type { Muc } from './muc.ts';
import type { Device, Occupant } from './occupant.ts';
import { broadcastLeaving, broadcastPresence, type Change, sendSelfPresence } from './presence.ts';
import type { Room } from './room.ts';
import { NS_OCCUPANT_ID, NS_USER, type Status, status, userX } from './vocabulary.ts';

/** Takes everybody under this name out of the room and tells the rest. */
export function removeOccupant(muc: Muc, room: Room, occupant: Occupant, change: Change): void {
  broadcastLeaving(muc, room, occupant, change);
  forgetOccupant(muc, room, occupant);
}

function forgetOccupant(muc: Muc, room: Room, occupant: Occupant): void {
  room.occupants.delete(occupant.nick);
  for (const device of occupant.devices) forgetDevice(room, device);
  occupant.role = 'none';
  muc.rooms.vacated(room);
}

/** It may be there again already. */
function forgetDevice({ devices }: Room, device: Device): void {
  if (devices.get(device.jid.full) === device) devices.delete(device.jid.full);
}

/** Section 11.2: the service ends, and its host goes on. Everybody is told, of no more than themselves. */
export function closeRooms(muc: Muc): void {
  for (const room of muc.rooms.awake()) {
    room.isGone = true;
    room.devices.clear();
    for (const occupant of room.occupants.values()) broadcastLeaving(muc, room, occupant, { statuses: [332] });
  }
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
    broadcastLeaving(muc, room, occupant, { statuses, reason, said });
    forgetOccupant(muc, room, occupant);
    return;
  }
  const gone = gonePresence(room, device, said?.attr('id'), statuses);
  const wasShown = occupant.device === device;
  occupant.drop(device);
  forgetDevice(room, device);
  if (!device.isRestored) muc.router.routeCopy(gone, device.jid);
  if (!wasShown) return;
  broadcastPresence(muc, room, occupant);
  sendSelfPresence(muc, room, occupant);
}

/** The answer to a device that goes while others of its occupant stay. */
function gonePresence(
  room: Room,
  { jid, occupant }: Device,
  id: string | undefined,
  statuses: readonly Status[],
): Stanza {
  const affiliation = room.affiliationOf(occupant.account);
  const item = el(NS_USER, 'item', { affiliation, role: 'none', jid: jid.full });
  return new Stanza(
    el(
      NS.client,
      'presence',
      { type: 'unavailable', id },
      el(NS_OCCUPANT_ID, 'occupant-id', { id: occupant.id }),
      userX(item, ...[...statuses, 110 as const].map(status)),
    ),
    occupant.jid,
    jid,
  );
}
