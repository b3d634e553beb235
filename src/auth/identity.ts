/** Who a client says it is, and whom it asks to act as (RFC 6120 sections 6.3.7 and 6.3.8). */
import { parseAccount } from '../jid/jid.ts';
import { prepareLocal } from '../jid/local.ts';
import { prepare } from './prepare.ts';

/**
 * The localpart that an authentication identity means at this host. It is a simple user name; a whole address of this
 * host is taken for it too, which some clients send. Undefined when no account can have that name.
 */
export function localOf(authcid: string, host: string): string | undefined {
  const name = prepare(authcid);
  if (name === undefined) return undefined;
  return name.includes('@') ? localAt(name, host) : prepareLocal(name);
}

/** The localpart of a bare address at this host; undefined for any other text. */
export function localAt(address: string, host: string): string | undefined {
  return parseAccount(address, host)?.local;
}

/** Whether an authorization identity is that of the account itself: nobody acts as another here. */
export function isSelf(authzid: string, local: string, host: string): boolean {
  return localAt(authzid, host) === local;
}
