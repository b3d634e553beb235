/** Which of the messages that wait a client has from the archive: XEP-0313 section 6.1.1, XEP-0386 section 3. */
import { type Archive, type ArchiveReading, clark, type Element, NS, type Session, slot, timeOfId } from '#api';
import { readMessage } from './message.ts';
import type { MessageRow } from './store.ts';

const STANZA_ID = clark(NS.stanzaId, 'stanza-id');
const NONE: ReadonlySet<number> = new Set();

/** The client of the session has from the archive what was said in between; milliseconds since 1970. */
const read = slot<Span>('offline.read');

interface Span {
  readonly from: number;
  readonly until: number;
}

/** Pages that follow each other, in either direction, are one span; of others the later one counts. */
export function noteReading({ session, from, until }: ArchiveReading): void {
  const before = session.slots.get(read);
  if (before === undefined || until + 1 < before.from || from > before.until + 1) {
    if (before === undefined || until > before.until) session.slots.set(read, { from, until });
  } else {
    session.slots.set(read, { from: Math.min(from, before.from), until: Math.max(until, before.until) });
  }
}

/**
 * The numbers of those that need not be sent: the client reads the archive, they were said before it did, and the archive
 * has them. The last is asked, since a kill may have come between a message in the queue and the same one in the archive.
 */
export async function findArchived(
  archive: Archive | undefined,
  session: Session,
  page: readonly MessageRow[],
): Promise<ReadonlySet<number>> {
  const span = session.slots.get(read);
  if (archive === undefined || span === undefined) return NONE;
  const account = session.account.bare;
  const numbers = new Map<string, number>();
  for (const row of page) {
    const id = idBy(account, readMessage(row, undefined)?.element);
    // What was said at that very moment is sent: better twice than never.
    const at = timeOfId(id ?? '');
    if (id !== undefined && at !== undefined && at >= span.from && at < span.until) numbers.set(id, row.number);
  }
  const found = await archive.get(session.account, [...numbers.keys()]);
  return new Set(found.map((it) => numbers.get(it.id) as number));
}

/** The id that the account gave it: forged ones do not get this far. */
function idBy(account: string, message: Element | undefined): string | undefined {
  for (const child of message?.elements() ?? []) {
    if (child.key === STANZA_ID && child.attr('by') === account) return child.attr('id');
  }
  return undefined;
}
