/** Tells all that an archive holds, page by page. */
import { formatDateTime, type Jid, StanzaError } from '#api';
import type { Reader } from './reader.ts';

const PAGE = 250;

export interface ExportedMessage {
  readonly id: string;
  readonly received: string;
  readonly stanza: string;
}

/** The messages of an archive in its order; no more than a page of them is in memory. */
export async function* exportMessages(reader: Reader, owner: Jid): AsyncGenerator<ExportedMessage, void, undefined> {
  for (let after: string | undefined; ; ) {
    const page = await reader.query(owner, {}, { max: PAGE, ...(after === undefined ? {} : { after }) });
    // What was read last may have been removed meanwhile; then there is nothing left of what came before it either.
    if (page instanceof StanzaError) return;
    for (const { id, receivedAt, xml } of page.messages)
      yield { id, received: formatDateTime(receivedAt), stanza: xml };
    after = page.messages.at(-1)?.id;
    if (page.complete || after === undefined) return;
  }
}
