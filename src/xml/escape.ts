const TEXT = /[&<>\r]/g;
const ATTRIBUTE = /[&<>'"\t\n\r]/g;
const HAS_TEXT = /[&<>\r]/;
const HAS_ATTRIBUTE = /[&<>'"\t\n\r]/;

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

const replace = (char: string): string => ESCAPES[char] as string;

/** Character data, safe between tags. A carriage return is kept as a reference, or the reader would normalise it. */
export function escapeText(text: string): string {
  return HAS_TEXT.test(text) ? text.replace(TEXT, replace) : text;
}

/** An attribute value, safe between quotes of either kind. */
export function escapeAttribute(value: string): string {
  return HAS_ATTRIBUTE.test(value) ? value.replace(ATTRIBUTE, replace) : value;
}
