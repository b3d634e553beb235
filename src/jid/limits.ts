/** Sizes of addresses (RFC 7622 section 3.1). */

/** Each part holds 1 to 1023 bytes of UTF-8. */
export const MAX_PART_BYTES = 1023;

/** UTF-16 units of a whole address as a peer may write it: three parts, two separators and a trailing dot. */
export const MAX_TEXT_LENGTH = 3 * MAX_PART_BYTES + 3;
