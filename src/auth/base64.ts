/** Base 64 as SASL in XMPP wants it: RFC 4648 section 4, nothing but the alphabet, padded (RFC 6120 section 13.9.1). */

const STRICT = /^[A-Za-z0-9+/]*={0,2}$/;

/** Undefined when the text is not canonical base 64; the answer to that is `incorrect-encoding`. */
export function decodeBase64(text: string): Buffer | undefined {
  if (text.length % 4 !== 0 || !STRICT.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  // Unused bits that are set would give one value two spellings.
  return bytes.toString('base64') === text ? bytes : undefined;
}
