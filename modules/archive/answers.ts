/** Answers queries: the messages first, one by one, then how much there is (XEP-0313 sections 4.2 and 4.3). */
import {
  type ArchivedMessage,
  type ArchiveFilter,
  type ArchivePage,
  type ArchiveRequest,
  clark,
  Element,
  el,
  formatDateTime,
  forwardText,
  type Jid,
  NS,
  type PageFacts,
  readPageRequest,
  refusals,
  Stanza,
  StanzaError,
  timeOfId,
  writePageFacts,
} from '#api';
import { NS_MAM } from './preference-requests.ts';
import { queryForm, readFilter } from './query-form.ts';
import type { Reader } from './reader.ts';

export const QUERY = clark(NS_MAM, 'query');
export const METADATA = clark(NS_MAM, 'metadata');
const FIRST = clark(NS.rsm, 'first');
const FLIP_PAGE = clark(NS_MAM, 'flip-page');

const badPage = new StanzaError('bad-request', 'a number of the result set is none');

/** Which query the messages belong to. */
interface Results {
  readonly owner: Jid;
  readonly to: Jid;
  readonly queryId: string | undefined;
}

export async function answerRequest(reader: Reader, request: ArchiveRequest): Promise<Element | StanzaError> {
  const { payload, stanza } = request;
  const isGet = stanza.type === 'get';
  if (payload.key === QUERY) return isGet ? queryForm() : answerQuery(reader, request);
  return payload.key === METADATA && isGet
    ? describeArchive(reader, request.owner, request.since)
    : refusals.badRequest;
}

/** Milliseconds since 1970, both. */
interface Span {
  readonly from: number;
  readonly until: number;
}

/**
 * From when to when a client has all that was said once it has what it asks for. One that asks for what came next, as it
 * does to catch up, goes on to the end; one that asks `backwards` has no more than the page (`spanOfPage`). Undefined for a
 * look at one conversation or at single messages, and for a mere count.
 */
export function spanAsked(payload: Element, now: number): (Span & { readonly backwards: boolean }) | undefined {
  const filter = readFilter(payload);
  const page = readPageRequest(payload);
  if (filter instanceof StanzaError || page === undefined || page.max === 0) return undefined;
  if (filter.with !== undefined || filter.ids !== undefined || filter.before !== undefined) return undefined;
  const { after = filter.after ?? '', before } = page;
  const from = Math.max(filter.start ?? 0, timeOfId(after) ?? 0);
  const until = Math.min(now, filter.end ?? now, timeOfId(before ?? '') ?? now);
  return { from, until, backwards: before !== undefined };
}

/** What a client has that has asked backwards. Others of the first one's millisecond may be missing. */
export function spanOfPage({ from, until }: Span, fin: Element): Span {
  if (fin.attr('complete') === 'true') return { from, until };
  const first = timeOfId(fin.firstElement()?.childText(FIRST) ?? '');
  return { from: first === undefined ? until : first + 1, until };
}

/** Section 5. */
export async function describeArchive(reader: Reader, owner: Jid, since?: number): Promise<Element> {
  const ends = await reader.ends(owner, since);
  const end = (name: string, { id, receivedAt }: ArchivedMessage) =>
    el(NS_MAM, name, { id, timestamp: formatDateTime(receivedAt) });
  return el(NS_MAM, 'metadata', null, ends && end('start', ends.first), ends && end('end', ends.last));
}

async function answerQuery(reader: Reader, request: ArchiveRequest): Promise<Element | StanzaError> {
  const { owner, payload, stanza } = request;
  const filter = readFilter(payload);
  if (filter instanceof StanzaError) return filter;
  const wish = readPageRequest(payload);
  if (wish === undefined) return badPage;
  const page = await reader.query(owner, narrowed(filter, request.since), wish);
  if (page instanceof StanzaError) return page;
  const results = { owner, to: stanza.from, queryId: payload.attr('queryid') };
  // Section 4.3.4: only the order of sending is turned.
  const isFlipped = payload.child(FLIP_PAGE) !== undefined;
  for (const message of isFlipped ? page.messages.toReversed() : page.messages) {
    await request.send(result(results, message, request.present));
  }
  return fin(page);
}

function narrowed(filter: ArchiveFilter, since: number | undefined): ArchiveFilter {
  return since === undefined ? filter : { ...filter, start: Math.max(since, filter.start ?? since) };
}

/** Section 4.2. */
function result({ owner, to, queryId }: Results, message: ArchivedMessage, present: ArchiveRequest['present']): Stanza {
  const { id, receivedAt } = message;
  const stamp = el(NS.delay, 'delay', { stamp: formatDateTime(receivedAt) });
  const xml = present === undefined ? message.xml : present(message);
  const forwarded = xml === undefined ? el('urn:xmpp:forward:0', 'forwarded', null, stamp) : forwardText(xml, stamp);
  const attrs = queryId === undefined ? ['id', id] : ['queryid', queryId, 'id', id];
  const payload = new Element(NS_MAM, 'result', attrs, [forwarded]);
  return new Stanza(new Element(NS.client, 'message', [], [payload]), owner, to);
}

/** Section 4.3.2. */
function fin({ messages, index, count, complete }: ArchivePage): Element {
  const [first, last] = [messages[0]?.id, messages.at(-1)?.id];
  const facts: PageFacts = first === undefined || last === undefined ? { count } : { first, last, index, count };
  return el(NS_MAM, 'fin', complete ? { complete: 'true' } : null, writePageFacts(facts));
}
