/** IQs that occupants send each other through the room, and pings to oneself: XEP-0045 section 17.4, XEP-0410. */
import { clark, type Element, iqResult, NS, randomToken, refusals, Stanza, StanzaError } from '#api';
import { notAnOccupant } from './messages.ts';
import type { Muc } from './muc.ts';
import type { Room } from './room.ts';

const PING = clark(NS.ping, 'ping');
const VCARD = clark('vcard-temp', 'vCard');
const WAIT_MS = 60_000;
const SWEEP_MS = 10_000;
/** Questions that wait for their answers, in all rooms. */
const MAX_WAITING = 10_000;

const busy = new StanzaError('resource-constraint', 'too many questions wait for answers here');

interface Waiting {
  readonly request: Stanza;
  /** The full address that was asked. */
  readonly asked: string;
  readonly until: number;
}

export class RelayedIqs {
  readonly #muc: Muc;
  readonly #waiting = new Map<string, Waiting>();

  constructor(muc: Muc, signal: AbortSignal) {
    this.#muc = muc;
    const stop = muc.clock.every(SWEEP_MS, () => this.#expire());
    signal.addEventListener('abort', stop, { once: true });
  }

  /** A request to the address of an occupant: the answer, where the room gives it itself. */
  ask(room: Room, stanza: Stanza): Stanza | StanzaError | undefined {
    const sender = room.occupantAt(stanza.from);
    if (sender === undefined) return notAnOccupant; // XEP-0410 section 3.1: so one learns that one is out
    const payload = stanza.element.firstElement();
    const recipient = room.occupants.get(stanza.to.resource);
    // XEP-0410 section 3.3: the room knows without asking.
    if (recipient === sender && payload?.key === PING) return iqResult(stanza);
    if (recipient === undefined) return refusals.itemNotFound;
    if (this.#waiting.size >= MAX_WAITING) return busy;
    // Cards are asked of the account: clients do not answer for it.
    const to = payload?.key === VCARD ? recipient.account : recipient.device.jid;
    const id = randomToken();
    this.#waiting.set(id, { request: stanza, asked: to.full, until: this.#muc.clock.now() + WAIT_MS });
    void this.#muc.router.route(new Stanza(stanza.element.with({ id }), sender.jid, to));
    return undefined;
  }

  /** An answer to such a request goes back to who asked. */
  answer(reply: Stanza): void {
    const waiting = this.#waiting.get(reply.id ?? '');
    if (waiting === undefined || waiting.asked !== reply.from.full) return;
    this.#waiting.delete(reply.id as string);
    const { request } = waiting;
    const element: Element = reply.element.with({ id: request.id });
    void this.#muc.router.route(new Stanza(element, request.to, request.from));
  }

  #expire(): void {
    const now = this.#muc.clock.now();
    for (const [id, { until }] of this.#waiting) {
      if (until > now) break;
      this.#waiting.delete(id);
    }
  }
}
