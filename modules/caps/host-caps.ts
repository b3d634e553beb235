/** The host's own capabilities: the hash that it announces, and the answer to those who ask what it stands for. */
import {
  type Clock,
  type DiscoInfo,
  type Element,
  el,
  type HostDisco,
  type Jid,
  type Logger,
  NS,
  type ServerCaps,
  verificationString,
} from '#api';

/** How long a hash is announced before it is made anew: forms may change while the server runs. */
const MAX_AGE_MS = 60_000;
/** Earlier hashes that are still answered for: clients ask a moment after they were told. */
const KEPT = 8;

interface Snapshot {
  readonly ver: string;
  readonly feature: Element;
  readonly madeAt: number;
}

interface HostCapsParts {
  readonly host: Jid;
  readonly node: string;
  readonly clock: Clock;
  readonly disco: HostDisco;
  readonly log: Logger;
}

export class HostCaps implements ServerCaps {
  readonly node: string;
  readonly #parts: HostCapsParts;
  readonly #answers = new Map<string, DiscoInfo>();
  #snapshot: Snapshot | undefined;
  #making: Promise<Snapshot> | undefined;

  constructor(parts: HostCapsParts) {
    this.#parts = parts;
    this.node = parts.node;
  }

  async ver(): Promise<string> {
    return (await this.#current()).ver;
  }

  /** `<c/>` for stream features (section 6.3), at hand for most streams. Nobody is kept from logging in by its lack. */
  feature(): Element | Promise<Element | undefined> {
    const snapshot = this.#snapshot;
    if (snapshot !== undefined && this.#isFresh(snapshot)) return snapshot.feature;
    return this.#current().then(
      ({ feature }) => feature,
      (err) => {
        this.#parts.log.error({ err }, 'the capabilities of the host are not known');
        return undefined;
      },
    );
  }

  /** What a node of ours stands for (section 6.2); undefined for any other node. */
  async answer(node: string): Promise<DiscoInfo | undefined> {
    if (!node.startsWith(`${this.node}#`)) return undefined;
    await this.#current();
    return this.#answers.get(node.slice(this.node.length + 1));
  }

  #isFresh({ madeAt }: Snapshot): boolean {
    return this.#parts.clock.now() - madeAt < MAX_AGE_MS;
  }

  async #current(): Promise<Snapshot> {
    const snapshot = this.#snapshot;
    if (snapshot !== undefined && this.#isFresh(snapshot)) return snapshot;
    this.#making ??= this.#make().finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  async #make(): Promise<Snapshot> {
    const { host, clock, disco, node } = this.#parts;
    // What depends on who asks cannot be hashed: this is what everybody is told.
    const info = await disco.info({ from: host, to: host });
    const ver = verificationString(info);
    this.#answers.delete(ver);
    this.#answers.set(ver, info);
    if (this.#answers.size > KEPT) this.#answers.delete(this.#answers.keys().next().value as string);
    const feature = el(NS.caps, 'c', { hash: 'sha-1', node, ver });
    this.#snapshot = { ver, feature, madeAt: clock.now() };
    return this.#snapshot;
  }
}
