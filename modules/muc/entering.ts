/** How one gets into a room: XEP-0045 section 7.2. */
import { hash, timingSafeEqual } from 'node:crypto';
import { clark, type Element, el, type Jid, NS, Stanza, StanzaError } from '#api';
import { sendHistory } from './history.ts';
import type { Muc } from './muc.ts';
import { type Device, Occupant } from './occupant.ts';
import { broadcastPresence, isBroadcast, presenceFor, sendEcho, sendSelfPresence, shownPresence } from './presence.ts';
import { affiliationAtLeast } from './ranks.ts';
import type { Room } from './room.ts';
import { sendSubject } from './subject.ts';
import { MUC_X, NS_MUC, NS_OCCUPANT_ID, NS_USER, type Status, status, userX } from './vocabulary.ts';

const locked = new StanzaError('item-not-found', 'the room is not open yet');
const banned = new StanzaError('forbidden', 'you are banned from this room');
const notMember = new StanzaError('registration-required', 'this room is for members only');
const wrongPassword = new StanzaError('not-authorized', 'the password of the room is missing or wrong');
const nickTaken = new StanzaError('conflict', 'somebody else has this nickname');
const isFull = new StanzaError('service-unavailable', 'the room is full', { type: 'wait' });

const PASSWORD = clark(NS_MUC, 'password');
/** Section 7.2.9: so many admins and owners find room in a full one. */
const ADMINS_MORE = 10;

/** The device of this stanza enters, or asks again for all that one is told who enters (section 17.3). */
export function enter(muc: Muc, room: Room, stanza: Stanza, isNew: boolean): StanzaError | undefined {
  const x = stanza.element.child(MUC_X) as Element;
  const before =
    room.devices.get(stanza.from.full) ?? muc.absences.returning(muc, room, stanza.from, stanza.to.resource);
  if (before === undefined) {
    const refusal = refuseEntry(muc, room, stanza, x);
    if (refusal !== undefined) return refusal;
  }
  const device = before ?? admit(muc, room, stanza);
  const { occupant } = device;
  const isNews = before === undefined || saysOther(device, stanza);
  device.presence = shownPresence(stanza.element);
  makeLast(occupant, device);
  sendOthers(muc, room, device);
  const echo = { device, id: stanza.id, statuses: entryStatuses(muc, room, isNew) };
  if (isNews) {
    broadcastPresence(muc, room, occupant);
    sendSelfPresence(muc, room, occupant, echo);
  } else sendEcho(muc, room, echo);
  sendHistory(muc, room, device, x);
  sendSubject(muc, room, device.jid);
  return undefined;
}

/** Whether a device says something else of itself, or of its occupant, than is known. */
function saysOther(device: Device, { element }: Stanza): boolean {
  if (device.occupant.device !== device) return true;
  return device.presence.innerXml() !== shownPresence(element).innerXml();
}

/** Sections 7.2.5 to 7.2.10, in the order of their weight. */
function refuseEntry(muc: Muc, room: Room, { from, to }: Stanza, x: Element): StanzaError | undefined {
  const affiliation = room.affiliationOf(from);
  if (affiliation === 'outcast') return banned;
  if (room.isLocked && affiliation !== 'owner') return locked;
  const isTrusted = affiliationAtLeast(affiliation, 'admin');
  if (room.config.membersOnly && affiliation === 'none') return notMember;
  if (affiliation !== 'owner' && !opens(room.config.password, x.childText(PASSWORD) ?? '')) return wrongPassword;
  if (isNickTaken(room, to.resource, from)) return nickTaken;
  if (room.occupants.has(to.resource)) return undefined;
  const { maxOccupants } = muc.options;
  const limit = room.config.maxUsers === 0 ? maxOccupants : Math.min(room.config.maxUsers, maxOccupants);
  return room.occupants.size >= limit + (isTrusted ? ADMINS_MORE : 0) ? isFull : undefined;
}

/** Hashed, so that the time that it takes tells nothing of the password. */
function opens(password: string, tried: string): boolean {
  if (password === '') return true;
  return timingSafeEqual(hash('sha256', password, 'buffer'), hash('sha256', tried, 'buffer'));
}

/** Somebody else is there under that name, or has reserved it (sections 7.2.8 and 7.12). */
export function isNickTaken(room: Room, nick: string, by: Jid): boolean {
  const holder = room.occupants.get(nick);
  if (holder !== undefined) return holder.account.bare !== by.bare;
  const reserver = room.memberships.holderOf(nick);
  return reserver !== undefined && reserver !== by.bare;
}

function admit(muc: Muc, room: Room, { from, to: address, element }: Stanza): Device {
  let occupant = room.occupants.get(address.resource);
  if (occupant === undefined) {
    const role = room.defaultRole(room.affiliationOf(from));
    occupant = new Occupant(address, from.bareJid, muc.occupantId(room, from.bareJid), role);
    room.occupants.set(address.resource, occupant);
  }
  // It was lost a moment ago, and has not left yet.
  const lost = occupant.devices.find((it) => it.jid.full === from.full);
  if (lost !== undefined) occupant.drop(lost);
  const device: Device = { jid: from, occupant, presence: shownPresence(element), isRestored: false };
  occupant.putLast(device);
  room.devices.set(from.full, device);
  return device;
}

/** What this device says of itself is what counts. */
export function makeLast(occupant: Occupant, device: Device): void {
  device.isRestored = false;
  if (occupant.device !== device) occupant.putLast(device);
}

/** Who else is there, for one device. */
export function sendOthers(muc: Muc, room: Room, { jid, occupant: viewer }: Device): void {
  for (const other of room.occupants.values()) {
    if (other !== viewer && isBroadcast(room, other.role)) muc.router.routeCopy(presenceFor(room, other, viewer), jid);
  }
}

/** What a newcomer has to know of the room. */
function entryStatuses(muc: Muc, room: Room, isNew: boolean): readonly Status[] {
  const statuses: Status[] = [];
  if (room.config.whois === 'anyone') statuses.push(100);
  if (room.config.archive && muc.archive !== undefined) statuses.push(170);
  if (isNew) statuses.push(201);
  return statuses;
}

/**
 * Section 7.2.18: who is not there cannot say how it is; it thinks that it is there, and is told. Without a room there is
 * no id to know it by.
 */
export function notInside(muc: Muc, room: Room | undefined, { from, to, id }: Stanza): void {
  const reason = el(NS_USER, 'reason', null, 'You are not in the room.');
  const item = el(NS_USER, 'item', { affiliation: room?.affiliationOf(from) ?? 'none', role: 'none' }, reason);
  const x = userX(item, ...([110, 307, 333] as const).map(status));
  const occupantId = room && el(NS_OCCUPANT_ID, 'occupant-id', { id: muc.occupantId(room, from.bareJid) });
  void muc.router.route(new Stanza(el(NS.client, 'presence', { type: 'unavailable', id }, occupantId, x), to, from));
}
