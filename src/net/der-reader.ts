/** Reads DER (X.690 section 10), strictly: what is not the one encoding of its value is an error. For hostile input. */

/** Tags of X.680 that occur in certificates. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** A context-specific tag that wraps another (explicit) or whose content has parts. */
export function constructedTag(number: number): number {
  return 0xa0 | number;
}

/** A context-specific tag that stands for a primitive one (implicit). */
export function primitiveTag(number: number): number {
  return 0x80 | number;
}

export class DerError extends Error {}

/** A run of values, one after the other; does not recurse by itself. */
export class DerReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  /** The tag that comes next; undefined at the end. */
  get nextTag(): number | undefined {
    return this.#bytes[this.#offset];
  }

  /** The content of the next value, a view of the bytes. */
  read(tag: number): Buffer {
    if (this.nextTag !== tag) throw new DerError(`tag ${this.nextTag} where ${tag} belongs`);
    this.#offset++;
    const length = this.#readLength();
    const start = this.#offset;
    if (length > this.#bytes.length - start) throw new DerError('a value longer than its container');
    this.#offset = start + length;
    return this.#bytes.subarray(start, this.#offset);
  }

  readOptional(tag: number): Buffer | undefined {
    return this.nextTag === tag ? this.read(tag) : undefined;
  }

  /** The values inside the next value. */
  enter(tag: number): DerReader {
    return new DerReader(this.read(tag));
  }

  /** The content of the next value, whatever its tag. */
  readAny(): Buffer {
    const tag = this.nextTag;
    if (tag === undefined) throw new DerError('a value is missing');
    if ((tag & 0x1f) === 0x1f) throw new DerError('a tag of more than a byte');
    return this.read(tag);
  }

  end(): void {
    if (!this.atEnd) throw new DerError('more values than belong here');
  }

  #readLength(): number {
    const first = this.#readByte();
    if (first < 0x80) return first;
    const count = first & 0x7f;
    // 0x80 is the indefinite length of BER; three bytes are 16 MB.
    if (count === 0 || count > 3) throw new DerError('a length that DER does not have here');
    let length = 0;
    for (let i = 0; i < count; i++) length = (length << 8) | this.#readByte();
    const shorter = count === 1 ? 0x80 : 1 << (8 * (count - 1));
    if (length < shorter) throw new DerError('a length that is not the shortest');
    return length;
  }

  #readByte(): number {
    const byte = this.#bytes[this.#offset++];
    if (byte === undefined) throw new DerError('the end comes too soon');
    return byte;
  }
}

/** An object identifier in dotted numbers. */
export function decodeOid(content: Buffer): string {
  const last = content.at(-1);
  if (last === undefined || last >= 0x80 || content.length > 64) throw new DerError('not an object identifier');
  const arcs: number[] = [];
  let arc = 0;
  let isFirstByte = true;
  for (const byte of content) {
    if (isFirstByte && byte === 0x80) throw new DerError('an arc that is not the shortest');
    arc = arc * 128 + (byte & 0x7f);
    if (!Number.isSafeInteger(arc)) throw new DerError('an arc that is too large');
    isFirstByte = byte < 0x80;
    if (!isFirstByte) continue;
    if (arcs.length === 0) arcs.push(Math.min(2, Math.floor(arc / 40)), arc - 40 * Math.min(2, Math.floor(arc / 40)));
    else arcs.push(arc);
    arc = 0;
  }
  return arcs.join('.');
}

/** A boolean; absent ones have defaults that DER does not write. */
export function decodeBoolean(content: Buffer): boolean {
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw new DerError('not a boolean');
  return content[0] === 0xff;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function decodeUtf8(content: Buffer): string {
  try {
    return utf8.decode(content);
  } catch {
    throw new DerError('not UTF-8');
  }
}

export function decodeIa5(content: Buffer): string {
  for (const byte of content) {
    if (byte > 0x7f) throw new DerError('not ASCII');
  }
  return content.toString('latin1');
}
