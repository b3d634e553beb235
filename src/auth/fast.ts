/** FAST around the exchange (XEP-0484): what the attributes mean, and when a client gets a token. */
import type { SaslSuccess } from './sasl.ts';

/** XEP-0388 section 2.4 wants a UUID of version 4; other versions identify a client as well. */
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const COUNT = /^\+?0*([1-9][0-9]{0,14})$/;

/** The client's id as tokens are filed under it; undefined when it is none, and then there is no FAST. */
export function clientId(userAgentId: string | undefined): string | undefined {
  return userAgentId !== undefined && UUID.test(userAgentId) ? userAgentId.toLowerCase() : undefined;
}

/** The value of `count`: a positive integer. Undefined for anything else; the answer to that is `malformed-request`. */
export function parseCount(text: string): number | undefined {
  const digits = COUNT.exec(text.trim())?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * The mechanism to issue a token for with this success; undefined for none. A client that asks gets one, for a mechanism
 * that was advertised (section 3.2); one whose token is due gets the next, unless it just ended that token (3.5, 3.6).
 */
export function tokenToIssue(
  success: SaslSuccess,
  requested: string | undefined,
  offered: readonly string[],
): string | undefined {
  if (success.mechanism === 'ANONYMOUS') return undefined;
  if (requested !== undefined && offered.includes(requested)) return requested;
  const { fast } = success;
  if (fast === undefined || fast.invalidated || fast.token.standing !== 'due') return undefined;
  return offered.includes(fast.token.mechanism) ? fast.token.mechanism : undefined;
}
