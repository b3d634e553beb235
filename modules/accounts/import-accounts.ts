/** Many accounts at once: keys are derived on every core, and stored in batches. */
import { availableParallelism } from 'node:os';
import { type Jid, parseAccount, StanzaError } from '#api';
import type { HostAccounts, NewAccount } from './host-accounts.ts';

interface ImportEntry {
  readonly jid: string;
  readonly password: string;
}

interface ImportReport {
  /** How many were created. */
  readonly created: number;
  /** Those that there were already; they keep their passwords. */
  readonly existing: readonly string[];
  readonly refused: readonly { readonly jid: string; readonly reason: string }[];
}

/** One transaction each: large enough that commits do not count, small enough that logins need not wait for them. */
const BATCH = 250;

/** Goes on after an entry that is refused, and says so in the report. */
export async function importAccounts(
  host: Jid,
  accounts: HostAccounts,
  entries: readonly ImportEntry[],
): Promise<ImportReport> {
  const run = new ImportRun(host, accounts);
  const queue = entries.values();
  // Twice the cores keep them busy; more would only stand in line before the logins that want a thread of that pool.
  await Promise.all(Array.from({ length: 2 * availableParallelism() }, () => run.work(queue)));
  await run.store();
  return run.report;
}

class ImportRun {
  readonly report = { created: 0, existing: [] as string[], refused: [] as { jid: string; reason: string }[] };
  readonly #host: Jid;
  readonly #accounts: HostAccounts;
  readonly #seen = new Set<string>();
  #batch: NewAccount[] = [];

  constructor(host: Jid, accounts: HostAccounts) {
    this.#host = host;
    this.#accounts = accounts;
  }

  async work(queue: Iterator<ImportEntry>): Promise<void> {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      const account = await this.#prepare(next.value);
      if (account === undefined) continue;
      this.#batch.push(account);
      if (this.#batch.length >= BATCH) await this.store();
    }
  }

  /** Stores what is gathered; one by one when somebody else created one of them in the meantime. */
  async store(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    if (batch.length === 0) return;
    if (await this.#accounts.add(batch)) {
      this.report.created += batch.length;
      return;
    }
    for (const account of batch) {
      if (await this.#accounts.add([account])) this.report.created++;
      else this.report.existing.push(`${account.local}@${this.#host.domain}`);
    }
  }

  async #prepare({ jid, password }: ImportEntry): Promise<NewAccount | undefined> {
    const { domain } = this.#host;
    const local = parseAccount(jid.trim(), domain)?.local;
    if (local === undefined) return this.#refuse(jid, `no address of an account at ${domain}`);
    try {
      await this.#accounts.assertName(local);
      if (this.#seen.has(local) || (await this.#accounts.exists(local))) {
        this.report.existing.push(jid);
        return undefined;
      }
      this.#seen.add(local);
      return { local, keys: await this.#accounts.derive(password) };
    } catch (error) {
      if (error instanceof StanzaError) return this.#refuse(jid, error.text ?? error.condition);
      throw error;
    }
  }

  #refuse(jid: string, reason: string): undefined {
    this.report.refused.push({ jid, reason });
  }
}
