/** The private elements of one host's accounts, within their limits. */
import {
  type Accounts,
  type Database,
  type Element,
  type Jid,
  type PrivateStorage,
  parseStored,
  refusals,
  StanzaError,
} from '#api';
import type { PrivateStore } from './store.ts';

interface Limits {
  /** Bytes of one element. */
  readonly elementSize: number;
  /** Bytes of all elements of an account. */
  readonly accountSize: number;
  readonly elements: number;
}

interface ElementsParts {
  readonly host: Jid;
  readonly accounts: Accounts;
  readonly db: Database;
  readonly store: PrivateStore;
  readonly limits: Limits;
}

interface Row {
  readonly key: string;
  /** '' for an element that is to be removed. */
  readonly xml: string;
  readonly bytes: number;
}

const tooLarge = new StanzaError('policy-violation', 'the element is too large to be stored');
const tooMuch = new StanzaError('resource-constraint', 'there is no more room for private data in this account');

export class PrivateElements implements PrivateStorage {
  readonly #parts: ElementsParts;

  constructor(parts: ElementsParts) {
    this.#parts = parts;
  }

  async get({ local }: Jid, key: string): Promise<Element | undefined> {
    const { host, store } = this.#parts;
    const [row] = await store.find(host.domain, local, key);
    return row && parseStored(row.xml);
  }

  async set({ local }: Jid, elements: readonly Element[]): Promise<StanzaError | undefined> {
    const { accounts, db, host, limits, store } = this.#parts;
    // Of those without an account nobody would ever erase what they keep.
    if (!(await accounts.exists(local))) return refusals.serviceUnavailable;
    const rows = new Map(elements.map((it) => [it.key, rowOf(it)]));
    for (const { bytes } of rows.values()) if (bytes > limits.elementSize) return tooLarge;
    if (!(await this.#fits(local, rows))) return tooMuch;
    const domain = host.domain;
    const calls = [...rows.values()].map(({ key, xml, bytes }) =>
      xml === '' ? store.drop.bind(domain, local, key) : store.save.bind(domain, local, key, xml, bytes),
    );
    await db.atomically(calls);
    return undefined;
  }

  async all(local: string): Promise<readonly string[]> {
    const { host, store } = this.#parts;
    return (await store.all(host.domain, local)).map((it) => it.xml);
  }

  async erase(local: string): Promise<void> {
    const { host, store } = this.#parts;
    await store.erase(host.domain, local);
  }

  async #fits(local: string, rows: ReadonlyMap<string, Row>): Promise<boolean> {
    const { host, limits, store } = this.#parts;
    let bytes = 0;
    let elements = 0;
    const count = (size: number): void => {
      bytes += size;
      elements++;
    };
    for (const it of await store.sizes(host.domain, local)) if (!rows.has(it.element)) count(it.bytes);
    for (const it of rows.values()) if (it.xml !== '') count(it.bytes);
    return bytes <= limits.accountSize && elements <= limits.elements;
  }
}

function rowOf(element: Element): Row {
  const isEmpty = element.children.length === 0 && element.attrs.length === 0;
  const xml = isEmpty ? '' : element.toString();
  return { key: element.key, xml, bytes: Buffer.byteLength(xml) };
}
