/** Resourceparts (RFC 7622 section 3.4): the OpaqueString profile of RFC 8265 section 4.2. */
import { satisfiesContextRules } from './context-rules.ts';
import { MAX_PART_BYTES, MAX_TEXT_LENGTH } from './limits.ts';
import { isFreeform, settle } from './precis.ts';

/** RFC 8265 4.2.2, one round: any space is the ASCII space, case and width stay. */
function mapOpaque(text: string): string | undefined {
  return isFreeform(text) ? text.replace(/\p{Zs}/gu, ' ').normalize('NFC') : undefined;
}

function prepareUnicode(text: string): string | undefined {
  const resource = settle(text, mapOpaque);
  if (resource === undefined || !satisfiesContextRules(resource)) return undefined;
  return Buffer.byteLength(resource) <= MAX_PART_BYTES ? resource : undefined;
}

/** The prepared form of a resourcepart; undefined when it is none. */
export function prepareResource(text: string): string | undefined {
  const { length } = text;
  if (length === 0 || length > MAX_TEXT_LENGTH) return undefined;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 126) return prepareUnicode(text);
    if (code < 32) return undefined;
  }
  return length <= MAX_PART_BYTES ? text : undefined;
}
