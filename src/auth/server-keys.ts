/** Keys of the server, each for one purpose, out of one secret (RFC 5869). */
import { hkdfSync } from 'node:crypto';
import type { ServerKeys } from '../contracts/credentials.ts';

const MIN_SECRET_BYTES = 32;
const KEY_BYTES = 32;

/** Throws when the secret is shorter than 32 bytes. */
export function serverKeys(secret: Buffer): ServerKeys {
  if (secret.length < MIN_SECRET_BYTES) throw new RangeError(`the server's secret needs ${MIN_SECRET_BYTES} bytes`);
  const made = new Map<string, Buffer>();
  return {
    key(purpose) {
      let key = made.get(purpose);
      if (key === undefined) {
        key = Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), `parley ${purpose}`, KEY_BYTES));
        made.set(purpose, key);
      }
      return key;
    },
  };
}
