/**
 * A fixed piece of memory that short stanzas and names are copied to before they are read: the engine knows its place
 * and length, and four bytes can be read at a time wherever they are. A copy costs less than what it saves.
 */

/** Stanzas up to this size are read here. */
export const SCRATCH_BYTES = 16_384;
/** Room behind the stanza: a sentinel, and what is read past the end four bytes at a time. */
const PADDING = 256;

export const SCRATCH: Buffer = Buffer.from(new ArrayBuffer(SCRATCH_BYTES + PADDING));
export const VIEW = new DataView(SCRATCH.buffer);
