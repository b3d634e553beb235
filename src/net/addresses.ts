/** IP addresses of peers: one spelling for each, and connections counted by address. */
import { isIP, isIPv4, SocketAddress } from 'node:net';

/** The usual spelling, IPv4 where it was mapped into IPv6, without a zone; undefined when it is no IP address. */
export function normalizeAddress(text: string): string | undefined {
  if (isIPv4(text)) return text;
  const bare = text.split('%', 1)[0] as string;
  if (isIP(bare) !== 6) return undefined;
  const { address } = new SocketAddress({ address: bare, family: 'ipv6' });
  const mapped = address.startsWith('::ffff:') ? address.slice(7) : '';
  return isIPv4(mapped) ? mapped : address;
}

/** What one customer is given: an IPv4 address, or the first 64 bits of an IPv6 address. */
export function addressBlock(address: string): string {
  if (!address.includes(':')) return address;
  const [head, tail] = address.split('::', 2) as [string, string | undefined];
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  while (tail !== undefined && groups.length + after.length < 8) groups.push('0');
  return `${[...groups, ...after].slice(0, 4).join(':')}::/64`;
}

/** Connections by address; addresses of one IPv6 network of 64 bits count as one. */
export class AddressCounter {
  readonly #counts = new Map<string, number>();

  count(address: string): number {
    return this.#counts.get(addressBlock(address)) ?? 0;
  }

  add(address: string): void {
    const block = addressBlock(address);
    this.#counts.set(block, (this.#counts.get(block) ?? 0) + 1);
  }

  delete(address: string): void {
    const block = addressBlock(address);
    const count = this.#counts.get(block) ?? 0;
    if (count > 1) this.#counts.set(block, count - 1);
    else this.#counts.delete(block);
  }
}
