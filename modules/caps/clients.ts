/** Which client announces what, and what that stands for (XEP-0115 section 5.4). */
import {
  type CapsChange,
  type ClientCaps,
  type Clock,
  capsChanged,
  type Hooks,
  isKnownHash,
  type Jid,
  type Logger,
  Lru,
  type Session,
  type Sessions,
  type Stanza,
  slot,
} from '#api';
import { type Announcement, readAnnouncement } from './announcement.ts';
import { type Client, Entry } from './entry.ts';
import { type Lookup, MAX_DELAY_MS } from './lookup.ts';

/** Announced sets that nobody has vouched for yet; further ones stay unknown. */
const MAX_UNKNOWN = 10_000;
/** Sets that are looked up at the same time; a client has half a minute to answer. */
const MAX_LOOKUPS = 500;

const clientOf = slot<Client>('caps');

interface ClientsParts {
  readonly host: Jid;
  readonly clock: Clock;
  readonly hooks: Hooks;
  readonly log: Logger;
  readonly sessions: Sessions;
  readonly lookup: Lookup;
  /** Verified sets kept in memory. */
  readonly cached: number;
  /** Clients elsewhere that are remembered. */
  readonly remembered: number;
}

export class Clients implements ClientCaps {
  readonly #parts: ClientsParts;
  readonly #known: Lru<string, Entry>;
  readonly #unknown = new Map<string, Entry>();
  readonly #elsewhere: Lru<string, Client>;
  #lookups = 0;

  constructor(parts: ClientsParts) {
    this.#parts = parts;
    this.#known = new Lru(parts.cached);
    this.#elsewhere = new Lru(parts.remembered, (client) => this.#leave(client));
  }

  featuresOf(session: Session): readonly string[] | undefined {
    return session.slots.get(clientOf)?.entry?.features;
  }

  featuresAt(client: Jid): readonly string[] | undefined {
    if (client.domain !== this.#parts.host.domain) return this.#elsewhere.get(client.full)?.entry?.features;
    const session = this.#parts.sessions.get(client);
    return session && this.featuresOf(session);
  }

  /** A local client sent presence. One without capabilities changes nothing (section 8.4). */
  present(session: Session): void {
    const announcement = session.presence && readAnnouncement(session.presence.element);
    // It may have ended since, while its presence was being broadcast.
    if (announcement === undefined || this.#parts.sessions.get(session.jid) !== session) return;
    let client = session.slots.get(clientOf);
    if (client === undefined) {
      client = { jid: session.jid, session, entry: undefined, allowance: undefined };
      session.slots.set(clientOf, client);
    }
    this.#announce(client, announcement);
  }

  /** A local client is no longer available, and can no longer be asked. */
  absent(session: Session): void {
    const client = session.slots.get(clientOf);
    if (client === undefined) return;
    this.#leave(client);
    session.slots.set(clientOf, undefined);
  }

  /** Presence of a client elsewhere reached an account here. */
  presentElsewhere({ element, from, type }: Stanza): void {
    if (type === 'unavailable') this.#absentElsewhere(from);
    const announcement = type === '' && !from.isBare ? readAnnouncement(element) : undefined;
    if (announcement === undefined) return;
    let client = this.#elsewhere.get(from.full);
    if (client === undefined) {
      client = { jid: from, session: undefined, entry: undefined, allowance: undefined };
      this.#elsewhere.set(from.full, client);
    }
    this.#announce(client, announcement);
  }

  /** Asks again where the last answer did not fit, and forgets what nobody announces any more. */
  tick(): void {
    const now = this.#parts.clock.now();
    for (const entry of this.#unknown.values()) {
      if (entry.waiting.size > 0) this.#resolve(entry, now);
      // The failures are remembered for a while, so that bad clients that come and go are not asked each time.
      else if (!entry.isBusy && now > entry.dueAt + MAX_DELAY_MS) this.#unknown.delete(entry.key);
    }
  }

  #absentElsewhere(from: Jid): void {
    const client = this.#elsewhere.get(from.full);
    if (client === undefined) return;
    this.#leave(client);
    this.#elsewhere.delete(from.full);
  }

  #announce(client: Client, announcement: Announcement): void {
    const key = keyOf(client, announcement);
    if (client.entry?.key === key && this.#isCurrent(client.entry)) return;
    this.#leave(client);
    const known = this.#known.get(key);
    if (known !== undefined) {
      client.entry = known;
      this.#tell(client, known.features ?? []);
      return;
    }
    const entry = this.#unknown.get(key) ?? this.#add(key, announcement, client);
    if (entry === undefined) return;
    client.entry = entry;
    entry.waiting.add(client);
    this.#resolve(entry, this.#parts.clock.now());
  }

  /** Not so when another set of this host's modules left it behind unfinished. */
  #isCurrent(entry: Entry): boolean {
    return entry.features !== undefined || this.#unknown.get(entry.key) === entry;
  }

  #add(key: string, announcement: Announcement, { session }: Client): Entry | undefined {
    // Clients elsewhere cannot use up what those of this host need.
    if (this.#unknown.size >= (session === undefined ? MAX_UNKNOWN / 2 : MAX_UNKNOWN)) return undefined;
    const entry = new Entry(key, announcement, isKnownHash(announcement.hash));
    this.#unknown.set(key, entry);
    return entry;
  }

  #leave(client: Client): void {
    const { entry } = client;
    client.entry = undefined;
    if (entry === undefined || entry.features !== undefined) return;
    entry.waiting.delete(client);
    const isForgotten = entry.waiting.size === 0 && entry.failures === 0 && !entry.isBusy;
    if (isForgotten || !entry.isVerifiable) this.#unknown.delete(entry.key);
  }

  /** Nobody waits for it: the client whose presence this is could not answer while its stream does. */
  #resolve(entry: Entry, now: number): void {
    if (entry.isBusy || now < entry.dueAt || this.#lookups >= MAX_LOOKUPS) return;
    void this.#lookUp(entry);
  }

  async #lookUp(entry: Entry): Promise<void> {
    const { log, lookup } = this.#parts;
    entry.isBusy = true;
    this.#lookups++;
    try {
      const features = await lookup.find(entry);
      if (features !== undefined) this.#settle(entry, features);
    } catch (err) {
      log.warn({ err }, 'capabilities of a client could not be looked up');
    } finally {
      entry.isBusy = false;
      this.#lookups--;
    }
  }

  #settle(entry: Entry, features: readonly string[]): void {
    entry.features = features;
    this.#unknown.delete(entry.key);
    if (entry.isVerifiable) this.#known.set(entry.key, entry);
    const waiting = [...entry.waiting];
    entry.waiting.clear();
    for (const client of waiting) this.#tell(client, features);
  }

  #tell({ jid, session }: Client, features: readonly string[]): void {
    void this.#parts.hooks.tell(capsChanged, { client: jid, session, features } satisfies CapsChange);
  }
}

/** Section 5.4 step 2: where the hash is not known, what one client tells holds for that client alone. */
function keyOf(client: Client, { hash, ver }: Announcement): string {
  return isKnownHash(hash) ? `${hash} ${ver}` : `${hash} ${ver} ${client.jid.full}`;
}
