/** Who sees the lists of moderators, members and the banned: XEP-0045 sections 8.5, 9.2, 9.5, 9.8, 10.5 and 10.8. */
import { clark, type Element, el, refusals, type StanzaError } from '#api';
import { type Affiliation, affiliationAtLeast, isAffiliation, isRole, type Role } from './ranks.ts';
import type { RoomRequest } from './requests.ts';
import { NS_ADMIN } from './vocabulary.ts';

export const ITEM = clark(NS_ADMIN, 'item');

export function list(request: RoomRequest): Element | StanzaError {
  const wish = request.payload.child(ITEM);
  const affiliation = wish?.attr('affiliation');
  const role = wish?.attr('role');
  if ((affiliation === undefined) === (role === undefined)) return refusals.badRequest;
  if (isAffiliation(affiliation)) return listAffiliation(request, affiliation);
  return isRole(role) ? listRole(request, role) : refusals.badRequest;
}

function listAffiliation(request: RoomRequest, wanted: Affiliation): Element | StanzaError {
  if (!maySeeHolders(request, wanted)) return refusals.forbidden;
  const isAdmin = affiliationAtLeast(request.affiliation, 'admin');
  const items = request.room
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

/** Who is above one's own affiliation is not given away where addresses are hidden, nor who is at it to members. */
function maySeeHolders({ room, affiliation: own, occupant }: RoomRequest, wanted: Affiliation): boolean {
  if (own === 'owner') return true;
  const isOpen = room.config.whois === 'anyone';
  if (own === 'admin' && (isOpen || !affiliationAtLeast(wanted, 'admin'))) return true;
  // Section 5.2.1: so it is with the ban list, always.
  if (!isOpen || !affiliationAtLeast(wanted, 'member')) return false;
  // Section 9.5: members are asked whether they are there or not.
  const role = occupant?.role ?? (affiliationAtLeast(own, 'member') ? room.defaultRole(own) : 'none');
  return room.config.memberList.includes(role);
}

/** Moderators see everybody's address; the list of them is for admins. */
function listRole({ room, occupant, affiliation }: RoomRequest, role: Role): Element | StanzaError {
  const isAdmin = affiliationAtLeast(affiliation, 'admin');
  if (!isAdmin && (role === 'moderator' || occupant?.role !== 'moderator')) return refusals.forbidden;
  const items = [...room.occupants.values()]
    .filter((it) => it.role === role)
    .map(({ account, device, nick }) =>
      el(NS_ADMIN, 'item', { affiliation: room.affiliationOf(account), jid: device.jid.full, nick, role }),
    );
  return el(NS_ADMIN, 'query', null, ...items);
}
