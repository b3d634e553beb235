/** Decides which messages wait: XEP-0160 section 3, with the hints of XEP-0334. */
import { type Awaitable, keeping, type Passage, StanzaError, type Verdict } from '#api';
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
  undelivered(passage: Passage): Awaitable<Verdict | undefined> {
    const { stanza, ledger } = passage;
    if (stanza.kind !== 'message') return undefined;
    switch (keeping(stanza.type, stanza.element)) {
      case 'none':
        return undefined;
      case 'momentary': // XEP-0085 section 5.8; an error would be more bother than the loss
        ledger?.note('dropped', stanza, stanza.to, 'it is not worth keeping');
        return 'handled';
      default:
        // What the archive keeps is never sent back: that is for the archive to say, and for whoever asks it.
        return this.#keep(passage).then((isStored) => (isStored ? 'handled' : stanza.kept ? undefined : full));
    }
  }

  /** Who is there gets it behind what waits; at once, where it cannot wait. */
  behind(passage: Passage): Awaitable<Verdict | undefined> {
    const { stanza } = passage;
    if (stanza.kind !== 'message' || !this.#parts.delivery.isBehind(stanza)) return undefined;
    const worth = keeping(stanza.type, stanza.element);
    if (worth === 'none' || worth === 'momentary') return undefined;
    return this.#keep(passage).then((kept) => (kept ? 'handled' : undefined));
  }

  async #keep({ stanza: message, ledger }: Passage): Promise<boolean> {
    const { queues, delivery, metrics } = this.#parts;
    const number = await queues.add(message);
    if (number === undefined) {
      metrics.refused.inc();
      ledger?.note('untaken', message, message.to.bareJid, 'too many messages wait');
      return false;
    }
    metrics.stored.inc();
    ledger?.note('stored', message, message.to.bareJid);
    delivery.added(message.to.bareJid, number);
    return true;
  }
}
