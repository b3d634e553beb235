/** What HTTP proxies say of the client: its address, and whether it speaks TLS. Only trusted proxies are believed. */
import { normalizeAddress } from '../util/networks.ts';

/** Longer lists are made up. */
const maxHops = 32;

/**
 * The address nearest to us that is no trusted proxy: each proxy appends the address it was called from, so what is
 * left of the first untrusted one is hearsay.
 * @param remote the address at the other end of the connection
 */
export function forwardedAddress(
  remote: string,
  header: string | readonly string[] | undefined,
  isTrusted: (address: string) => boolean,
): string {
  if (header === undefined || !isTrusted(remote)) return remote;
  const hops = (typeof header === 'string' ? header : header.join(',')).split(',').slice(-maxHops);
  let nearest = remote;
  for (const hop of hops.reverse()) {
    const address = normalizeAddress(withoutPort(hop.trim()));
    if (address === undefined) return nearest;
    nearest = address;
    if (!isTrusted(address)) return nearest;
  }
  return nearest;
}

/** Whether the client speaks TLS with the proxy that is nearest to us, by X-Forwarded-Proto. Ask for trusted proxies only. */
export function isForwardedTls(header: string | readonly string[] | undefined): boolean {
  const schemes = (typeof header === 'string' ? header : (header ?? []).join(',')).split(',');
  const nearest = schemes.at(-1)?.trim().toLowerCase();
  return nearest === 'https' || nearest === 'wss';
}

/** Some proxies write `192.0.2.1:4711` or `[2001:db8::1]:4711`. */
function withoutPort(hop: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(hop)?.[1];
  return bracketed ?? hop.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
}
