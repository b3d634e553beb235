/** What the writer makes is read as what it was, by this parser and by others. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import xmppParse from '@xmpp/xml/lib/parse.js';
import fc from 'fast-check';
import { type Element as LtxElement, parse as ltxParse } from 'ltx';
import { type Attributes, Element, el, type Node } from '../../src/xml/element.ts';
import { escapeAttribute, escapeText } from '../../src/xml/escape.ts';
import { parseDocument } from '../../src/xml/parser.ts';
import { writeElement } from '../../src/xml/writer.ts';
import { bare, WIDE_LIMITS } from './compare.ts';
import { oracle } from './oracle.ts';
import { SAMPLES, STREAMS } from './streams.ts';
import { type Tree, treeOf } from './tree.ts';

const RUNS = 300;

// oxlint-disable-next-line no-control-regex -- what XML cannot spell is tested by itself
const allowed = (text: string): string => text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '').toWellFormed();
const anyText = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 20 })
  .map(allowed)
  .filter((text) => text !== '');
const markup = fc.string({
  unit: fc.constantFrom('<', '>', '&', '"', "'", ']', '\r', '\n', '\t', ' ', 'a', ';', '#'),
  minLength: 1,
  maxLength: 12,
});
const text = fc.oneof(anyText, markup);
const name = fc.constantFrom('a', 'body', 'x-1', '_', 'a.b', '__proto__');
const ns = fc.constantFrom('', 'jabber:client', 'urn:a', 'urn:\'&<>"');

const attributes = (names: fc.Arbitrary<string>): fc.Arbitrary<Attributes> =>
  fc.uniqueArray(fc.tuple(names, text), { maxLength: 4, selector: ([it]) => it }).map((pairs) => pairs.flat());

function elements(names: fc.Arbitrary<string>, spaces: fc.Arbitrary<string>): fc.Arbitrary<Element> {
  const { element } = fc.letrec<{ element: Element; node: Node }>((tie) => ({
    node: fc.oneof({ maxDepth: 3, depthSize: 'small' }, text, tie('element')),
    element: fc
      .tuple(spaces, name, attributes(names), fc.array(tie('node'), { maxLength: 4 }))
      .map(([space, local, attrs, children]) => new Element(space, local, attrs, apart(children))),
  }));
  return element;
}

/** Two texts side by side would be read as one. */
function apart(nodes: readonly Node[]): readonly Node[] {
  return nodes.filter((node, i) => typeof node !== 'string' || typeof nodes[i - 1] !== 'string');
}

suite('writer', () => {
  test('what is written is read as what it was, and the oracle agrees', () => {
    const names = fc.constantFrom('a', 'xml:lang', '{urn:a}a', '{urn:}}odd', '{urn:b&}a', 'to');
    fc.assert(
      fc.property(elements(names, ns), (element) => {
        const xml = writeElement(element, '');
        const tree = treeOf(element);
        assert.deepEqual(treeOf(parseDocument(xml, WIDE_LIMITS)), tree);
        assert.deepEqual(oracle(Buffer.from(xml)), { tree });
      }),
      { numRuns: RUNS },
    );
  });

  test('what is written is read as what it was by ltx and @xmpp/xml', () => {
    const plain = elements(fc.constantFrom('a', 'to', 'xml:lang'), fc.constantFrom('urn:a', 'jabber:client'));
    fc.assert(
      fc.property(plain, (element) => {
        const xml = writeElement(element, '');
        for (const parse of [ltxParse, xmppParse]) assert.deepEqual(treeOfLtx(parse(xml)), treeOf(element));
      }),
      { numRuns: RUNS },
    );
  });

  test('what was read is written as what it was, with its own text and without', () => {
    for (const xml of Object.values(SAMPLES)) {
      const element = parseDocument(`<w xmlns='jabber:client' xmlns:stream='${STREAMS}'>${xml}</w>`);
      for (const written of [writeElement(element, ''), writeElement(bare(element), '')]) {
        assert.deepEqual(treeOf(parseDocument(written)), treeOf(element));
      }
    }
  });

  test('characters that XML cannot spell are replaced, so that no reader loses its stream', () => {
    const bad = '\u0000\u0001\u0008\u000b\u000c\u001f\ufffe\uffff';
    const element = el('urn:a', 'a', { b: `x${bad}` }, `y${bad}`);
    const read = parseDocument(Buffer.from(writeElement(element, '')));
    assert.equal(read.attr('b'), `x${'\ufffd'.repeat(bad.length)}`);
    assert.equal(read.text(), `y${'\ufffd'.repeat(bad.length)}`);
  });

  test('half of a surrogate pair is replaced when it becomes bytes', () => {
    const bytes = Buffer.from(writeElement(el('urn:a', 'a', null, 'x\ud800y'), ''));
    assert.equal(parseDocument(bytes).text(), 'x\ufffdy');
  });

  test('the namespace is declared only where it changes', () => {
    const element = el('urn:a', 'a', null, el('urn:a', 'b'), el('urn:b', 'c', null, el('urn:b', 'd'), el('', 'e')));
    assert.equal(writeElement(element, 'urn:a'), "<a><b/><c xmlns='urn:b'><d/><e xmlns=''/></c></a>");
    assert.equal(element.toString(), "<a xmlns='urn:a'><b/><c xmlns='urn:b'><d/><e xmlns=''/></c></a>");
  });

  test('escaping leaves alone what needs none', () => {
    const plain = 'a]]é😀/=;#';
    assert.equal(escapeText(plain), plain);
    assert.equal(escapeAttribute(plain), plain);
    assert.equal(escapeText('<&>\r"\'\n\t'), '&lt;&amp;&gt;&#13;"\'\n\t');
    assert.equal(escapeAttribute('<&>\r"\'\n\t'), '&lt;&amp;&gt;&#13;&quot;&apos;&#10;&#9;');
  });
});

function treeOfLtx(element: LtxElement): Tree {
  const space = element.getNS() ?? '';
  const attributes = Object.entries(element.attrs).filter(([key]) => !key.startsWith('xmlns'));
  const children: (Tree | string)[] = [];
  for (const child of element.children) {
    if (typeof child !== 'string') children.push(treeOfLtx(child));
    else if (typeof children.at(-1) === 'string') children[children.length - 1] += child;
    else children.push(child);
  }
  return [`{${space}}${element.getName()}`, attributes.toSorted(([a], [b]) => (a < b ? -1 : 1)), children];
}
