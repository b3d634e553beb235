/** `jabber:iq:roster`: items to and from XML, with the rules for roster sets (RFC 6121 sections 2.1 to 2.5). */
import { clark, type Element, el, type Jid, NS, parseJid, type RosterItem, refusals, StanzaError } from '#api';

export const QUERY = clark(NS.roster, 'query');
const ITEM = clark(NS.roster, 'item');
const GROUP = clark(NS.roster, 'group');

/** Lengths in bytes of UTF-8. */
export interface SetLimits {
  readonly nameBytes: number;
  readonly groupBytes: number;
  readonly groups: number;
}

/** What a client asks for in a roster set. */
interface RosterSet {
  readonly contact: Jid;
  readonly remove: boolean;
  readonly name: string;
  readonly groups: readonly string[];
}

const oneItem = new StanzaError('bad-request', 'a roster set has exactly one item');
const noJid = new StanzaError('bad-request', 'an item needs a jid');
const notBare = new StanzaError('bad-request', 'the jid of an item has no resource');
const oneself = new StanzaError('not-allowed', 'nobody is in their own roster');
const longName = new StanzaError('not-acceptable', 'the name is too long');
const emptyGroup = new StanzaError('not-acceptable', 'a group has no name');
const longGroup = new StanzaError('not-acceptable', 'the name of a group is too long');
const manyGroups = new StanzaError('not-acceptable', 'the item is in too many groups');
const doubleGroup = new StanzaError('bad-request', 'the item is twice in one group');

/** Throws a StanzaError (RFC 6121 section 2.3.3). Every value of `subscription` but `remove` is ignored (2.1.5). */
export function readSet(query: Element, owner: Jid, limits: SetLimits): RosterSet {
  const items = query.elements();
  const item = items[0];
  if (items.length !== 1 || item === undefined || item.key !== ITEM) throw oneItem;
  const contact = readContact(item, owner);
  if (item.attr('subscription') === 'remove') return { contact, remove: true, name: '', groups: [] };
  const name = item.attr('name') ?? '';
  if (Buffer.byteLength(name) > limits.nameBytes) throw longName;
  return { contact, remove: false, name: own(name), groups: readGroups(item, limits) };
}

function readContact(item: Element, owner: Jid): Jid {
  const text = item.attr('jid');
  if (text === undefined || text === '') throw noJid;
  const contact = parseJid(text);
  if (contact === undefined) throw refusals.jidMalformed;
  if (!contact.isBare) throw notBare;
  if (contact.bare === owner.bare) throw oneself;
  return contact;
}

function readGroups(item: Element, limits: SetLimits): readonly string[] {
  const groups = new Set<string>();
  for (const child of item.elements()) {
    if (child.key !== GROUP) continue;
    const name = child.text();
    if (name === '') throw emptyGroup;
    if (Buffer.byteLength(name) > limits.groupBytes) throw longGroup;
    if (groups.has(name)) throw doubleGroup;
    if (groups.size >= limits.groups) throw manyGroups;
    groups.add(own(name));
  }
  return [...groups];
}

/** A slice of a stanza would keep the stanza in memory as long as the roster. */
function own(text: string): string {
  return text === '' ? '' : Buffer.from(text).toString();
}

/** `<item/>` as roster results and pushes have it (RFC 6121 section 2.1.2). */
function writeItem(item: RosterItem): Element {
  const { contact, name, groups, subscription, pendingOut, approved } = item;
  if (subscription === 'remove') return el(NS.roster, 'item', { jid: contact.bare, subscription });
  return el(
    NS.roster,
    'item',
    {
      jid: contact.bare,
      name: name === '' ? undefined : name,
      subscription,
      ask: pendingOut ? 'subscribe' : undefined,
      approved: approved ? 'true' : undefined,
    },
    ...groups.map((it) => el(NS.roster, 'group', null, it)),
  );
}

export function writeQuery(ver: string, items: Iterable<RosterItem>): Element {
  return el(NS.roster, 'query', { ver }, ...Array.from(items, writeItem));
}
