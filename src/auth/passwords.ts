/** Passwords for all who set them: which are acceptable (XEP-0438 section 7), what is kept of them, and new ones. */
import { randomInt } from 'node:crypto';
import type { Passwords } from '../contracts/credentials.ts';
import { isCommonPassword } from './common-passwords.ts';
import { prepare } from './prepare.ts';
import { type Derivation, deriveKeys } from './scram-keys.ts';

/** A longer password could be set, and then not be sent by PLAIN. */
const MAX_BYTES = 1023;
/** In characters: the most that section 7 allows to ask for. */
const MAX_LENGTH = 128;

/** `keep` is asked each time, as a reload may change hashes and rounds. */
export function passwords(keep: () => Derivation): Passwords {
  return {
    problem,
    generate,
    async derive(password) {
      const prepared = prepare(password);
      if (prepared === undefined || Buffer.byteLength(prepared) > MAX_BYTES) return undefined;
      return deriveKeys(prepared, keep());
    },
  };
}

function problem(password: string, local: string, minLength: number): string | undefined {
  const prepared = prepare(password);
  if (prepared === undefined) return 'the password is empty or has characters that are not allowed';
  const length = [...prepared].length;
  if (length < minLength) return `the password needs at least ${minLength} characters`;
  if (length > MAX_LENGTH) return `the password can have at most ${MAX_LENGTH} characters`;
  const folded = prepared.toLowerCase();
  if (folded === local.toLowerCase()) return 'the password must not be the user name';
  return isCommonPassword(folded) ? 'the password is one of the first that are guessed' : undefined;
}

/** Without 0, 1, i, l and o, which are taken for one another. */
const ALPHABET = '23456789abcdefghjkmnpqrstuvwxyz';
const GROUPS = 5;
const GROUP_LENGTH = 4;

/** Such as `k7qm-3xvt-9hpa-w2dn-c5rf`: 99 bits. */
function generate(): string {
  const group = (): string => Array.from({ length: GROUP_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return Array.from({ length: GROUPS }, group).join('-');
}
