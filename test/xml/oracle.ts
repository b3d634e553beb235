/** What saxes, an independent strict parser, says to a document, and where XMPP differs from it on purpose. */
import { isUtf8 } from 'node:buffer';
import { type SaxesAttributeNS, SaxesParser, type SaxesTagNS } from 'saxes';
import { sorted, type Tree } from './tree.ts';

const XML_NS = 'http://www.w3.org/XML/1998/namespace';
const XMLNS_NS = 'http://www.w3.org/2000/xmlns/';
const LOCAL_START =
  /^[A-Z_a-z\xC0-\xD6\xD8-\xF6\xF8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C-\u200D\u2070-\u218F\u2C00-\u2FEF\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFFFD\u{10000}-\u{EFFFF}]/u;

export type Verdict = { readonly tree: Tree } | { readonly refused: string } | { readonly incomparable: string };

type Open = [key: string, attributes: readonly (readonly [string, string])[], children: (Open | string)[]];

/** The tree of a document, or why it must be refused, or why the oracle cannot be asked. */
export function oracle(bytes: Buffer): Verdict {
  if (!isUtf8(bytes)) return { refused: 'not UTF-8' };
  const parser = new SaxesParser({ xmlns: true });
  const refusals: string[] = [];
  let incomparable: string | undefined;
  const stack: Open[] = [['', [], []]];
  const top = (): Open => stack[stack.length - 1] as Open;
  parser.on('error', (error) => refusals.push(error.message));
  parser.on('xmldecl', ({ encoding, version }) => {
    if (encoding !== undefined && encoding.toLowerCase() !== 'utf-8') refusals.push('encoding other than UTF-8');
    if (version !== '1.0') incomparable = 'it follows the rules of XML 1.1, Parley those of 1.0';
  });
  parser.on('comment', () => refusals.push('comment (RFC 6120 section 11.1)'));
  parser.on('processinginstruction', () => refusals.push('processing instruction (RFC 6120 section 11.1)'));
  parser.on('doctype', () => refusals.push('document type (RFC 6120 section 11.1)'));
  parser.on('opentag', (tag) => {
    refusals.push(...stricter(tag));
    if (namespacesOf(tag).some(({ value }) => value.trim() !== value)) incomparable = 'it trims namespaces';
    const element: Open = [`{${tag.uri}}${tag.local}`, attributesOf(tag), []];
    top()[2].push(element);
    stack.push(element);
  });
  parser.on('closetag', () => stack.pop());
  const text = (piece: string): void => {
    const siblings = top()[2];
    const last = siblings.length - 1;
    if (stack.length === 1 || piece === '') return;
    if (typeof siblings[last] === 'string') siblings[last] += piece;
    else siblings.push(piece);
  };
  parser.on('text', text);
  parser.on('cdata', text);
  parser.write(bytes.toString()).close();
  if (incomparable !== undefined) return { incomparable };
  return refusals.length > 0 ? { refused: refusals[0] as string } : { tree: top()[2][0] as Tree };
}

function attributesOf(tag: SaxesTagNS): readonly (readonly [string, string])[] {
  const declarations = new Set(namespacesOf(tag));
  return sorted(
    Object.values(tag.attributes)
      .filter((attribute) => !declarations.has(attribute))
      .map(({ prefix, uri, local, value }) => [
        prefix === '' ? local : prefix === 'xml' ? `xml:${local}` : `{${uri}}${local}`,
        value,
      ]),
  );
}

function namespacesOf(tag: SaxesTagNS): SaxesAttributeNS[] {
  return Object.values(tag.attributes).filter(({ name, prefix }) => name === 'xmlns' || prefix === 'xmlns');
}

/** Where saxes is laxer than Namespaces in XML, or than Parley wants to be. */
function stricter(tag: SaxesTagNS): string[] {
  const refusals: string[] = [];
  for (const { local } of [tag, ...Object.values(tag.attributes)]) {
    if (!LOCAL_START.test(local)) refusals.push('local name that is no NCName (Namespaces in XML section 4)');
  }
  if (tag.prefix === 'xml') refusals.push('element with the prefix xml (RFC 6120 section 4.9.3.2)');
  for (const { prefix, local, value } of namespacesOf(tag)) {
    const reserved = value === XMLNS_NS || (value === XML_NS) !== (prefix === 'xmlns' && local === 'xml');
    if (reserved) refusals.push('reserved namespace (Namespaces in XML section 3)');
  }
  return refusals;
}
