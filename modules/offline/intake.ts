/** Decides which messages wait: XEP-0160 section 3, with the hints of XEP-0334. */
import { type Awaitable, keeping, type Passage, type Stanza, StanzaError, type Verdict } from '#api';
import type { Delivery } from './delivery.ts';
import type { OfflineQueues } from './queues.ts';

export interface IntakeParts {
  readonly queues: OfflineQueues;
  readonly delivery: Delivery;
  readonly metrics: { readonly stored: { inc(): void }; readonly refused: { inc(): void } };
}

const full = new StanzaError('service-unavailable', 'too many messages wait for this user');

export class Intake {
  readonly #parts: IntakeParts;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /** Nobody is there to take it. The answer comes when it is durable. */
  undelivered({ stanza }: Passage): Awaitable<Verdict | undefined> {
    if (stanza.kind !== 'message') return undefined;
    switch (keeping(stanza.type, stanza.element)) {
      case 'none':
        return undefined;
      case 'momentary': // XEP-0085 section 5.8; an error would be more bother than the loss
        return 'handled';
      default:
        return this.#keep(stanza).then((kept) => (kept ? 'handled' : full));
    }
  }

  /** Who is there gets it behind what waits; at once, where it cannot wait. */
  behind({ stanza }: Passage): Awaitable<Verdict | undefined> {
    if (stanza.kind !== 'message' || !this.#parts.delivery.isBehind(stanza)) return undefined;
    const worth = keeping(stanza.type, stanza.element);
    if (worth === 'none' || worth === 'momentary') return undefined;
    return this.#keep(stanza).then((kept) => (kept ? 'handled' : undefined));
  }

  async #keep(message: Stanza): Promise<boolean> {
    const { queues, delivery, metrics } = this.#parts;
    const number = await queues.add(message);
    if (number === undefined) {
      metrics.refused.inc();
      return false;
    }
    metrics.stored.inc();
    delivery.added(message.to.bareJid, number);
    return true;
  }
}
