/** Changing what people are in a room and what they may do: XEP-0045 sections 5.1.3, 5.2.2, 9 and 10.3 to 10.8. */
import { el, type Jid, jid, NS, Stanza, StanzaError } from '#api';
import { sendOthers } from './entering.ts';
import { removeOccupant } from './leaving.ts';
import type { Membership } from './memberships.ts';
import type { Muc } from './muc.ts';
import type { Occupant } from './occupant.ts';
import { broadcastChange, type Cause, isBroadcast } from './presence.ts';
import { type Affiliation, affiliationAtLeast, type Role, roleAtLeast } from './ranks.ts';
import type { Room } from './room.ts';
import { NS_USER, userX } from './vocabulary.ts';

export interface AffiliationChange {
  /** A bare address, or a domain that is banned. */
  readonly address: Jid;
  readonly affiliation: Affiliation;
  /** The nickname to reserve; what was reserved stays when it is left out. */
  readonly nick?: string | undefined;
  readonly reason: string;
}

const listsAreFull = new StanzaError('resource-constraint', 'the lists of the room are full');

/** There is an end to the lists of a room. */
export function refuseGrowth(muc: Muc, room: Room, count: number): StanzaError | undefined {
  return count > 0 && room.memberships.size + count > muc.options.maxMemberships ? listsAreFull : undefined;
}

const NOBODY: Membership = { affiliation: 'none', nick: '', reason: '', since: 0 };

/** Makes changes that have been found to be allowed durable, then tells the room. */
export async function applyAffiliations(
  muc: Muc,
  room: Room,
  changes: readonly AffiliationChange[],
  actor: Occupant | undefined,
): Promise<void> {
  const now = muc.clock.now();
  const rows = changes.map(({ address, affiliation, nick, reason }) => {
    const before = room.memberships.get(address.bare) ?? NOBODY;
    const isMember = affiliationAtLeast(affiliation, 'member');
    const since = isMember && affiliationAtLeast(before.affiliation, 'member') ? before.since : now;
    const kept = isMember ? (nick ?? before.nick) : '';
    return { address: address.bare, before, membership: { affiliation, nick: kept, reason, since } };
  });
  for (const { address, membership } of rows) keep(room, address, membership);
  try {
    await muc.store.saveMemberships(room.jid, rows);
  } catch (cause) {
    for (const { address, before } of rows) keep(room, address, before);
    throw cause;
  }
  for (const { address, before, membership } of rows) {
    const move = { from: before.affiliation, to: membership.affiliation };
    if (move.from !== move.to) tellMove(muc, room, jid(address), { ...move, actor, reason: membership.reason });
  }
}

function keep(room: Room, address: string, membership: Membership): void {
  if (membership.affiliation === 'none') room.memberships.delete(address);
  else room.memberships.set(address, membership);
}

interface Move extends Cause {
  readonly from: Affiliation;
  readonly to: Affiliation;
}

/** Those who are there see it in presence, others in a message (sections 9.3 to 9.6). */
function tellMove(muc: Muc, room: Room, account: Jid, move: Move): void {
  const present = [...room.occupants.values()].filter(({ account: it }) =>
    account.local === '' ? it.domain === account.domain : it.bare === account.bare,
  );
  for (const occupant of present) {
    // A ban of a domain does not touch those of it who are members.
    if (account.local === '' && room.affiliationOf(occupant.account) !== move.to) continue;
    // Who is no member any more is banned where the domain is.
    const to = move.to === 'none' ? room.affiliationOf(occupant.account) : move.to;
    moveOccupant(muc, room, occupant, { ...move, to });
  }
  if (present.length > 0 || account.local === '') return;
  const item = el(NS_USER, 'item', { affiliation: move.to, jid: account.bare, role: 'none' });
  const stanza = new Stanza(el(NS.client, 'message', { id: muc.ids.next() }, userX(item)), room.jid, room.jid);
  for (const { jid: to, occupant } of room.devices.values()) {
    if (room.seesAddresses(occupant)) muc.router.routeCopy(stanza, to);
  }
}

function moveOccupant(muc: Muc, room: Room, occupant: Occupant, { from, to, ...cause }: Move): void {
  if (to === 'outcast' || (to === 'none' && room.config.membersOnly)) {
    removeOccupant(muc, room, occupant, { ...cause, statuses: [to === 'outcast' ? 301 : 321] });
    return;
  }
  const role = room.defaultRole(to);
  // Section 5.1.3: who rises keeps a role that is higher still, as a moderator does who becomes a member.
  const falls = !affiliationAtLeast(to, from);
  giveRole(muc, room, occupant, falls || roleAtLeast(role, occupant.role) ? role : occupant.role, cause);
}

/** Gives an occupant another role, and tells everybody (sections 8.3, 8.4, 9.6 and 9.7). */
export function broadcastRoleChange(muc: Muc, room: Room, occupant: Occupant, role: Role, cause: Cause): void {
  if (role === 'none') {
    removeOccupant(muc, room, occupant, { ...cause, statuses: [307] });
    return;
  }
  giveRole(muc, room, occupant, role, cause);
}

/** Section 8: moderators learn who the others are by presence; who becomes one does so now. */
function giveRole(muc: Muc, room: Room, occupant: Occupant, role: Role, cause: Cause): void {
  const wasShown = isBroadcast(room, occupant.role);
  const sawAddresses = room.seesAddresses(occupant);
  occupant.role = role;
  broadcastChange(muc, room, occupant, cause, wasShown);
  if (sawAddresses || !room.seesAddresses(occupant)) return;
  for (const device of occupant.devices) sendOthers(muc, room, device);
}
