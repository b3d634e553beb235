/**
 * Names and namespaces read from bytes, each kept once: an element's key is then one string object, and `Map.get` with
 * it compares a pointer. The tables are of fixed size, so names that an attacker makes up only push others out.
 */
import * as scratch from './scratch.ts';

const { SCRATCH, SCRATCH_BYTES, VIEW } = scratch;

const SLOTS = 1024;
/** Longer names are not kept. */
const MAX_BYTES = 96;
const WORDS = MAX_BYTES / 4;
const KEYS = 2048;

/** The bytes of the name in each slot, four to a number and zero behind the end. */
const known = new Int32Array(SLOTS * WORDS);
const lengths = new Uint8Array(SLOTS);
/** The last place is for names that are too long to keep. */
const texts: string[] = Array.from({ length: SLOTS + 1 }, () => '');

const keyNamespaces: string[] = Array.from({ length: KEYS }, () => '');
const keyNames: string[] = Array.from({ length: KEYS }, () => '');
const keys: string[] = Array.from({ length: KEYS }, () => '{}');

/** Where the ASCII name is kept that is in `bytes`; read it with `nameAt` before the next look-up. */
export function findNameIn(bytes: Buffer, start: number, end: number): number {
  if (end - start > MAX_BYTES) {
    texts[SLOTS] = bytes.toString('latin1', start, end);
    return SLOTS;
  }
  bytes.copy(SCRATCH, SCRATCH_BYTES, start, end);
  return findName(SCRATCH_BYTES, SCRATCH_BYTES + end - start);
}

/** Where the ASCII name is kept that is in the scratch memory. */
export function findName(start: number, end: number): number {
  const length = end - start;
  if (length > MAX_BYTES) {
    texts[SLOTS] = SCRATCH.toString('latin1', start, end);
    return SLOTS;
  }
  const slot = slotOf(start, length);
  if (isKept(slot, start, length)) return slot;
  const other = slot ^ 1;
  if (isKept(other, start, length)) return other;
  // The newcomer takes the first place, what was there the second: two that meet do not drive each other out.
  known.copyWithin(other * WORDS, slot * WORDS, (slot + 1) * WORDS);
  lengths[other] = lengths[slot] as number;
  texts[other] = texts[slot] as string;
  keep(slot, start, length);
  return slot;
}

export function nameAt(place: number): string {
  return texts[place] as string;
}

/** A hash of the length, the first and the last bytes: names that share all these are rare, and only cost time. */
function slotOf(start: number, length: number): number {
  const first = wordAt(start, length);
  const last = length > 4 ? VIEW.getInt32(start + length - 4, true) : 0;
  const hash = Math.imul(first, 0x9e3779b1) ^ Math.imul(last + length, 0x85ebca6b);
  return (hash ^ (hash >>> 15)) & (SLOTS - 1);
}

/** Four bytes, or what is left of them, zero behind the end. */
function wordAt(at: number, left: number): number {
  const word = VIEW.getInt32(at, true);
  return left >= 4 ? word : word & ((1 << (left << 3)) - 1);
}

function isKept(slot: number, start: number, length: number): boolean {
  if (lengths[slot] !== length) return false;
  let at = slot * WORDS;
  let i = 0;
  for (; i + 4 <= length; i += 4) if (known[at++] !== VIEW.getInt32(start + i, true)) return false;
  return i === length || known[at] === wordAt(start + i, length - i);
}

function keep(slot: number, start: number, length: number): void {
  for (let i = 0; i < length; i += 4) known[slot * WORDS + (i >> 2)] = wordAt(start + i, length - i);
  lengths[slot] = length;
  texts[slot] = internalise(SCRATCH.toString('latin1', start, start + length));
}

/** The engine's own copy of a string, which it compares with literals and map keys by pointer. */
function internalise(text: string): string {
  // Without a prototype: a plain object would leave a hidden class behind for every name that an attacker makes up.
  const holder = Object.create(null) as Record<string, true>;
  holder[text] = true;
  return Object.keys(holder)[0] as string;
}

/** `{namespace}name`, the same object each time; `place` is where the name is kept. */
export function keyOf(ns: string, name: string, place: number): string {
  const slot = (place * 5 + ns.length * 173 + (ns.length === 0 ? 0 : ns.charCodeAt(ns.length - 1) * 31)) & (KEYS - 1);
  if (keyNames[slot] === name && keyNamespaces[slot] === ns) return keys[slot] as string;
  const key = `{${ns}}${name}`;
  if (ns.length > MAX_BYTES || name.length > MAX_BYTES) return key;
  keyNamespaces[slot] = ns;
  keyNames[slot] = name;
  return (keys[slot] = internalise(key));
}
