/** Which addresses are one subscriber's, as limits count them. */
import { isIP } from 'node:net';

const NETWORK_GROUPS = 4;
const GROUPS = 8;

/** An IPv4 address itself; of an IPv6 address its /64, as whoever has one address of that has them all. */
export function subscriberOf(address: string): string {
  const plain = address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
  if (isIP(plain) !== 6) return plain;
  const [head = '', tail = ''] = plain.split('::');
  const before = groups(head);
  const after = groups(tail);
  const zeros = plain.includes('::') ? GROUPS - before.length - after.length : 0;
  const all = [...before, ...Array.from({ length: zeros }, () => '0'), ...after];
  const network = all.slice(0, NETWORK_GROUPS).map((it) => Number.parseInt(it, 16).toString(16));
  return `${network.join(':')}::`;
}

/** An IPv4 address at the end takes the place of two groups, which lie outside of any /64. */
function groups(text: string): string[] {
  if (text === '') return [];
  return text.split(':').flatMap((it) => (it.includes('.') ? ['0', '0'] : [it]));
}
