/** SCRAM's key schedule (RFC 5802 section 3): what is derived from a password, and what proves it. */
import { hash, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { ScramHash, ScramKeys } from '../contracts/credentials.ts';
import { type Digest, hmac } from './hmac.ts';

const derive = promisify(pbkdf2);

/** The strongest first. */
export const SCRAM_HASHES: readonly ScramHash[] = ['SHA-512', 'SHA-256', 'SHA-1'];
export const DEFAULT_ITERATIONS = 10_000;
/** RFC 5802 section 5.1. */
export const MIN_ITERATIONS = 4096;
/** XEP-0438 section 5.2 asks for 16; a multiple of three spares the padding. */
export const SALT_BYTES = 18;

interface HashFacts {
  readonly digest: Digest;
  readonly bytes: number;
  /**
   * Cost of a round. SHA-1 and SHA-256 are a tie where the processor helps with both (0.25 and 0.23 microseconds
   * measured); SHA-512 takes three and a half times as long.
   */
  readonly weight: number;
}

const FACTS: Readonly<Record<ScramHash, HashFacts>> = {
  'SHA-1': { digest: 'sha1', bytes: 20, weight: 1 },
  'SHA-256': { digest: 'sha256', bytes: 32, weight: 1 },
  'SHA-512': { digest: 'sha512', bytes: 64, weight: 3.5 },
};

export function hashBytes(scram: ScramHash): number {
  return FACTS[scram].bytes;
}

export function digest(scram: ScramHash, data: string | Buffer): Buffer {
  return hash(FACTS[scram].digest, data, 'buffer');
}

export function mac(scram: ScramHash, key: Buffer, data: string | Buffer): Buffer {
  return hmac(FACTS[scram].digest, key, data);
}

/** Compares without telling where the difference is. Lengths are no secret. */
export function sameBytes(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

export interface Derivation {
  readonly hashes: readonly ScramHash[];
  readonly iterations: number;
}

/** The keys to keep for a prepared password, each hash with a salt of its own (XEP-0438 section 5.2). */
export function deriveKeys(prepared: string, { hashes, iterations }: Derivation): Promise<ScramKeys[]> {
  return Promise.all(
    hashes.map(async (scram) => {
      const salt = randomBytes(SALT_BYTES);
      return keysOf({ hash: scram, salt, iterations }, await saltedPassword(prepared, scram, salt, iterations));
    }),
  );
}

/** `Hi(password, salt, i)` on libuv's pool; the password is prepared already. */
export function saltedPassword(prepared: string, scram: ScramHash, salt: Buffer, iterations: number): Promise<Buffer> {
  const { bytes, digest: name } = FACTS[scram];
  return derive(prepared, salt, iterations, bytes, name);
}

/** StoredKey and ServerKey of a salted password. */
export function keysOf(made: Pick<ScramKeys, 'hash' | 'salt' | 'iterations'>, salted: Buffer): ScramKeys {
  return {
    hash: made.hash,
    salt: made.salt,
    iterations: made.iterations,
    storedKey: storedKeyOf(made.hash, salted),
    serverKey: mac(made.hash, salted, 'Server Key'),
  };
}

function storedKeyOf(scram: ScramHash, salted: Buffer): Buffer {
  return digest(scram, mac(scram, salted, 'Client Key'));
}

/** Whether a prepared password is the one that the keys were made of: one PBKDF2, whatever the answer. */
export async function verifyPassword(prepared: string, keys: ScramKeys): Promise<boolean> {
  const salted = await saltedPassword(prepared, keys.hash, keys.salt, keys.iterations);
  return sameBytes(storedKeyOf(keys.hash, salted), keys.storedKey);
}

/** The keys that a password is checked against at the least cost; the stronger hash where that is a tie. */
export function cheapestKeys(keys: readonly ScramKeys[]): ScramKeys | undefined {
  let best: ScramKeys | undefined;
  for (const scram of SCRAM_HASHES) {
    const candidate = keys.find((it) => it.hash === scram);
    if (candidate !== undefined && (best === undefined || cost(candidate) < cost(best))) best = candidate;
  }
  return best;
}

/** The hash that `cheapestKeys` picks of an account whose keys were all made at once. */
export function cheapestHash(hashes: readonly ScramHash[]): ScramHash {
  const candidates = SCRAM_HASHES.filter((it) => hashes.includes(it));
  return candidates.reduce(
    (best, it) => (FACTS[it].weight < FACTS[best].weight ? it : best),
    candidates[0] ?? 'SHA-256',
  );
}

function cost(keys: ScramKeys): number {
  return keys.iterations * FACTS[keys.hash].weight;
}
