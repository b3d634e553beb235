/** XEP-0433: looks for rooms that want to be found, by words in their names, descriptions and addresses. */
import {
  type Awaitable,
  clark,
  type Element,
  el,
  type Jid,
  NS,
  readPageRequest,
  refusals,
  StanzaError,
  then,
  writeForm,
  writePageFacts,
} from '#api';
import type { Listing } from './directory.ts';
import type { Muc } from './muc.ts';
import { byAddress, compareText, type Order, takePage } from './paging.ts';
import type { ServiceHandlers, ServiceRequest } from './requests.ts';
import { NS_SEARCH, NS_SEARCH_ERROR, readSearch, SEARCH_FORM, type Search } from './search-form.ts';

const SEARCH = clark(NS_SEARCH, 'search');
const FORM = clark(NS.dataForms, 'x');
/** Rooms in one answer: descriptions are long. */
const PAGE = 100;

const FORM_ANSWER = el(NS_SEARCH, 'search', null, writeForm(SEARCH_FORM));

/** A room that was found, with the number of those in it. */
interface Hit {
  readonly listing: Listing;
  readonly users: number;
}

export const channelSearch: ServiceHandlers = { [`get ${SEARCH}`]: search };

function search(request: ServiceRequest): Awaitable<Element | StanzaError> {
  const { muc, stanza, payload } = request;
  const form = payload.child(FORM);
  if (form === undefined) return payload.elements().length === 0 ? FORM_ANSWER : refusals.badRequest;
  const wanted = readSearch(form);
  if (wanted instanceof StanzaError) return wanted;
  const wish = readPageRequest(payload);
  if (wish === undefined) return refusals.badRequest;
  if (!muc.allowances.searches.take(payer(muc, stanza.from), 1, muc.clock.now())) return tooMany(muc);
  return then(muc.directory.all(muc), (listings) => {
    const hits = find(muc, wanted, listings);
    const page = takePage(hits, wanted.order === 'users' ? USERS_ORDER : HIT_ADDRESS_ORDER, wish, PAGE);
    if (page instanceof StanzaError) return page;
    return el(NS_SEARCH, 'result', null, ...page.items.map(writeItem), writePageFacts(page.facts));
  });
}

/** Section 4.2.2.4. */
function tooMany({ options }: Muc): StanzaError {
  const seconds = String(Math.ceil(3600 / options.searchesPerHour));
  return new StanzaError('resource-constraint', 'you search too often', {
    application: el(NS_SEARCH_ERROR, 'rate-limit', { 'retry-after': seconds }),
  });
}

/** On whose account a search goes: other domains answer for all of theirs. */
function payer(muc: Muc, from: Jid): string {
  return muc.isLocalAccount(from) ? from.bare : from.domain;
}

function find(muc: Muc, { wantsRooms, terms, parts, minUsers, order }: Search, listings: readonly Listing[]): Hit[] {
  if (!wantsRooms) return [];
  const hits: Hit[] = [];
  for (const listing of listings) {
    const users = muc.rooms.peek(listing.local)?.occupants.size ?? 0;
    if (users < minUsers) continue;
    if (terms.every((term) => parts.some((part) => listing.folded[part].includes(term)))) hits.push({ listing, users });
  }
  if (order === 'address') return hits;
  // They come by address, and sorting keeps that among equals.
  return [
    ...hits.filter((it) => it.users > 0).sort((a, b) => b.users - a.users),
    ...hits.filter((it) => it.users === 0),
  ];
}

const HIT_ADDRESS_ORDER: Order<Hit> = byAddress(({ listing }) => listing.address);

/** Nothing has to be remembered from page to page (section 2): the id tells the place, though numbers change meanwhile. */
const USERS_ORDER: Order<Hit> = {
  idOf: ({ users, listing }) => `${users} ${listing.address}`,
  accepts: (id) => /^\d{1,9} ./.test(id),
  compare: ({ users, listing }, id) => {
    const space = id.indexOf(' ');
    return Number(id.slice(0, space)) - users || compareText(listing.address, id.slice(space + 1));
  },
};

/** Section 6.2. */
function writeItem({ listing, users }: Hit): Element {
  const fact = (name: string, text: string) => (text === '' ? undefined : el(NS_SEARCH, name, null, text));
  return el(
    NS_SEARCH,
    'item',
    { address: listing.address },
    fact('name', listing.name),
    fact('description', listing.description),
    fact('language', listing.lang),
    fact('nusers', String(users)),
    fact('service-type', 'xep-0045'),
    listing.isOpen ? fact('is-open', 'true') : undefined,
    fact(
      'anonymity-mode',
      listing.whois === 'anyone' ? `{urn:xmpp:channel-search:0:anonymity}none` : 'muc_semianonymous',
    ),
  );
}
