/** More SCRAM keys for an account that has too few: XEP-0480, and what a password seen in PLAIN allows. */

import { randomBytes } from 'node:crypto';
import type { ScramHash, ScramKeys } from '../contracts/credentials.ts';
import { failure, type SaslFailure, type SaslSuccess } from './sasl.ts';
import { type Derivation, deriveKeys, hashBytes, keysOf, SALT_BYTES, SCRAM_HASHES } from './scram-keys.ts';

/** The name of the task that brings keys for a hash (XEP-0480 section 3): never with `-PLUS`. */
function upgradeName(hash: ScramHash): string {
  return `UPGR-SCRAM-${hash}`;
}

/** What to advertise: one task for each hash that accounts should have keys for, whoever asks. */
export function offeredUpgrades(hashes: readonly ScramHash[]): string[] {
  return SCRAM_HASHES.filter((it) => hashes.includes(it)).map(upgradeName);
}

/**
 * The hashes to run tasks for, one after the other, out of the tasks that a client asked for. None unless this very
 * login proved the password: a token or a certificate does not entitle to set one.
 */
export function upgradesToRun(
  requested: readonly string[],
  success: SaslSuccess,
  stored: readonly ScramKeys[],
  hashes: readonly ScramHash[],
): ScramHash[] {
  if (success.mechanism !== 'PLAIN' && !success.mechanism.startsWith('SCRAM-')) return [];
  return hashes.filter((it) => requested.includes(upgradeName(it)) && !stored.some((keys) => keys.hash === it));
}

export interface UpgradeTask {
  readonly name: string;
  readonly hash: ScramHash;
  /** Both go to the client in `<salt/>`. */
  readonly salt: Buffer;
  readonly iterations: number;
  /** Takes the SaltedPassword of `<hash/>`; a failure ends the authentication. */
  complete(saltedPassword: Buffer): ScramKeys | SaslFailure;
}

/** Starts the task: a new salt, and what to make of the client's answer. */
export function upgradeTask(hash: ScramHash, iterations: number): UpgradeTask {
  const salt = randomBytes(SALT_BYTES);
  return {
    name: upgradeName(hash),
    hash,
    salt,
    iterations,
    complete: (salted) =>
      salted.length === hashBytes(hash) ? keysOf({ hash, salt, iterations }, salted) : failure('malformed-request'),
  };
}

/** The keys with another in the place of the one of its hash, the strongest hash first. */
function withKeys(keys: readonly ScramKeys[], added: readonly ScramKeys[]): ScramKeys[] {
  return SCRAM_HASHES.flatMap(
    (hash) => added.find((it) => it.hash === hash) ?? keys.find((it) => it.hash === hash) ?? [],
  );
}

/**
 * All keys that an account should have, made of its password where they are missing or have fewer iterations than new
 * ones get. Returns the very same list when nothing is to be done. The password must have been verified.
 */
export async function completeKeys(
  prepared: string,
  keys: readonly ScramKeys[],
  keep: Derivation,
): Promise<readonly ScramKeys[]> {
  const hashes = keep.hashes.filter((hash) => !keys.some((it) => it.hash === hash && it.iterations >= keep.iterations));
  if (hashes.length === 0) return keys;
  return withKeys(keys, await deriveKeys(prepared, { hashes, iterations: keep.iterations }));
}
