/** Names in a room, and taking another one: XEP-0045 sections 7.6 and 17.1. */
import { type Stanza, StanzaError } from '#api';
import { isNickTaken, makeLast } from './entering.ts';
import type { Muc } from './muc.ts';
import type { Device } from './occupant.ts';
import { broadcastLeaving, broadcastPresence, sendSelfPresence, shownPresence } from './presence.ts';
import type { Room } from './room.ts';

const none = new StanzaError('jid-malformed', 'a nickname is needed');
const invisible = new StanzaError('jid-malformed', 'a nickname has to be seen');
const tooLong = new StanzaError('policy-violation', 'the nickname is too long');
const taken = new StanzaError('conflict', 'somebody else has this nickname');

/** Spaces, and the letters that look like them. */
const INVISIBLE = /^[\s\u2800\u115f\u1160\u3164\uffa0\p{Cf}]*$/u;

/** Section 17.1: nobody may be there unseen; section 13.6: nor speak by its name. */
export function refuseNick(muc: Muc, nick: string): StanzaError | undefined {
  if (nick === '') return none;
  if (nick.length > muc.options.maxNickLength) return tooLong;
  return INVISIBLE.test(nick) ? invisible : undefined;
}

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
  sendSelfPresence(muc, room, occupant, { device, id: stanza.id });
  return undefined;
}
