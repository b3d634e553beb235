/** Brute force made slow: few attempts a stream, and a ban for addresses that keep failing (RFC 6120 section 6.4.5). */
import { BlockList, isIP, isIPv6 } from 'node:net';
import type { Clock } from '../kernel/clock.ts';

export interface FailureLimitOptions {
  /** A stream ends with this failure. RFC 6120 section 6.4.5 asks for at least 2 and at most 5 retries. */
  readonly perStream: number;
  /** With this failure inside `windowMs`, an address is banned for `banMs`. */
  readonly perAddress: number;
  readonly windowMs: number;
  readonly banMs: number;
  /** Addresses and networks (`10.0.0.0/8`) that are never banned: proxies and onion services connect from them. */
  readonly trusted: readonly string[];
  /** Addresses remembered, failing and banned each; the longest unseen are forgotten first. */
  readonly capacity: number;
}

export const DEFAULT_FAILURE_LIMITS: FailureLimitOptions = {
  perStream: 5,
  perAddress: 20,
  windowMs: 3_600_000,
  banMs: 3_600_000,
  trusted: ['127.0.0.0/8', '::1'],
  capacity: 10_000,
};

/** What the stream does after a failure. */
export type FailureVerdict = 'go-on' | 'end-stream';

/** The failures of all streams of a server. */
export class FailureLimits {
  readonly #clock: Clock;
  readonly #options: FailureLimitOptions;
  readonly #trusted: BlockList;
  /** Times of the failures inside the window, oldest first; never more than `perAddress`. */
  readonly #failures = new Map<string, number[]>();
  /** When each ban ends. */
  readonly #bans = new Map<string, number>();

  /** Throws `RangeError` when `trusted` holds something that is no address and no network. */
  constructor(clock: Clock, options: FailureLimitOptions = DEFAULT_FAILURE_LIMITS) {
    this.#clock = clock;
    this.#options = options;
    this.#trusted = networks(options.trusted);
  }

  /** Whether an address is one that limits do not apply to. */
  isTrusted(address: string): boolean {
    const plain = unmapped(address);
    const family = isIP(plain);
    return family !== 0 && this.#trusted.check(plain, family === 6 ? 'ipv6' : 'ipv4');
  }

  /** When the ban of an address ends, in milliseconds since 1970; undefined when it is not banned. */
  bannedUntil(address: string): number | undefined {
    const key = networkOf(address);
    const until = this.#bans.get(key);
    if (until === undefined) return undefined;
    if (until > this.#clock.now()) return until;
    this.#bans.delete(key);
    return undefined;
  }

  /** Counts a failed attempt of an address, on a stream that has now had `onStream` of them. */
  failed(address: string, onStream: number): FailureVerdict {
    const banned = !this.isTrusted(address) && this.#count(networkOf(address));
    return banned || onStream >= this.#options.perStream ? 'end-stream' : 'go-on';
  }

  /** Whether this failure brought a ban, or fell into one. */
  #count(key: string): boolean {
    const { perAddress, windowMs, banMs, capacity } = this.#options;
    const now = this.#clock.now();
    const recent = (this.#failures.get(key) ?? []).filter((at) => at > now - windowMs);
    recent.push(now);
    this.#failures.delete(key);
    if (recent.length < perAddress) {
      keep(this.#failures, key, recent, capacity);
      return (this.#bans.get(key) ?? 0) > now;
    }
    this.#bans.delete(key);
    keep(this.#bans, key, now + banMs, capacity);
    return true;
  }
}

function keep<T>(map: Map<string, T>, key: string, value: T, capacity: number): void {
  if (map.size >= capacity) {
    const oldest = map.keys().next();
    if (!oldest.done) map.delete(oldest.value);
  }
  map.set(key, value);
}

function networks(list: readonly string[]): BlockList {
  const blocks = new BlockList();
  for (const it of list) {
    const [address = '', prefix, ...rest] = it.split('/');
    const family = isIP(address);
    const bits = prefix === undefined ? (family === 6 ? 128 : 32) : Number(prefix);
    const legal = family !== 0 && rest.length === 0 && Number.isInteger(bits) && bits >= 0 && prefix !== '';
    if (!legal || bits > (family === 6 ? 128 : 32)) throw new RangeError(`${it} is neither an address nor a network`);
    blocks.addSubnet(address, bits, family === 6 ? 'ipv6' : 'ipv4');
  }
  return blocks;
}

/** An IPv4 address that came through an IPv6 socket, as IPv4; without a zone. */
function unmapped(address: string): string {
  const plain = address.replace(/%.*$/, '');
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1] ?? plain;
}

/** What is counted: an IPv4 address, or the /64 that an IPv6 customer has to itself. */
function networkOf(address: string): string {
  const plain = unmapped(address);
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  // A dotted tail stands for two groups.
  const dotted = plain.includes('.') ? 1 : 0;
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length - dotted;
  const groups = [...left, ...Array<string>(zeros).fill('0'), ...right];
  return `${groups
    .slice(0, 4)
    .map((it) => Number.parseInt(it, 16).toString(16))
    .join(':')}::/64`;
}
