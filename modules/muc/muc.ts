/** What every part of the room service works with. */
import type { Allowance, Archive, Awaitable, Clock, Jid, Logger, Lru, Router, Session, StanzaIds } from '#api';
import type { Absences } from './absences.ts';
import type { AvatarStore } from './avatar-store.ts';
import type { RoomDirectory } from './directory.ts';
import type { MucOptions } from './options.ts';
import type { Overview } from './overview.ts';
import type { Room } from './room.ts';
import type { Rooms } from './rooms.ts';
import type { MucStore } from './store.ts';

export interface Muc {
  /** The service's own address, `conference.example.org`. */
  readonly jid: Jid;
  readonly options: MucOptions;
  readonly router: Router;
  /** Absent where messages are not archived. */
  readonly archive: Archive | undefined;
  readonly ids: StanzaIds;
  readonly clock: Clock;
  readonly log: Logger;
  readonly store: MucStore;
  readonly overview: Overview;
  readonly avatars: AvatarStore;
  readonly directory: RoomDirectory;
  readonly rooms: Rooms;
  readonly absences: Absences;
  /** What accounts may do, all rooms together; changes of presence are counted in each room. */
  readonly allowances: {
    readonly creations: Allowance;
    readonly invitations: Allowance;
    readonly presence: Allowance;
    readonly requests: Allowance;
    readonly searches: Allowance;
  };
  /** Invitations that have not been declined: by room, guest and inviter. */
  readonly invitations: Lru<string, true>;
  /** Whether there may be somebody at an address: false when it is at this host, and there is no such account. */
  hasAccount(address: Jid): Awaitable<boolean>;
  /** The server stops, and sessions end for no other reason. */
  isStopping(): boolean;
  /** An administrator of the server. */
  isAdmin(account: Jid): boolean;
  /** Somebody with an account at the host that the service belongs to. */
  isLocalAccount(account: Jid): boolean;
  /** The id of an account in a room, which nobody else can make up (XEP-0421 section 4). */
  occupantId(room: Room, account: Jid): string;
}

/** A stanza for a room or the service, and the local session that it came from. */
export type Origin = Session | undefined;
