/** Which bytes and characters XML 1.0 (fifth edition) allows where; UTF-8 is checked on the way (RFC 3629). */
import { isUtf8 } from 'node:buffer';
import { notWellFormed, XmlError } from './error.ts';

/** Bits of `CLASS`. */
export const NAME_START = 1;
export const NAME = 2;
export const COLON = 4;
/** Part of a character beyond ASCII. */
export const HIGH = 8;
export const SPACE = 16;
/** Needs a look in character data: `<`, `&`, `]`, carriage return, beyond ASCII, forbidden. */
export const TEXT_STOP = 32;
/** Needs a look in an attribute value: quotes, `<`, `&`, white space but the blank, beyond ASCII, forbidden. */
export const VALUE_STOP = 64;

export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const BANG = 0x21;
export const QUOTE = 0x22;
export const AMP = 0x26;
export const APOS = 0x27;
export const SLASH = 0x2f;
export const LT = 0x3c;
export const EQUALS = 0x3d;
export const GT = 0x3e;
export const QUESTION = 0x3f;
export const RIGHT_BRACKET = 0x5d;

/** The class of each byte. */
export const CLASS = classes();

function classes(): Uint8Array {
  const table = new Uint8Array(256);
  const mark = (chars: string, bits: number): void => {
    for (const char of chars) table[char.charCodeAt(0)] = (table[char.charCodeAt(0)] as number) | bits;
  };
  table.fill(TEXT_STOP | VALUE_STOP, 0, 0x20);
  table.fill(NAME_START | NAME | HIGH | TEXT_STOP | VALUE_STOP, 0x80);
  mark('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_', NAME_START | NAME);
  mark('-.0123456789', NAME);
  mark(':', NAME | COLON);
  for (const code of [TAB, LF]) table[code] = SPACE | VALUE_STOP;
  mark('\r', SPACE);
  mark(' ', SPACE);
  mark('<&]', TEXT_STOP);
  mark('<&\'"', VALUE_STOP);
  return table;
}

/** The position of the first byte from `from` on that is no white space. */
export function skipSpace(bytes: Buffer, from: number, end: number): number {
  let p = from;
  while (p < end && ((CLASS[bytes[p] as number] as number) & SPACE) !== 0) p++;
  return p;
}

/**
 * The position after the character that begins at `at` with a byte beyond ASCII, or -1 when its end is past `end`.
 * Overlong forms, surrogates and what is past U+10FFFF are no UTF-8; U+FFFE and U+FFFF are no characters of XML.
 */
export function skipWide(bytes: Buffer, at: number, end: number): number {
  const lead = bytes[at] as number;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (lead < 0xc2 || lead > 0xf4) notUtf8();
  if (at + 1 >= end) return -1;
  const second = bytes[at + 1] as number;
  const from = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const to = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < from || second > to) notUtf8();
  for (let i = 2; i < length; i++) {
    if (at + i >= end) return -1;
    if (((bytes[at + i] as number) & 0xc0) !== 0x80) notUtf8();
  }
  if (lead === 0xef && second === 0xbf && (bytes[at + 2] as number) >= 0xbe) notWellFormed('forbidden character');
  return at + length;
}

function notUtf8(): never {
  throw new XmlError('unsupported-encoding', 'not UTF-8');
}

/** XML 1.0 section 2.2: whether a character reference may stand for this code point. */
export function isChar(code: number): boolean {
  if (code < 0x20) return code === TAB || code === LF || code === CR;
  return code < 0xd800 || (code > 0xdfff && code < 0xfffe) || (code > 0xffff && code <= 0x10ffff);
}

const START_CHARS =
  'A-Z_a-z\\xC0-\\xD6\\xD8-\\xF6\\xF8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C\\u200D\\u2070-\\u218F' +
  '\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\u{10000}-\\u{EFFFF}';
const PART = `[${START_CHARS}][${START_CHARS}\\-.0-9\\xB7\\u0300-\\u036F\\u203F\\u2040]*`;
const QNAME = new RegExp(`^${PART}(?::${PART})?$`, 'u');

/** Namespaces in XML section 4: a name has at most one colon, and a proper name on either side of it. */
export function checkQName(bytes: Buffer, start: number, end: number): void {
  if (!isUtf8(bytes.subarray(start, end))) notUtf8();
  if (!QNAME.test(bytes.toString('utf8', start, end))) notWellFormed('malformed name');
}
