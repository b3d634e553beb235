/** The service that makes keys of new passwords, for modules, which cannot import this folder. */
import type { PasswordHasher } from '../contracts/credentials.ts';
import { prepare } from './prepare.ts';
import { type Derivation, deriveKeys } from './scram-keys.ts';

/** A longer password could be set, and then not be sent by PLAIN. */
const MAX_PASSWORD_BYTES = 1023;

export function passwordHasher(keep: Derivation): PasswordHasher {
  return {
    async derive(password) {
      const prepared = prepare(password);
      if (prepared === undefined || Buffer.byteLength(prepared) > MAX_PASSWORD_BYTES) return undefined;
      return deriveKeys(prepared, keep);
    },
  };
}
