/** Devices that are gone without a word, and those that may come back: XEP-0045 sections 11.1 and 18.1.3. */
import type { Jid } from '#api';
import { leave } from './leaving.ts';
import type { Muc } from './muc.ts';
import type { Device } from './occupant.ts';
import type { Room } from './room.ts';
import type { Status } from './vocabulary.ts';

/** Stanzas that one turn of the event loop may send about departures. */
const LOT = 10_000;

interface Absence {
  readonly room: Room;
  readonly device: Device;
}

interface Departure extends Absence {
  readonly statuses: readonly Status[];
}

/** Sessions that end because the server stops leave their devices in the rooms; nothing is sent to those from now on. */
export function staysOver(muc: Muc, room: Room, device: Device): boolean {
  if (!muc.isStopping() || !muc.router.isLocal(device.jid.domain)) return false;
  room.devices.delete(device.jid.full);
  device.isRestored = true;
  return true;
}

export class Absences {
  /** By room and full address: in the rooms since before the server started anew, and not heard of since. */
  readonly #expected = new Map<string, Absence>();
  readonly #lost: Departure[] = [];
  #isScheduled = false;
  /** When those that are expected are not expected any more; milliseconds since 1970. */
  #until = 0;

  /** Whether anybody is expected: most of the time nobody is, and nobody has to look. */
  get expectsSome(): boolean {
    return this.#expected.size > 0;
  }

  /** The device may come back until then. */
  expect(room: Room, device: Device, until: number): void {
    this.#expected.set(keyOf(room, device.jid), { room, device });
    this.#until = until;
  }

  /** A device that is expected has said something. One whose session is over has to enter again to count as there. */
  heardOf(room: Room, from: Jid): void {
    if (room.devices.has(from.full)) this.#take(room, from);
  }

  #take(room: Room, from: Jid): Device | undefined {
    const key = keyOf(room, from);
    const device = this.#expected.get(key)?.device;
    if (device === undefined) return undefined;
    this.#expected.delete(key);
    device.isRestored = false;
    return isInside(room, device) ? device : undefined;
  }

  /** The device that enters under this name, as it was before the restart; whoever it was under another name goes. */
  returning(muc: Muc, room: Room, from: Jid, nick: string): Device | undefined {
    if (this.#expected.size === 0) return undefined;
    const device = this.#take(room, from);
    if (device === undefined) return undefined;
    if (device.occupant.nick === nick) {
      room.devices.set(from.full, device);
      return device;
    }
    device.isRestored = true; // it is not told: it is about to enter
    leave(muc, room, device, undefined, [332]);
    return undefined;
  }

  /**
   * The device cannot be reached. It is sent nothing from now on, and leaves soon: not at once, as this is found out in
   * the midst of sending something to all, and leaving is sent to all.
   */
  lose(muc: Muc, room: Room, device: Device, statuses: readonly Status[]): void {
    room.devices.delete(device.jid.full);
    this.#lost.push({ room, device, statuses });
    this.#schedule(muc);
  }

  #schedule(muc: Muc): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.settle(muc, LOT);
      if (this.#lost.length > 0) this.#schedule(muc);
    });
  }

  /** Takes those that are lost out of their rooms, until about so many stanzas have been sent. */
  settle(muc: Muc, stanzas = Number.POSITIVE_INFINITY): void {
    let left = stanzas;
    let count = 0;
    for (const { room, device, statuses } of this.#lost) {
      if (left <= 0) break;
      count++;
      if (!isInside(room, device)) continue;
      left -= room.devices.size + 1;
      leave(muc, room, device, undefined, statuses);
    }
    this.#lost.splice(0, count);
  }

  /**
   * Those that were expected for long enough leave. With 332 (section 11.2): the end of the service is why they are gone;
   * 333 would say that an error came back (section 15.6.2).
   */
  expire(muc: Muc): void {
    if (this.#expected.size === 0 || muc.clock.now() < this.#until) return;
    for (const { room, device } of this.#expected.values()) {
      // Those at other servers may be there after all: they are told.
      if (room.devices.has(device.jid.full)) device.isRestored = false;
      this.lose(muc, room, device, [332]);
    }
    this.#expected.clear();
  }
}

function keyOf(room: Room, { full }: Jid): string {
  return `${room.jid.local}\n${full}`;
}

function isInside(room: Room, device: Device): boolean {
  const { occupant } = device;
  return !room.isGone && room.occupants.get(occupant.nick) === occupant && occupant.devices.includes(device);
}
