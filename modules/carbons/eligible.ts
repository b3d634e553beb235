/** Which messages are copied to a user's other devices: XEP-0280 section 6.1 (`urn:xmpp:carbons:rules:0`). */
import { clark, type Element, NS, type Stanza } from '#api';

export const CARBONS = 'urn:xmpp:carbons:2';

const PRIVATE = clark(CARBONS, 'private');
const NO_COPY = clark(NS.hints, 'no-copy');
const BODY = clark(NS.client, 'body');
const MUC_USER = clark(NS.mucUser, 'x');
const INVITE = clark(NS.mucUser, 'invite');
const DECLINE = clark(NS.mucUser, 'decline');
const DIRECT_INVITE = clark('jabber:x:conference', 'x');

/** Payloads of instant messaging that make a message without a body worth copying: receipts, chat states, markers. */
const PAYLOADS: ReadonlySet<string> = new Set(['urn:xmpp:receipts', NS.chatStates, 'urn:xmpp:chat-markers:0']);

/** A message in either direction, errors apart. */
export function isEligible(
  { type, element }: Stanza,
  direction: 'sent' | 'received',
  peerHasResource: boolean,
): boolean {
  if (type === 'groupchat' || type === 'error') return false;
  let isMessage = type === 'chat';
  let room: Element | undefined;
  for (const child of element.children) {
    if (typeof child === 'string') continue;
    if (child.key === PRIVATE || child.key === NO_COPY) return false;
    if (child.key === MUC_USER) room = child;
    else if (child.key === BODY) isMessage ||= type !== 'headline';
    else if (child.key === DIRECT_INVITE || PAYLOADS.has(child.ns)) isMessage = true;
  }
  if (room === undefined) return isMessage;
  if (room.child(INVITE) !== undefined || room.child(DECLINE) !== undefined) return true;
  // A room sends a private message to all devices that are in it; what one's own device sends, it sends to one occupant.
  return direction === 'sent' ? isMessage : isMessage && !peerHasResource;
}
