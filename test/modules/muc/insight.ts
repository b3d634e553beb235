/** Looks into a room from behind, to see whether what it says of itself is true. */
import type { Room } from '../../../modules/muc/room.ts';
import { bequeath, inherit } from '../../../modules/muc/succession.ts';
import type { TestServer } from '../../support/parley.ts';

import { SERVICE } from './room.ts';

/** The room itself; it has to be awake. */
export function lookInto(server: TestServer, local = 'coven'): Room {
  const { estate } = inherit(server.db, SERVICE, () => {
    throw new Error('nobody serves rooms');
  });
  bequeath(server.db, SERVICE);
  const room = estate.rooms.peek(local);
  if (room === undefined) throw new Error(`there is no room ${local}`);
  return room;
}

/** All that is true of a room, as one text. */
export function describe(room: Room): string {
  const { config, isGone, isLocked, memberships, occupants, devices, subject } = room;
  return JSON.stringify({
    config,
    isGone,
    isLocked,
    memberships: [...memberships],
    occupants: [...occupants.values()].map(({ account, id, jid, role, devices: own }) => ({
      account: account.bare,
      devices: own.map((it) => [it.jid.full, it.presence.innerXml()]),
      id,
      jid: jid.full,
      role,
    })),
    devices: [...devices.keys()],
    subject: subject && { by: subject.by.full, element: String(subject.element) },
  });
}
