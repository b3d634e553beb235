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
  writePageFacts,
} from '#api';
import { NS_MAM } from './preference-requests.ts';
import { queryForm, readFilter } from './query-form.ts';
import type { Reader } from './reader.ts';

export const QUERY = clark(NS_MAM, 'query');
export const METADATA = clark(NS_MAM, 'metadata');
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

/**
 * Up to when a client has all that was said once it has what it asks for, as clients ask that catch up: the time of the
 * query, or its end. Undefined for a look at one conversation, at single messages or back from one, and for a mere count.
 */
export function readsUntil(payload: Element, now: number): number | undefined {
  const filter = readFilter(payload);
  const page = readPageRequest(payload);
  if (filter instanceof StanzaError || page === undefined) return undefined;
  const isLook = filter.with !== undefined || filter.ids !== undefined || filter.before !== undefined;
  if (isLook || page.max === 0 || (page.before ?? '') !== '') return undefined;
  return Math.min(now, filter.end ?? now);
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
