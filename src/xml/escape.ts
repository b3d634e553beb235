/** Text and attribute values as XML spells them (XML 1.0 sections 2.2, 2.4, 3.3.3), whatever they hold. */

/** Characters that XML has no way to spell are replaced: one of them would end the stream of everyone who reads it. */
const REPLACEMENT = '\ufffd';

// oxlint-disable no-control-regex -- control characters are what must not get out
const TEXT = /[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;
const ATTRIBUTE = /[&<>'"\x00-\x1f\ufffe\uffff]/;
// oxlint-enable no-control-regex
const EVERY_TEXT = new RegExp(TEXT, 'g');
const EVERY_ATTRIBUTE = new RegExp(ATTRIBUTE, 'g');

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&apos;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

const replace = (char: string): string => ESCAPES[char] ?? REPLACEMENT;

/** Character data, safe between tags. A carriage return is kept as a reference, or the reader would normalise it. */
export function escapeText(text: string): string {
  return TEXT.test(text) ? text.replace(EVERY_TEXT, replace) : text;
}

/** An attribute value, safe between quotes of either kind. */
export function escapeAttribute(value: string): string {
  return ATTRIBUTE.test(value) ? value.replace(EVERY_ATTRIBUTE, replace) : value;
}
