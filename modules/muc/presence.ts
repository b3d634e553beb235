/** What occupants see of each other: XEP-0045 sections 7.2.2 to 7.2.4. */
import { clark, DELAY, Element, el, type Jid, type Node, NS, Stanza, StanzaError } from '#api';
import { NS_HATS, shownHats } from './hats.ts';
import type { Muc } from './muc.ts';
import type { Device, Occupant } from './occupant.ts';
import type { Affiliation, Role } from './ranks.ts';
import type { Room } from './room.ts';
import type { RoomConfig } from './room-config.ts';
import { MUC_X, NS_OCCUPANT_ID, NS_USER, type Status, status, USER_X, userX } from './vocabulary.ts';

const FORGEABLE = new Set([
  MUC_X,
  USER_X,
  clark(NS_OCCUPANT_ID, 'occupant-id'),
  clark(NS.stanzaId, 'stanza-id'),
  clark(NS_HATS, 'hats'),
  DELAY,
  // What hats were called before, and clients still show.
  clark('xmpp:prosody.im/protocol/hats:1', 'hats'),
]);

/** Characters of what a presence holds. Everybody who enters is sent that of everybody else, all at once. */
const MAX_PRESENCE = 4096;
const tooLarge = new StanzaError('policy-violation', `a presence in a room holds at most ${MAX_PRESENCE} characters`);

/** Section 13.6: it is kept for each device, and sent to all. */
export function refusePresence({ element }: Stanza): StanzaError | undefined {
  return element.innerXml().length > MAX_PRESENCE ? tooLarge : undefined;
}

/** A presence as others are shown it: without what only rooms may say. */
export function shownPresence(element: Element): Element {
  const shown = element.children.filter((it) => typeof it === 'string' || !FORGEABLE.has(it.key));
  // It is kept for as long as the device is there: a copy has just the length that it needs.
  return new Element(element.ns, element.name, element.attrs, shown.slice());
}

/** Who did it, and why. */
export interface Cause {
  readonly actor?: Occupant | undefined;
  readonly reason?: string | undefined;
}

/** How a presence differs from the plain one. */
export interface Change extends Cause {
  readonly statuses?: readonly Status[];
  /** The name that is taken instead (section 7.6). */
  readonly newNick?: string;
  readonly affiliation?: Affiliation;
  readonly role?: Role;
  /** `<destroy/>` (section 10.9). */
  readonly destroy?: Element;
  /** What was said in going, such as a status (section 7.14), by one who sees its id again. */
  readonly said?: Element | undefined;
}

/** What the device alone is told whose presence it is that the occupant has now. */
export interface Echo {
  readonly device: Device;
  /** The id that it gave its presence (section 7.2.2). */
  readonly id: string | undefined;
  readonly statuses?: readonly Status[];
}

function item(occupant: Occupant, affiliation: Affiliation, change: Change, address: Jid | undefined): Element {
  const { actor, reason } = change;
  return el(
    NS_USER,
    'item',
    {
      affiliation: change.affiliation ?? affiliation,
      role: change.role ?? occupant.role,
      jid: address?.full,
      nick: change.newNick,
    },
    actor && el(NS_USER, 'actor', { nick: actor.nick }),
    reason ? el(NS_USER, 'reason', null, reason) : undefined,
  );
}

interface View {
  /** With its address. */
  readonly isOpen: boolean;
  readonly isAvailable: boolean;
  readonly id?: string | undefined;
}

function build(room: Room, occupant: Occupant, change: Change, { isOpen, isAvailable, id }: View): Stanza {
  const { device } = occupant;
  const x = userX(
    item(occupant, room.affiliationOf(occupant.account), change, isOpen ? device.jid : undefined),
    change.destroy,
    ...(change.statuses ?? []).map(status),
  );
  const said = isAvailable ? device.presence : change.said;
  const attrs: string[] = isAvailable ? [] : ['type', 'unavailable'];
  if (id !== undefined) attrs.push('id', id);
  const lang = said?.attr('xml:lang');
  if (lang !== undefined) attrs.push('xml:lang', lang);
  const children: Node[] = [...(said?.children ?? []), el(NS_OCCUPANT_ID, 'occupant-id', { id: occupant.id }), x];
  const hats = isAvailable ? shownHats(room.hats, occupant.account) : undefined;
  if (hats !== undefined) children.push(hats);
  return new Stanza(new Element(NS.client, 'presence', attrs, children), occupant.jid, room.jid);
}

const OPEN: View = { isOpen: true, isAvailable: true };
const VEILED: View = { isOpen: false, isAvailable: true };

/** The presence of an occupant for one who sees addresses or not; made once, until something changes. */
export function presenceFor(room: Room, occupant: Occupant, viewer: Occupant): Stanza {
  if (room.seesAddresses(viewer)) return (occupant.open ??= build(room, occupant, {}, OPEN));
  return (occupant.veiled ??= build(room, occupant, {}, VEILED));
}

/** Whether others are told of somebody with this role (`muc#roomconfig_presencebroadcast`). */
export function isBroadcast(room: Room, role: Role): boolean {
  return role === 'none' || room.config.presenceBroadcast.includes(role);
}

/** The occupant is as it is, for itself, on all its devices. */
export function sendSelfPresence(muc: Muc, room: Room, occupant: Occupant, echo?: Echo): void {
  let self: Stanza | undefined;
  for (const device of room.reachable(occupant)) {
    if (device === echo?.device) continue;
    self ??= build(room, occupant, { statuses: [110] }, OPEN);
    muc.router.routeCopy(self, device.jid);
  }
  if (echo !== undefined) sendEcho(muc, room, echo);
}

/** The same for the one device that has spoken. */
export function sendEcho(muc: Muc, room: Room, { device, id, statuses = [] }: Echo): void {
  const self = build(room, device.occupant, { statuses: [...statuses, 110] }, { ...OPEN, id });
  muc.router.routeCopy(self, device.jid);
}

/** Tells the others how an occupant is now. */
export function broadcastPresence(muc: Muc, room: Room, occupant: Occupant): void {
  occupant.forgetShown();
  if (!isBroadcast(room, occupant.role)) return;
  for (const device of room.devices.values()) {
    const viewer = device.occupant;
    if (viewer !== occupant) muc.router.routeCopy(presenceFor(room, occupant, viewer), device.jid);
  }
}

/**
 * Tells everybody, the occupant first of all, of a change that came about in the room. For others the occupant goes when
 * it was shown to them and is no more.
 */
export function broadcastChange(muc: Muc, room: Room, occupant: Occupant, change: Change, wasShown = true): void {
  occupant.forgetShown();
  announceToItself(muc, room, occupant, change, true);
  if (isBroadcast(room, occupant.role)) announceToOthers(muc, room, occupant, change, true);
  else if (wasShown) announceToOthers(muc, room, occupant, { role: 'none' }, false);
}

/** Tells everybody, the occupant first of all, that it leaves. Its role is still the one that it had. */
export function broadcastLeaving(muc: Muc, room: Room, occupant: Occupant, change: Change): void {
  const leaving: Change = { role: 'none', ...change };
  announceToItself(muc, room, occupant, leaving, false);
  if (isBroadcast(room, occupant.role)) announceToOthers(muc, room, occupant, leaving, false);
}

/** The room shows others than it did: those of some roles come, or go (`muc#roomconfig_presencebroadcast`). */
export function reviseBroadcast(muc: Muc, room: Room, before: RoomConfig): void {
  for (const occupant of room.occupants.values()) {
    const wasShown = before.presenceBroadcast.includes(occupant.role);
    if (wasShown !== isBroadcast(room, occupant.role)) broadcastChange(muc, room, occupant, {}, wasShown);
  }
}

function announceToItself(muc: Muc, room: Room, occupant: Occupant, change: Change, isAvailable: boolean): void {
  const statuses: readonly Status[] = [...(change.statuses ?? []), 110];
  const id = change.said?.attr('id');
  const self = build(room, occupant, { ...change, statuses }, { isOpen: true, isAvailable, id });
  for (const device of room.reachable(occupant)) muc.router.routeCopy(self, device.jid);
}

function announceToOthers(muc: Muc, room: Room, occupant: Occupant, change: Change, isAvailable: boolean): void {
  let open: Stanza | undefined;
  let veiled: Stanza | undefined;
  for (const { jid, occupant: viewer } of room.devices.values()) {
    if (viewer === occupant) continue;
    const stanza = room.seesAddresses(viewer)
      ? (open ??= build(room, occupant, change, { isOpen: true, isAvailable }))
      : (veiled ??= build(room, occupant, change, { isOpen: false, isAvailable }));
    muc.router.routeCopy(stanza, jid);
  }
}
