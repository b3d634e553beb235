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
  devices: readonly Device[] = [];
  /** The presence as those see it who may see addresses, and as others do; undefined until somebody asks. */
  open: Stanza | undefined = undefined;
  veiled: Stanza | undefined = undefined;
  /** How fast it may speak; undefined until it does. */
  pace: TokenBucket | undefined = undefined;
  /** Who whispered to it lately, by the ids of the messages, oldest first; undefined for most. */
  whispers: Map<string, Device> | undefined = undefined;

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

  /** What this device says of the occupant is what counts from now on. */
  putLast(device: Device): void {
    // Most have one: a list that has grown would have room for many.
    this.devices = this.devices.length === 0 ? [device] : [...this.devices.filter((it) => it !== device), device];
  }

  drop(device: Device): void {
    this.devices = this.devices.filter((it) => it !== device);
  }

  /** Nothing happens: what can be made again, or is of no use after some time, is not kept. */
  rest(): void {
    this.forgetShown();
    this.pace = undefined;
    this.whispers = undefined;
  }

  /** Something about it is no longer as it was shown. */
  forgetShown(): void {
    this.open = undefined;
    this.veiled = undefined;
  }
}
