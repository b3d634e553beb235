/** Which clients read the archive of their account: they have what is in there, and need no copies of it. */
import { type Awaitable, type Clock, type Session, slot } from '#api';
import type { OfflineStore } from './store.ts';

export interface ReaderParts {
  readonly host: string;
  readonly store: OfflineStore;
  readonly clock: Clock;
}

/** Clients that are remembered of an account, by their resources. */
const REMEMBERED = 20;

/** Whether the client reads the archive, once that is known. */
const isReader = slot<boolean>('offline.reader');

export class ArchiveReaders {
  readonly #parts: ReaderParts;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
  }

  /** The client has read the archive, and is expected to do so in sessions to come. */
  async note(session: Session): Promise<void> {
    const { host, store, clock } = this.#parts;
    session.slots.set(isReader, true);
    const { local, resource } = session.jid;
    await store.saveReader(host, local, resource, clock.now());
    await store.dropReaders(host, local, REMEMBERED);
  }

  /** Whether it has read the archive, in this session or in one before with the same resource. */
  isOne(session: Session): Awaitable<boolean> {
    return session.slots.get(isReader) ?? this.#recall(session);
  }

  /** The same as far as is known by now. */
  isKnown(session: Session): boolean {
    return session.slots.get(isReader) === true;
  }

  async erase(local: string): Promise<void> {
    await this.#parts.store.eraseReaders(this.#parts.host, local);
  }

  async #recall(session: Session): Promise<boolean> {
    const { host, store } = this.#parts;
    const rows = await store.findReader(host, session.jid.local, session.jid.resource);
    // It may have read in the meantime.
    const found = rows.length > 0 || this.isKnown(session);
    session.slots.set(isReader, found);
    return found;
  }
}
