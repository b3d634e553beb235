/**
 * The Bidi rule of RFC 5893 section 2.
 *
 * JavaScript has no Bidi_Class property. Among the code points that localparts and labels may hold, the classes follow
 * from the category and a few ranges: the blocks that Unicode reserves for right-to-left scripts hold only
 * right-to-left letters, so that later versions of Unicode need no change here. Compared with the tables of
 * Unicode 17, this differs nowhere.
 */

/** R and AL: all letters of the right-to-left blocks, the digits of N'Ko and Adlam, and valid punctuation. */
const RTL =
  '[\\p{L}&&[\\u0590-\\u08FF\\uFB1D-\\uFDFF\\uFE70-\\uFEFF\\u{10800}-\\u{10FFF}\\u{1E800}-\\u{1EFFF}]]' +
  '\\u05F3\\u05F4\\u06FD\\u06FE\\u07C0-\\u07C9\\u{1E950}-\\u{1E959}';
/** AN: Arabic-Indic digits, and those of Hanifi Rohingya and Garay. */
const ARABIC_NUMBER = '\\u0660-\\u0669\\u{10D30}-\\u{10D39}\\u{10D40}-\\u{10D49}';
/** EN: also the extended Arabic-Indic digits of Persian and Urdu. */
const NUMBER = '0-9\\u06F0-\\u06F9';
const MARK = '[\\p{Mn}--[\\u0CBF\\u0CC6\\u{11A07}\\u{11A08}\\u{11C3F}]]';
/** ES, CS, ET, ON and BN: ASCII punctuation, the contextual characters and modifier letters without a direction. */
const NEUTRAL =
  '[[\\x21-\\x7E]--[0-9A-Za-z]]\\u00B7\\u0375\\u200C\\u200D\\u30FB' +
  '\\u02B9\\u02BA\\u02C6-\\u02CF\\u02EC\\u2E2F\\uA67F\\uA717-\\uA71F\\uA788';

const ANY_RTL = new RegExp(`[${RTL}${ARABIC_NUMBER}]`, 'v');
const RTL_ONLY = new RegExp(
  `^(?=[${RTL}])[${RTL}${ARABIC_NUMBER}${NUMBER}${MARK}${NEUTRAL}]*[${RTL}${ARABIC_NUMBER}${NUMBER}]${MARK}*$`,
  'v',
);
const ANY_NUMBER = new RegExp(`[${NUMBER}]`, 'v');
const ANY_ARABIC_NUMBER = new RegExp(`[${ARABIC_NUMBER}]`, 'v');
const LTR = `[^${RTL}${ARABIC_NUMBER}${NUMBER}${MARK}${NEUTRAL}]`;
const LTR_ONLY = new RegExp(`^(?=${LTR})[^${RTL}${ARABIC_NUMBER}]*(?:${LTR}|[${NUMBER}])${MARK}*$`, 'v');

/** Whether the text has a character of class R, AL or AN, so that the Bidi rule applies. */
export function hasRightToLeft(text: string): boolean {
  return ANY_RTL.test(text);
}

/** RFC 5893 2, conditions 1 to 6, for a label or localpart of either direction. */
export function satisfiesBidiRule(text: string): boolean {
  if (!hasRightToLeft(text)) return LTR_ONLY.test(text);
  return RTL_ONLY.test(text) && !(ANY_NUMBER.test(text) && ANY_ARABIC_NUMBER.test(text));
}
