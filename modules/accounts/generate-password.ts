/** Passwords for people to type in once, on a telephone if need be. */
import { randomInt } from 'node:crypto';

/** 30 signs that are not taken for one another: no i, l, o, 0 and 1, and no u, so that few words appear. */
const SIGNS = 'abcdefghjkmnpqrstvwxyz23456789';
const GROUPS = 5;
const SIGNS_PER_GROUP = 4;

/** 98 bits in groups, such as `k7wd-3pqa-m2xe-9rfh-z6tc`. */
export function generatePassword(): string {
  return Array.from({ length: GROUPS }, group).join('-');
}

function group(): string {
  return Array.from({ length: SIGNS_PER_GROUP }, () => SIGNS[randomInt(SIGNS.length)]).join('');
}
