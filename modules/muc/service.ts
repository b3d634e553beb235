/** Where stanzas for the room service go: XEP-0045, by who is addressed and with what. */
import {
  type Awaitable,
  clark,
  type Element,
  el,
  errorReply,
  iqResult,
  isPromise,
  NS,
  refusals,
  Stanza,
  StanzaError,
} from '#api';
import { staysOver } from './absences.ts';
import { takeError } from './bounces.ts';
import { enter, makeLast, notInside } from './entering.ts';
import { loadHistory } from './history.ts';
import { leave } from './leaving.ts';
import { notAnOccupant, sayToAll } from './messages.ts';
import type { Muc, Origin } from './muc.ts';
import { changeNick, refuseNick } from './nick.ts';
import type { Device } from './occupant.ts';
import { broadcastPresence, refusePresence, sendSelfPresence, shownPresence } from './presence.ts';
import { sayToOne } from './private-messages.ts';
import type { RelayedIqs } from './relayed-iqs.ts';
import type { Answer, RoomHandlers, RoomRequest, ServiceHandlers } from './requests.ts';
import type { Room } from './room.ts';
import { MUC_X, NS_MUC, USER_X } from './vocabulary.ts';

export interface Parts {
  readonly rooms: RoomHandlers;
  readonly service: ServiceHandlers;
  /** Messages to the room that are not for all, by the key of a child or of what is in `<x/>` of muc#user. */
  readonly notes: RoomHandlers;
}

const tooOften = new StanzaError('policy-violation', 'your presence changes too often', { type: 'wait' });
const noRoom = new StanzaError('item-not-found', 'there is no such room');

const ERROR = clark(NS.client, 'error');

type Outcome = Awaitable<StanzaError | Stanza | undefined | void>;

export class MucService {
  readonly #muc: Muc;
  readonly #iqs: RelayedIqs;
  readonly #parts: Parts;

  constructor(muc: Muc, iqs: RelayedIqs, parts: Parts) {
    this.#muc = muc;
    this.#iqs = iqs;
    this.#parts = parts;
  }

  receive(stanza: Stanza, origin: Origin): Awaitable<void> {
    try {
      const outcome = this.#handle(stanza, origin);
      if (!isPromise(outcome)) return this.#settle(stanza, outcome);
      return outcome.then(
        (it) => this.#settle(stanza, it),
        (cause) => this.#failed(stanza, cause),
      );
    } catch (cause) {
      return this.#failed(stanza, cause);
    }
  }

  #failed(stanza: Stanza, cause: unknown): void {
    if (!(cause instanceof StanzaError)) {
      this.#muc.log.error({ err: cause, kind: stanza.kind }, 'a stanza for a room could not be handled');
    }
    this.#settle(stanza, cause instanceof StanzaError ? cause : refusals.internal);
  }

  #settle(stanza: Stanza, outcome: StanzaError | Stanza | undefined | void): void {
    if (outcome instanceof Stanza) void this.#muc.router.route(outcome);
    else if (outcome instanceof StanzaError && !stanza.isReply) {
      void this.#muc.router.route(this.#refusal(stanza, outcome));
    }
  }

  /** Section 7.2: the room says that it is the one who refuses; a presence comes back with its extension. */
  #refusal(stanza: Stanza, error: StanzaError): Stanza {
    const reply = errorReply(stanza, error);
    const { element } = reply;
    const children = element.elements().map((it) => (it.key === ERROR ? it.with({ by: stanza.to.bare }) : it));
    const isEntry = stanza.kind === 'presence' && stanza.element.child(MUC_X) !== undefined;
    const x = isEntry ? el(NS_MUC, 'x') : undefined;
    return reply.replace(el(element.ns, element.name, { type: 'error', id: reply.id }, x, ...children));
  }

  #handle(stanza: Stanza, origin: Origin): Outcome {
    if (stanza.to.local === '') return this.#toService(stanza);
    if (stanza.kind === 'iq' && stanza.isReply) return this.#iqs.answer(stanza);
    const room = this.#muc.rooms.find(stanza.to);
    if (isPromise(room)) return room.then((it) => this.#toRoom(it, stanza, origin));
    return this.#toRoom(room, stanza, origin);
  }

  #toService(stanza: Stanza): Outcome {
    if (stanza.kind === 'presence' || stanza.isReply) return undefined;
    if (stanza.kind === 'message' || stanza.to.resource !== '') return refusals.serviceUnavailable;
    const payload = stanza.element.firstElement();
    if (payload === undefined) return refusals.badRequest; // RFC 6120 section 8.2.3
    const handler = this.#parts.service[`${stanza.type} ${payload.key}`];
    if (handler === undefined) return refusals.serviceUnavailable;
    return reply(stanza, handler({ muc: this.#muc, stanza, payload }));
  }

  #toRoom(room: Room | undefined, stanza: Stanza, origin: Origin): Outcome {
    if (room !== undefined && this.#muc.absences.expectsSome) this.#muc.absences.heardOf(room, stanza.from);
    if (stanza.kind === 'presence') return this.#presence(room, stanza, origin);
    // Section 17.2: before it is configured it is no room for anybody but its owner.
    if (room === undefined || (room.isLocked && room.affiliationOf(stanza.from) !== 'owner')) {
      // XEP-0410 section 3.1: who hears that there is no such thing believes to be inside.
      return stanza.kind === 'iq' && stanza.to.resource !== '' ? notAnOccupant : noRoom;
    }
    return stanza.kind === 'message' ? this.#message(room, stanza, origin) : this.#iq(room, stanza, origin);
  }

  #presence(room: Room | undefined, stanza: Stanza, origin: Origin): Outcome {
    const { type, element, to } = stanza;
    const device = room?.devices.get(stanza.from.full);
    if (type === 'unavailable' || type === 'error') {
      if (room === undefined || device === undefined) return undefined;
      if (type === 'error') return takeError(this.#muc, room, device, stanza);
      if (origin === undefined && staysOver(this.#muc, room, device)) return undefined;
      const isFit = refusePresence(stanza) === undefined;
      return leave(this.#muc, room, device, isFit ? shownPresence(element) : undefined);
    }
    if (type !== '') return undefined; // section 17.3: subscriptions and probes are not for rooms
    const excess = refusePresence(stanza) ?? (this.#mayChange(stanza) ? undefined : tooOften);
    if (excess !== undefined) return excess;
    const x = element.child(MUC_X);
    if (room !== undefined && device?.occupant.nick === to.resource) {
      return x === undefined ? this.#update(room, device, stanza) : this.#enter(room, stanza, origin);
    }
    const refusal = refuseNick(this.#muc, to.resource);
    if (refusal !== undefined) return refusal;
    if (room !== undefined && device !== undefined) {
      const conflict = changeNick(this.#muc, room, device, stanza);
      return conflict === undefined && x !== undefined ? this.#enter(room, stanza, origin) : conflict;
    }
    if (x === undefined) return notInside(this.#muc, room, stanza);
    return room === undefined ? this.#found(stanza) : this.#enter(room, stanza, origin);
  }

  /** Section 13.6: rapid and repeated changes are told to all. */
  #mayChange({ from, to }: Stanza): boolean {
    const { allowances, clock } = this.#muc;
    return allowances.presence.take(`${to.bare}\n${from.bare}`, 1, clock.now());
  }

  #enter(room: Room, stanza: Stanza, origin: Origin): Outcome {
    if (room.history !== undefined) return enter(this.#muc, room, stanza, false);
    // Meanwhile the room may have been destroyed.
    return loadHistory(this.#muc, room).then(() => this.#handle(stanza, origin));
  }

  /** Section 10.1: nobody has this room yet. */
  async #found(stanza: Stanza): Promise<StanzaError | undefined> {
    const room = await this.#muc.rooms.create(stanza.to, stanza.from);
    if (room instanceof StanzaError) return room;
    const isNew = room.occupants.size === 0 && room.affiliationOf(stanza.from) === 'owner';
    return enter(this.#muc, room, stanza, isNew);
  }

  /** Section 7.7. */
  #update(room: Room, device: Device, stanza: Stanza): undefined {
    const { occupant } = device;
    device.presence = shownPresence(stanza.element);
    makeLast(occupant, device);
    broadcastPresence(this.#muc, room, occupant);
    sendSelfPresence(this.#muc, room, occupant, { device, id: stanza.id });
    return undefined;
  }

  #message(room: Room, stanza: Stanza, origin: Origin): Outcome {
    if (stanza.type === 'error') {
      const device = room.devices.get(stanza.from.full);
      return device && takeError(this.#muc, room, device, stanza);
    }
    if (stanza.to.resource !== '') return sayToOne(this.#muc, room, stanza);
    if (stanza.type === 'groupchat') return sayToAll(this.#muc, room, stanza, origin);
    for (const payload of notesIn(stanza)) {
      const handler = this.#parts.notes[payload.key];
      if (handler !== undefined) return reply(undefined, handler(this.#request(room, stanza, payload, origin)));
    }
    return room.occupantAt(stanza.from) === undefined ? notAnOccupant : refusals.badRequest;
  }

  #iq(room: Room, stanza: Stanza, origin: Origin): Outcome {
    if (stanza.to.resource !== '') return this.#iqs.ask(room, stanza);
    const payload = stanza.element.firstElement();
    if (payload === undefined) return refusals.badRequest; // RFC 6120 section 8.2.3
    const handler = this.#parts.rooms[`${stanza.type} ${payload.key}`];
    if (handler === undefined) return refusals.serviceUnavailable;
    return reply(stanza, handler(this.#request(room, stanza, payload, origin)));
  }

  #request(room: Room, stanza: Stanza, payload: RoomRequest['payload'], origin: Origin): RoomRequest {
    const affiliation = room.affiliationOf(stanza.from);
    return { muc: this.#muc, room, stanza, payload, origin, affiliation, occupant: room.occupantAt(stanza.from) };
  }
}

/** The stanza that an answer makes: a result for an IQ, nothing for a message. */
function reply(request: Stanza | undefined, answer: Answer): Outcome {
  if (isPromise(answer)) return answer.then((it) => reply(request, it));
  if (answer instanceof StanzaError) return answer;
  return request === undefined ? undefined : iqResult(request, answer);
}

/** What a message to the room may be about: what is in its `<x/>` of muc#user, and its other children. */
function* notesIn({ element }: Stanza): Iterable<Element> {
  for (const child of element.elements()) {
    if (child.key === USER_X) yield* child.elements();
    else yield child;
  }
}
