/** All rooms of the service: found, created, destroyed, and put to sleep when nobody is in them. */
import { type Awaitable, type Jid, StanzaError } from '#api';
import type { Muc } from './muc.ts';
import { affiliationAtLeast } from './ranks.ts';
import { Room } from './room.ts';
import { DEFAULT_ROOM, type RoomConfig } from './room-config.ts';

const notHere = new StanzaError('not-allowed', 'you may not create rooms here');
const tooMany = new StanzaError('resource-constraint', 'you have too many rooms');

const isFull = new StanzaError('resource-constraint', 'there are too many rooms');
const tooOften = new StanzaError('policy-violation', 'you are creating rooms too fast', { type: 'wait' });

export class Rooms {
  readonly #awake = new Map<string, Room>();
  /** Rooms that are being read, or removed. */
  readonly #loading = new Map<string, Promise<Room | undefined>>();
  #muc: Muc | undefined = undefined;

  /** Before anything else, and whenever the options are others. */
  open(muc: Muc): void {
    this.#muc = muc;
  }

  get #world(): Muc {
    return this.#muc as Muc;
  }

  /** Rooms in memory. */
  awake(): MapIterator<Room> {
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
    return this.#busyWith(address.local, loading);
  }

  /** Whoever asks for the room meanwhile waits for the outcome. */
  #busyWith(local: string, work: Promise<Room | undefined>): Promise<Room | undefined> {
    this.#loading.set(local, work);
    const done = (): void => {
      if (this.#loading.get(local) === work) this.#loading.delete(local);
    };
    work.then(done, done);
    return work;
  }

  /** Section 10.1: the one who comes first owns the room. Call it when `find` has found nothing. */
  async create(address: Jid, creator: Jid): Promise<Room | StanzaError> {
    const refusal = this.#refuseCreation(creator);
    if (refusal !== undefined) return refusal;
    for (let it = this.#loading.get(address.local); it !== undefined; it = this.#loading.get(address.local)) await it;
    const known = this.#awake.get(address.local);
    if (known !== undefined) return known;
    const room = this.#make(address, creator, this.newConfig());
    room.isLocked = this.#world.options.lockNew;
    return this.#store(room, creator, () => this.#refuseAnother(creator));
  }

  /** An operator creates a room for somebody, whatever the limits are. */
  found(address: Jid, owner: Jid, config: RoomConfig): Promise<Room | StanzaError> {
    return this.#store(this.#make(address, owner, config), owner, () => undefined);
  }

  newConfig(more: Partial<RoomConfig> = {}): RoomConfig {
    return Object.freeze({ ...DEFAULT_ROOM, ...this.#world.options.defaults, ...more });
  }

  #make(address: Jid, owner: Jid, config: RoomConfig): Room {
    const now = this.#world.clock.now();
    const room = new Room(address.bareJid, config);
    room.memberships.set(owner.bare, { affiliation: 'owner', nick: '', reason: '', since: now });
    room.history = [];
    room.usedAt = now;
    return room;
  }

  /** Nobody gets at the room before it is allowed and stored: what is written of it would outlive a refusal. */
  #store(room: Room, creator: Jid, refuse: () => Awaitable<StanzaError | undefined>): Promise<Room | StanzaError> {
    const work = this.#storeNow(room, creator, refuse);
    void this.#busyWith(
      room.jid.local,
      work.then((it) => (it instanceof Room ? it : undefined)),
    );
    return work;
  }

  async #storeNow(
    room: Room,
    creator: Jid,
    refuse: () => Awaitable<StanzaError | undefined>,
  ): Promise<Room | StanzaError> {
    try {
      const refusal = await refuse();
      if (refusal === undefined) await this.#world.store.create(room, creator.bare, this.#world.clock.now());
      else this.#forget(room);
      if (refusal === undefined) this.#awake.set(room.jid.local, room);
      return refusal ?? room;
    } catch (cause) {
      this.#forget(room);
      throw cause;
    }
  }

  #refuseCreation(creator: Jid): StanzaError | undefined {
    const { allowances, clock, options } = this.#world;
    if (this.#world.isAdmin(creator)) return undefined;
    if (options.create === 'admins') return notHere;
    if (options.create === 'local' && !this.#world.isLocalAccount(creator)) return notHere;
    return allowances.creations.take(creator.bare, 1, clock.now()) ? undefined : tooOften;
  }

  async #refuseAnother({ bare }: Jid): Promise<StanzaError | undefined> {
    const { options, overview } = this.#world;
    const [created, all] = await Promise.all([overview.createdBy(bare), overview.count()]);
    if (created >= options.maxRoomsPerAccount) return tooMany;
    return all >= options.maxRooms ? isFull : undefined;
  }

  /** The room and all that is kept of it. Its occupants have been told. */
  async destroy(room: Room): Promise<void> {
    const { archive, store } = this.#world;
    this.#forget(room);
    // In this order: should the process die in between, no room of this name comes by what was said in this one.
    const removal = Promise.resolve(archive?.erase(room.jid)).then(() => store.destroy(room.jid));
    // A room that is created under this name later must not lose anything to this one's end.
    await this.#busyWith(
      room.jid.local,
      removal.then(() => undefined),
    );
  }

  #forget(room: Room): void {
    room.isGone = true;
    if (this.#awake.get(room.jid.local) === room) this.#awake.delete(room.jid.local);
  }

  /** Somebody has left: a temporary room goes with the last one (section 10.2, `persistentroom`). */
  vacated(room: Room): void {
    room.usedAt = this.#world.clock.now();
    if (room.occupants.size > 0 || room.isGone) return;
    if (room.isFleeting) this.#remove(room);
  }

  /** Nobody has been there for long: the room sleeps until somebody asks for it. One that nobody has set up goes. */
  retire(room: Room): void {
    if (room.isFleeting) this.#remove(room);
    else this.#awake.delete(room.jid.local);
  }

  #remove(room: Room): void {
    this.destroy(room).catch((cause) => this.#world.log.error({ err: cause }, 'a room could not be removed'));
  }

  /** Resolves when nothing is being read or removed. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#loading.values());
  }
}

/** Whether somebody may see what is said in the room without being in it: its members, when others may not enter. */
export function mayRead(room: Room, account: Jid): boolean {
  const affiliation = room.affiliationOf(account);
  if (affiliation === 'outcast') return false;
  if (affiliationAtLeast(affiliation, 'member')) return true;
  return !room.config.membersOnly && room.config.password === '' && !room.isLocked;
}

/** Whether somebody may know what the room is about: of a public room everybody may. */
export function maySee(room: Room, account: Jid): boolean {
  return (room.config.public && !room.isLocked) || mayRead(room, account);
}
