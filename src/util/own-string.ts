/** Strings that keep nothing but themselves in memory. */

const SCRATCH_BYTES = 8192;
const scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

/**
 * An equal string that is not a slice of another: the engine lets a slice of a stanza keep the whole stanza, so what
 * outlives the stanza (a cache's key, a session's address) is copied. Meant for short strings.
 */
export function ownString(text: string): string {
  const { length } = text;
  if (length > SCRATCH_BYTES / 4) return Buffer.from(text, 'utf16le').toString('utf16le');
  if (scratch.write(text, 0, 'utf8') === length) return scratch.toString('latin1', 0, length);
  return scratch.toString('utf16le', 0, scratch.write(text, 0, 'utf16le'));
}
