/** The cards of one host's accounts. */
import {
  type Accounts,
  type Element,
  type Hooks,
  type Jid,
  parseStored,
  refusals,
  StanzaError,
  type VCards,
  vcardChanged,
} from '#api';
import type { VCardStore } from './store.ts';

interface CardsParts {
  readonly host: Jid;
  readonly accounts: Accounts;
  readonly hooks: Hooks;
  readonly store: VCardStore;
  /** Bytes of a card. */
  readonly maxSize: number;
}

const tooLarge = new StanzaError('policy-violation', 'the card is too large to be stored');

export class Cards implements VCards {
  readonly #parts: CardsParts;

  constructor(parts: CardsParts) {
    this.#parts = parts;
  }

  async get({ local }: Jid): Promise<Element | undefined> {
    const xml = await this.xml(local);
    return xml === undefined ? undefined : parseStored(xml);
  }

  async set(owner: Jid, card: Element): Promise<StanzaError | undefined> {
    const { accounts, host, hooks, maxSize, store } = this.#parts;
    // Of those without an account nobody would ever erase their card.
    if (!(await accounts.exists(owner.local))) return refusals.serviceUnavailable;
    const isEmpty = card.children.length === 0;
    const xml = card.toString();
    if (Buffer.byteLength(xml) > maxSize) return tooLarge;
    if (isEmpty) await store.erase(host.domain, owner.local);
    else await store.save(host.domain, owner.local, xml);
    await hooks.tell(vcardChanged, { owner, card: isEmpty ? undefined : card });
    return undefined;
  }

  async xml(local: string): Promise<string | undefined> {
    const { host, store } = this.#parts;
    const [row] = await store.find(host.domain, local);
    return row?.xml;
  }

  async erase(local: string): Promise<void> {
    const { host, store } = this.#parts;
    await store.erase(host.domain, local);
  }
}
