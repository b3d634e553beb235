/** The rounds of a caretaker: rooms that nobody uses go to sleep, devices that are gone leave. A few rooms at a time. */
import { archivesNow } from './history.ts';
import type { Muc } from './muc.ts';
import type { Room } from './room.ts';

const SWEEP_MS = 5_000;
/** Rooms and devices that are looked at in one step, so that nobody waits for it. */
const STEP = 5_000;
/** When a room is quiet, and what is at hand for those who come in is not kept any longer. */
const REST_MS = 60_000;
/** How long an empty room stays awake for what was said in it, where no archive has that. */
const REMEMBERED_MS = 86_400_000;

/** Begins the rounds, which end with the signal. */
export function startSweep(muc: Muc, signal: AbortSignal): void {
  let round = muc.rooms.awake();
  const step = (): void => {
    for (let left = STEP; left > 0; ) {
      const { value: room, done } = round.next();
      if (done) {
        round = muc.rooms.awake();
        break;
      }
      left -= 1 + room.devices.size;
      tend(muc, room);
    }
    muc.absences.expire(muc);
  };
  const stop = muc.clock.every(SWEEP_MS, step);
  signal.addEventListener('abort', stop, { once: true });
}

function tend(muc: Muc, room: Room): void {
  loseGhosts(muc, room);
  const quietMs = muc.clock.now() - room.usedAt;
  if (quietMs < REST_MS) return;
  for (const occupant of room.occupants.values()) occupant.rest();
  if (quietMs < muc.options.hibernateAfter) return;
  if (room.occupants.size > 0) {
    if (archivesNow(muc, room)) room.history = undefined; // It can be read again.
  } else if (!isOnlyMemory(muc, room) || quietMs >= REMEMBERED_MS) muc.rooms.retire(room);
}

/** Whether something was said that is written nowhere. */
function isOnlyMemory(muc: Muc, room: Room): boolean {
  return room.history !== undefined && room.history.length > 0 && !archivesNow(muc, room);
}

/**
 * Their presence says that devices of our hosts are gone; should it get lost, this finds out. It is as if they had said so
 * themselves (section 18.1.3), hence no status.
 */
function loseGhosts(muc: Muc, room: Room): void {
  for (const device of room.devices.values()) {
    if (muc.router.isLocal(device.jid.domain) && !muc.router.hasSession(device.jid)) {
      muc.absences.lose(muc, room, device, []);
    }
  }
}
