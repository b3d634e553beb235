/** What occupants see of each other: XEP-0045 sections 7.2.2 to 7.2.4. */
import { clark, Element, el, type Jid, type Node, NS, Stanza } from '#api';
import type { Muc } from './muc.ts';
import type { Device, Occupant } from './occupant.ts';
import type { Affiliation, Role } from './ranks.ts';
import type { Room } from './room.ts';
import { MUC_X, NS_OCCUPANT_ID, NS_USER, type Status, status, USER_X, userX } from './vocabulary.ts';

const FORGEABLE = new Set([MUC_X, USER_X, clark(NS_OCCUPANT_ID, 'occupant-id'), clark(NS.stanzaId, 'stanza-id')]);

/** A presence as others are shown it: without what only rooms may say. */
export function shownPresence(element: Element): Element {
  return element.filter((it) => typeof it === 'string' || !FORGEABLE.has(it.key));
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
  /** What was said in going, such as a status (section 7.14). */
  readonly said?: readonly Node[];
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

function build(room: Room, occupant: Occupant, isOpen: boolean, change: Change, isAvailable: boolean): Stanza {
  const { device } = occupant;
  const x = userX(
    item(occupant, room.affiliationOf(occupant.account), change, isOpen ? device.jid : undefined),
    change.destroy,
    ...(change.statuses ?? []).map(status),
  );
  const id = el(NS_OCCUPANT_ID, 'occupant-id', { id: occupant.id });
  const said = isAvailable ? device.presence.children : (change.said ?? []);
  const attrs = isAvailable ? device.presence.attrs : ['type', 'unavailable'];
  return new Stanza(new Element(NS.client, 'presence', withoutHead(attrs), [...said, id, x]), occupant.jid, room.jid);
}

function withoutHead(attrs: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < attrs.length; i += 2) {
    const name = attrs[i] as string;
    if (name === 'xml:lang' || name === 'type') kept.push(name, attrs[i + 1] as string);
  }
  return kept;
}

/** The presence of an occupant for one who sees addresses or not; made once, until something changes. */
export function presenceFor(room: Room, occupant: Occupant, viewer: Occupant): Stanza {
  if (room.seesAddresses(viewer)) return (occupant.open ??= build(room, occupant, true, {}, true));
  return (occupant.veiled ??= build(room, occupant, false, {}, true));
}

/** Whether others are told of somebody with this role (`muc#roomconfig_presencebroadcast`). */
export function isBroadcast(room: Room, role: Role): boolean {
  return role === 'none' || room.config.presenceBroadcast.includes(role);
}

/** The occupant is as it is, for itself: on one device, or on all. */
export function sendSelfPresence(
  muc: Muc,
  room: Room,
  occupant: Occupant,
  extra: readonly Status[],
  device?: Device,
): void {
  const self = build(room, occupant, true, { statuses: [...extra, 110] }, true);
  for (const it of device === undefined ? occupant.devices : [device]) muc.router.routeCopy(self, it.jid);
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

/** Tells everybody, the occupant first of all, of a change that came about in the room. */
export function broadcastChange(muc: Muc, room: Room, occupant: Occupant, change: Change, wasShown = true): void {
  occupant.forgetShown();
  announce(muc, room, occupant, change, { isAvailable: true, isShown: wasShown || isBroadcast(room, occupant.role) });
}

/** Tells everybody, the occupant first of all, that it leaves. Its role is still the one that it had. */
export function broadcastLeaving(muc: Muc, room: Room, occupant: Occupant, change: Change): void {
  const isShown = isBroadcast(room, occupant.role);
  announce(muc, room, occupant, { role: 'none', ...change }, { isAvailable: false, isShown });
}

function announce(
  muc: Muc,
  room: Room,
  occupant: Occupant,
  change: Change,
  how: { readonly isAvailable: boolean; readonly isShown: boolean },
): void {
  const self = build(room, occupant, true, { ...change, statuses: [...(change.statuses ?? []), 110] }, how.isAvailable);
  for (const device of occupant.devices) muc.router.routeCopy(self, device.jid);
  if (!how.isShown) return;
  let open: Stanza | undefined;
  let veiled: Stanza | undefined;
  for (const { jid, occupant: viewer } of room.devices.values()) {
    if (viewer === occupant) continue;
    const stanza = room.seesAddresses(viewer)
      ? (open ??= build(room, occupant, true, change, how.isAvailable))
      : (veiled ??= build(room, occupant, false, change, how.isAvailable));
    muc.router.routeCopy(stanza, jid);
  }
}
