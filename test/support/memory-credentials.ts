/** Accounts and FAST tokens in memory, for tests. */
import { randomBytes } from 'node:crypto';
import type {
  Credentials,
  FastToken,
  FastTokens,
  IssuedFastToken,
  ScramKeys,
  StoredCredentials,
} from '../../src/contracts/credentials.ts';
import type { Clock } from '../../src/kernel/clock.ts';

export class MemoryCredentials implements Credentials {
  readonly accounts = new Map<string, StoredCredentials>();

  find(local: string): StoredCredentials | undefined {
    return this.accounts.get(local);
  }

  async save(local: string, keys: readonly ScramKeys[], proven: ScramKeys): Promise<boolean> {
    const account = this.accounts.get(local);
    if (!account?.keys.some((it) => it.storedKey.equals(proven.storedKey))) return false;
    const others = account.keys.filter((it) => !keys.some(({ hash }) => hash === it.hash));
    this.accounts.set(local, { ...account, keys: [...others, ...keys] });
    return true;
  }

  lock(local: string): void {
    this.accounts.set(local, { keys: this.accounts.get(local)?.keys ?? [], locked: true });
  }
}

interface Slot {
  readonly token: Omit<FastToken, 'standing'>;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** The two slots of XEP-0484 section 5.1, without any storage. */
export class MemoryFastTokens implements FastTokens {
  readonly #clock: Clock;
  readonly #lifetimeMs: number;
  readonly #renewAfterMs: number;
  readonly #slots = new Map<string, { current?: Slot | undefined; fresh?: Slot | undefined }>();

  constructor(clock: Clock, { lifetimeMs, renewAfterMs }: { lifetimeMs: number; renewAfterMs: number }) {
    this.#clock = clock;
    this.#lifetimeMs = lifetimeMs;
    this.#renewAfterMs = renewAfterMs;
  }

  find(local: string, client: string): FastToken[] {
    const { fresh, current } = this.#of(local, client);
    const now = this.#clock.now();
    return [fresh, current]
      .filter((it) => it !== undefined)
      .map(({ token, issuedAt, expiresAt }) => ({
        ...token,
        standing: expiresAt <= now ? 'expired' : issuedAt + this.#renewAfterMs <= now ? 'due' : 'valid',
      }));
  }

  use(local: string, client: string, id: string, count: number | undefined): boolean {
    const slots = this.#of(local, client);
    if (slots.fresh?.token.id === id) {
      slots.current = slots.fresh;
      slots.fresh = undefined;
    }
    const { current } = slots;
    if (current?.token.id !== id || (count !== undefined && count <= current.token.count)) return false;
    if (count !== undefined) slots.current = { ...current, token: { ...current.token, count } };
    return true;
  }

  async issue(local: string, client: string, mechanism: string): Promise<IssuedFastToken> {
    const issuedAt = this.#clock.now();
    const expiresAt = issuedAt + this.#lifetimeMs;
    const secret = randomBytes(24).toString('base64url');
    const id = randomBytes(9).toString('base64url');
    this.#of(local, client).fresh = { token: { id, secret, mechanism, count: 0 }, issuedAt, expiresAt };
    return { token: secret, expiresAt };
  }

  async revoke(local: string, client?: string): Promise<void> {
    for (const key of this.#slots.keys()) {
      if (key === `${local} ${client}` || (client === undefined && key.startsWith(`${local} `)))
        this.#slots.delete(key);
    }
  }

  #of(local: string, client: string) {
    const key = `${local} ${client}`;
    const slots: { current?: Slot | undefined; fresh?: Slot | undefined } = this.#slots.get(key) ?? {};
    this.#slots.set(key, slots);
    return slots;
  }
}
