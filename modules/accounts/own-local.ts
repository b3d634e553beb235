/** Addresses as operators write them. */
import { type Jid, parseJid } from '#api';

/** The prepared localpart of a bare address at this host; undefined for anything else. */
export function ownLocal(host: Jid, text: string): string | undefined {
  const address = parseJid(text.trim());
  if (address === undefined || address.local === '' || !address.isBare) return undefined;
  return address.domain === host.domain ? address.local : undefined;
}
