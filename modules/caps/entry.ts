/** One announced set of capabilities, shared by all clients that announce it. */
import type { Jid, Session, TokenBucket } from '#api';
import type { Announcement } from './announcement.ts';

/** An available client that announces capabilities. */
export interface Client {
  readonly jid: Jid;
  /** Undefined when it is connected elsewhere. */
  readonly session: Session | undefined;
  /** What it announced last. */
  entry: Entry | undefined;
  /** How often it can still be asked; undefined before the first time. */
  allowance: TokenBucket | undefined;
}

export class Entry {
  readonly key: string;
  readonly announcement: Announcement;
  /** Whether the hash can be verified, so that the answer of one client holds for all. */
  readonly isVerifiable: boolean;
  /** Undefined until a client has told, and what it told fits the hash. */
  features: readonly string[] | undefined = undefined;
  /** Clients that have announced it since, and can be asked. */
  readonly waiting = new Set<Client>();
  /** The database has been searched for it. */
  isSearched = false;
  isBusy = false;
  /** Answers that did not fit. */
  failures = 0;
  /** When the next client may be asked; milliseconds since 1970. */
  dueAt = 0;

  constructor(key: string, announcement: Announcement, isVerifiable: boolean) {
    this.key = key;
    this.announcement = announcement;
    this.isVerifiable = isVerifiable;
  }
}
