/** XML that the server wrote itself, to be read again. */
import type { Element } from '../xml/element.ts';
import type { XmlLimits } from '../xml/error.ts';
import { parseDocument } from '../xml/parser.ts';

/** Whatever came in once comes back, however large operators let it be. */
const LIMITS: XmlLimits = { maxBytes: 2 ** 30, maxElements: 2 ** 24, maxDepth: 1024, maxAttributes: 10_000 };

/** One element as storage keeps it. Throws `XmlError` for what was not written by us. */
export function parseStored(xml: string): Element {
  return parseDocument(xml, LIMITS);
}
