/** Who is in a room: one nickname, and the devices of one account that are there under it (XEP-0045 section 7.2). */
import type { Element, Jid, Stanza, TokenBucket } from '#api';
import type { Role } from './ranks.ts';

export interface Device {
  readonly jid: Jid;
  readonly occupant: Occupant;
  /** Its last presence, without what only the room reads. */
  presence: Element;
  /** It was there before the server started anew, and has not been heard of since. */
  isRestored: boolean;
}

export class Occupant {
  /** The address in the room. */
  jid: Jid;
  /** The bare address of the user. */
  readonly account: Jid;
  /** XEP-0421. */
  readonly id: string;
  role: Role;
  /** Never empty while the occupant is in the room; the one that spoke of itself last is at the end. */
  readonly devices: Device[] = [];
  /** The presence as those see it who may see addresses, and as others do; undefined until somebody asks. */
  open: Stanza | undefined = undefined;
  veiled: Stanza | undefined = undefined;
  /** How fast it may speak; undefined until it does. */
  pace: TokenBucket | undefined = undefined;
  /** Who whispered to it lately, by the ids of the messages, oldest first. */
  readonly whispers = new Map<string, Device>();

  constructor(jid: Jid, account: Jid, id: string, role: Role) {
    this.jid = jid;
    this.account = account;
    this.id = id;
    this.role = role;
  }

  get nick(): string {
    return this.jid.resource;
  }

  /** The device whose presence is the occupant's. */
  get device(): Device {
    return this.devices.at(-1) as Device;
  }

  /** Something about it is no longer as it was shown. */
  forgetShown(): void {
    this.open = undefined;
    this.veiled = undefined;
  }
}
