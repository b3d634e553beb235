/** XEP-0474: a digest of what was advertised, so that the client notices when somebody changed it on the way. */
import type { ScramHash } from '../contracts/credentials.ts';
import { digest } from './scram-keys.ts';

/** Neither can occur in XML. */
const BETWEEN_ITEMS = '\x1e';
const BETWEEN_LISTS = '\x1f';

/** The value of the attribute `h` in the server's first message (XEP-0474 section 6.1, revision 0.5.0). */
export function downgradeHash(hash: ScramHash, mechanisms: readonly string[], bindings: readonly string[]): string {
  const lists = bindings.length > 0 ? [mechanisms, bindings] : [mechanisms];
  // The default order compares code units: i;octet for names, which are ASCII.
  const text = lists.map((list) => list.toSorted().join(BETWEEN_ITEMS)).join(BETWEEN_LISTS);
  return digest(hash, text).toString('base64');
}
