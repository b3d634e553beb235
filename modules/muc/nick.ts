/** Taking another name: XEP-0045 section 7.6. */
import { type Stanza, StanzaError } from '#api';
import { isNickTaken, makeLast } from './entering.ts';
import type { Muc } from './muc.ts';
import type { Device } from './occupant.ts';
import { broadcastLeaving, broadcastPresence, sendSelfPresence, shownPresence } from './presence.ts';
import type { Room } from './room.ts';

const taken = new StanzaError('conflict', 'somebody else has this nickname');

/** All devices under the old name take the new one, which nobody else may have, nor another device of that person. */
export function changeNick(muc: Muc, room: Room, device: Device, stanza: Stanza): StanzaError | undefined {
  const { occupant } = device;
  const nick = stanza.to.resource;
  if (room.occupants.has(nick) || isNickTaken(room, nick, occupant.account)) return taken;
  device.presence = shownPresence(stanza.element);
  makeLast(occupant, device);
  broadcastLeaving(muc, room, occupant, { statuses: [303], newNick: nick, role: occupant.role });
  room.occupants.delete(occupant.nick);
  occupant.jid = stanza.to;
  room.occupants.set(nick, occupant);
  broadcastPresence(muc, room, occupant);
  sendSelfPresence(muc, room, occupant, []);
  return undefined;
}
