/** `urn:xmpp:blocking`: requests and pushes to and from XML (XEP-0191 section 3). */
import {
  clark,
  type Element,
  el,
  type Jid,
  NS,
  parseJid,
  randomToken,
  refusals,
  type Stanza,
  StanzaError,
  stanza,
} from '#api';

export const BLOCKLIST = clark(NS.blocking, 'blocklist');
export const BLOCK = clark(NS.blocking, 'block');
export const UNBLOCK = clark(NS.blocking, 'unblock');
const ITEM = clark(NS.blocking, 'item');

const noItem = new StanzaError('bad-request', 'there is no item to block');
const noJid = new StanzaError('bad-request', 'an item needs a jid');
const strange = new StanzaError('bad-request', 'there is something else than items to unblock');

export interface BlockItem {
  readonly jid: Jid;
  readonly element: Element;
}

/** What a client asks to block; at least one. Throws a StanzaError. */
export function readBlock(payload: Element): readonly BlockItem[] {
  const items = readItems(payload);
  if (items.length === 0) throw noItem;
  return items;
}

/** What a client asks to unblock; 'all' for an empty request (section 3.5). Throws a StanzaError. */
export function readUnblock(payload: Element): readonly BlockItem[] | 'all' {
  const items = readItems(payload);
  if (items.length > 0) return items;
  if (payload.firstElement() !== undefined) throw strange;
  return 'all';
}

function readItems(payload: Element): readonly BlockItem[] {
  const items = new Map<string, BlockItem>();
  for (const element of payload.elements()) {
    if (element.key !== ITEM) continue;
    const text = element.attr('jid');
    if (text === undefined || text === '') throw noJid;
    const jid = parseJid(text);
    if (jid === undefined) throw refusals.jidMalformed;
    items.set(jid.full, { jid, element });
  }
  return [...items.values()];
}

/** The whole list (section 3.2). */
export function writeList(items: Iterable<string>): Element {
  return el(NS.blocking, 'blocklist', null, ...Array.from(items, writeItem));
}

/** What tells a client of a change (sections 3.3 to 3.5); addressed by `sendTo`. */
export function writePush(owner: Jid, name: 'block' | 'unblock', items: readonly BlockItem[]): Stanza {
  const payload = el(NS.blocking, name, null, ...items.map(({ jid }) => writeItem(jid.full)));
  return stanza('iq', { from: owner, to: owner, type: 'set', id: randomToken(6) }, payload);
}

function writeItem(jid: string): Element {
  return el(NS.blocking, 'item', { jid });
}
