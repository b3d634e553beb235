/** Stanza ids that somebody else put there in our name: XEP-0359 section 3, rules 2, 5 and 7. */
import { clark, type Element, type Jid, NS, parseJid } from '#api';

const STANZA_ID = clark(NS.stanzaId, 'stanza-id');

/**
 * Without the ids that claim to be of an address of this host, however that is written: only we could have given them.
 * The same element when there is nothing to remove, as nearly always.
 */
export function strip(message: Element, domain: string): Element {
  return without(message, (by) => by.domain === domain);
}

/** Without the ids that claim to be of one account. */
export function stripOf(message: Element, account: string): Element {
  return without(message, (by) => by.bare === account);
}

/** One whose `by` is no address is nobody's; some client might yet read its own address in it. */
function without(message: Element, isForged: (by: Jid) => boolean): Element {
  if (message.child(STANZA_ID) === undefined) return message;
  return message.filter((child) => {
    if (typeof child === 'string' || child.key !== STANZA_ID) return true;
    const by = parseJid(child.attr('by') ?? '');
    return by !== undefined && !isForged(by);
  });
}
