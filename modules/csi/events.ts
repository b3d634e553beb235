/** Notifications of personal events, and which of them make others out of date: XEP-0163 section 4.3. */
import { clark, type Element, keeping, NS, type Stanza } from '#api';

const PUBSUB_EVENT = 'http://jabber.org/protocol/pubsub#event';
const EVENT = clark(PUBSUB_EVENT, 'event');
const ITEMS = clark(PUBSUB_EVENT, 'items');
const BODY = clark(NS.client, 'body');

/** What is published here takes the place of what was there before, whatever the ids of the items are. */
const SINGLE_ITEM_NODES: ReadonlySet<string> = new Set([
  'http://jabber.org/protocol/activity', // XEP-0108
  'http://jabber.org/protocol/geoloc', // XEP-0080
  'http://jabber.org/protocol/mood', // XEP-0107
  'http://jabber.org/protocol/nick', // XEP-0172
  'http://jabber.org/protocol/tune', // XEP-0118
  'urn:xmpp:avatar:data', // XEP-0084
  'urn:xmpp:avatar:metadata',
  'urn:xmpp:vcard4', // XEP-0292
  'storage:bookmarks', // XEP-0048
  'eu.siacs.conversations.axolotl.devicelist', // XEP-0384
  'urn:xmpp:omemo:2:devices',
  'urn:xmpp:gaming:0', // XEP-0196
  'urn:xmpp:viewing:0', // XEP-0197
  'urn:xmpp:browsing:0', // XEP-0195
]);

/**
 * The key under which a later notification takes the place of an earlier one: who and which node, and which items
 * where a node may have several. Undefined for what is no notification of an account, or is of an urgent node.
 */
export function eventKey({ from, type, element }: Stanza, urgentNodes: ReadonlySet<string>): string | undefined {
  if (!from.isBare || from.local === '' || (type !== 'headline' && type !== '')) return undefined;
  const items = element.child(EVENT)?.firstElement();
  // Deleted and purged nodes are rare, and no item takes their place.
  if (items === undefined || items.key !== ITEMS) return undefined;
  const node = items.attr('node');
  if (node === undefined || urgentNodes.has(node) || saysMore(element)) return undefined;
  // No address has a line break in it.
  return SINGLE_ITEM_NODES.has(node) ? `${from.full}\n${node}` : `${from.full}\n${node}\n${idsOf(items)}`;
}

function saysMore(message: Element): boolean {
  return message.child(BODY) !== undefined || keeping('chat', message) === 'lasting';
}

/** Published and retracted items alike: either makes the other out of date. */
function idsOf(items: Element): string {
  return items
    .elements()
    .map((it) => it.attr('id') ?? '')
    .join('\n');
}
