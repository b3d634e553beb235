/** Keys for accounts that do not exist, so that asking does not tell (RFC 5802 section 9, on enumeration). */
import { createHmac } from 'node:crypto';
import type { ScramHash, ScramKeys } from '../contracts/credentials.ts';
import { DEFAULT_ITERATIONS, hashBytes, SALT_BYTES } from './scram-keys.ts';

export interface DecoyShape {
  /** The iteration counts that real accounts have; a name gets one of them and keeps it. */
  readonly iterations: readonly number[];
  readonly saltBytes: number;
}

export const DEFAULT_DECOYS: DecoyShape = { iterations: [DEFAULT_ITERATIONS], saltBytes: SALT_BYTES };

/** The same name gets the same salt and count, always; without the key they cannot be told from real ones. */
export class Decoys {
  readonly #key: Buffer;
  readonly #shape: DecoyShape;

  constructor(key: Buffer, shape: DecoyShape = DEFAULT_DECOYS) {
    if (shape.iterations.length === 0) throw new RangeError('decoys need an iteration count');
    if (shape.saltBytes < 1 || shape.saltBytes > 64) throw new RangeError('the salt of decoys has 1 to 64 bytes');
    this.#key = key;
    this.#shape = shape;
  }

  keys(hash: ScramHash, host: string, local: string): ScramKeys {
    const { iterations, saltBytes } = this.#shape;
    const pick = this.#draw('iterations', host, local).readUInt32BE(0) % iterations.length;
    return {
      hash,
      salt: this.#draw(`salt ${hash}`, host, local).subarray(0, saltBytes),
      iterations: iterations[pick] ?? DEFAULT_ITERATIONS,
      storedKey: this.#draw(`stored ${hash}`, host, local).subarray(0, hashBytes(hash)),
      serverKey: this.#draw(`server ${hash}`, host, local).subarray(0, hashBytes(hash)),
    };
  }

  #draw(what: string, host: string, local: string): Buffer {
    return createHmac('sha512', this.#key).update(`${what}\0${host}\0${local}`).digest();
  }
}
