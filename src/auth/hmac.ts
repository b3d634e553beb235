/** HMAC (RFC 2104) for keys that are used once. */
import { hash } from 'node:crypto';

export type Digest = 'sha1' | 'sha256' | 'sha512';

const BLOCK_BYTES: Readonly<Record<Digest, number>> = { sha1: 64, sha256: 64, sha512: 128 };

/**
 * The same as `createHmac`, which makes a key object of every key: 23 to 48 microseconds measured on Node 24, against 4
 * to 8 for two hashes.
 */
export function hmac(digest: Digest, key: Buffer, data: string | Buffer): Buffer {
  const block = BLOCK_BYTES[digest];
  const short = key.length > block ? hash(digest, key, 'buffer') : key;
  const inner = padded(short, block, 0x36, typeof data === 'string' ? Buffer.from(data) : data);
  return hash(digest, padded(short, block, 0x5c, hash(digest, inner, 'buffer')), 'buffer');
}

function padded(key: Buffer, block: number, pad: number, rest: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(block + rest.length).fill(pad, 0, block);
  for (let i = 0; i < key.length; i++) bytes[i] = (key[i] ?? 0) ^ pad;
  rest.copy(bytes, block);
  return bytes;
}
