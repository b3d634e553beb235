/** Writes DER (X.690 section 10): the few types that a certificate needs. */
import { constructedTag, primitiveTag, TAG } from './der-reader.ts';

export function value(tag: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([tag]), encodeLength(content.length), content]);
}

function encodeLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return value(TAG.sequence, Buffer.concat(parts));
}

/** A set of one, as relative distinguished names are: more would have to be sorted. */
export function setOf(part: Uint8Array): Buffer {
  return value(TAG.set, part);
}

/** An unsigned integer, most significant byte first. */
export function integer(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const digits = bytes.subarray(start);
  const isNegative = (digits[0] ?? 0) >= 0x80;
  return value(TAG.integer, isNegative ? Buffer.concat([Buffer.from([0]), digits]) : digits);
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap(base128);
  return value(TAG.oid, Buffer.from(bytes));
}

function base128(arc: number): number[] {
  const bytes = [arc % 128];
  for (let high = Math.floor(arc / 128); high > 0; high = Math.floor(high / 128)) bytes.unshift(0x80 | (high % 128));
  return bytes;
}

export function utf8String(text: string): Buffer {
  return value(TAG.utf8String, Buffer.from(text));
}

export function ia5String(text: string): Buffer {
  return value(TAG.ia5String, Buffer.from(text, 'latin1'));
}

export function octetString(content: Uint8Array): Buffer {
  return value(TAG.octetString, content);
}

/** @param unusedBits of the last byte: 0 to 7 */
export function bitString(content: Uint8Array, unusedBits = 0): Buffer {
  return value(TAG.bitString, Buffer.concat([Buffer.from([unusedBits]), content]));
}

/** True only: DER leaves a default of false out. */
export function booleanTrue(): Buffer {
  return value(TAG.boolean, Buffer.from([0xff]));
}

/** RFC 5280 section 4.1.2.5: years until 2049 in two digits, later ones in four. */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/\.\d+|[-:T]/g, '');
  const isShort = date.getUTCFullYear() < 2050;
  return value(isShort ? TAG.utcTime : TAG.generalizedTime, Buffer.from(isShort ? digits.slice(2) : digits));
}

export function explicit(number: number, inner: Uint8Array): Buffer {
  return value(constructedTag(number), inner);
}

export function implicit(number: number, content: Uint8Array): Buffer {
  return value(primitiveTag(number), content);
}
