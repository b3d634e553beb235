/** The lists of moderators, members and the banned, and changes to them: XEP-0045 sections 8.2 to 10.8. */
import { clark, type Element, el, parseJid, prepareResource, refusals, StanzaError } from '#api';
import { type AffiliationChange, applyAffiliations, broadcastRoleChange } from './affiliations.ts';
import type { Occupant } from './occupant.ts';
import { type Affiliation, affiliationAtLeast, isAffiliation, isRole, type Role } from './ranks.ts';
import type { RoomHandlers, RoomRequest } from './requests.ts';
import type { Room } from './room.ts';
import { NS_ADMIN } from './vocabulary.ts';

const QUERY = clark(NS_ADMIN, 'query');
const ITEM = clark(NS_ADMIN, 'item');
const REASON = clark(NS_ADMIN, 'reason');
const MAX_REASON = 1024;

const lastOwner = new StanzaError('conflict', 'a room needs an owner');
const yourself = new StanzaError('conflict', 'you cannot do this to yourself');
const tooMany = new StanzaError('resource-constraint', 'the lists of the room are full');

export const admin: RoomHandlers = {
  [`get ${QUERY}`]: list,
  [`set ${QUERY}`]: change,
};

function list(request: RoomRequest): Element | StanzaError {
  const wish = request.payload.child(ITEM);
  const affiliation = wish?.attr('affiliation');
  const role = wish?.attr('role');
  if (isAffiliation(affiliation)) return listAffiliation(request, affiliation);
  return isRole(role) ? listRole(request, role) : refusals.badRequest;
}

/** Section 5.2.1: the lists are the admins'; the members of the room may see each other, as its set-up has it. */
function listAffiliation(
  { room, affiliation: own, occupant }: RoomRequest,
  wanted: Affiliation,
): Element | StanzaError {
  const isAdmin = affiliationAtLeast(own, 'admin');
  if (!isAdmin && !mayList(room, own, occupant, wanted)) return refusals.forbidden;
  const items = room
    .holders(wanted)
    .map(([address, { nick, reason }]) =>
      el(
        NS_ADMIN,
        'item',
        { affiliation: wanted, jid: address, nick: nick === '' ? undefined : nick },
        reason === '' || !isAdmin ? undefined : el(NS_ADMIN, 'reason', null, reason),
      ),
    );
  return el(NS_ADMIN, 'query', null, ...items);
}

/** Section 7.11 and `muc#roomconfig_getmemberlist`; where addresses are hidden they are not given away here. */
function mayList(room: Room, own: Affiliation, occupant: Occupant | undefined, wanted: Affiliation): boolean {
  if (wanted === 'outcast' || wanted === 'none') return false;
  if (room.config.whois !== 'anyone' && !room.config.membersOnly) return false;
  if (affiliationAtLeast(own, 'member')) return room.config.memberList.length > 0;
  return occupant !== undefined && room.config.memberList.includes(occupant.role);
}

/** Sections 8.5 and 9.8. */
function listRole({ room, occupant, affiliation }: RoomRequest, role: Role): Element | StanzaError {
  const isAllowed = role === 'moderator' ? affiliationAtLeast(affiliation, 'admin') : occupant?.role === 'moderator';
  if (!isAllowed) return refusals.forbidden;
  const items = [...room.occupants.values()]
    .filter((it) => it.role === role)
    .map((it) => {
      const shown = occupant !== undefined && room.seesAddresses(occupant);
      const rank = room.affiliationOf(it.account);
      return el(NS_ADMIN, 'item', {
        affiliation: rank,
        jid: shown ? it.device.jid.full : undefined,
        nick: it.nick,
        role,
      });
    });
  return el(NS_ADMIN, 'query', null, ...items);
}

interface RoleChange {
  readonly occupant: Occupant;
  readonly role: Role;
  readonly reason: string;
}

/** All of the items, or none (section 9.2: the service must not apply some of them). */
function change(request: RoomRequest): Promise<undefined> | StanzaError | undefined {
  const items = request.payload.elements().filter((it) => it.key === ITEM);
  if (items.length === 0) return refusals.badRequest;
  const affiliations: AffiliationChange[] = [];
  const roles: RoleChange[] = [];
  for (const item of items) {
    const read = item.attr('affiliation') === undefined ? readRole(request, item) : readAffiliation(request, item);
    if (read instanceof StanzaError) return read;
    if ('role' in read) roles.push(read);
    else affiliations.push(read);
  }
  const { room, muc, occupant } = request;
  const refusal = refuseOutcome(request, affiliations);
  if (refusal !== undefined) return refusal;
  for (const { occupant: whom, role, reason } of roles) {
    if (whom.role !== role) broadcastRoleChange(muc, room, whom, role, { actor: occupant, reason });
  }
  return affiliations.length === 0
    ? undefined
    : applyAffiliations(muc, room, affiliations, occupant).then(() => undefined);
}

function reasonOf(item: Element): string {
  return (item.childText(REASON) ?? '').slice(0, MAX_REASON);
}

/** Section 5.1.3. */
function readRole({ room, occupant, affiliation }: RoomRequest, item: Element): RoleChange | StanzaError {
  const role = item.attr('role');
  const nick = prepareResource(item.attr('nick') ?? '');
  if (!isRole(role) || nick === undefined || nick === '') return refusals.badRequest;
  const whom = room.occupants.get(nick);
  if (whom === undefined) return refusals.itemNotFound;
  const rank = room.affiliationOf(whom.account);
  if (role === 'moderator' || whom.role === 'moderator') {
    // Sections 9.6 and 9.7: that is the admins' affair; kicking a moderator is not (section 8.2).
    if (!affiliationAtLeast(affiliation, 'admin') && !(role === 'none' && occupant?.role === 'moderator')) {
      return refusals.forbidden;
    }
  } else if (occupant?.role !== 'moderator' && !affiliationAtLeast(affiliation, 'admin')) return refusals.forbidden;
  if (role === 'none') {
    // Section 8.2: not those who stand higher; an owner may kick anybody but owners.
    const isHigher =
      affiliationAtLeast(rank, 'member') && affiliationAtLeast(rank, affiliation) && rank !== affiliation;
    const isPeer = rank === affiliation && affiliationAtLeast(rank, 'admin');
    if (isHigher || isPeer) return refusals.notAllowed;
  } else if (affiliationAtLeast(rank, 'admin') && role !== 'moderator') {
    return refusals.notAllowed; // sections 8.4 and 9.7
  }
  return { occupant: whom, role, reason: reasonOf(item) };
}

/** Section 5.2.2. */
function readAffiliation(
  { room, affiliation: own, stanza }: RoomRequest,
  item: Element,
): AffiliationChange | StanzaError {
  const affiliation = item.attr('affiliation');
  if (!isAffiliation(affiliation)) return refusals.badRequest;
  if (!affiliationAtLeast(own, 'admin')) return refusals.forbidden;
  const text = item.attr('jid') ?? room.occupants.get(item.attr('nick') ?? '')?.account.bare;
  const address = text === undefined ? undefined : parseJid(text)?.bareJid;
  if (address === undefined) return text === undefined ? refusals.badRequest : refusals.jidMalformed;
  if (address.local === '' && affiliation !== 'outcast' && affiliation !== 'none') return refusals.badRequest;
  const before = room.memberships.get(address.bare)?.affiliation ?? 'none';
  if (own !== 'owner') {
    if (affiliationAtLeast(affiliation, 'admin')) return refusals.forbidden; // sections 10.3 and 10.6
    if (affiliationAtLeast(before, 'admin')) return refusals.notAllowed; // section 9.1
  }
  if (affiliation === 'outcast' && address.bare === stanza.from.bare) return yourself; // section 9.1
  const nick = item.attr('jid') === undefined ? undefined : item.attr('nick');
  const reserved = nick === undefined ? undefined : prepareResource(nick);
  if (nick !== undefined && reserved === undefined) return refusals.jidMalformed;
  return { address, affiliation, nick: reserved, reason: reasonOf(item) };
}

/** What the room would be like afterwards: somebody has to own it (section 10.4), and there is an end to lists. */
function refuseOutcome({ room, muc }: RoomRequest, changes: readonly AffiliationChange[]): StanzaError | undefined {
  const owners = new Set(room.holders('owner').map(([address]) => address));
  for (const { address, affiliation } of changes) {
    if (affiliation === 'owner') owners.add(address.bare);
    else owners.delete(address.bare);
  }
  if (changes.length > 0 && owners.size === 0) return lastOwner;
  const added = changes.filter(
    ({ address, affiliation }) => affiliation !== 'none' && !room.memberships.has(address.bare),
  );
  return added.length > 0 && room.memberships.size + added.length > muc.options.maxMemberships ? tooMany : undefined;
}
