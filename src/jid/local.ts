/** Localparts (RFC 7622 section 3.3): the UsernameCaseMapped profile of RFC 8265 and the characters that are kept out. */
import { hasRightToLeft, satisfiesBidiRule } from './bidi.ts';
import { satisfiesContextRules } from './context-rules.ts';
import { MAX_PART_BYTES, MAX_TEXT_LENGTH } from './limits.ts';
import { isIdentifier, settle } from './precis.ts';

/** RFC 7622 3.3.1. */
const FORBIDDEN = /["&'/:<>@]/;

const ALLOWED = 1;
const UPPER = 2;

/** What the profile says of ASCII: 0 for what a localpart may not hold. */
const ASCII = Uint8Array.from({ length: 128 }, (_, code) => {
  if (code <= 0x20 || code === 0x7f || FORBIDDEN.test(String.fromCharCode(code))) return 0;
  return code >= 0x41 && code <= 0x5a ? UPPER : ALLOWED;
});

const WIDE = /[\u3000\uFF01-\uFFEE]/g;

/** RFC 8265 3.3.1: full-width and half-width characters become what they decompose to. */
const mapWidth = (text: string): string => text.replace(WIDE, (char) => char.normalize('NFKC'));

/** RFC 8265 3.3.2 and 3.3.3, one round. */
function mapUsername(text: string): string | undefined {
  const narrow = mapWidth(text);
  return isIdentifier(narrow) ? narrow.toLowerCase().normalize('NFC') : undefined;
}

function prepareUnicode(text: string): string | undefined {
  const local = settle(text, mapUsername);
  if (local === undefined || FORBIDDEN.test(local) || !satisfiesContextRules(local)) return undefined;
  if (hasRightToLeft(local) && !satisfiesBidiRule(local)) return undefined;
  return Buffer.byteLength(local) <= MAX_PART_BYTES ? local : undefined;
}

/** The prepared form of a localpart; undefined when it is none. */
export function prepareLocal(text: string): string | undefined {
  const { length } = text;
  if (length === 0 || length > MAX_TEXT_LENGTH) return undefined;
  let seen = 0;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return prepareUnicode(text);
    const kind = ASCII[code]!;
    if (kind === 0) return undefined;
    seen |= kind;
  }
  if (length > MAX_PART_BYTES) return undefined;
  return (seen & UPPER) === 0 ? text : text.toLowerCase();
}
