/** What makes a password acceptable (XEP-0438 section 7), and passwords that nobody has to think up. */
import { randomInt } from 'node:crypto';
import { isCommonPassword } from './common-passwords.ts';
import { prepare } from './prepare.ts';

export interface PasswordPolicy {
  /** In characters. */
  readonly minLength: number;
  readonly maxLength: number;
  /** Refused besides the common ones; in lower case. */
  readonly blocked: ReadonlySet<string>;
}

export const DEFAULT_PASSWORD_POLICY: PasswordPolicy = { minLength: 8, maxLength: 128, blocked: new Set() };

/** Why an account may not have this password; undefined when it may. The text is for the user. */
export function problemWithPassword(
  password: string,
  local: string,
  policy: PasswordPolicy = DEFAULT_PASSWORD_POLICY,
): string | undefined {
  const prepared = prepare(password);
  if (prepared === undefined) return 'The password is empty or has characters that are not allowed';
  const length = [...prepared].length;
  if (length < policy.minLength) return `The password needs at least ${policy.minLength} characters`;
  if (length > policy.maxLength) return `The password can have at most ${policy.maxLength} characters`;
  const folded = prepared.toLowerCase();
  if (folded === local.toLowerCase()) return 'The password must not be the user name';
  if (isCommonPassword(folded) || policy.blocked.has(folded))
    return 'The password is one of the first that are guessed';
  return undefined;
}

/** Without 0, 1, i, l and o, which are taken for one another. */
const ALPHABET = '23456789abcdefghjkmnpqrstuvwxyz';
const GROUPS = 5;
const GROUP_LENGTH = 4;

/** A random password such as `k7qm-3xvt-9hpa-w2dn-c5rf`: 99 bits, easy to read out. */
export function generatePassword(): string {
  const group = (): string => Array.from({ length: GROUP_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return Array.from({ length: GROUPS }, group).join('-');
}
