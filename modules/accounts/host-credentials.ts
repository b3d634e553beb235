/** The SCRAM keys of a host's accounts (RFC 5802 section 3). */
import type { Call, Credentials, Database, Jid, ScramHash, ScramKeys, StoredCredentials } from '#api';
import type { AccountStore, CredentialsRow } from './store.ts';

export class HostCredentials implements Credentials {
  readonly #host: string;
  readonly #db: Database;
  readonly #store: AccountStore;

  constructor(host: Jid, db: Database, store: AccountStore) {
    this.#host = host.domain;
    this.#db = db;
    this.#store = store;
  }

  async find(local: string): Promise<StoredCredentials | undefined> {
    const rows = await this.#store.credentials(this.#host, local);
    const first = rows[0];
    if (first === undefined) return undefined;
    return { locked: first.locked !== 0, keys: rows.flatMap(toKeys) };
  }

  async save(local: string, keys: readonly ScramKeys[], proven: ScramKeys): Promise<boolean> {
    // The proven key comes last: the statements look for it.
    const others = keys.filter((it) => it.hash !== proven.hash);
    const ordered = [...others, ...keys.filter((it) => it.hash === proven.hash)];
    const stored = await this.#db.atomically(ordered.map((it) => this.#put(local, it, proven)));
    return stored.every((rows) => rows.length > 0);
  }

  #put(local: string, keys: ScramKeys, proven: ScramKeys): Call {
    const { hash, salt, iterations, storedKey, serverKey } = keys;
    const { putKeys } = this.#store;
    return putKeys.bind(this.#host, local, hash, salt, iterations, storedKey, serverKey, proven.hash, proven.storedKey);
  }
}

/** The calls that store all keys of an account; they do nothing for one that does not exist. */
export function addKeys(store: AccountStore, host: string, local: string, keys: readonly ScramKeys[]): Call[] {
  return keys.map((it) => store.addKeys.bind(host, local, it.hash, it.salt, it.iterations, it.storedKey, it.serverKey));
}

function toKeys(row: CredentialsRow): ScramKeys[] {
  if (row.hash === null) return [];
  return [
    {
      hash: row.hash as ScramHash,
      salt: toBuffer(row.salt),
      iterations: row.iterations,
      storedKey: toBuffer(row.stored_key),
      serverKey: toBuffer(row.server_key),
    },
  ];
}

/** The same memory, whichever of the two an engine returns. */
function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
