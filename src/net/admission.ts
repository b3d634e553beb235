/** Who may connect: limits by total, by address and by rate, and bans. Checked before a byte is read. */
import type { Clock } from '../kernel/clock.ts';
import { TokenBucket } from '../util/token-bucket.ts';
import { AddressCounter } from './address-counter.ts';

export interface AdmissionOptions {
  readonly clock: Clock;
  /** Whether limits and bans by address do not apply to an address: reverse proxies, onion services. */
  readonly isTrusted: (address: string) => boolean;
  /** Connections at once, over all listeners; 0: no limit. */
  readonly maxConnections: number;
  /** Connections at once from an address; 0: no limit. */
  readonly maxPerAddress: number;
  /** New connections a second, over all listeners, with a burst of twice as many; 0: no limit. */
  readonly acceptsPerSecond: number;
  /** Whether an address is banned at the moment. */
  readonly isBanned?: (address: string) => boolean;
}

export type Refusal = 'banned' | 'too many connections' | 'too many from this address' | 'too many at a time';

export class Admission {
  readonly #options: AdmissionOptions;
  readonly #byAddress = new AddressCounter();
  readonly #rate: TokenBucket | undefined;
  #open = 0;
  #refused = 0;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    const { acceptsPerSecond } = options;
    this.#rate = acceptsPerSecond > 0 ? new TokenBucket(acceptsPerSecond, acceptsPerSecond * 2) : undefined;
  }

  /** Connections open now. */
  get open(): number {
    return this.#open;
  }

  /** Connections refused since the start. */
  get refused(): number {
    return this.#refused;
  }

  isTrusted(address: string): boolean {
    return this.#options.isTrusted(address);
  }

  /** Counts a new connection in, or says why not. Each one admitted is released once. */
  admit(address: string): Refusal | undefined {
    const refusal = this.#check(address);
    if (refusal !== undefined) {
      this.#refused++;
      return refusal;
    }
    this.#open++;
    this.#byAddress.add(address);
    return undefined;
  }

  #check(address: string): Refusal | undefined {
    const { maxConnections, clock } = this.#options;
    if (maxConnections > 0 && this.#open >= maxConnections) return 'too many connections';
    const refusal = this.#checkAddress(address);
    if (refusal !== undefined) return refusal;
    if (this.#rate !== undefined && !this.#rate.tryTake(1, clock.now())) return 'too many at a time';
    return undefined;
  }

  #checkAddress(address: string): Refusal | undefined {
    if (this.isTrusted(address)) return undefined;
    const { maxPerAddress, isBanned } = this.#options;
    if (isBanned?.(address) === true) return 'banned';
    if (maxPerAddress > 0 && this.#byAddress.count(address) >= maxPerAddress) return 'too many from this address';
    return undefined;
  }

  /** A proxy names whom it speaks for: the connection counts for that address from now on, or is refused. */
  readdress(from: string, to: string): Refusal | undefined {
    const refusal = this.#checkAddress(to);
    if (refusal !== undefined) {
      this.#refused++;
      return refusal;
    }
    this.#byAddress.delete(from);
    this.#byAddress.add(to);
    return undefined;
  }

  release(address: string): void {
    this.#open--;
    this.#byAddress.delete(address);
  }
}
