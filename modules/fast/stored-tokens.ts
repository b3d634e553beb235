/** The tokens of one host in the database, by the rules of XEP-0484 sections 3.3 to 3.6 and 5.1. */
import {
  type Clock,
  type Counter,
  type Database,
  type FastToken,
  type FastTokens,
  formatDateTime,
  type IssuedFastToken,
  type Jid,
  randomToken,
  TimeOrderedId,
} from '#api';
import type { SecretBox } from './secret-box.ts';
import type { TokenRow, TokenStore } from './store.ts';

interface TokenParts {
  readonly host: Jid;
  readonly db: Database;
  readonly store: TokenStore;
  readonly box: SecretBox;
  readonly clock: Clock;
  readonly metrics: { readonly issued: Counter; readonly used: Counter };
}

interface TokenLimits {
  /** Milliseconds. */
  readonly lifetime: number;
  /** Milliseconds. */
  readonly rotation: number;
  readonly clients: number;
}

/** 256 bits: as many as the proofs have at least. */
const SECRET_BYTES = 32;
/** An expired token is kept that long, so that a client that comes late is told what is wrong. */
const KEEP_EXPIRED_MS = 7 * 86_400_000;

export class StoredTokens implements FastTokens {
  readonly #parts: TokenParts;
  readonly #host: string;
  readonly #limits: TokenLimits;
  readonly #ids: TimeOrderedId;

  constructor(parts: TokenParts, limits: TokenLimits) {
    this.#parts = parts;
    this.#host = parts.host.domain;
    this.#limits = limits;
    this.#ids = new TimeOrderedId(() => parts.clock.now());
  }

  async find(local: string, client: string): Promise<readonly FastToken[]> {
    const rows = await this.#parts.store.find(this.#host, local, client);
    return rows.flatMap((row) => this.#read(row, local, client));
  }

  async use(local: string, client: string, id: string, count: number | undefined): Promise<boolean> {
    const { db, store, metrics } = this.#parts;
    const [used] = await db.atomically([
      count === undefined
        ? store.use.bind(this.#host, local, client, id)
        : store.useCounted.bind(this.#host, local, client, id, count),
      store.dropOlder.bind(this.#host, local, client, id),
    ]);
    if (used === undefined || used.length === 0) return false;
    metrics.used.inc();
    return true;
  }

  async issue(local: string, client: string, mechanism: string): Promise<IssuedFastToken> {
    const { db, store, box, clock, metrics } = this.#parts;
    const token = randomToken(SECRET_BYTES);
    const id = this.#ids.next();
    const now = clock.now();
    const expiresAt = now + this.#limits.lifetime;
    const sealed = box.seal(token, this.#place(local, client, id));
    await db.atomically([
      store.dropUnused.bind(this.#host, local, client),
      store.add.bind(this.#host, local, client, id, sealed, mechanism, now, expiresAt),
      store.dropSurplus.bind(this.#host, local, this.#limits.clients),
    ]);
    metrics.issued.inc();
    return { token, expiresAt };
  }

  async revoke(local: string, client?: string): Promise<void> {
    const { store } = this.#parts;
    if (client === undefined) await store.dropAccount(this.#host, local);
    else await store.dropClient(this.#host, local, client);
  }

  /** Erases what expired long ago. */
  async sweep(): Promise<void> {
    const { store, clock } = this.#parts;
    await store.dropExpired(this.#host, clock.now() - KEEP_EXPIRED_MS);
  }

  /** What there is for an account, without the secrets. */
  async describe(local: string): Promise<readonly object[]> {
    return (await this.#parts.store.summary(this.#host, local)).map((row) => ({
      client: row.client,
      mechanism: row.mechanism,
      issued: formatDateTime(row.issued_at),
      expires: formatDateTime(row.expires_at),
    }));
  }

  /** A secret that does not open is of no use to anybody: the server got another key since. */
  #read(row: TokenRow, local: string, client: string): FastToken[] {
    const { id, mechanism } = row;
    const secret = this.#parts.box.open(row.secret, this.#place(local, client, id));
    if (secret === undefined) return [];
    return [{ id, secret, mechanism, count: row.replay_count, standing: this.#standing(row) }];
  }

  #standing(row: TokenRow): FastToken['standing'] {
    const now = this.#parts.clock.now();
    if (now >= row.expires_at) return 'expired';
    const { rotation, lifetime } = this.#limits;
    // A client must get the next token while it can still log in with this one, whatever is configured.
    return now - row.issued_at >= Math.min(rotation, lifetime / 2) ? 'due' : 'valid';
  }

  #place(local: string, client: string, id: string): string {
    return [this.#host, local, client, id].join('\0');
  }
}
