/** What only rooms and servers say of a message, whoever else puts it in: XEP-0045 section 17.3, XEP-0359, XEP-0421. */
import { clark, type Element, type Node, NS } from '#api';
import { MODERATED, RETRACT, RETRACTED } from './retracting.ts';
import { NS_OCCUPANT_ID, USER_X } from './vocabulary.ts';

/** Clients take them for the words of the room or, as ids of archives, for those of their own servers. */
const FORGEABLE: ReadonlySet<string> = new Set([
  USER_X,
  clark(NS_OCCUPANT_ID, 'occupant-id'),
  clark(NS.stanzaId, 'stanza-id'),
  clark(NS.delay, 'delay'),
  // XEP-0091, which XEP-0203 has replaced.
  clark('jabber:x:delay', 'x'),
  // Section 7.2.13: in it rooms tell who it was that spoke.
  clark('http://jabber.org/protocol/address', 'addresses'),
  RETRACTED,
]);

/** XEP-0425 section 5: that a moderator has acted, the room says alone. */
const isModeration = (child: Element): boolean => child.key === RETRACT && child.child(MODERATED) !== undefined;

/** The children of a message that are its sender's to say. */
export function honestChildren({ children }: Element): Node[] {
  return children.filter((it) => typeof it === 'string' || !(FORGEABLE.has(it.key) || isModeration(it)));
}

/** `type`, `id` and language: what else its sender wrote there is nobody's business. */
export function honestAttributes(element: Element): string[] {
  const kept: string[] = [];
  for (const name of ['type', 'id', 'xml:lang']) {
    const value = element.attr(name);
    if (value !== undefined) kept.push(name, value);
  }
  return kept;
}
