/**
 * Domainparts (RFC 7622 section 3.2): IP addresses, and domain names as IDNA2008 has them.
 *
 * The mapping is that of RFC 5895; `node:url` supplies Punycode and the check that a label is stable under
 * compatibility mapping. What it lets pass beyond IDNA2008 (symbols, emoji, false A-labels) is refused here.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { domainToASCII, domainToUnicode } from 'node:url';
import { hasRightToLeft, satisfiesBidiRule } from './bidi.ts';
import { satisfiesContextRules } from './context-rules.ts';
import { MAX_PART_BYTES, MAX_TEXT_LENGTH } from './limits.ts';
import { isLabelText } from './precis.ts';

const NON_ASCII = /[^\0-\x7F]/;
/** What may come out of the mapping: letters, digits, hyphen and dot, and beyond ASCII whatever the labels' check allows. */
const MAPPED = /^[a-z0-9.\-\u0080-\u{10FFFF}]+$/u;
const LDH = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const NUMERIC_END = /(?:^|\.)[0-9]+$/;
const STARTS_WITH_MARK = /^\p{M}/u;
const WIDE = /[\u3000\uFF01-\uFFEE]/g;

/** RFC 5895 section 2: width, case, normal form, and the full stops of East Asian scripts. */
function mapName(text: string): string {
  if (!NON_ASCII.test(text)) return text.toLowerCase();
  return text
    .replace(WIDE, (char) => char.normalize('NFKC'))
    .replace(/\u3002/g, '.')
    .replace(/\u03A3/g, '\u03C3') // By character: a label has no last letter in the sense of Unicode's final sigma.
    .toLowerCase()
    .normalize('NFC');
}

const hasReservedHyphens = (label: string): boolean => label.charCodeAt(2) === 0x2d && label.charCodeAt(3) === 0x2d;

/** RFC 5890 2.3.1 (NR-LDH label). */
const isPlainLabel = (label: string): boolean => LDH.test(label) && !hasReservedHyphens(label);

/** RFC 5891 4.2.3 and 5.4, but for the Bidi rule, which needs the whole name. */
function isULabel(label: string): boolean {
  if (label.startsWith('-') || label.endsWith('-') || hasReservedHyphens(label)) return false;
  return !STARTS_WITH_MARK.test(label) && isLabelText(label) && satisfiesContextRules(label);
}

/** Whether a label of the result is what a label of the mapped input stands for. */
function corresponds(mapped: string, unicode: string): boolean {
  if (!NON_ASCII.test(unicode)) return mapped === unicode && isPlainLabel(unicode);
  // Lower-cased for Cherokee alone, whose capitals are the folded form.
  const same = NON_ASCII.test(mapped) ? unicode.toLowerCase() === mapped : mapped.startsWith('xn--');
  return same && isULabel(unicode);
}

function prepareInternational(mapped: string): string | undefined {
  const ascii = domainToASCII(mapped);
  const unicode = domainToUnicode(ascii);
  if (ascii === '' || domainToASCII(unicode) !== ascii) return undefined;
  const given = mapped.split('.');
  const labels = unicode.split('.');
  if (labels.length !== given.length || ascii.split('.').some((label) => label.length > 63)) return undefined;
  if (!labels.every((label, i) => corresponds(given[i]!, label))) return undefined;
  if (labels.some(hasRightToLeft) && !labels.every(satisfiesBidiRule)) return undefined;
  return Buffer.byteLength(unicode) <= MAX_PART_BYTES ? unicode : undefined;
}

function prepareName(text: string): string | undefined {
  const mapped = mapName(text);
  // A label separator at the end is stripped before anything else (RFC 7622 3.2), one of them.
  const name = mapped.endsWith('.') ? mapped.slice(0, -1) : mapped;
  if (!MAPPED.test(name) || name.length > MAX_PART_BYTES) return undefined;
  // No name ends in a number (RFC 1123 2.1); resolvers take 127.1 or 2130706433 for addresses.
  if (NUMERIC_END.test(name)) return isIPv4(name) ? name : undefined;
  if (NON_ASCII.test(name) || name.startsWith('xn--') || name.includes('.xn--')) return prepareInternational(name);
  return name.split('.').every(isPlainLabel) ? name : undefined;
}

/** RFC 3986 IP-literal in its canonical text (RFC 5952); RFC 9844 took zone identifiers out of addresses. */
function prepareIpLiteral(text: string): string | undefined {
  const address = text.slice(1, -1);
  if (!text.endsWith(']') || address.includes('%') || !isIPv6(address)) return undefined;
  return domainToASCII(text) || undefined;
}

/** The prepared form of a domainpart, with U-labels; undefined when it is none. */
export function prepareDomain(text: string): string | undefined {
  if (text.length === 0 || text.length > MAX_TEXT_LENGTH) return undefined;
  return text.startsWith('[') ? prepareIpLiteral(text) : prepareName(text);
}
