/** Changes to roles and affiliations that moderators, admins and owners ask for: XEP-0045 sections 8.2 to 10.8. */
import { clark, type Element, type Jid, parseJid, prepareResource, refusals, StanzaError } from '#api';
import { type AffiliationChange, applyAffiliations, broadcastRoleChange } from './affiliations.ts';
import { inviteMember } from './inviting.ts';
import { ITEM, list } from './lists.ts';
import { refuseNick } from './nick.ts';
import type { Occupant } from './occupant.ts';
import { refuseOutcome } from './outcomes.ts';
import { type Affiliation, affiliationAtLeast, isAffiliation, isRole, type Role } from './ranks.ts';
import type { RoomHandlers, RoomRequest } from './requests.ts';
import type { Room } from './room.ts';
import { NS_ADMIN, reasonIn } from './vocabulary.ts';

const QUERY = clark(NS_ADMIN, 'query');

/** Each is told to everybody in the room. */
const MAX_ITEMS = 250;

const tooMany = new StanzaError('policy-violation', `a request may change ${MAX_ITEMS} roles and affiliations`);
const yourself = new StanzaError('conflict', 'you cannot do this to yourself');

export const admin: RoomHandlers = {
  [`get ${QUERY}`]: list,
  [`set ${QUERY}`]: change,
};

interface RoleChange {
  readonly occupant: Occupant;
  readonly role: Role;
  readonly reason: string;
}

interface Changes {
  /** By nickname. */
  readonly roles: Map<string, RoleChange>;
  /** By bare address. */
  readonly affiliations: Map<string, AffiliationChange>;
}

/** All of the items, or none (section 9.2). */
function change(request: RoomRequest): Promise<undefined> | StanzaError | undefined {
  const changes = readChanges(request);
  if (changes instanceof StanzaError) return changes;
  const { muc, room, occupant: actor } = request;
  const affiliations = [...changes.affiliations.values()];
  const refusal = refuseOutcome(muc, room, affiliations);
  if (refusal !== undefined) return refusal;
  for (const { occupant, role, reason } of changes.roles.values()) {
    if (occupant.role !== role) broadcastRoleChange(muc, room, occupant, role, { actor, reason });
  }
  return affiliations.length === 0 ? undefined : applyAndInvite(request, affiliations);
}

/** Each item is about a role or an affiliation (section 17.4), and no two are about the same one. */
function readChanges(request: RoomRequest): Changes | StanzaError {
  const items = request.payload.elements().filter((it) => it.key === ITEM);
  if (items.length > MAX_ITEMS) return tooMany;
  const changes: Changes = { roles: new Map(), affiliations: new Map() };
  for (const item of items) {
    const isRoleChange = item.attr('role') !== undefined;
    if (isRoleChange === (item.attr('affiliation') !== undefined)) return refusals.badRequest;
    const read = isRoleChange ? readRole(request, item) : readAffiliation(request, item);
    if (read instanceof StanzaError) return read;
    if ('role' in read) changes.roles.set(read.occupant.nick, read);
    else changes.affiliations.set(read.address.bare, read);
  }
  const count = changes.roles.size + changes.affiliations.size;
  return count === 0 || count < items.length ? refusals.badRequest : changes;
}

/** Section 9.5: new members of a members-only room hear that they may enter. */
async function applyAndInvite(
  { muc, room, stanza, occupant }: RoomRequest,
  changes: readonly AffiliationChange[],
): Promise<undefined> {
  const invited = changes.filter(
    ({ address, affiliation }) =>
      affiliationAtLeast(affiliation, 'member') && room.affiliationOf(address) === 'none' && room.config.membersOnly,
  );
  await applyAffiliations(muc, room, changes, occupant);
  for (const { address } of invited) inviteMember(muc, room, address, stanza.from);
}

function readRole(request: RoomRequest, item: Element): RoleChange | StanzaError {
  const { room, occupant: actor, affiliation } = request;
  const role = item.attr('role');
  const nick = prepareResource(item.attr('nick') ?? '');
  if (!isRole(role) || nick === undefined) return refusals.badRequest;
  if (actor?.role !== 'moderator' && !affiliationAtLeast(affiliation, 'admin')) return refusals.forbidden;
  const occupant = room.occupants.get(nick);
  if (occupant === undefined) return refusals.itemNotFound;
  return refuseRole(request, occupant, role) ?? { occupant, role, reason: reasonIn(item) };
}

/** What a moderator or admin may not do to this occupant: section 5.1.3. */
function refuseRole({ room, affiliation, occupant: actor }: RoomRequest, whom: Occupant, role: Role) {
  const rank = room.affiliationOf(whom.account);
  const isPeer = rank === affiliation;
  const isAbove = affiliationAtLeast(rank, affiliation) && !isPeer;
  if (role === 'none') {
    if (whom === actor) return undefined;
    if (isAbove) return refusals.notAllowed; // section 8.2
  } else if (role !== 'moderator') {
    // Sections 8.4 and 9.7; who has no affiliation is at nobody's level.
    const losesVoice = role === 'visitor' && (isAbove || (isPeer && rank !== 'none'));
    if (losesVoice || affiliationAtLeast(rank, 'admin')) return refusals.notAllowed;
  }
  const isOfModerators = role === 'moderator' || whom.role === 'moderator';
  return isOfModerators && !affiliationAtLeast(affiliation, 'admin') ? refusals.forbidden : undefined;
}

function readAffiliation(request: RoomRequest, item: Element): AffiliationChange | StanzaError {
  const { muc, room, affiliation: own, stanza } = request;
  const affiliation = item.attr('affiliation');
  if (!isAffiliation(affiliation)) return refusals.badRequest;
  if (!affiliationAtLeast(own, 'admin')) return refusals.forbidden;
  const address = readAddress(room, item);
  if (address instanceof StanzaError) return address;
  if (affiliation === 'outcast' && address.bare === stanza.from.bare) return yourself; // section 9.1
  // Whole domains can only be banned (section 9.2).
  if (address.local === '' && affiliationAtLeast(affiliation, 'member')) return refusals.badRequest;
  const refusal = own === 'owner' ? undefined : refuseAffiliation(room, address, affiliation);
  if (refusal !== undefined) return refusal;
  const change = { address, affiliation, reason: reasonIn(item) };
  const nick = item.attr('jid') === undefined ? undefined : item.attr('nick');
  if (nick === undefined || nick === '') return { ...change, nick };
  const reserved = prepareResource(nick);
  if (reserved === undefined) return refusals.jidMalformed;
  return refuseNick(muc, reserved) ?? { ...change, nick: reserved };
}

/** The account that an item names, or that somebody has who is there. */
function readAddress(room: Room, item: Element): Jid | StanzaError {
  const text = item.attr('jid');
  if (text !== undefined) return parseJid(text)?.bareJid ?? refusals.jidMalformed;
  const nick = item.attr('nick');
  if (nick === undefined) return refusals.badRequest;
  return room.occupants.get(prepareResource(nick) ?? '')?.account ?? refusals.itemNotFound;
}

/** What is for owners alone: the lists of admins and owners (sections 10.5 and 10.8), and who is on them (section 9.1). */
function refuseAffiliation(room: Room, address: Jid, affiliation: Affiliation): StanzaError | undefined {
  const isOnThem = affiliationAtLeast(room.affiliationOf(address), 'admin');
  if (affiliation === 'outcast') return isOnThem ? refusals.notAllowed : undefined;
  return isOnThem || affiliationAtLeast(affiliation, 'admin') ? refusals.forbidden : undefined;
}
