/** Finds out what an announced hash stands for: from the database, else from a client that announces it. */
import {
  type Clock,
  type Counter,
  clark,
  type Database,
  type DiscoInfo,
  el,
  type Jid,
  type Logger,
  NS,
  type Router,
  readCapabilities,
  TokenBucket,
  verificationString,
} from '#api';
import type { Client, Entry } from './entry.ts';
import type { CapsStore } from './store.ts';

const QUERY = clark(NS.discoInfo, 'query');

/** Longer lists of features are not kept. */
const MAX_FEATURES_LENGTH = 16_384;
/** A client is asked this often at most: enough for features that are switched on and off. */
const ASKS_PER_SECOND = 0.1;
const ASKS_AT_ONCE = 5;
const FIRST_DELAY_MS = 2_000;
export const MAX_DELAY_MS = 600_000;

interface LookupParts {
  readonly host: Jid;
  readonly clock: Clock;
  readonly db: Database;
  readonly store: CapsStore;
  readonly router: Router;
  readonly log: Logger;
  readonly metrics: { readonly asked: Counter; readonly verified: Counter; readonly rejected: Counter };
  /** Verified capabilities that the database keeps. */
  readonly stored: number;
}

export class Lookup {
  readonly #parts: LookupParts;

  constructor(parts: LookupParts) {
    this.#parts = parts;
  }

  /** The features; undefined when nobody could be asked, or when what was told is not believed. */
  async find(entry: Entry): Promise<readonly string[] | undefined> {
    if (entry.isVerifiable && !entry.isSearched) {
      entry.isSearched = true;
      const stored = await this.#load(entry);
      if (stored !== undefined) return stored;
    }
    const client = this.#whomToAsk(entry);
    return client === undefined ? undefined : this.#ask(entry, client);
  }

  #whomToAsk({ waiting }: Entry): Client | undefined {
    const now = this.#parts.clock.now();
    for (const client of waiting) {
      client.allowance ??= new TokenBucket(ASKS_PER_SECOND, ASKS_AT_ONCE);
      if (client.allowance.tryTake(1, now)) return client;
    }
    return undefined;
  }

  async #load({ announcement }: Entry): Promise<readonly string[] | undefined> {
    const { clock, log, store } = this.#parts;
    const { hash, ver } = announcement;
    const [row] = await store.find(hash, ver);
    if (row === undefined) return undefined;
    store.touch(hash, ver, clock.now()).catch((err) => log.warn({ err }, 'the use of capabilities was not noted'));
    return JSON.parse(row.features) as string[];
  }

  /** Section 6.2: the exact address is asked, for the node. */
  async #ask(entry: Entry, client: Client): Promise<readonly string[] | undefined> {
    const { clock, host, metrics, router } = this.#parts;
    const { node, ver } = entry.announcement;
    metrics.asked.inc();
    const question = el(NS.discoInfo, 'query', { node: `${node}#${ver}` });
    const answer = await router.request({ from: host, to: client.jid, type: 'get' }, question);
    const payload = answer?.type === 'result' ? answer.element.child(QUERY) : undefined;
    const info = payload && readCapabilities(payload);
    if (info !== undefined && fits(entry, info)) {
      if (entry.isVerifiable) this.#keep(entry, info.features);
      return info.features;
    }
    metrics.rejected.inc();
    // Somebody else who announces it is asked next, each time after a longer while.
    entry.waiting.delete(client);
    entry.dueAt = clock.now() + Math.min(FIRST_DELAY_MS * 2 ** entry.failures, MAX_DELAY_MS);
    entry.failures++;
    return undefined;
  }

  #keep({ announcement }: Entry, features: readonly string[]): void {
    const { clock, db, log, metrics, store, stored } = this.#parts;
    const { hash, ver } = announcement;
    metrics.verified.inc();
    db.atomically([store.save.bind(hash, ver, JSON.stringify(features), clock.now()), store.prune.bind(stored)]).catch(
      (err) => log.warn({ err }, 'verified capabilities were not stored'),
    );
  }
}

/** Section 5.4 step 3: whether the answer is what the hash was made of. */
function fits({ announcement, isVerifiable }: Entry, info: DiscoInfo): boolean {
  let length = 0;
  for (const it of info.features) length += it.length + 3;
  if (length > MAX_FEATURES_LENGTH) return false;
  return !isVerifiable || verificationString(info, announcement.hash) === announcement.ver;
}
