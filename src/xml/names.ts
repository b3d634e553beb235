/**
 * Names and namespaces read from bytes, each kept once: an element's key is then one string object, and `Map.get` with
 * it compares a pointer. The tables are of fixed size, so names that an attacker makes up only push others out.
 */

const SLOTS = 1024;
const STRIDE = 96;
const KEYS = 2048;

const known = new Uint8Array(SLOTS * STRIDE);
const lengths = new Uint8Array(SLOTS);
/** The last place is for names that are too long to keep. */
const texts: string[] = new Array<string>(SLOTS + 1).fill('');

const keyNamespaces: string[] = new Array<string>(KEYS).fill('');
const keyNames: string[] = new Array<string>(KEYS).fill('');
const keys: string[] = new Array<string>(KEYS).fill('{}');

/** Where the name is kept that these bytes spell in ASCII; read it with `nameAt` before the next look-up. */
export function findName(bytes: Buffer, start: number, end: number): number {
  const length = end - start;
  if (length > STRIDE) {
    texts[SLOTS] = bytes.toString('latin1', start, end);
    return SLOTS;
  }
  const slot = slotOf(bytes, start, length);
  if (isKept(slot, bytes, start, length)) return slot;
  const other = slot ^ 1;
  if (isKept(other, bytes, start, length)) return other;
  // The newcomer takes the first place, what was there the second: two that meet do not drive each other out.
  known.copyWithin(other * STRIDE, slot * STRIDE, (slot + 1) * STRIDE);
  lengths[other] = lengths[slot] as number;
  texts[other] = texts[slot] as string;
  for (let i = 0; i < length; i++) known[slot * STRIDE + i] = bytes[start + i] as number;
  lengths[slot] = length;
  texts[slot] = internalise(bytes.toString('latin1', start, end));
  return slot;
}

/** The engine's own copy of a string, which it compares with literals and map keys by pointer. */
function internalise(text: string): string {
  return Object.keys({ [text]: true })[0] as string;
}

export function nameAt(place: number): string {
  return texts[place] as string;
}

/** A hash of the length and four bytes: names that share all these are rare, and only cost time. */
function slotOf(bytes: Buffer, start: number, length: number): number {
  const first = bytes[start] as number;
  const middle = bytes[start + (length >> 1)] as number;
  const late = bytes[start + length - (length > 3 ? 3 : 1)] as number;
  const last = bytes[start + length - 1] as number;
  return (length * 37 + first * 101 + middle * 211 + late * 419 + last * 811) & (SLOTS - 1);
}

function isKept(slot: number, bytes: Buffer, start: number, length: number): boolean {
  if (lengths[slot] !== length) return false;
  const at = slot * STRIDE;
  for (let i = 0; i < length; i++) if (known[at + i] !== bytes[start + i]) return false;
  return true;
}

/** `{namespace}name`, the same object each time; `place` is where `findName` keeps the name. */
export function keyOf(ns: string, name: string, place: number): string {
  const slot = (place * 5 + ns.length * 173 + (ns.length === 0 ? 0 : ns.charCodeAt(ns.length - 1) * 31)) & (KEYS - 1);
  if (keyNames[slot] === name && keyNamespaces[slot] === ns) return keys[slot] as string;
  const key = `{${ns}}${name}`;
  if (ns.length > STRIDE || name.length > STRIDE) return key;
  keyNamespaces[slot] = ns;
  keyNames[slot] = name;
  return (keys[slot] = internalise(key));
}
