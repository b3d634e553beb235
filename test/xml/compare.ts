/** One case of the differential test: does Parley agree with the oracle, with itself in packets, and with its writer? */
import { deepStrictEqual } from 'node:assert/strict';
import { Element } from '../../src/xml/element.ts';
import { XmlError } from '../../src/xml/error.ts';
import { parseDocument, StreamParser } from '../../src/xml/parser.ts';
import { writeElement } from '../../src/xml/writer.ts';
import { oracle } from './oracle.ts';
import { type Tree, treeOf } from './tree.ts';

export const WIDE_LIMITS = { maxBytes: 1_000_000, maxElements: 10_000, maxDepth: 1000, maxAttributes: 200 };

/** The element, or the condition that it is refused with. Any other exception is a fault and passes through. */
export function attempt(parse: () => Element | undefined): Element | string {
  try {
    return parse() ?? 'incomplete';
  } catch (error) {
    if (error instanceof XmlError) return error.condition;
    throw error;
  }
}

/** Throws when something disagrees; true when the document was accepted. */
export function compare(document: Buffer, packetBytes: number): boolean {
  const expected = oracle(document);
  const parsed = attempt(() => parseDocument(document, WIDE_LIMITS));
  if (typeof parsed === 'string') {
    if ('tree' in expected) throw new Error(`refused with ${parsed}, but it is well-formed`);
  } else {
    if ('refused' in expected) throw new Error(`accepted, but: ${expected.refused}`);
    if ('tree' in expected) checkTree(parsed, expected.tree);
  }
  if (isStanza(document)) {
    comparePackets(document, packetBytes, parsed);
    compareInScope(document, packetBytes);
  }
  return typeof parsed !== 'string';
}

/** The tree is right, and so is what the writer makes of it, whether it uses the text again that was read or not. */
function checkTree(element: Element, tree: Tree): void {
  deepStrictEqual(treeOf(element), tree);
  deepStrictEqual(oracle(Buffer.from(writeElement(bare(element), ''))), { tree });
  checkWritten(element);
}

function checkWritten(element: Element): void {
  deepStrictEqual(treeOf(parseDocument(writeElement(element, ''), WIDE_LIMITS)), treeOf(element));
  for (const child of element.elements()) checkWritten(child);
}

/** The same element without the text that it was read from. */
export function bare({ ns, name, attrs, children }: Element): Element {
  return new Element(
    ns,
    name,
    attrs,
    children.map((child) => (typeof child === 'string' ? child : bare(child))),
  );
}

/** A start tag comes first, as it does in a stanza. */
function isStanza(document: Buffer): boolean {
  return /^<[^!?/]/.test(document.toString('latin1', 0, 2));
}

/** As a stanza in small packets: the same element, or refused, or waiting for an end that never comes. */
function comparePackets(document: Buffer, packetBytes: number, parsed: Element | string): void {
  const parser = new StreamParser(WIDE_LIMITS);
  parser.push(Buffer.from('<s>'));
  parser.next();
  const scratch = Buffer.alloc(packetBytes);
  const read = attempt(() => {
    for (let i = 0; i < document.length; i += packetBytes) {
      // The packet is overwritten for the next one, as a transport may do.
      const length = document.copy(scratch, 0, i);
      parser.push(scratch.subarray(0, length));
      const element = parser.next();
      if (element !== undefined) return element;
    }
    return undefined;
  });
  if (typeof parsed === 'string') {
    if (typeof read !== 'string' && !startsWithElement(document, read))
      throw new Error('accepted in packets, refused as a whole');
  } else if (typeof read === 'string') {
    throw new Error(`${read} in packets, accepted as a whole`);
  } else {
    deepStrictEqual(treeOf(read), treeOf(parsed));
  }
}

/** As a stanza that may use what the stream header declares: like a child of an element that declares the same. */
function compareInScope(document: Buffer, packetBytes: number): void {
  const declarations = "xmlns='jabber:client' xmlns:p='urn:p' xmlns:unbound='urn:u' xmlns:stream='urn:s'";
  const whole = Buffer.concat([Buffer.from(`<w ${declarations}>`), document, Buffer.from('</w>')]);
  const parent = attempt(() => parseDocument(whole, WIDE_LIMITS));
  const [expected] = typeof parent === 'string' ? [] : parent.children;
  if (expected === undefined || typeof expected === 'string' || (parent as Element).children.length > 1) return;
  const twice = Buffer.concat([document, document]);
  for (const size of [twice.length, packetBytes]) {
    const parser = new StreamParser(WIDE_LIMITS);
    parser.push(Buffer.from(`<s ${declarations}>`));
    parser.next();
    const read: Element[] = [];
    for (let i = 0; i < twice.length; i += size) {
      parser.push(twice.subarray(i, i + size));
      for (let event = parser.next(); event !== undefined; event = parser.next()) read.push(event);
    }
    deepStrictEqual(read.map(treeOf), [treeOf(expected), treeOf(expected)]);
    for (const element of read) checkWritten(element);
  }
}

/** A stream may go on behind an element; a document may not. */
function startsWithElement(document: Buffer, element: Element): boolean {
  for (let end = document.indexOf('>'); end >= 0; end = document.indexOf('>', end + 1)) {
    const start = attempt(() => parseDocument(document.subarray(0, end + 1), WIDE_LIMITS));
    if (typeof start !== 'string') return JSON.stringify(treeOf(start)) === JSON.stringify(treeOf(element));
  }
  return false;
}
