/** What every part of the room service works with. */
import type { Archive, Clock, Jid, Logger, Router, Session, Sessions, StanzaIds } from '#api';
import type { MucOptions } from './options.ts';
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
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly log: Logger;
  readonly store: MucStore;
  readonly rooms: Rooms;
  /** An administrator of the server. */
  isAdmin(account: Jid): boolean;
  /** Somebody with an account at the host that the service belongs to. */
  isLocalAccount(account: Jid): boolean;
  /** The id of an account in a room, which nobody else can make up (XEP-0421 section 4). */
  occupantId(room: Room, account: Jid): string;
}

/** A stanza for a room or the service, and the local session that it came from. */
export type Origin = Session | undefined;
