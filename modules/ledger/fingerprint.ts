/** What ids of messages are known by: a number, because an id that is kept would keep the text that it was read from. */

/** Characters that count, at either end: an id is random all over, or counts at one of its ends. */
const END = 6;

/**
 * A number of 53 bits, from the length and the characters at either end. That two ids have the same one is rare, and
 * harmless: one message more is explained than was asked for.
 */
export function fingerprint(id: string): number {
  const { length } = id;
  let a = 0x811c9dc5 | 0;
  let b = length;
  let i = 0;
  if (length > 2 * END) {
    for (; i < END; i += 2) {
      a = Math.imul(a ^ id.charCodeAt(i), 0x01000193);
      b = Math.imul(b ^ id.charCodeAt(i + 1), 0x85ebca6b);
    }
    i = length - END;
  }
  for (; i + 1 < length; i += 2) {
    a = Math.imul(a ^ id.charCodeAt(i), 0x01000193);
    b = Math.imul(b ^ id.charCodeAt(i + 1), 0x85ebca6b);
  }
  if (i < length) a = Math.imul(a ^ id.charCodeAt(i), 0x01000193);
  a ^= b >>> 15;
  b ^= a >>> 13;
  return (a >>> 11) * 0x1_0000_0000 + (b >>> 0);
}
