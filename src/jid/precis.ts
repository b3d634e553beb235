/** The two string classes of PRECIS (RFC 8264 sections 4.2 and 4.3) as regular expressions over the engine's Unicode. */

/** RFC 8264 9.6: code points that are valid whatever their category says. */
const EXCEPTIONS = '\\u00DF\\u03C2\\u06FD\\u06FE\\u0F0B\\u3007';

/** RFC 8264 9.6 and 9.8: valid where the rules of RFC 5892 appendix A hold; `context-rules.ts` checks those. */
const CONTEXT = '\\u00B7\\u0375\\u05F3\\u05F4\\u30FB\\u0660-\\u0669\\u06F0-\\u06F9\\u200C\\u200D';

/** RFC 8264 9.6, 9.9 and 9.13: disallowed exceptions, conjoining jamo, and what a renderer would not show. */
const NEVER =
  '\\u0640\\u07FA\\u302E\\u302F\\u3031-\\u3035\\u303B' +
  '\\u1100-\\u11FF\\uA960-\\uA97C\\uD7B0-\\uD7C6\\uD7CB-\\uD7FB' +
  '\\p{Default_Ignorable_Code_Point}\\p{Noncharacter_Code_Point}';

const LETTER_DIGITS = '\\p{Ll}\\p{Lu}\\p{Lo}\\p{Nd}\\p{Lm}\\p{Mn}\\p{Mc}';

function stringOf(categories: string, always: string): RegExp {
  return new RegExp(`^[[[${categories}]--[${NEVER}]][${always}${EXCEPTIONS}${CONTEXT}]]+$`, 'v');
}

const IDENTIFIER = stringOf(LETTER_DIGITS, '\\x21-\\x7E');
const FREEFORM = stringOf('\\p{L}\\p{M}\\p{N}\\p{S}\\p{P}\\p{Zs}', '\\x20-\\x7E');

/** RFC 5892 2.4: blocks of combining marks for symbols and music, which are kept out of domain names. */
const LABEL = new RegExp(
  `^[[[${LETTER_DIGITS}]--[${NEVER}\\u20D0-\\u20FF\\u{1D100}-\\u{1D24F}]][a-z0-9\\-${EXCEPTIONS}${CONTEXT}]]+$`,
  'v',
);

const MAY_HAVE_COMPAT = /[^\P{Changes_When_NFKC_Casefolded}A-Z]/gu;

/**
 * RFC 8264 9.17. A string that NFKC leaves alone holds no such code point; in one that it changes, also by mere
 * composition, those are looked at that can change by themselves.
 */
function hasCompat(text: string): boolean {
  if (text.normalize('NFKC') === text) return false;
  return text.match(MAY_HAVE_COMPAT)?.some((char) => char.normalize('NFKC') !== char) === true;
}

/** Whether every code point is valid, or valid in context, in the IdentifierClass. Unassigned code points are not. */
export function isIdentifier(text: string): boolean {
  return IDENTIFIER.test(text) && !hasCompat(text);
}

/** Whether every code point is valid, or valid in context, in the FreeformClass. Unassigned code points are not. */
export function isFreeform(text: string): boolean {
  return FREEFORM.test(text);
}

/** Whether every code point may stand in a label of a domain name (RFC 5892), given that the label is case folded. */
export function isLabelText(text: string): boolean {
  return LABEL.test(text) && !hasCompat(text);
}

/**
 * Applies a profile's mapping until it changes nothing more: RFC 8264 section 7 asks for it, because the rules are not
 * idempotent by themselves, and refuses what three more rounds do not settle.
 */
export function settle(text: string, map: (text: string) => string | undefined): string | undefined {
  let settled = text;
  for (let round = 0; round < 4; round++) {
    const next = map(settled);
    if (next === undefined || next === settled) return next;
    settled = next;
  }
  return undefined;
}
