/** Long stretches of character data, read many bytes at a time: pictures in base64 are most of what a server reads. */
import * as chars from './chars.ts';

const { AMP, CLASS, LT, RIGHT_BRACKET, TEXT_STOP } = chars;

/** What is searched at a time, so that a search never goes far past what it is for. */
const BLOCK = 4096;

/** The first byte from `at` on that needs a look in character data, or `end`. */
export function skipPlain(bytes: Buffer, at: number, end: number): number {
  for (let p = at; p < end; p += BLOCK) {
    const stop = Math.min(p + BLOCK, end);
    const found = firstUnusual(bytes, p, p + firstMarkup(bytes.subarray(p, stop)));
    if (found < stop) return found;
  }
  return end;
}

/** The first `<`, `&` or `]`, or the length. */
function firstMarkup(block: Buffer): number {
  let first = block.length;
  for (const byte of [LT, AMP, RIGHT_BRACKET]) {
    const at = block.indexOf(byte);
    if (at >= 0 && at < first) first = at;
  }
  return first;
}

/** The first byte that is no blank, white space or ASCII character, or `end`. */
function firstUnusual(bytes: Buffer, at: number, end: number): number {
  let p = at;
  const aligned = at + (-(bytes.byteOffset + at) & 3);
  for (; p < aligned && p < end; p++) if (stops(bytes, p)) return p;
  if (end - p >= 16) p = skipWords(bytes, p, end);
  while (p < end && !stops(bytes, p)) p++;
  return p;
}

/** Skips what is plain sixteen bytes at a time; `at` is at the beginning of a word of the memory. */
function skipWords(bytes: Buffer, at: number, end: number): number {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, (end - at) >> 2);
  const whole = words.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    const a = words[i] as number;
    const b = words[i + 1] as number;
    const c = words[i + 2] as number;
    const d = words[i + 3] as number;
    const low = (a - 0x20202020) | (b - 0x20202020) | (c - 0x20202020) | (d - 0x20202020);
    if (((a | b | c | d | low) & 0x80808080) === 0) continue;
    const from = at + i * 4;
    for (let p = from; p < from + 16; p++) if (stops(bytes, p)) return p;
  }
  return at + whole * 4;
}

function stops(bytes: Buffer, at: number): boolean {
  return ((CLASS[bytes[at] as number] as number) & TEXT_STOP) !== 0;
}
