/** References in text and attribute values: the five of XML 1.0 section 4.6 and characters by number (section 4.1). */
import { CLASS, isChar, NAME, NAME_START } from './chars.ts';
import { notWellFormed, XmlError } from './error.ts';

const SEMICOLON = 0x3b;
const HASH = 0x23;
const LETTER_A = 0x61;
const LETTER_G = 0x67;
const LETTER_L = 0x6c;
const LETTER_M = 0x6d;
const LETTER_Q = 0x71;
const LETTER_X = 0x78;
const PREDEFINED = ['lt;', 'gt;', 'amp;', 'quot;', 'apos;'].map((it) => Buffer.from(it));
/** `&#0000...65;` may be as long as one likes; nobody needs this much. */
const MAX_BYTES = 64;
/** No character has so high a number; more digits cannot bring it back. */
const TOO_HIGH = 0x110000;

/** The position after the reference whose `&` is at `at`, or -1 when its end is past `end`. */
export function skipReference(bytes: Buffer, at: number, end: number): number {
  if (at + 1 >= end) return -1;
  if (bytes[at + 1] === HASH) return skipNumber(bytes, at, end);
  for (const name of PREDEFINED) {
    if (isAt(bytes, at + 1, end, name)) return at + 1 + name.length;
  }
  if (((CLASS[bytes[at + 1] as number] as number) & NAME_START) === 0) notWellFormed('stray &');
  let p = at + 2;
  while (p < end && ((CLASS[bytes[p] as number] as number) & NAME) !== 0) p++;
  if (p < end && bytes[p] !== SEMICOLON) notWellFormed('stray &');
  if (p < end || p - at > MAX_BYTES) throw new XmlError('restricted-xml', 'entity other than the five of XML');
  return -1;
}

function isAt(bytes: Buffer, at: number, end: number, name: Buffer): boolean {
  if (at + name.length > end) return false;
  for (let i = 0; i < name.length; i++) if (bytes[at + i] !== name[i]) return false;
  return true;
}

function skipNumber(bytes: Buffer, at: number, end: number): number {
  const hex = bytes[at + 2] === LETTER_X;
  let p = at + (hex ? 3 : 2);
  const first = p;
  let code = 0;
  for (; p < end; p++) {
    const digit = digitOf(bytes[p] as number, hex);
    if (digit < 0) break;
    code = Math.min(code * (hex ? 16 : 10) + digit, TOO_HIGH);
  }
  if (p - at > MAX_BYTES) throw new XmlError('policy-violation', 'character reference too long');
  if (p >= end) return -1;
  if (bytes[p] !== SEMICOLON || p === first || !isChar(code)) notWellFormed('malformed character reference');
  return p + 1;
}

function digitOf(byte: number, hex: boolean): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return hex && letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** The text that a run of characters stands for; its references have been checked. */
export function resolveReferences(raw: string): string {
  let text = '';
  let from = 0;
  for (let at = raw.indexOf('&'); at >= 0; at = raw.indexOf('&', from)) {
    const semicolon = raw.indexOf(';', at);
    text += raw.slice(from, at) + characterAt(raw, at + 1, semicolon);
    from = semicolon + 1;
  }
  return text + raw.slice(from);
}

/** What a reference stands for; one letter or two tell the five apart. */
function characterAt(raw: string, start: number, end: number): string {
  switch (raw.charCodeAt(start)) {
    case LETTER_L:
      return '<';
    case LETTER_G:
      return '>';
    case LETTER_Q:
      return '"';
    case LETTER_A:
      return raw.charCodeAt(start + 1) === LETTER_M ? '&' : "'";
    default:
      return String.fromCodePoint(numberAt(raw, start + 1, end));
  }
}

function numberAt(raw: string, start: number, end: number): number {
  const hex = raw.charCodeAt(start) === LETTER_X;
  return Number.parseInt(raw.slice(hex ? start + 1 : start, end), hex ? 16 : 10);
}
