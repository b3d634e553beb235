/** What a room would be like after changes of affiliations: XEP-0045 sections 10.4 and 7.10. */
import { StanzaError } from '#api';
import { type AffiliationChange, refuseGrowth } from './affiliations.ts';
import type { Muc } from './muc.ts';
import type { Room } from './room.ts';

const lastOwner = new StanzaError('conflict', 'a room needs an owner');
const nickTaken = new StanzaError('conflict', 'somebody else has this nickname');

/** Somebody has to own it, nobody may have another's nickname, and there is an end to lists. */
export function refuseOutcome(muc: Muc, room: Room, changes: readonly AffiliationChange[]): StanzaError | undefined {
  if (losesOwners(room, changes)) return lastOwner;
  if (takesNames(room, changes)) return nickTaken;
  const added = changes.filter(
    ({ address, affiliation }) => affiliation !== 'none' && !room.memberships.has(address.bare),
  );
  return refuseGrowth(muc, room, added.length);
}

function losesOwners(room: Room, changes: readonly AffiliationChange[]): boolean {
  const owners = new Set(room.holders('owner').map(([address]) => address));
  if (owners.size === 0) return false;
  for (const { address, affiliation } of changes) {
    if (affiliation === 'owner') owners.add(address.bare);
    else owners.delete(address.bare);
  }
  return owners.size === 0;
}

/** One request may take a nickname from one and give it to another. */
function takesNames(room: Room, changes: readonly AffiliationChange[]): boolean {
  const wishes = changes.filter(({ nick = '' }) => nick !== '');
  if (wishes.length === 0) return false;
  const changed = new Set(changes.map(({ address }) => address.bare));
  const taken = new Map<string, string>();
  for (const { address, nick } of changes) {
    const name = nick ?? room.memberships.get(address.bare)?.nick ?? '';
    if (name === '') continue;
    const before = room.memberships.holderOf(name);
    const kept = before === undefined || changed.has(before) ? undefined : before;
    const holder = taken.get(name) ?? kept ?? room.occupants.get(name)?.account.bare ?? address.bare;
    if (holder !== address.bare) return true;
    taken.set(name, address.bare);
  }
  return false;
}
