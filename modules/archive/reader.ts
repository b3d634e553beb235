/** Reads archives: XEP-0313 section 4, in pages by XEP-0059. */
import {
  type ArchivedMessage,
  type ArchiveFilter,
  type ArchivePage,
  type Database,
  type Jid,
  type PageRequest,
  refusals,
  StanzaError,
  timeOfId,
} from '#api';
import type { Journal } from './journal.ts';
import { CHUNK, MAX_LENGTH, measure } from './page-size.ts';
import { type List, Pages, type PageWish } from './pages.ts';
import { rangeOf } from './range.ts';
import { ResourcePages } from './resource-pages.ts';
import type { ArchiveStore, HeldRow, MessageRow, PlaceRow } from './store.ts';

const DEFAULT_PAGE = 50;
const MAX_PAGE = 250;

export class Reader {
  readonly #db: Database;
  readonly #journal: Journal;
  readonly #store: ArchiveStore;
  readonly #pages: Pages;
  readonly #resources: ResourcePages;

  constructor(db: Database, journal: Journal) {
    this.#db = db;
    this.#journal = journal;
    this.#store = journal.store;
    this.#pages = new Pages(db, journal.store);
    this.#resources = new ResourcePages(journal.store);
  }

  async query(owner: Jid, filter: ArchiveFilter, page: PageRequest): Promise<ArchivePage | StanzaError> {
    await this.#journal.settled(owner);
    const scope = await this.#locate(owner, filter, page);
    if (scope instanceof StanzaError) return scope;
    const wish = wishOf(filter, page);
    if (filter.ids !== undefined) return this.#byIds(scope, filter, wish);
    if (filter.with === undefined) return this.#page({ kind: 'archive', number: scope.owner }, wish);
    if (filter.with.isBare || scope.talk === 0) return this.#page({ kind: 'talk', number: scope.talk }, wish);
    const { rows, complete } = await this.#resources.read(scope.talk, filter.with.resource, wish);
    return { messages: rows.map(toMessage), complete, index: undefined, count: undefined };
  }

  async get(owner: Jid, ids: readonly string[]): Promise<readonly ArchivedMessage[]> {
    if (ids.length === 0) return [];
    await this.#journal.settled(owner);
    const [place] = await this.#store.findOwner(owner.bare);
    if (place === undefined) return [];
    const rows = await this.#db.atomically(
      [...new Set(ids)].sort().map((id) => this.#store.get.bind(place.number, id)),
    );
    return (rows.flat() as MessageRow[]).map(toMessage);
  }

  /** Of what was said since a time, where one is given; milliseconds since 1970. */
  async ends(owner: Jid, start?: number): Promise<{ first: ArchivedMessage; last: ArchivedMessage } | undefined> {
    await this.#journal.settled(owner);
    const [place] = await this.#store.findOwner(owner.bare);
    if (place === undefined) return undefined;
    const { archiveForward, archiveBackward } = this.#store;
    const { after, before } = rangeOf(start === undefined ? {} : { start });
    const [[first], [last]] = (await this.#db.atomically([
      archiveForward.bind(place.number, after, before, 1),
      archiveBackward.bind(place.number, after, before, 1),
    ])) as [MessageRow[], MessageRow[]];
    return first && last && { first: toMessage(first), last: toMessage(last) };
  }

  async #page(list: List, wish: PageWish): Promise<ArchivePage> {
    const { rows, isExhausted, first, last } = await this.#pages.read(list, wish);
    const count = first === undefined || last === undefined ? 0 : last.place - first.place + 1;
    const front = rows[0];
    // A full page may end with the last message that there is.
    const end = wish.backward ? front?.id === first?.id : rows.at(-1)?.id === last?.id;
    return {
      messages: rows.map(toMessage),
      count,
      index: front === undefined ? undefined : front.place - (first?.place ?? 0),
      complete: isExhausted || end,
    };
  }

  /** Sections 4.1.3 and 4.3.2: every id that is mentioned must be in the archive. */
  async #locate(owner: Jid, filter: ArchiveFilter, page: PageRequest): Promise<Scope | StanzaError> {
    const { findOwner, findConversation, holds } = this.#store;
    const named = [page.after, page.before, filter.after, filter.before, ...(filter.ids ?? [])];
    const ids = [...new Set(named.filter(isId))];
    // In the order of the calls; `atomically` cannot know what each selects.
    const [owners, talks, ...rows] = (await this.#db.atomically([
      findOwner.bind(owner.bare),
      findConversation.bind(owner.bare, filter.with?.bare ?? ''),
      ...ids.map((id) => holds.bind(owner.bare, id)),
    ])) as unknown as [PlaceRow[], PlaceRow[], ...HeldRow[][]];
    const held = rows.flat();
    if (held.length < ids.length) return refusals.itemNotFound;
    return { owner: owners[0]?.number ?? 0, talk: talks[0]?.number ?? 0, held };
  }

  async #byIds(scope: Scope, filter: ArchiveFilter, wish: PageWish): Promise<ArchivePage> {
    const { range, after = '', before, backward, index, max } = wish;
    const wanted = new Set(filter.ids);
    const ids = scope.held
      .filter((it) => wanted.has(it.id) && isWith(it, scope.talk, filter.with))
      .map((it) => it.id)
      .filter((id) => id > range.after && id < range.before)
      .sort();
    const inPage = ids.filter((id) => id > after && (before === undefined || id < before));
    const start = index ?? (backward ? Math.max(0, inPage.length - max) : 0);
    const rows = await this.#get(scope.owner, inPage.slice(start, start + max), backward);
    const edge = backward ? rows[0]?.id === inPage[0] : rows.at(-1)?.id === inPage.at(-1);
    const place = rows[0] === undefined ? undefined : ids.indexOf(rows[0].id);
    return { messages: rows.map(toMessage), count: ids.length, index: place, complete: edge };
  }

  /** The messages with these ids, or as many of them from one end as make a page long enough. */
  async #get(owner: number, ids: readonly string[], backward: boolean): Promise<readonly MessageRow[]> {
    const left = backward ? ids.toReversed() : ids;
    const rows: MessageRow[] = [];
    for (let i = 0, length = 0; i < left.length && length < MAX_LENGTH; i += CHUNK) {
      const calls = left.slice(i, i + CHUNK).map((id) => this.#store.get.bind(owner, id));
      const read = rows.length;
      rows.push(...((await this.#db.atomically(calls)).flat() as MessageRow[]));
      length = measure(rows, read, length);
    }
    return backward ? rows.reverse() : rows;
  }
}

/** Where the answer to a query is found; 0 stands for what is not there. */
interface Scope {
  readonly owner: number;
  readonly talk: number;
  /** The entries whose ids the query mentions. */
  readonly held: readonly HeldRow[];
}

function isId(text: string | undefined): text is string {
  return text !== undefined && text !== '';
}

function isWith(row: HeldRow, talk: number, peer: Jid | undefined): boolean {
  if (peer === undefined) return true;
  return row.conversation === talk && (peer.isBare || row.resource === peer.resource);
}

/** XEP-0059: what comes before something, or last, is read backwards. */
function wishOf(filter: ArchiveFilter, { max, after, before, index }: PageRequest): PageWish {
  return {
    range: rangeOf(filter),
    after,
    before: before === '' ? undefined : before,
    backward: before !== undefined,
    index,
    max: Math.min(max ?? DEFAULT_PAGE, MAX_PAGE),
  };
}

export function toMessage({ id, xml }: Pick<MessageRow, 'id' | 'xml'>): ArchivedMessage {
  return { id, xml, receivedAt: timeOfId(id) ?? 0 };
}
