/** What is legal in XML and so must be understood, a line each, and the tree that it stands for. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseDocument } from '../../src/xml/parser.ts';
import { cuts, DECLARATION, HEADER, outcomeOf, packetsOf, SAMPLES, STREAMS } from './streams.ts';
import { type Tree, treeOf } from './tree.ts';

type Line = readonly [rule: string, xml: string, tree: Tree];

/** An element with a text and attributes of no namespace. */
const simple = (text: string, attributes: Record<string, string> = {}): Tree => [
  '{}m',
  Object.entries(attributes),
  text === '' ? [] : [text],
];

const LINES: readonly Line[] = [
  ['XML 1.0 2.7: a CDATA section', '<m><![CDATA[<a> & ]] > &lt;]]></m>', simple('<a> & ]] > &lt;')],
  ['XML 1.0 2.7: an empty CDATA section', '<m><![CDATA[]]></m>', simple('')],
  [
    'XML 1.0 2.7: CDATA sections and text side by side',
    '<m>a<![CDATA[b]]><![CDATA[]]>c<![CDATA[d]]></m>',
    simple('abcd'),
  ],
  ['XML 1.0 2.7: brackets at the end of a CDATA section', '<m><![CDATA[a]]]]></m>', simple('a]]')],
  ['XML 1.0 2.7: ]]> over two CDATA sections', '<m><![CDATA[]]]]><![CDATA[>]]></m>', simple(']]>')],
  ['XML 1.0 2.3: > in an attribute', "<m a='>' b='/>'/>", simple('', { a: '>', b: '/>' })],
  ['XML 1.0 2.4: > in text', '<m>a > b</m>', simple('a > b')],
  ['XML 1.0 2.4: ]] in text', '<m>a]] ]></m>', simple('a]] ]>')],
  ['XML 1.0 3.1: white space before the end of an end tag', '<m>a</m \n>', simple('a')],
  ['XML 1.0 3.1: white space in a start tag', "<m\n\ta = '1'\r\n b\t='2' >x</m>", simple('x', { a: '1', b: '2' })],
  ['XML 1.0 3.1: white space before the end of an empty tag', "<m a='1' />", simple('', { a: '1' })],
  ['XML 1.0 3.1: an empty element in two tags', '<m></m>', simple('')],
  ['XML 1.0 2.3: quotes of the other kind in an attribute', `<m a='"' b="'"/>`, simple('', { a: '"', b: "'" })],
  [
    'XML 1.0 4.6: the five entities',
    '<m a="&lt;&gt;&amp;&quot;&apos;">&lt;&gt;&amp;&quot;&apos;</m>',
    simple('<>&"\'', { a: '<>&"\'' }),
  ],
  ['XML 1.0 4.1: character references', '<m>&#65;&#x41;&#x1F600;&#00065;&#x10ffff;</m>', simple('AA😀A\u{10ffff}')],
  ['XML 1.0 4.4: what a reference stands for is not read again', '<m>&#38;lt;</m>', simple('&lt;')],
  ['XML 1.0 2.11: line ends in text are normalised', '<m>a\r\nb\rc\nd\r\r\ne</m>', simple('a\nb\nc\nd\n\ne')],
  ['XML 1.0 2.11: line ends in CDATA are normalised', '<m><![CDATA[a\r\nb\rc]]></m>', simple('a\nb\nc')],
  ['XML 1.0 2.11: a carriage return by reference stays', '<m>a&#13;\r\nb</m>', simple('a\r\nb')],
  [
    'XML 1.0 3.3.3: white space in attributes becomes blanks',
    "<m a='a\tb\nc\r\nd\re'/>",
    simple('', { a: 'a b c d e' }),
  ],
  [
    'XML 1.0 3.3.3: white space in attributes by reference stays',
    "<m a='&#9;&#10;&#13;'/>",
    simple('', { a: '\t\n\r' }),
  ],
  [
    'XML 1.0 2.2: tab, delete, C1 controls and noncharacters of higher planes',
    '<m>\t\u007f\u0085\u009f\u2028\ufffd\u{1fffe}</m>',
    simple('\t\u007f\u0085\u009f\u2028\ufffd\u{1fffe}'),
  ],
  [
    'XML 1.0 2.3: names beyond ASCII',
    "<é名 ü='1'><\u{10000}/></é名>",
    ['{}é名', [['ü', '1']], [['{}\u{10000}', [], []]]],
  ],
  [
    'XML 1.0 2.3: names with digits, dots, hyphens',
    "<_a.b-1 __proto__='1' constructor='2'/>",
    [
      '{}_a.b-1',
      [
        ['__proto__', '1'],
        ['constructor', '2'],
      ],
      [],
    ],
  ],
  ['XML 1.0 2.3: a long name', `<${'n'.repeat(300)}/>`, [`{}${'n'.repeat(300)}`, [], []]],
  [
    'Namespaces 6.2: the default namespace is inherited',
    "<m xmlns='urn:a'><b a='1'/></m>",
    ['{urn:a}m', [], [['{urn:a}b', [['a', '1']], []]]],
  ],
  [
    'Namespaces 6.2: no namespace again',
    "<m xmlns='urn:a'><b xmlns=''><c/></b><d/></m>",
    [
      '{urn:a}m',
      [],
      [
        ['{}b', [], [['{}c', [], []]]],
        ['{urn:a}d', [], []],
      ],
    ],
  ],
  [
    'Namespaces 5: a prefix is used before it is declared in the tag',
    "<p:m p:a='1' xmlns:p='urn:p'/>",
    ['{urn:p}m', [['{urn:p}a', '1']], []],
  ],
  [
    'Namespaces 6.1: a prefix is bound anew inside',
    "<p:m xmlns:p='urn:a'><p:b xmlns:p='urn:b'/><p:c/></p:m>",
    [
      '{urn:a}m',
      [],
      [
        ['{urn:b}b', [], []],
        ['{urn:a}c', [], []],
      ],
    ],
  ],
  [
    'Namespaces 6.3: the same local name in two namespaces and in none',
    "<m xmlns:p='urn:p' xmlns:q='urn:q' a='1' p:a='2' q:a='3'/>",
    [
      '{}m',
      [
        ['a', '1'],
        ['{urn:p}a', '2'],
        ['{urn:q}a', '3'],
      ],
      [],
    ],
  ],
  [
    'Namespaces 3: xml needs no declaration',
    "<m xml:lang='de' xml:space='preserve' xml:base='b'/>",
    [
      '{}m',
      [
        ['xml:base', 'b'],
        ['xml:lang', 'de'],
        ['xml:space', 'preserve'],
      ],
      [],
    ],
  ],
  [
    'Namespaces 3: xml may be declared as what it is',
    "<m xmlns:xml='http://www.w3.org/XML/1998/namespace' xml:lang='de'/>",
    simple('', { 'xml:lang': 'de' }),
  ],
  [
    'Namespaces 2.3: namespaces are compared after references are resolved',
    "<m xmlns='urn:a&amp;&#98;'/>",
    ['{urn:a&b}m', [], []],
  ],
  [
    'Namespaces 3: a prefix that begins with xml',
    "<xmlfoo:m xmlns:xmlfoo='urn:x' xmlfoo:a='1'/>",
    ['{urn:x}m', [['{urn:x}a', '1']], []],
  ],
  [
    'an attribute called __proto__ is harmless',
    "<m __proto__='1'><__proto__ __proto__='2'/></m>",
    ['{}m', [['__proto__', '1']], [['{}__proto__', [['__proto__', '2']], []]]],
  ],
];

const sortTree = ([key, attributes, children]: Tree): Tree => [
  key,
  attributes.toSorted(([a], [b]) => (a < b ? -1 : 1)),
  children.map((child) => (typeof child === 'string' ? child : sortTree(child))),
];

suite('accepted', () => {
  for (const [rule, xml, tree] of LINES) {
    test(rule, () => {
      const expected = sortTree(tree);
      assert.deepEqual(treeOf(parseDocument(xml)), expected);
      assert.deepEqual(treeOf(parseDocument(Buffer.from(xml))), expected);
      const stream = Buffer.from(`<s>${xml}`);
      for (const packets of [[stream], ...cuts(stream), packetsOf(stream, 1)]) {
        const { events, condition } = outcomeOf(packets);
        assert.equal(condition, undefined);
        assert.deepEqual(events[1], expected);
      }
    });
  }

  for (const [declaration, rule] of [
    ["<?xml version='1.0'?>", 'a version'],
    ['<?xml version="1.0" encoding="utf-8" standalone="yes" ?>', 'an encoding in lower case, standalone'],
    ["<?xml\tversion = '1.0'\n encoding\r= 'UTF-8'?>\n ", 'odd white space'],
    ["\ufeff<?xml version='1.0'?>", 'a byte order mark'],
    ['\n ', 'white space alone'],
    ['', 'nothing'],
  ] as const) {
    test(`XML 1.0 2.8: before the stream header, ${rule}`, () => {
      const stream = Buffer.from(`${declaration}${HEADER}<m/>`);
      for (const packets of [[stream], ...cuts(stream), packetsOf(stream, 1)]) {
        const { events, condition } = outcomeOf(packets);
        assert.equal(condition, undefined);
        assert.deepEqual(
          events.map(([key]) => key),
          [`{${STREAMS}}stream`, '{jabber:client}m'],
        );
      }
    });
  }

  test('XML 1.0 2.8: a document may have a declaration and white space around its element', () => {
    assert.deepEqual(treeOf(parseDocument(`${DECLARATION}\n <m>a</m>\r\n `)), simple('a'));
  });
});

suite('the same events wherever packets end', () => {
  const all = Object.values(SAMPLES)
    .filter((xml) => xml.length < 1000)
    .join('\n');
  for (const [name, xml] of [...Object.entries(SAMPLES), ['all samples', all]] as const) {
    test(`${name}: split at every byte, byte by byte, in packets of many sizes`, () => {
      const stream = Buffer.from(`${DECLARATION}${HEADER}${xml} </stream:stream>`);
      const whole = outcomeOf([stream]);
      assert.equal(whole.condition, undefined);
      assert.equal(whole.events.at(-1), 'close');
      // Compared as text: thousands of deep comparisons would take seconds.
      const expected = JSON.stringify(whole);
      for (const cut of cuts(stream)) assert.equal(JSON.stringify(outcomeOf(cut)), expected, `cut at ${cut[0].length}`);
      for (const size of [1, 2, 3, 5, 7, 64, 1000]) {
        assert.equal(JSON.stringify(outcomeOf(packetsOf(stream, size))), expected, `packets of ${size} bytes`);
      }
    });
  }

  test('a sample means the same as a document and as a stanza', () => {
    for (const xml of Object.values(SAMPLES)) {
      const { events } = outcomeOf([Buffer.from(HEADER + xml)]);
      const document = `<w xmlns='jabber:client' xmlns:stream='${STREAMS}'>${xml}</w>`;
      assert.deepEqual(events[1], treeOf(parseDocument(document))[2][0]);
    }
  });
});
