/** What a stanza of type error says. */
import type { Element } from './xml.ts';

const STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas';

/** The defined condition of an error (RFC 6120 section 8.3.3), such as `forbidden`; undefined when it is no error. */
export function conditionOf(answer: Element): string | undefined {
  const error = answer.elements().find((it) => it.name === 'error');
  return error?.elements().find((it) => it.ns === STANZAS && it.name !== 'text')?.name;
}
