/** What is kept of a subscription request until it is answered (RFC 6121 section 3.1.3). */
import { el, type Jid, NS, type Stanza, type SubscriptionRequest } from '#api';

/** Bytes of a kept request. */
export const REQUEST_BYTES = 1024;

/** The whole stanza; of one that is too long, those children from the first on that fit (a status, a nickname). */
export function requestFrom(contact: Jid, stanza: Stanza | undefined): SubscriptionRequest {
  const bare = el(NS.client, 'presence', { type: 'subscribe' });
  if (stanza === undefined) return { contact, stanza: bare.toString() };
  let kept = stanza.element.with({ from: undefined, to: undefined });
  if (fits(kept.toString())) return { contact, stanza: kept.toString() };
  kept = kept.filter(() => false);
  if (!fits(kept.toString())) kept = bare;
  for (const child of stanza.element.elements()) {
    const longer = kept.append(child);
    if (fits(longer.toString())) kept = longer;
  }
  return { contact, stanza: kept.toString() };
}

function fits(xml: string): boolean {
  return Buffer.byteLength(xml) <= REQUEST_BYTES;
}
