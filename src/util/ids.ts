/** Identifiers: random tokens that nobody can guess, and unique ids that sort by time. */
import { randomBytes, randomFillSync } from 'node:crypto';

/** Random bytes are fetched in blocks: the system call costs many times the use. */
const pool = Buffer.allocUnsafeSlow(8192);
let used = pool.length;

/** Where `count` fresh random bytes start in the pool. */
function draw(count: number): number {
  if (used + count > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const start = used;
  used += count;
  return start;
}

/** A cryptographically random token of that many bytes, in base64url: 16 bytes make 22 characters. */
export function randomToken(bytes = 16): string {
  if (bytes > 1024) return randomBytes(bytes).toString('base64url');
  const start = draw(bytes);
  return pool.toString('base64url', start, start + bytes);
}

/** In ASCII order and of one case, so that ids sort alike in JavaScript, in SQLite and under any PostgreSQL collation. */
const DIGITS = Buffer.from('0123456789abcdefghijklmnopqrstuv', 'latin1');
const BITS = 5;
const MASK = 31;

const TIME_LENGTH = 10;
const SEQUENCE_LENGTH = 4;
const RANDOM_LENGTH = 12;
const SEQUENCES = 2 ** (BITS * SEQUENCE_LENGTH);

/** Characters of an id. */
export const TIME_ORDERED_ID_LENGTH = TIME_LENGTH + SEQUENCE_LENGTH + RANDOM_LENGTH;

const ID = /^[0-9a-v]{26}$/;

/** Writes the low `length` base-32 digits of a whole number that may exceed 32 bits. */
function writeDigits(target: Uint8Array, at: number, length: number, value: number): void {
  let high = Math.floor(value / 2 ** 25);
  let low = value % 2 ** 25;
  for (let i = at + length - 1; i >= at; i--) {
    target[i] = DIGITS[low & MASK]!;
    low = (low >>> BITS) | ((high & MASK) << 20);
    high = Math.floor(high / 32);
  }
}

/**
 * Makes unique ids of 26 characters: the time in milliseconds, a sequence and 60 random bits. Text order is the order
 * of time, and within one generator the order of making, even when the clock stands still or is set back.
 */
export class TimeOrderedId {
  readonly #now: () => number;
  readonly #text = Buffer.alloc(TIME_ORDERED_ID_LENGTH);
  #timeMs = -1;
  #sequence = 0;

  /** @param now milliseconds since 1970 */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Ids made from now on are of a later millisecond than this, whatever the clock says: those of before may be stored. */
  advanceTo(timeMs: number): void {
    if (timeMs < this.#timeMs) return;
    this.#timeMs = Math.floor(timeMs);
    this.#sequence = SEQUENCES;
  }

  next(): string {
    this.#advance();
    writeDigits(this.#text, TIME_LENGTH, SEQUENCE_LENGTH, this.#sequence);
    const random = draw(RANDOM_LENGTH);
    for (let i = 0; i < RANDOM_LENGTH; i++) {
      this.#text[TIME_LENGTH + SEQUENCE_LENGTH + i] = DIGITS[pool[random + i]! & MASK]!;
    }
    return this.#text.toString('latin1');
  }

  /** A new millisecond starts at a random place of the sequence's lower half; a used up one borrows from the next. */
  #advance(): void {
    const nowMs = Math.floor(this.#now());
    if (nowMs <= this.#timeMs && ++this.#sequence < SEQUENCES) return;
    this.#timeMs = Math.max(nowMs, this.#timeMs + 1);
    this.#sequence = pool.readUInt32LE(draw(4)) % (SEQUENCES / 2);
    writeDigits(this.#text, 0, TIME_LENGTH, this.#timeMs);
  }
}

/** The milliseconds since 1970 that an id was made at; undefined when the text is none of our ids. */
export function timeOfId(id: string): number | undefined {
  return ID.test(id) ? Number.parseInt(id.slice(0, TIME_LENGTH), 32) : undefined;
}

/** The lowest text that an id of this time can have, so that a range of times is a range of ids. */
export function firstIdAt(timeMs: number): string {
  const text = Buffer.alloc(TIME_ORDERED_ID_LENGTH, '0', 'latin1');
  writeDigits(text, 0, TIME_LENGTH, Math.max(0, Math.floor(timeMs)));
  return text.toString('latin1');
}
