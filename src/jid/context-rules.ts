/** The contextual rules of RFC 5892 appendix A, which PRECIS takes over (RFC 8264 section 9.6 to 9.8). */
import { ENDS_JOINING_LEFT, STARTS_JOINING_RIGHT } from './joining.ts';

const ANY = /[\u00B7\u0375\u05F3\u05F4\u30FB\u0660-\u0669\u06F0-\u06F9\u200C\u200D]/;
const GREEK = /^\p{Script=Greek}/u;
const HEBREW = /\p{Script=Hebrew}$/u;
const KANA_OR_HAN = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u;
const ARABIC_INDIC_DIGIT = /[\u0660-\u0669]/;
const EXTENDED_ARABIC_INDIC_DIGIT = /[\u06F0-\u06F9]/;

/** How far the neighbours are looked at: further than any word has marks between letters, and linear in the text. */
const WINDOW = 16;

/** A mark of canonical combining class 8, one of class 10, and both in their order. */
const VOICING = '\u3099';
const SHEVA = '\u05B0';

/**
 * Whether the canonical combining class is Virama (9). JavaScript does not tell the class, but canonical ordering
 * shows it: a mark moves behind one of a lower class, and before one of a higher.
 */
function isVirama(char: string): boolean {
  return (
    char !== '' &&
    char !== VOICING &&
    char !== SHEVA &&
    (char + VOICING).normalize('NFD') === VOICING + char &&
    (SHEVA + char).normalize('NFD') === char + SHEVA
  );
}

function lastCharacter(text: string): string {
  const code = text.codePointAt(text.length - 2);
  return code !== undefined && code > 0xffff ? String.fromCodePoint(code) : text.slice(-1);
}

/** Appendix A.1 to A.7 for the character between the two texts. */
function isAllowed(before: string, char: string, after: string): boolean {
  switch (char) {
    case '\u200C':
      return isVirama(lastCharacter(before)) || (ENDS_JOINING_LEFT.test(before) && STARTS_JOINING_RIGHT.test(after));
    case '\u200D':
      return isVirama(lastCharacter(before));
    case '\u00B7':
      return before.endsWith('l') && after.startsWith('l');
    case '\u0375':
      return GREEK.test(after);
    case '\u05F3':
    case '\u05F4':
      return HEBREW.test(before);
    default:
      return true;
  }
}

/** Whether every contextual code point of a localpart, resourcepart or label stands where it may. */
export function satisfiesContextRules(text: string): boolean {
  if (!ANY.test(text)) return true;
  if (text.includes('\u30FB') && !KANA_OR_HAN.test(text)) return false;
  if (ARABIC_INDIC_DIGIT.test(text) && EXTENDED_ARABIC_INDIC_DIGIT.test(text)) return false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (
      ANY.test(char) &&
      !isAllowed(text.slice(Math.max(0, at - WINDOW), at), char, text.slice(at + 1, at + 1 + WINDOW))
    ) {
      return false;
    }
  }
  return true;
}
