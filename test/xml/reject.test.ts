/** What XMPP forbids in a stream, a line each: RFC 6120 section 11, XML 1.0 and Namespaces in XML. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { XmlCondition } from '../../src/xml/error.ts';
import { XmlError } from '../../src/xml/error.ts';
import { parseDocument } from '../../src/xml/parser.ts';
import { cuts, HEADER, outcomeOf, packetsOf } from './streams.ts';

type Line = readonly [rule: string, xml: string | Buffer, condition?: XmlCondition];

const raw = (before: string, bytes: number[], after: string): Buffer =>
  Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
const inText = (...bytes: number[]): Buffer => raw('<m><body>a', bytes, 'b</body></m>');
const inValue = (...bytes: number[]): Buffer => raw("<m a='a", bytes, "b'/>");

const RESTRICTED: readonly Line[] = [
  ['RFC 6120 11.1: a comment in a stanza', '<m><!-- c --></m>'],
  ['RFC 6120 11.1: a comment between stanzas', '<!-- c --><m/>'],
  ['RFC 6120 11.1: a processing instruction in a stanza', '<m><?pi x?></m>'],
  ['RFC 6120 11.1: a processing instruction between stanzas', '<?pi x?><m/>'],
  ['RFC 6120 11.1: a document type before an element', '<!DOCTYPE m><m/>'],
  ['RFC 6120 11.1: a document type inside of an element', '<m><!DOCTYPE m></m>'],
  ['RFC 6120 11.1: a document type with entities', '<!DOCTYPE m [<!ENTITY a "b">]><m>&a;</m>'],
  ['RFC 6120 11.1: an entity beyond the five in text', '<m>&nbsp;</m>'],
  ['RFC 6120 11.1: an entity beyond the five in an attribute', "<m a='&nbsp;'/>"],
  ['RFC 6120 11.1: an entity whose name begins like one of the five', '<m>&lte;</m>'],
  ['RFC 6120 11.1: an XML declaration inside of a stanza', "<m><?xml version='1.0'?></m>"],
].map(([rule, xml]) => [rule as string, xml as string, 'restricted-xml']);

const ENCODING: readonly Line[] = [
  ['RFC 3629: a stray continuation byte', inText(0x80)],
  ['RFC 3629: an overlong form of two bytes', inText(0xc0, 0xaf)],
  ['RFC 3629: an overlong form of two bytes, the other lead', inText(0xc1, 0xbf)],
  ['RFC 3629: an overlong form of three bytes', inText(0xe0, 0x80, 0xaf)],
  ['RFC 3629: an overlong form of four bytes', inText(0xf0, 0x80, 0x80, 0xaf)],
  ['RFC 3629: a surrogate', inText(0xed, 0xa0, 0x80)],
  ['RFC 3629: a pair of surrogates', inText(0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80)],
  ['RFC 3629: beyond U+10FFFF', inText(0xf4, 0x90, 0x80, 0x80)],
  ['RFC 3629: a lead byte beyond U+10FFFF', inText(0xf5, 0x80, 0x80, 0x80)],
  ['RFC 3629: the byte FF', inText(0xff)],
  ['RFC 3629: a character of two bytes cut short', inText(0xc3)],
  ['RFC 3629: a character of three bytes cut short', inText(0xe2, 0x82)],
  ['RFC 3629: a character of four bytes cut short', inText(0xf0, 0x9f, 0x98)],
  ['RFC 3629: invalid UTF-8 in an attribute', inValue(0xc0, 0xaf)],
  ['RFC 3629: invalid UTF-8 in the name of an element', raw('<m', [0xc3], '/>')],
  ['RFC 3629: invalid UTF-8 in the name of an attribute', raw('<m a', [0xff], "='1'/>")],
  ['RFC 3629: invalid UTF-8 in CDATA', raw('<m><![CDATA[', [0xc3], ']]></m>')],
].map(([rule, xml]) => [rule as string, xml as Buffer, 'unsupported-encoding']);

const CHARACTERS: readonly Line[] = [
  ['XML 1.0 2.2: U+0000 in text', inText(0)],
  ['XML 1.0 2.2: U+0008 in text', inText(8)],
  ['XML 1.0 2.2: U+000B in text', inText(0x0b)],
  ['XML 1.0 2.2: U+001F in text', inText(0x1f)],
  ['XML 1.0 2.2: U+FFFE in text', inText(0xef, 0xbf, 0xbe)],
  ['XML 1.0 2.2: U+FFFF in text', inText(0xef, 0xbf, 0xbf)],
  ['XML 1.0 2.2: U+0000 in an attribute', inValue(0)],
  ['XML 1.0 2.2: U+0008 in an attribute', inValue(8)],
  ['XML 1.0 2.2: U+FFFF in an attribute', inValue(0xef, 0xbf, 0xbf)],
  ['XML 1.0 2.2: U+0001 in CDATA', raw('<m><![CDATA[', [1], ']]></m>')],
  ['XML 1.0 2.2: U+0001 far into a long text', `<m>${'x'.repeat(999)}\u0001</m>`],
  ['XML 1.0 4.1: a reference to U+0000', '<m>&#0;</m>'],
  ['XML 1.0 4.1: a reference to U+0008', '<m>&#8;</m>'],
  ['XML 1.0 4.1: a reference to U+FFFF', '<m>&#xFFFF;</m>'],
  ['XML 1.0 4.1: a reference to a surrogate', '<m>&#xD800;</m>'],
  ['XML 1.0 4.1: a reference beyond U+10FFFF', '<m>&#x110000;</m>'],
  ['XML 1.0 4.1: a reference beyond any number', `<m>&#${'9'.repeat(40)};</m>`],
  ['XML 1.0 4.1: a forbidden reference in an attribute', "<m a='&#xB;'/>"],
  ['XML 1.0 4.1: a reference without digits', '<m>&#;</m>'],
  ['XML 1.0 4.1: a hexadecimal reference without digits', '<m>&#x;</m>'],
  ['XML 1.0 4.1: a hexadecimal reference with a capital X', '<m>&#X41;</m>'],
  ['XML 1.0 4.1: a decimal reference with letters', '<m>&#4A;</m>'],
  ['XML 1.0 4.1: a reference without a semicolon', '<m>&lt </m>'],
  ['XML 1.0 2.4: an ampersand alone', '<m>a & b</m>'],
  ['XML 1.0 2.4: an ampersand at the end of text', '<m>a&</m>'],
  ['XML 1.0 2.4: an ampersand at the end of an attribute', "<m a='a&'/>"],
  ['XML 1.0 2.4: ]]> in text', '<m>a]]>b</m>'],
  ['XML 1.0 2.4: ]]]> in text', '<m>a]]]>b</m>'],
];

const TAGS: readonly Line[] = [
  ['XML 1.0 3: a mismatched end tag', '<m><a></b></m>'],
  ['XML 1.0 3: an end tag that is a prefix of the name', '<message></mess>'],
  ['XML 1.0 3: an end tag that is longer than the name', '<m></mm>'],
  ['XML 1.0 3: an end tag in another case', '<m></M>'],
  ['XML 1.0 3: elements that overlap', '<m><a><b></a></b></m>'],
  [
    'XML 1.0 3: the same namespace through another prefix in the end tag',
    "<p:m xmlns:p='urn:a' xmlns:q='urn:a'></q:m>",
  ],
  ['XML 1.0 3.1: an empty end tag', '<m></>'],
  ['XML 1.0 3.1: attributes in an end tag', "<m></m a='1'>"],
  ['XML 1.0 3.1: an empty start tag', '<>'],
  ['XML 1.0 3.1: white space before a name', '< m/>'],
  ['XML 1.0 3.1: white space before the name in an end tag', '<m></ m>'],
  ['XML 1.0 3.1: white space between slash and >', '<m/ >'],
  ['XML 1.0 3.1: a slash in the middle of a tag', "<m / a='1'>"],
  ['XML 1.0 3.1: an attribute without quotes', '<m a=1/>'],
  ['XML 1.0 3.1: an attribute without a value', '<m a/>'],
  ['XML 1.0 3.1: an attribute without a value before another', "<m a b='1'/>"],
  ['XML 1.0 3.1: an attribute with nothing behind =', '<m a=/>'],
  ['XML 1.0 3.1: no white space between attributes', "<m a='1'b='2'/>"],
  ['XML 1.0 3.1: quotes of two kinds', `<m a='1"><a/></m>`],
  ['XML 1.0 3.1: the same attribute twice', "<m a='1' a='2'/>"],
  [
    'XML 1.0 3.1: the same attribute twice among many',
    `<m ${Array.from({ length: 40 }, (_, i) => `a${i % 39}='1'`).join(' ')}/>`,
  ],
  ['XML 1.0 3.1: the default namespace declared twice', "<m xmlns='urn:a' xmlns='urn:b'/>"],
  ['XML 1.0 3.1: < in an attribute', "<m a='<'/>"],
  ['XML 1.0 3.1: < in a tag', '<m <a/>'],
  ['XML 1.0 2.3: a name that begins with a digit', '<1m/>'],
  ['XML 1.0 2.3: a name that begins with a hyphen', '<-m/>'],
  ['XML 1.0 2.3: a forbidden character in a name', '<m!/>'],
  ['XML 1.0 2.3: a character beyond ASCII that no name begins with', '<\u00b7m/>'],
  ['XML 1.0 2.3: a character beyond ASCII that no name has', '<m\u00d7/>'],
  ['XML 1.0 2.3: an attribute name that begins with a digit', "<m 1a='1'/>"],
  ['XML 1.0 2.7: CDATA in lower case', '<m><![cdata[x]]></m>', 'restricted-xml'],
  ['XML 1.0 2.7: CDATA between stanzas', '<![CDATA[x]]><m/>', 'restricted-xml'],
];

const NAMESPACES: readonly Line[] = [
  ['Namespaces 4: an element with an unbound prefix', '<p:m/>'],
  ['Namespaces 4: an attribute with an unbound prefix', "<m p:a='1'/>"],
  ['Namespaces 6.1: a prefix used outside of its element', "<m><a xmlns:p='urn:p'/><p:b/></m>"],
  ['Namespaces 6.3: the same attribute through two prefixes', "<m xmlns:p='urn:a' xmlns:q='urn:a' p:a='1' q:a='2'/>"],
  ['Namespaces 3: the same prefix declared twice', "<m xmlns:p='urn:a' xmlns:p='urn:b'/>"],
  ['Namespaces 2.2: a prefix bound to no namespace', "<m xmlns:p=''/>"],
  ['Namespaces 3: xml bound to another namespace', "<m xmlns:xml='urn:a'/>"],
  ['Namespaces 3: another prefix bound to the namespace of xml', "<m xmlns:p='http://www.w3.org/XML/1998/namespace'/>"],
  ['Namespaces 3: the namespace of xml as the default', "<m xmlns='http://www.w3.org/XML/1998/namespace'/>"],
  ['Namespaces 3: xmlns bound to another namespace', "<m xmlns:xmlns='urn:a'/>"],
  ['Namespaces 3: xmlns bound to its own namespace', "<m xmlns:xmlns='http://www.w3.org/2000/xmlns/'/>"],
  ['Namespaces 3: another prefix bound to the namespace of xmlns', "<m xmlns:p='http://www.w3.org/2000/xmlns/'/>"],
  ['Namespaces 3: the namespace of xmlns as the default', "<m xmlns='http://www.w3.org/2000/xmlns/'/>"],
  ['Namespaces 3: an element with the prefix xmlns', '<xmlns:m/>'],
  ['RFC 6120 4.9.3.2: an element with the prefix xml', '<xml:m/>', 'bad-namespace-prefix'],
  ['Namespaces 4: two colons in the name of an element', "<p:q:m xmlns:p='urn:p' xmlns:q='urn:q'/>"],
  ['Namespaces 4: two colons in the name of an attribute', "<m xmlns:p='urn:p' p:q:a='1'/>"],
  ['Namespaces 4: a name that begins with a colon', '<:m/>'],
  ['Namespaces 4: a name that ends with a colon', "<p: xmlns:p='urn:p'/>"],
  ['Namespaces 4: a local name that begins with a digit', "<p:1 xmlns:p='urn:p'/>"],
];

function condition(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    if (error instanceof XmlError) return error.condition;
    throw error;
  }
  return 'accepted';
}

for (const [title, lines] of Object.entries({ RESTRICTED, ENCODING, CHARACTERS, TAGS, NAMESPACES })) {
  suite(`refused: ${title.toLowerCase()}`, () => {
    for (const [rule, xml, expected = 'not-well-formed'] of lines) {
      test(rule, () => {
        const document = Buffer.from(xml as string);
        const stream = Buffer.concat([Buffer.from(HEADER), document]);
        assert.equal(
          condition(() => parseDocument(document)),
          expected,
          'as a document',
        );
        assert.equal(outcomeOf([stream]).condition, expected, 'in a stream');
        for (const cut of cuts(stream)) assert.equal(outcomeOf(cut).condition, expected, `cut at ${cut[0].length}`);
        assert.equal(outcomeOf(packetsOf(stream, 1)).condition, expected, 'byte by byte');
      });
    }
  });
}

suite('refused: text and documents', () => {
  const streams: readonly Line[] = [
    ['RFC 6120 4.9.3.1: text between stanzas', '<m/>text<m/>', 'bad-format'],
    ['RFC 6120 4.9.3.1: a reference between stanzas', '<m/>&lt;<m/>', 'bad-format'],
    ['XML 1.0 2.8: an XML declaration between stanzas', "<m/><?xml version='1.0'?><m/>", 'restricted-xml'],
    ['XML 1.0 3: the end tag of another root', '<m/></stream:flow>', 'not-well-formed'],
    ['XML 1.0 3: the end tag of the root through another prefix', '<m/></s:stream>', 'not-well-formed'],
    ['XML 1.0 3: an end tag that never ends', `<m/></stream:stream${' '.repeat(99)}`, 'not-well-formed'],
  ];
  for (const [rule, xml, expected] of streams) {
    test(rule, () => {
      const stream = Buffer.from(HEADER + xml);
      for (const packets of [[stream], ...cuts(stream), packetsOf(stream, 1)]) {
        const outcome = outcomeOf(packets);
        assert.equal(outcome.condition, expected);
        assert.equal(outcome.events.length, 2, 'header and first stanza came before');
      }
    });
  }

  const headers: readonly Line[] = [
    ['XML 1.0 2.8: text before the stream header', `x${HEADER}`],
    ['XML 1.0 2.8: white space before the XML declaration', ` <?xml version='1.0'?>${HEADER}`, 'restricted-xml'],
    ['XML 1.0 2.8: an XML declaration without a version', `<?xml encoding='UTF-8'?>${HEADER}`],
    ['XML 1.0 2.8: an XML declaration with attributes of another kind', `<?xml version='1.0' a='b'?>${HEADER}`],
    ['XML 1.0 2.8: an XML declaration in the wrong order', `<?xml encoding='UTF-8' version='1.0'?>${HEADER}`],
    ['XML 1.0 2.8: an XML declaration that never ends', `<?xml version='1.0' ${' '.repeat(999)}`],
    ['RFC 6120 11.1: a document type before the stream header', `<!DOCTYPE a>${HEADER}`, 'restricted-xml'],
    ['RFC 6120 11.1: a comment before the stream header', `<!-- c -->${HEADER}`, 'restricted-xml'],
    ['RFC 6120 11.1: a style sheet before the stream header', `<?xml-stylesheet href='a'?>${HEADER}`, 'restricted-xml'],
    [
      'RFC 6120 11.6: a declared encoding other than UTF-8',
      `<?xml version='1.0' encoding='ISO-8859-1'?>${HEADER}`,
      'unsupported-encoding',
    ],
    [
      'RFC 6120 11.6: UTF-16 in big-endian order',
      Buffer.from('\ufeff<a/>', 'utf16le').swap16(),
      'unsupported-encoding',
    ],
    ['RFC 6120 11.6: UTF-16 in little-endian order', Buffer.from('\ufeff<a/>', 'utf16le'), 'unsupported-encoding'],
    ['Namespaces 4: a stream header with an unbound prefix', "<stream:stream xmlns='jabber:client'>"],
    ['XML 1.0 2.8: an end tag for a start', '</stream:stream>'],
    ['RFC 6120 4.2: what another protocol sends', 'GET / HTTP/1.1\r\nHost: example.com\r\n\r\n'],
    ['RFC 6120 5: a TLS handshake', Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc]), 'not-well-formed'],
  ];
  for (const [rule, xml, expected = 'not-well-formed'] of headers) {
    test(rule, () => {
      const stream = Buffer.from(xml as string);
      for (const packets of [[stream], ...cuts(stream), packetsOf(stream, 1)]) {
        assert.deepEqual(outcomeOf(packets), { events: [], condition: expected });
      }
    });
  }

  const documents: readonly Line[] = [
    ['XML 1.0 2.1: two elements', '<a/><b/>'],
    ['XML 1.0 2.1: text before the element', 'x<a/>'],
    ['XML 1.0 2.1: text behind the element', '<a/>x'],
    ['XML 1.0 2.1: an element that does not end', '<a><b></b>'],
    ['XML 1.0 2.1: a tag that does not end', "<a b='c"],
    ['XML 1.0 2.1: nothing', ''],
    ['XML 1.0 2.1: white space', ' \n '],
    ['XML 1.0 2.1: text', 'text'],
    ['XML 1.0 2.8: an XML declaration alone', "<?xml version='1.0'?>"],
    ['RFC 6120 11.6: half of a surrogate pair in a string', '<a>\ud800</a>', 'unsupported-encoding'],
  ];
  for (const [rule, xml, expected = 'not-well-formed'] of documents) {
    test(`as a document: ${rule}`, () => {
      assert.equal(
        condition(() => parseDocument(xml)),
        expected,
      );
    });
  }
});
