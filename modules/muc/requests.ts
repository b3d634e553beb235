/** How parts of the service declare what they answer. */
import type { Awaitable, Element, Stanza, StanzaError } from '#api';
import type { Muc, Origin } from './muc.ts';
import type { Occupant } from './occupant.ts';
import type { Affiliation } from './ranks.ts';
import type { Room } from './room.ts';

export interface RoomRequest {
  readonly muc: Muc;
  readonly room: Room;
  readonly stanza: Stanza;
  readonly payload: Element;
  /** Of the account that asks. */
  readonly affiliation: Affiliation;
  /** As whom it is in the room; undefined for one who is not. */
  readonly occupant: Occupant | undefined;
  readonly origin: Origin;
}

/** What comes back: a payload, nothing, or a refusal. */
export type Answer = Awaitable<Element | StanzaError | undefined>;

/** By type and `{namespace}name` of the payload: `get {jabber:iq:register}query`. */
export type RoomHandlers = Readonly<Record<string, (request: RoomRequest) => Answer>>;

export interface ServiceRequest {
  readonly muc: Muc;
  readonly stanza: Stanza;
  readonly payload: Element;
}

export type ServiceHandlers = Readonly<Record<string, (request: ServiceRequest) => Answer>>;

/** What is in a form that was submitted, by the names of its fields. */
export type Values = ReadonlyMap<string, readonly string[]>;

/** A message to the room that is not for all, such as an invitation: by the key of what is in it. */
export interface RoomNote extends Omit<RoomRequest, 'payload'> {
  readonly payload: Element;
}
