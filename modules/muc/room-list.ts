/** Who and what is to be found: the rooms of the service, and who is in a room (XEP-0045 sections 6.3 and 6.5). */
import {
  type Awaitable,
  type DiscoItem,
  type Element,
  RSM_SET,
  readPageRequest,
  refusals,
  StanzaError,
  then,
  writeDiscoItems,
  writePageFacts,
} from '#api';
import { NS_COMMANDS } from './ad-hoc.ts';
import { ADDRESS_ORDER } from './directory.ts';
import { commandsFor } from './hat-commands.ts';
import { byAddress, compareText, type Order, takePage } from './paging.ts';
import { isBroadcast } from './presence.ts';
import { affiliationAtLeast } from './ranks.ts';
import type { RoomRequest, ServiceRequest } from './requests.ts';
import { mayRead } from './rooms.ts';

/** Items that are listed at once, whether somebody knows of pages or not. */
const PAGE = 500;

const OCCUPANT_ORDER: Order<DiscoItem> = byAddress((it) => it.jid);

/** Section 6.3. */
export function listRooms({ muc, payload }: ServiceRequest): Awaitable<Element | StanzaError> {
  if (payload.attr('node') !== undefined) return refusals.itemNotFound;
  return then(muc.directory.all(muc), (listings) =>
    answerPage(payload, listings, ADDRESS_ORDER, ({ address, name }) => ({ jid: address, name })),
  );
}

/** Section 6.5: who is there, for those who may see it. */
export function listOccupants(request: RoomRequest): Element | StanzaError {
  const { room, payload } = request;
  const node = payload.attr('node');
  // XEP-0050 section 2.2.
  if (node === NS_COMMANDS) {
    return writeDiscoItems(
      commandsFor(request).map((it) => ({ jid: room.jid.bare, ...it })),
      node,
    );
  }
  if (node !== undefined) return refusals.itemNotFound;
  if (!maySeeOccupants(request)) return writeDiscoItems([]);
  const items: DiscoItem[] = [];
  for (const it of room.occupants.values())
    if (isBroadcast(room, it.role)) items.push({ jid: it.jid.full, name: it.nick });
  items.sort((a, b) => compareText(a.jid, b.jid));
  return answerPage(payload, items, OCCUPANT_ORDER, (it) => it);
}

/** Those who are there, who belong to the room, or could enter a room that is no secret just now. */
function maySeeOccupants({ room, stanza, occupant, affiliation }: RoomRequest): boolean {
  if (occupant !== undefined || affiliationAtLeast(affiliation, 'member')) return true;
  return room.config.public && mayRead(room, stanza.from);
}

/** XEP-0059: who does not ask for a page is told that there are more only where there are. */
function answerPage<T>(
  payload: Element,
  list: readonly T[],
  order: Order<T>,
  show: (item: T) => DiscoItem,
): Element | StanzaError {
  const wish = readPageRequest(payload);
  if (wish === undefined) return refusals.badRequest;
  const page = takePage(list, order, wish, PAGE);
  if (page instanceof StanzaError) return page;
  const answer = writeDiscoItems(page.items.map(show));
  const isWhole = page.items.length === list.length;
  return isWhole && payload.child(RSM_SET) === undefined ? answer : answer.append(writePageFacts(page.facts));
}
