/** Brute force made slow: few attempts a stream, and a ban for addresses that keep failing (RFC 6120 section 6.4.5). */
import type { Clock } from '../kernel/clock.ts';
import { Lru } from '../util/lru.ts';
import { addressBlock, matchNetworks } from '../util/networks.ts';

export interface FailureLimitOptions {
  /** A stream ends with this failure. RFC 6120 section 6.4.5 asks for at least 2 and at most 5 retries. */
  readonly perStream: number;
  /** With this failure inside `windowMs`, an address is banned for `banMs`. */
  readonly perAddress: number;
  readonly windowMs: number;
  readonly banMs: number;
  /** Whether an address is never banned: proxies and onion services connect from such. */
  readonly isTrusted: (address: string) => boolean;
  /** Addresses remembered, failing and banned each; the longest unseen are forgotten first. */
  readonly capacity: number;
}

export const DEFAULT_FAILURE_LIMITS: FailureLimitOptions = {
  perStream: 5,
  perAddress: 20,
  windowMs: 3_600_000,
  banMs: 3_600_000,
  isTrusted: matchNetworks(['127.0.0.0/8', '::1']),
  capacity: 10_000,
};

/** What the stream does after a failure. */
type FailureVerdict = 'go-on' | 'end-stream';

/** The failures of all streams of a server. */
export class FailureLimits {
  readonly #clock: Clock;
  readonly #options: FailureLimitOptions;
  /** Times of the failures inside the window, oldest first; never more than `perAddress`. */
  readonly #failures: Lru<string, number[]>;
  /** When each ban ends. */
  readonly #bans: Lru<string, number>;

  constructor(clock: Clock, options: FailureLimitOptions = DEFAULT_FAILURE_LIMITS) {
    this.#clock = clock;
    this.#options = options;
    this.#failures = new Lru(options.capacity);
    this.#bans = new Lru(options.capacity);
  }

  /** When the ban of an address ends, in milliseconds since 1970; undefined when it is not banned. */
  bannedUntil(address: string): number | undefined {
    // It may share a block with one that is banned.
    if (this.#options.isTrusted(address)) return undefined;
    const key = addressBlock(address);
    const until = this.#bans.get(key);
    if (until === undefined) return undefined;
    if (until > this.#clock.now()) return until;
    this.#bans.delete(key);
    return undefined;
  }

  /** Counts a failed attempt of an address, on a stream that has now had `onStream` of them. */
  failed(address: string, onStream: number): FailureVerdict {
    const banned = !this.#options.isTrusted(address) && this.#count(addressBlock(address));
    return banned || onStream >= this.#options.perStream ? 'end-stream' : 'go-on';
  }

  /** Whether this failure brought a ban, or fell into one. */
  #count(key: string): boolean {
    const { perAddress, windowMs, banMs } = this.#options;
    const now = this.#clock.now();
    const recent = (this.#failures.get(key) ?? []).filter((at) => at > now - windowMs);
    recent.push(now);
    if (recent.length < perAddress) {
      this.#failures.set(key, recent);
      return (this.#bans.get(key) ?? 0) > now;
    }
    this.#failures.delete(key);
    this.#bans.set(key, now + banMs);
    return true;
  }
}
