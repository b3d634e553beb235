/** Rosters and their changes as rows. */
import { type Call, type Database, type Jid, parseJid, type RosterItem, type SubscriptionRequest } from '#api';
import { AccountRoster, EMPTY } from './account-roster.ts';
import type { ItemRow, RequestRow, RosterStore } from './store.ts';

/** Versions that a removal is remembered for. A client that was away for longer gets the whole roster. */
export const REMEMBERED_VERSIONS = 500;

const NO_GROUPS: readonly string[] = Object.freeze([]);

/** The roster as it is stored. For most accounts of an idle server that is one look-up without a row. */
export async function loadRoster(db: Database, store: RosterStore, owner: string): Promise<AccountRoster> {
  const [head] = await store.head(owner);
  if (head === undefined) return EMPTY;
  const [items, requests] = await db.atomically([store.items.bind(owner), store.requests.bind(owner)]);
  const roster = new AccountRoster(head.epoch, head.version);
  for (const row of items as readonly ItemRow[]) {
    const contact = parseJid(row.contact);
    if (contact !== undefined) roster.put(toItem(contact, row));
  }
  for (const { contact, stanza } of requests as readonly RequestRow[]) {
    const from = parseJid(contact);
    if (from !== undefined) roster.addRequest({ contact: from, stanza });
  }
  return roster;
}

function toItem(contact: Jid, row: ItemRow): RosterItem {
  return {
    contact,
    name: row.name,
    groups: row.group_names === '' ? NO_GROUPS : (JSON.parse(row.group_names) as string[]),
    subscription: row.subscription as RosterItem['subscription'],
    pendingOut: row.pending_out !== 0,
    pendingIn: false,
    approved: row.approved !== 0,
  };
}

/** The parts of one change, and the version that the roster has after it. */
interface SavedChange {
  readonly roster: AccountRoster;
  readonly version: number;
  readonly item?: RosterItem | undefined;
  readonly request?: SubscriptionRequest | undefined;
  readonly answered?: string | undefined;
}

export function saveCalls(store: RosterStore, owner: string, change: SavedChange): Call[] {
  const { roster, version, item, request, answered } = change;
  const calls = [store.saveHead.bind(owner, roster.epoch, version)];
  if (item !== undefined) calls.push(...itemCalls(store, owner, change, item));
  if (answered !== undefined) calls.push(store.dropRequest.bind(owner, answered));
  if (request !== undefined) calls.push(store.saveRequest.bind(owner, request.contact.bare, request.stanza));
  return calls;
}

function itemCalls(store: RosterStore, owner: string, { roster, version }: SavedChange, item: RosterItem): Call[] {
  const contact = item.contact.bare;
  if (item.subscription === 'remove') {
    return [
      store.dropItem.bind(owner, contact),
      store.noteRemoval.bind(owner, contact, version),
      store.pruneRemovals.bind(owner, version - REMEMBERED_VERSIONS),
    ];
  }
  const groups = item.groups.length === 0 ? '' : JSON.stringify(item.groups);
  const { name, subscription, pendingOut, approved } = item;
  const flags = [pendingOut ? 1 : 0, approved ? 1 : 0] as const;
  const save = store.saveItem.bind(owner, contact, name, groups, subscription, ...flags, version);
  return roster.get(contact) === undefined ? [save, store.dropRemoval.bind(owner, contact)] : [save];
}
