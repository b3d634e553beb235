/** Adds the id of the account: XEP-0359 section 2.1. */
import { Element, NS } from '#api';

const NAME = 'stanza-id';
const KEY = `{${NS.stanzaId}}${NAME}`;

/** The message with an id by `account`, a bare address. */
export function stamp(message: Element, account: string, id: string): Element {
  const child = new Element(NS.stanzaId, NAME, ['by', account, 'id', id], [], '', KEY);
  // Written by hand, because this is done to each message. A prepared bare address has no character to escape (RFC 7622
  // section 3.3.1), nor has an id.
  const inner = `${message.innerXml()}<stanza-id xmlns='urn:xmpp:sid:0' by='${account}' id='${id}'/>`;
  return new Element(message.ns, message.name, message.attrs, [...message.children, child], inner, message.key);
}
