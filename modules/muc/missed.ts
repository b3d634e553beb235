/** Members are members, whether they are there or not: in rooms for members only, those who are away are told by push. */
import { type Jid, jid, type Stanza } from '#api';
import type { Muc } from './muc.ts';
import { affiliationAtLeast } from './ranks.ts';
import type { Room } from './room.ts';

/** Tells the hosts of members what was said while they were away. */
export function tellMissed(muc: Muc, room: Room, stanza: Stanza): void {
  if (!room.config.membersOnly || !muc.router.hearsOfMissed()) return;
  const accounts = membersAway(room);
  if (accounts.length > 0) muc.router.tellMissed({ stanza, accounts });
}

/** Those without a device in the room. One whose session went with the server, and is awaited, is away. */
function membersAway(room: Room): readonly Jid[] {
  const there = new Set<string>();
  for (const device of room.devices.values()) there.add(device.jid.bare);
  const away: Jid[] = [];
  for (const [address, { affiliation }] of room.memberships) {
    if (affiliationAtLeast(affiliation, 'member') && !there.has(address)) away.push(jid(address));
  }
  return away;
}
