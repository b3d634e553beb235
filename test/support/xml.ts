/** Reads the XML that tests are written in; the default namespace is that of clients. */
import { clark, type Element } from '../../src/xml/element.ts';
import { parseDocument } from '../../src/xml/parser.ts';

export type { Element };

export const LIMITS = { maxBytes: 4_000_000, maxElements: 100_000, maxDepth: 100, maxAttributes: 1000 };

/** One element. Where it declares no namespace it is in `jabber:client`. */
export function parseXml(xml: string): Element {
  const trimmed = xml.trim();
  const end = /[\s/>]/.exec(trimmed)?.index ?? 0;
  const start = /^<[^>]*\sxmlns=/.test(trimmed)
    ? trimmed
    : `${trimmed.slice(0, end)} xmlns='jabber:client'${trimmed.slice(end)}`;
  return parseDocument(Buffer.from(start), LIMITS);
}

export { clark };
