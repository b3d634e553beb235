/** Stanza ids that somebody else put there in our name: XEP-0359 section 3, rules 2, 5 and 7. */
import { clark, type Element, type Node, NS, parseJid } from '#api';

const STANZA_ID = clark(NS.stanzaId, 'stanza-id');

/** The same element when there is nothing to remove, as nearly always. */
export function strip(message: Element, domain: string): Element {
  if (message.child(STANZA_ID) === undefined) return message;
  return message.filter((child) => !isForged(child, domain));
}

/**
 * Whether an id claims to be of an address of this host, however that is written: only we could have given it. One
 * whose `by` is no address is nobody's; some client might yet read its own address in it.
 */
function isForged(child: Node, domain: string): boolean {
  if (typeof child === 'string' || child.key !== STANZA_ID) return false;
  const by = parseJid(child.attr('by') ?? '');
  return by === undefined || by.domain === domain;
}
