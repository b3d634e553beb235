/** The tape between lexer and builder: the tokens of one element as numbers, so that reading allocates nothing. */

/**
 * The tape. Each token begins with its kind in the low three bits and its flags above; positions count from the
 * element's first byte.
 * START, EMPTY: kind, name start, name end, position behind the tag, number of attributes; then for each attribute
 * name start, name end, value start, value end, flags. END: kind, position of the end tag. TEXT, CDATA: kind, start, end.
 */
export const START = 1;
export const EMPTY = 2;
export const END = 3;
export const TEXT = 4;
export const CDATA = 5;
export const KIND = 7;
/** The text or value holds references. */
export const REFERENCE = 8;
/** The text holds carriage returns, the value white space: both are to be normalised. */
export const NORMALISE = 16;
/** The text or value goes beyond ASCII. */
export const WIDE = 32;
/** The name has a prefix. */
export const PREFIXED = 64;
/** The name goes beyond ASCII. */
export const WIDE_NAME = 128;
export const ELEMENT_INTS = 5;
export const ATTRIBUTE_INTS = 5;
