/** Messages that wait and are in the archive as well (XEP-0313): what waits is their id, and the archive has the text. */
import { type Archive, type ArchivedMessage, clark, type Jid, NS, type Passage } from '#api';
import type { MessageRow } from './store.ts';

const STANZA_ID = clark(NS.stanzaId, 'stanza-id');

export class ArchivedMessages {
  readonly #archive: Archive | undefined;

  constructor(archive: Archive | undefined) {
    this.#archive = archive;
  }

  /** The id that the archive of the account has a message under; one that was lost on its way to a client carries it. */
  idOf({ stanza, stanzaId }: Passage): string | undefined {
    if (this.#archive === undefined) return undefined;
    if (stanza.kept && stanzaId !== undefined) return stanzaId;
    for (const child of stanza.element.children) {
      if (typeof child === 'string' || child.key !== STANZA_ID) continue;
      // Forged ones do not get this far.
      if (child.attr('by') === stanza.to.bare) return child.attr('id');
    }
    return undefined;
  }

  /** The same rows, each with its text; '' where the archive does not have it any more. */
  async read(account: Jid, rows: readonly MessageRow[]): Promise<readonly MessageRow[]> {
    const ids = rows.map((it) => it.archived).filter((it) => it !== null);
    if (ids.length === 0 || this.#archive === undefined) return rows;
    const found = new Map((await this.#archive.get(account, ids)).map((it) => [it.id, it]));
    return rows.map((row) => {
      const message = row.archived === null ? undefined : found.get(row.archived);
      return message === undefined ? row : filled(row, message, account);
    });
  }
}

/** As it would have been stored here: with the id of the archive, and from when it came. */
function filled(row: MessageRow, { id, xml, receivedAt }: ArchivedMessage, account: Jid): MessageRow {
  const end = '</message>';
  const stamp = `<stanza-id xmlns='${NS.stanzaId}' by='${account.bare}' id='${id}'/>`;
  const declared = xml.replace(' ', ` xmlns='${NS.client}' `);
  const stanza = declared.endsWith(end) ? `${declared.slice(0, -end.length)}${stamp}${end}` : declared;
  return { ...row, stanza, received_at: receivedAt };
}
