/** Whether an address lies in one of some networks. */
import { BlockList, isIP } from 'node:net';

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
  return (address) => {
    const plain = address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
    const family = isIP(plain);
    return family !== 0 && list.check(plain, family === 6 ? 'ipv6' : 'ipv4');
  };
}
