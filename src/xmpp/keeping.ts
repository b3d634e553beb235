/** Which messages are worth keeping: XEP-0160 section 3, XEP-0313 section 6.1.1, XEP-0085 section 5.8 and the hints of XEP-0334. */
import { clark, type Element } from '../xml/element.ts';
import { NS } from './ns.ts';

/**
 * What a server may do with a message besides delivering it.
 *
 * - `lasting`: archives keep it, and so does whatever waits for its recipient;
 * - `passing`: it may wait for its recipient, but no archive keeps it;
 * - `momentary`: it says nothing that is true later (a chat state): nobody keeps it, and nobody misses it;
 * - `none`: it is not kept, because of its type or its sender's wish, or because nothing is in it.
 */
export type Keeping = 'lasting' | 'passing' | 'momentary' | 'none';

/** What a child of a message is to this decision; those that add up are bits. */
const NOTHING = 0;
const CONTENT = 1;
/** Worth waiting for, but kept elsewhere. */
const EVENT = 2;
const MOMENT = 4;
const STORE = 8;
const NO_STORE = 16;
const NO_PERMANENT_STORE = 32;
/** Content where there is text in it. */
const TEXT = 64;
/** Content where there are elements in it. */
const FRAME = 128;

const RECEIPTS = 'urn:xmpp:receipts';
const MARKERS = 'urn:xmpp:chat-markers:0';

/** By key. What is not here counts as content: an encrypted payload, a receipt, a marker, a reaction, an invitation. */
const ROLES: ReadonlyMap<string, number> = new Map([
  [clark(NS.client, 'body'), TEXT],
  [clark(NS.client, 'subject'), TEXT],
  [clark(NS.client, 'thread'), NOTHING],
  [clark(NS.hints, 'no-store'), NO_STORE],
  [clark(NS.hints, 'no-permanent-store'), NO_PERMANENT_STORE],
  [clark(NS.hints, 'store'), STORE],
  [clark(NS.hints, 'no-copy'), NOTHING],
  [clark(NS.chatStates, 'active'), MOMENT],
  [clark(NS.chatStates, 'composing'), MOMENT],
  [clark(NS.chatStates, 'paused'), MOMENT],
  [clark(NS.chatStates, 'inactive'), MOMENT],
  [clark(NS.chatStates, 'gone'), MOMENT],
  [clark('jabber:x:event', 'x'), MOMENT], // XEP-0022, the older kind of chat states
  [clark('urn:xmpp:rtt:0', 'rtt'), MOMENT], // XEP-0301: the message follows when it is written
  [clark(RECEIPTS, 'request'), NOTHING],
  [clark(MARKERS, 'markable'), NOTHING],
  [clark(NS.delay, 'delay'), NOTHING],
  [clark('jabber:x:delay', 'x'), NOTHING],
  [clark(NS.stanzaId, 'stanza-id'), NOTHING],
  [clark(NS.stanzaId, 'origin-id'), NOTHING],
  [clark('urn:xmpp:occupant-id:0', 'occupant-id'), NOTHING],
  [clark('urn:xmpp:carbons:2', 'private'), NOTHING],
  [clark('urn:xmpp:eme:0', 'encryption'), NOTHING],
  [clark('urn:xmpp:fallback:0', 'fallback'), NOTHING],
  [clark('http://jabber.org/protocol/address', 'addresses'), NOTHING],
  [clark('http://jabber.org/protocol/nick', 'nick'), NOTHING],
  [clark(NS.mucUser, 'x'), FRAME], // empty in private messages (XEP-0045 section 7.5), else an invitation and its like
  [clark('http://jabber.org/protocol/pubsub#event', 'event'), EVENT], // the node keeps its items
]);

/** By type attribute and children, for a message in either direction. Costs one look-up for each child. */
export function keeping(type: string, element: Element): Keeping {
  // XEP-0334 section 5: an error repeats the hints of what it answers. Rooms keep what is said in them.
  if (type === 'error' || type === 'groupchat') return 'none';
  const { children } = element;
  let found = NOTHING;
  for (let i = 0; i < children.length; i++) {
    const child = children[i];
    if (child !== undefined && typeof child !== 'string') found |= contribution(child);
  }
  const isForced = (found & STORE) !== 0;
  if ((found & (STORE | CONTENT | EVENT)) === 0) return (found & MOMENT) === 0 ? 'none' : 'momentary';
  // Of wishes that contradict each other the more discreet one counts.
  if ((found & NO_STORE) !== 0 || (type === 'headline' && !isForced)) return 'none';
  return (found & NO_PERMANENT_STORE) !== 0 || (found & (STORE | CONTENT)) === 0 ? 'passing' : 'lasting';
}

function contribution(child: Element): number {
  const role = ROLES.get(child.key) ?? CONTENT;
  if (role === TEXT) return child.text() === '' ? NOTHING : CONTENT;
  if (role === FRAME) return child.firstElement() === undefined ? NOTHING : CONTENT;
  return role;
}
