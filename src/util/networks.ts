/** IP addresses: one spelling for each, what one customer has of them, and whether one lies in some networks. */
import { BlockList, isIP, isIPv4, SocketAddress } from 'node:net';

/** The usual spelling, IPv4 where it was mapped into IPv6, without a zone; undefined when it is no IP address. */
export function normalizeAddress(text: string): string | undefined {
  if (isIPv4(text)) return text;
  const bare = text.split('%', 1)[0] as string;
  if (isIP(bare) !== 6) return undefined;
  const { address } = new SocketAddress({ address: bare, family: 'ipv6' });
  const mapped = address.startsWith('::ffff:') ? address.slice(7) : '';
  return isIPv4(mapped) ? mapped : address;
}

/**
 * What limits by address count: an IPv4 address, or the /64 that an IPv6 customer has to itself. What is no address
 * stands for itself.
 */
export function addressBlock(text: string): string {
  const address = normalizeAddress(text);
  if (!address?.includes(':')) return address ?? text;
  const [head, tail] = address.split('::', 2) as [string, string | undefined];
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  while (tail !== undefined && groups.length + after.length < 8) groups.push('0');
  return `${[...groups, ...after].slice(0, 4).join(':')}::/64`;
}

/**
 * A test for a list such as `127.0.0.0/8`, `::1/128`, `192.0.2.7`. IPv4 addresses that came through an IPv6 socket
 * (`::ffff:192.0.2.7`) count as IPv4; what is no address is in no network. Throws `RangeError` for a bad list.
 */
export function matchNetworks(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const network of networks) {
    const [, address = '', prefix] = /^([^/]*)(?:\/([0-9]{1,3}))?$/.exec(network) ?? [];
    const family = isIP(address);
    const longest = family === 6 ? 128 : 32;
    const bits = prefix === undefined ? longest : Number(prefix);
    if (family === 0 || !(bits >= 0 && bits <= longest)) throw new RangeError(`${network} is no network`);
    list.addSubnet(address, bits, family === 6 ? 'ipv6' : 'ipv4');
  }
  return (text) => {
    const address = normalizeAddress(text);
    return address !== undefined && list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
  };
}
