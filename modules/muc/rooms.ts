/** All rooms of the service: found, created, destroyed, and put to sleep when nobody is in them. */
import { type Jid, StanzaError } from '#api';
import type { Muc } from './muc.ts';
import { affiliationAtLeast } from './ranks.ts';
import { Room } from './room.ts';
import { DEFAULT_ROOM } from './room-config.ts';

const notHere = new StanzaError('not-allowed', 'you may not create rooms here');
const tooMany = new StanzaError('resource-constraint', 'you have too many rooms');

const SWEEP_MS = 5_000;
/** Rooms looked at in one step, so that nobody waits for it. */
const SWEEP_ROOMS = 20_000;

export class Rooms {
  readonly #awake = new Map<string, Room>();
  readonly #loading = new Map<string, Promise<Room | undefined>>();
  #muc: Muc | undefined = undefined;

  /** Before anything else. */
  open(muc: Muc, signal: AbortSignal): void {
    this.#muc = muc;
    const stop = muc.clock.every(SWEEP_MS, () => this.#sweep());
    signal.addEventListener('abort', stop, { once: true });
  }

  get #world(): Muc {
    return this.#muc as Muc;
  }

  /** Rooms in memory. */
  awake(): Iterable<Room> {
    return this.#awake.values();
  }

  /** The room when it is in memory. */
  peek(local: string): Room | undefined {
    return this.#awake.get(local);
  }

  /** The room, woken up where it sleeps; undefined when there is none. */
  find(address: Jid): Room | undefined | Promise<Room | undefined> {
    const room = this.#awake.get(address.local);
    if (room !== undefined) {
      room.usedAt = this.#world.clock.now();
      return room;
    }
    return this.#loading.get(address.local) ?? this.#load(address.bareJid);
  }

  #load(address: Jid): Promise<Room | undefined> {
    const loading = this.#world.store.load(address).then((room) => {
      if (room === undefined) return undefined;
      // Somebody may have created it meanwhile.
      const known = this.#awake.get(address.local) ?? room;
      known.usedAt = this.#world.clock.now();
      this.#awake.set(address.local, known);
      return known;
    });
    this.#loading.set(address.local, loading);
    const done = (): void => {
      this.#loading.delete(address.local);
    };
    loading.then(done, done);
    return loading;
  }

  /** Section 10.1: the one who comes first owns the room. Call it when `find` has found nothing. */
  async create(address: Jid, creator: Jid): Promise<Room | StanzaError> {
    const { options, store, clock } = this.#world;
    const refusal = this.#refuseCreation(creator);
    if (refusal !== undefined) return refusal;
    const known = this.#awake.get(address.local);
    if (known !== undefined) return known;
    const room = new Room(address.bareJid, Object.freeze({ ...DEFAULT_ROOM, ...options.defaults }));
    room.memberships.set(creator.bare, { affiliation: 'owner', nick: '', reason: '', since: clock.now() });
    room.isLocked = options.lockNew;
    room.history = [];
    room.usedAt = clock.now();
    this.#awake.set(address.local, room);
    try {
      if ((await store.owned(creator.bare, address.domain)) >= options.maxRoomsPerAccount) {
        this.#forget(room);
        return tooMany;
      }
      await store.create(room, creator.bare, clock.now());
    } catch (cause) {
      this.#forget(room);
      throw cause;
    }
    return room;
  }

  #refuseCreation(creator: Jid): StanzaError | undefined {
    const { options } = this.#world;
    if (this.#world.isAdmin(creator)) return undefined;
    if (options.create === 'admins') return notHere;
    if (options.create === 'local' && !this.#world.isLocalAccount(creator)) {
      return notHere;
    }
    return this.#awake.size >= options.maxRooms ? tooMany : undefined;
  }

  /** The room and all that is kept of it. Its occupants have been told. */
  async destroy(room: Room): Promise<void> {
    this.#forget(room);
    await this.#world.store.destroy(room.jid);
    await this.#world.archive?.erase(room.jid);
  }

  #forget(room: Room): void {
    room.isGone = true;
    if (this.#awake.get(room.jid.local) === room) this.#awake.delete(room.jid.local);
  }

  /** Somebody has left: a temporary room goes with the last one (section 10.2, `persistentroom`). */
  vacated(room: Room): void {
    room.usedAt = this.#world.clock.now();
    if (room.occupants.size > 0 || room.isGone) return;
    if (room.config.persistent && !room.isLocked) return;
    this.destroy(room).catch((cause) => this.#world.log.error({ err: cause }, 'a room could not be removed'));
  }

  #sweep(): void {
    const before = this.#world.clock.now() - this.#world.options.hibernateAfter;
    let left = SWEEP_ROOMS;
    for (const room of this.#awake.values()) {
      if (--left < 0) break;
      if (room.usedAt > before) continue;
      if (room.occupants.size === 0) this.#awake.delete(room.jid.local);
      else if (room.config.archive && this.#world.archive !== undefined) room.history = undefined;
    }
  }
}

/** Whether somebody may see what is said in the room without being in it: its members, when others may not enter. */
export function mayRead(room: Room, account: Jid): boolean {
  const affiliation = room.affiliationOf(account);
  if (affiliation === 'outcast') return false;
  if (affiliationAtLeast(affiliation, 'member')) return true;
  return !room.config.membersOnly && room.config.password === '' && !room.isLocked;
}
