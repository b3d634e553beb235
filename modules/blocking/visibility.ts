/** Presence when contacts are blocked and unblocked: XEP-0191 sections 3.3 and 3.4. */
import {
  type Awaitable,
  isPromise,
  type Jid,
  type Roster,
  type RosterView,
  type Router,
  type Sessions,
  stanza,
} from '#api';
import type { BlockList } from './block-list.ts';

export interface VisibilityParts {
  readonly roster: Roster | undefined;
  readonly router: Router;
  readonly sessions: Sessions;
}

export interface ListChange {
  readonly owner: Jid;
  readonly before: BlockList;
  readonly after: BlockList;
  /** What was blocked or unblocked. */
  readonly items: readonly Jid[];
}

/**
 * Sends unavailable presence to those who are blocked now and were not before, and the current presence to those who no
 * longer are: in either case only to contacts that are subscribed to it.
 */
export async function showChange({ roster, router, sessions }: VisibilityParts, change: ListChange): Promise<void> {
  const { owner } = change;
  const available = sessions.of(owner.bare).filter((it) => it.presence !== undefined);
  if (roster === undefined || available.length === 0) return;
  const waiting: Promise<void>[] = [];
  const send = (sent: Awaitable<void>): void => {
    if (isPromise(sent)) waiting.push(sent);
  };
  for (const peer of changedPeers(await roster.of(owner.bare), change)) {
    const isBlocked = change.after.covers(peer);
    for (const { jid, presence } of available) {
      if (isBlocked) send(router.route(stanza('presence', { from: jid, to: peer, type: 'unavailable' })));
      else if (presence !== undefined) send(router.route(presence.readdress(peer)));
    }
  }
  await Promise.all(waiting);
}

function changedPeers(roster: RosterView, { owner, before, after, items }: ListChange): Iterable<Jid> {
  const peers = new Map<string, Jid>();
  const add = (peer: Jid): void => {
    const isOwn = peer.bare === owner.bare;
    if (!isOwn && roster.shownTo(peer.bare) && before.covers(peer) !== after.covers(peer)) peers.set(peer.full, peer);
  };
  const domains = new Set<string>();
  for (const item of items) {
    add(item);
    if (item.isDomain) domains.add(item.domain);
  }
  if (domains.size > 0) for (const { contact } of roster.items()) if (domains.has(contact.domain)) add(contact);
  return peers.values();
}
