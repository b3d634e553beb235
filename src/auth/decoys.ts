/** Keys for accounts that do not exist, so that asking does not tell (RFC 5802 section 9, on enumeration). */
import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import type { ScramHash, ScramKeys } from '../contracts/credentials.ts';
import { DEFAULT_ITERATIONS, hashBytes } from './scram-keys.ts';

export interface DecoyShape {
  /** The iteration counts that real accounts have; a name gets one of them and keeps it. */
  readonly iterations: readonly number[];
  readonly saltBytes: number;
}

/** What is drawn for a name has 64 bytes. */
const MAX_SALT_BYTES = 64;

/** Nothing is proven against these, they only cost as much as real ones. */
const unprovable = randomBytes(MAX_SALT_BYTES);

/** The same name gets the same salt and count, always; without the key they cannot be told from real ones. */
export class Decoys {
  readonly #key: KeyObject;
  readonly #shape: DecoyShape;

  constructor(key: Buffer, shape: DecoyShape) {
    const { iterations, saltBytes } = shape;
    if (iterations.length === 0) throw new RangeError('decoys need an iteration count');
    if (saltBytes < 1 || saltBytes > MAX_SALT_BYTES) throw new RangeError('the salt of decoys has 1 to 64 bytes');
    this.#key = createSecretKey(key);
    this.#shape = shape;
  }

  keys(hash: ScramHash, host: string, local: string): ScramKeys {
    const key = unprovable.subarray(0, hashBytes(hash));
    const salt = this.#draw(`salt ${hash}`, host, local).subarray(0, this.#shape.saltBytes);
    return { hash, salt, iterations: this.#iterations(host, local), storedKey: key, serverKey: key };
  }

  /** One count a name, as the hashes of an account were made together. */
  #iterations(host: string, local: string): number {
    const { iterations } = this.#shape;
    const pick =
      iterations.length === 1 ? 0 : this.#draw('iterations', host, local).readUInt32BE(0) % iterations.length;
    return iterations[pick] ?? DEFAULT_ITERATIONS;
  }

  #draw(what: string, host: string, local: string): Buffer {
    return createHmac('sha512', this.#key).update(`${what}\0${host}\0${local}`).digest();
  }
}
