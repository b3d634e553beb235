/** The archives of one host, as other modules see them. */
import type {
  Archive,
  ArchiveChange,
  ArchivedMessage,
  ArchiveFilter,
  ArchivePage,
  ArchiveRequest,
  Element,
  Jid,
  NewMessage,
  PageRequest,
  StanzaError,
} from '#api';
import { answerRequest } from './answers.ts';
import { KeptMessage } from './kept-message.ts';
import type { Removal } from './removal.ts';
import type { Shared } from './shared.ts';

export interface HostArchiveParts {
  readonly host: Jid;
  readonly shared: Shared;
  readonly removal: Removal;
  /** Has what was erased removed soon. */
  sweep(): void;
}

export class HostArchive implements Archive {
  readonly #parts: HostArchiveParts;

  constructor(parts: HostArchiveParts) {
    this.#parts = parts;
  }

  get saturated(): boolean {
    return this.#parts.shared.journal.saturated;
  }

  append(owner: Jid, { id, stanza, peer }: NewMessage): Promise<void> {
    const { host, shared } = this.#parts;
    const message = new KeptMessage(id, stanza, stanza.xml);
    message.recipient = { host: host.domain, owner, peer };
    // A room knows its messages by its own ids, and its occupants by more than their addresses (XEP-0424 section 5).
    message.retracts = undefined;
    return shared.journal.add(message);
  }

  query(owner: Jid, filter: ArchiveFilter, page: PageRequest): Promise<ArchivePage | StanzaError> {
    return this.#parts.shared.reader.query(owner, filter, page);
  }

  get(owner: Jid, ids: readonly string[]): Promise<readonly ArchivedMessage[]> {
    return this.#parts.shared.reader.get(owner, ids);
  }

  ends(owner: Jid): Promise<{ readonly first: ArchivedMessage; readonly last: ArchivedMessage } | undefined> {
    return this.#parts.shared.reader.ends(owner);
  }

  answer(request: ArchiveRequest): Promise<Element | StanzaError> {
    return answerRequest(this.#parts.shared.reader, request);
  }

  retract(owner: Jid, id: string, retracted: Element): Promise<boolean> {
    return this.#parts.shared.retractions.replace(owner, id, retracted);
  }

  async erase(owner: Jid): Promise<void> {
    await this.#parts.removal.retire(owner);
    this.#parts.sweep();
  }

  async since(cursor: number, limit: number): Promise<readonly ArchiveChange[]> {
    const { journal } = this.#parts.shared;
    await journal.flushed();
    const rows = await journal.store.since(cursor, journal.settledNumber, limit);
    return rows.map(({ number, id, xml, sender, recipient }) => ({
      cursor: number,
      id,
      xml,
      owners: [sender, recipient].filter((it) => it !== null),
    }));
  }
}
