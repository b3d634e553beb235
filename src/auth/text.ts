/** Text inside SASL messages. */
import { isUtf8 } from 'node:buffer';

/** The text of UTF-8 octets, a leading U+FEFF kept; undefined when they are not UTF-8 (RFC 3629). */
export function decodeUtf8(bytes: Buffer): string | undefined {
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}
