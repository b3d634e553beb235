/** Where stanzas for the room service go: XEP-0045, by who is addressed and with what. */
import {
  type Awaitable,
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
import { enter, makeLast, noNick, notInside } from './entering.ts';
import { loadHistory } from './history.ts';
import { leave } from './leaving.ts';
import { notAnOccupant, sayToAll } from './messages.ts';
import type { Muc, Origin } from './muc.ts';
import { changeNick } from './nick.ts';
import { broadcastPresence, sendSelfPresence, shownPresence } from './presence.ts';
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

const noRoom = new StanzaError('item-not-found', 'there is no such room');

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

  /** Section 7.2: a presence is refused with the extension that it came with. */
  #refusal(stanza: Stanza, error: StanzaError): Stanza {
    const reply = errorReply(stanza, error);
    if (stanza.kind !== 'presence' || stanza.element.child(MUC_X) === undefined) return reply;
    const { element } = reply;
    return reply.replace(
      el(element.ns, element.name, { type: 'error', id: reply.id }, el(NS_MUC, 'x'), ...element.children),
    );
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
    const handler = payload && this.#parts.service[`${stanza.type} ${payload.key}`];
    if (payload === undefined || handler === undefined) return refusals.serviceUnavailable;
    return reply(stanza, handler({ muc: this.#muc, stanza, payload }));
  }

  #toRoom(room: Room | undefined, stanza: Stanza, origin: Origin): Outcome {
    if (stanza.kind === 'presence') return this.#presence(room, stanza);
    if (room === undefined) return noRoom;
    return stanza.kind === 'message' ? this.#message(room, stanza, origin) : this.#iq(room, stanza, origin);
  }

  #presence(room: Room | undefined, stanza: Stanza): Outcome {
    const { type, element } = stanza;
    if (type === 'unavailable' || type === 'error') {
      const device = room?.devices.get(stanza.from.full);
      if (room === undefined || device === undefined) return undefined;
      return type === 'error'
        ? leave(this.#muc, room, device, undefined, [333])
        : leave(this.#muc, room, device, shownPresence(element));
    }
    if (type !== '') return undefined; // section 17.3: subscriptions and probes are not for rooms
    if (stanza.to.resource === '') return noNick;
    const x = element.child(MUC_X);
    const device = room?.devices.get(stanza.from.full);
    if (room !== undefined && device !== undefined) {
      if (device.occupant.nick !== stanza.to.resource) return changeNick(this.#muc, room, device, stanza);
      if (x === undefined) return this.#update(room, stanza);
    }
    if (x === undefined) {
      return notInside(this.#muc, stanza, room === undefined ? 'none' : room.affiliationOf(stanza.from));
    }
    if (room === undefined) return this.#found(stanza);
    if (room.history === undefined)
      return loadHistory(this.#muc, room).then(() => enter(this.#muc, room, stanza, x, false));
    return enter(this.#muc, room, stanza, x, false);
  }

  /** Section 10.1: nobody has this room yet. */
  async #found(stanza: Stanza): Promise<StanzaError | undefined> {
    const room = await this.#muc.rooms.create(stanza.to, stanza.from);
    if (room instanceof StanzaError) return room;
    const x = stanza.element.child(MUC_X);
    if (x === undefined) return undefined;
    const isNew = room.occupants.size === 0 && room.affiliationOf(stanza.from) === 'owner';
    return enter(this.#muc, room, stanza, x, isNew);
  }

  /** Section 7.7. */
  #update(room: Room, stanza: Stanza): undefined {
    const occupant = room.occupantAt(stanza.from);
    const device = room.devices.get(stanza.from.full);
    if (occupant === undefined || device === undefined) return undefined;
    device.presence = shownPresence(stanza.element);
    makeLast(occupant, device);
    broadcastPresence(this.#muc, room, occupant);
    sendSelfPresence(this.#muc, room, occupant, []);
    return undefined;
  }

  #message(room: Room, stanza: Stanza, origin: Origin): Outcome {
    if (stanza.type === 'error') {
      const device = room.devices.get(stanza.from.full);
      return device && isFatal(stanza) ? leave(this.#muc, room, device, undefined, [333]) : undefined;
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
    const handler = payload && this.#parts.rooms[`${stanza.type} ${payload.key}`];
    if (payload === undefined || handler === undefined) return refusals.serviceUnavailable;
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

const FATAL = new Set([
  'gone',
  'internal-server-error',
  'item-not-found',
  'jid-malformed',
  'recipient-unavailable',
  'redirect',
  'remote-server-not-found',
  'remote-server-timeout',
  'service-unavailable',
]);

/** Section 11.1: an error that says that nobody is there, and not only that one message was refused. */
function isFatal({ element }: Stanza): boolean {
  const error = element.elements().find((it) => it.name === 'error');
  return error?.elements().some((it) => it.ns === NS.stanzaErrors && FATAL.has(it.name)) ?? false;
}
