/** One room: what is true of it now. It decides nothing and sends nothing. */
import { type Element, type Jid, jid, type Stanza } from '#api';
import { type Hats, NO_HATS } from './hats.ts';
import { type Membership, Memberships } from './memberships.ts';
import type { Device, Occupant } from './occupant.ts';
import { type Affiliation, affiliationAtLeast, type Role } from './ranks.ts';
import type { RoomConfig } from './room-config.ts';

export interface Subject {
  /** The message that changed it, with its `<subject/>`, which may be without text. */
  readonly element: Element;
  /** Who set it, as an address in the room. */
  readonly by: Jid;
  readonly at: number;
}

/** A message that newcomers may be sent. */
export interface Past {
  /** Its id in the archive. */
  readonly id: string;
  readonly stanza: Stanza;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** The history while it comes from the archive. */
export interface Reading {
  readonly done: Promise<void>;
  readonly meanwhile: Past[];
}

export class Room {
  readonly jid: Jid;
  config: RoomConfig;
  readonly memberships: Memberships;
  /** By nickname. */
  readonly occupants = new Map<string, Occupant>();
  /** By full address. */
  readonly devices = new Map<string, Device>();
  subject: Subject | undefined;
  /** Newest last; undefined while it has to be read from the archive. */
  history: Past[] | undefined = undefined;
  hats: Hats = NO_HATS;
  /** Of the pictures in its card (XEP-0486); undefined until somebody asks. */
  photoHashes: readonly string[] | undefined = undefined;
  /** Undefined while nobody waits for the history. */
  reading: Reading | undefined = undefined;
  /** When accounts have spoken last, the latest at the end, in slow mode only; milliseconds since 1970. */
  spokeAt: Map<string, number> | undefined = undefined;
  /** Nobody but its owners gets in until it is configured (section 10.1.1). */
  isLocked = false;
  /** The room is no more; whoever still holds it must not use it. */
  isGone = false;
  /** When somebody was last in it or asked for it; milliseconds since 1970. */
  usedAt = 0;

  constructor(
    address: Jid,
    config: RoomConfig,
    memberships = new Memberships(),
    subject: Subject | undefined = undefined,
  ) {
    this.jid = address;
    this.config = config;
    this.memberships = memberships;
    this.subject = subject;
  }

  /** It goes with the last of its occupants (section 10.2, `persistentroom`), or if nobody sets it up. */
  get isFleeting(): boolean {
    return this.isLocked || !this.config.persistent;
  }

  /** Somebody's affiliation; a ban of a domain holds for all of it. */
  affiliationOf(account: Jid): Affiliation {
    const own = this.memberships.get(account.bare)?.affiliation;
    if (own !== undefined && own !== 'none') return own;
    return this.memberships.get(account.domain)?.affiliation === 'outcast' ? 'outcast' : 'none';
  }

  /** Section 5.1.2. */
  defaultRole(affiliation: Affiliation): Role {
    if (affiliation === 'outcast') return 'none';
    if (affiliationAtLeast(affiliation, 'admin')) return 'moderator';
    return affiliation === 'member' || !this.config.moderated ? 'participant' : 'visitor';
  }

  /** Who sits behind a full address. */
  occupantAt(address: Jid): Occupant | undefined {
    return this.devices.get(address.full)?.occupant;
  }

  /** Its devices, without those whose sessions have ended with the server. */
  reachable({ devices }: Occupant): readonly Device[] {
    return devices.filter((it) => !it.isRestored || this.devices.has(it.jid.full));
  }

  /** All that are there under names of that account; one person may have several. */
  *occupantsOf(account: Jid): Iterable<Occupant> {
    for (const occupant of this.occupants.values()) if (occupant.account.bare === account.bare) yield occupant;
  }

  /** Whether this occupant sees who the others are (sections 7.2.3 and 7.2.4). */
  seesAddresses(viewer: Occupant): boolean {
    return this.config.whois === 'anyone' || viewer.role === 'moderator';
  }

  /** Addresses that hold an affiliation. */
  holders(affiliation: Affiliation): readonly (readonly [string, Membership])[] {
    return [...this.memberships].filter(([, it]) => it.affiliation === affiliation);
  }

  /** The address of a nickname in this room. */
  at(nick: string): Jid {
    return jid(`${this.jid.bare}/${nick}`);
  }
}
