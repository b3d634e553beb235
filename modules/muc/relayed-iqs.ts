/** IQs that occupants send each other through the room, and pings to oneself: XEP-0045 section 17.4, XEP-0410. */
import {
  clark,
  Element,
  iqResult,
  type Jid,
  NS,
  randomToken,
  refusals,
  Stanza,
  StanzaError,
  stanza as write,
} from '#api';
import { takeError } from './bounces.ts';
import { notAnOccupant } from './messages.ts';
import type { Muc } from './muc.ts';
import type { Room } from './room.ts';

const PING = clark(NS.ping, 'ping');
const ERROR = clark(NS.client, 'error');
const VCARD = clark('vcard-temp', 'vCard');
const DISCO: ReadonlySet<string> = new Set([clark(NS.discoInfo, 'query'), clark(NS.discoItems, 'query')]);
const WAIT_MS = 60_000;
const SWEEP_MS = 10_000;
/** Questions that wait for their answers, in all rooms, and of one device. */
const MAX_WAITING = 10_000;
const MAX_WAITING_EACH = 100;

const busy = new StanzaError('resource-constraint', 'too many questions wait for answers here');
const noAnswer = new StanzaError('remote-server-timeout', 'the other side does not answer');

/** A question; no more than its answer needs is kept of it. */
interface Waiting {
  readonly id: string | undefined;
  readonly from: Jid;
  readonly to: Jid;
  /** The address that was asked. */
  readonly asked: string;
  readonly until: number;
}

export class RelayedIqs {
  readonly #muc: Muc;
  readonly #waiting = new Map<string, Waiting>();
  /** How many wait, by who asked. */
  readonly #askers = new Map<string, number>();

  constructor(muc: Muc, signal: AbortSignal) {
    this.#muc = muc;
    const stop = muc.clock.every(SWEEP_MS, () => this.#expire());
    signal.addEventListener('abort', stop, { once: true });
  }

  /** A request to the address of an occupant: the answer, where the room gives it itself. */
  ask(room: Room, stanza: Stanza): Stanza | StanzaError | undefined {
    const sender = room.occupantAt(stanza.from);
    const payload = stanza.element.firstElement();
    // Section 6.6; XEP-0410 section 3.1: so one learns that one is out.
    if (sender === undefined) return DISCO.has(payload?.key ?? '') ? refusals.badRequest : notAnOccupant;
    const recipient = room.occupants.get(stanza.to.resource);
    // XEP-0410 section 3.3: the room knows without asking.
    if (recipient === sender && payload?.key === PING) return iqResult(stanza);
    if (recipient === undefined) return refusals.itemNotFound;
    // Cards are asked of the account: clients do not answer for it.
    const isCard = stanza.type === 'get' && payload?.key === VCARD;
    const to = isCard ? recipient.account : recipient.device.jid;
    const id = this.#expect(stanza, to);
    if (id === undefined) return busy;
    void this.#muc.router.route(new Stanza(stanza.element.with({ id }), sender.jid, to));
    return undefined;
  }

  #expect({ id, from, to }: Stanza, asked: Jid): string | undefined {
    const already = this.#askers.get(from.full) ?? 0;
    if (already >= MAX_WAITING_EACH || this.#waiting.size >= MAX_WAITING) return undefined;
    this.#askers.set(from.full, already + 1);
    const token = randomToken();
    this.#waiting.set(token, { id, from, to, asked: asked.full, until: this.#muc.clock.now() + WAIT_MS });
    return token;
  }

  #settle(token: string, { from }: Waiting): void {
    this.#waiting.delete(token);
    const left = (this.#askers.get(from.full) ?? 1) - 1;
    if (left === 0) this.#askers.delete(from.full);
    else this.#askers.set(from.full, left);
  }

  /** An answer to such a request goes back to who asked. */
  answer(reply: Stanza): void {
    const token = reply.id ?? '';
    const waiting = this.#waiting.get(token);
    if (waiting === undefined || waiting.asked !== reply.from.full) return;
    this.#settle(token, waiting);
    const { id, from, to } = waiting;
    // Section 17.4: an error may say who made it, and that is somebody behind a nickname.
    const children = reply.element.children.map((it) =>
      typeof it !== 'string' && it.key === ERROR ? it.with({ by: undefined }) : it,
    );
    const element = new Element(
      NS.client,
      'iq',
      ['type', reply.type, ...(id === undefined ? [] : ['id', id])],
      children,
    );
    void this.#muc.router.route(new Stanza(element, to, from));
    const room = reply.type === 'error' ? this.#muc.rooms.peek(to.local) : undefined;
    const device = room?.devices.get(reply.from.full);
    if (room !== undefined && device !== undefined) takeError(this.#muc, room, device, reply);
  }

  /** Nobody waits for ever. */
  #expire(): void {
    const now = this.#muc.clock.now();
    for (const [token, waiting] of this.#waiting) {
      if (waiting.until > now) break;
      this.#settle(token, waiting);
      const { id, from, to } = waiting;
      void this.#muc.router.route(write('iq', { from: to, to: from, type: 'error', id }, noAnswer.element()));
    }
  }
}
