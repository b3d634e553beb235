/** When the text that was read may be sent on as it is, and when it must be written anew. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Element } from '../../src/xml/element.ts';
import { DEFAULT_LIMITS } from '../../src/xml/error.ts';
import { type ParserOptions, parseDocument, StreamParser } from '../../src/xml/parser.ts';
import { writeElement } from '../../src/xml/writer.ts';
import { packetsOf, STREAMS } from './streams.ts';
import { treeOf } from './tree.ts';

const HEADER = `<stream:stream xmlns='jabber:client' xmlns:stream='${STREAMS}' xmlns:h='urn:h'>`;

/** The first stanza, read at once (the short way) and byte by byte (the long way), which must agree. */
function read(xml: string, header: string = HEADER, options: ParserOptions = {}): Element {
  const [one, other] = [[Buffer.from(header + xml)], packetsOf(Buffer.from(header + xml), 1)].map((packets) => {
    const parser = new StreamParser(DEFAULT_LIMITS, options);
    const events: Element[] = [];
    for (const packet of packets) {
      parser.push(packet);
      for (let event = parser.next(); event !== undefined; event = parser.next()) events.push(event);
    }
    return events[1];
  });
  assert.ok(one && other);
  assert.deepEqual(treeOf(one), treeOf(other));
  assert.equal(one.innerXml(), other.innerXml());
  return one;
}

/** What is sent on must mean the same to one who knows only the namespace of the element. */
function checkSelfContained(element: Element): void {
  const alone = parseDocument(`<${element.name} xmlns='${element.ns}'>${element.innerXml()}</${element.name}>`);
  assert.deepEqual(treeOf(alone)[2], treeOf(element)[2]);
}

suite('the raw text of a stanza is sent on', () => {
  // The writer uses single quotes: double ones show that this is the text that was read.
  for (const [rule, inner] of [
    ['when it is plain', '<body a="1">text</body>'],
    ['when it has references', '<body a="&quot;">&lt; &#65;</body>'],
    ['when it is beyond ASCII', '<body a="é">名前 😀</body>'],
    ['when namespaces are declared inside', '<x xmlns="urn:x"><y xmlns=""/></x>'],
    ['when prefixes are bound inside', '<p:x xmlns:p="urn:p" p:a="1"><p:y/></p:x>'],
    ['when the prefix xml is used', '<body xml:lang="de">text</body>'],
    ['when a prefix of the header is bound anew inside', '<h:x xmlns:h="urn:other"/>'],
    ['when white space in tags is odd', '<body\n a = "1" ></body >'],
    ['when attributes hold >', '<body a=">"/>'],
  ] as const) {
    test(rule, () => {
      const stanza = read(`<message id="1">${inner}</message>`);
      assert.equal(stanza.innerXml(), inner);
      checkSelfContained(stanza);
    });
  }

  test('when only the start tag uses prefixes of the header', () => {
    const stanza = read('<message h:a="1" xmlns:q="urn:q" q:b="2"><body a="1"/></message>');
    assert.equal(stanza.innerXml(), '<body a="1"/>');
  });

  test('when the stanza has its own default namespace', () => {
    const stanza = read('<message xmlns="urn:m"><body a="1"/></message>');
    assert.equal(stanza.innerXml(), '<body a="1"/>');
    checkSelfContained(stanza);
  });

  test('when the stanza has a prefix and the default namespace is its own', () => {
    const stanza = read('<s:message xmlns:s="jabber:client"><body a="1"/></s:message>');
    assert.equal(stanza.innerXml(), '<body a="1"/>');
    checkSelfContained(stanza);
  });

  test('for a long element inside of a stanza too', () => {
    const item = `<item a="1">${'x'.repeat(300)}</item>`;
    const stanza = read(`<iq><query xmlns="urn:q">${item}</query></iq>`);
    const query = stanza.child('{urn:q}query');
    assert.equal(query?.innerXml(), item);
  });
});

suite('the raw text of a stanza is written anew', () => {
  for (const [rule, inner, written] of [
    ['when an element has a prefix of the header', '<h:x a="1"/>', "<x xmlns='urn:h' a='1'/>"],
    ['when an attribute has a prefix of the header', '<x h:a="1"/>', "<x xmlns:ns0='urn:h' ns0:a='1'/>"],
    [
      'when an element deep inside has a prefix of the header',
      '<x><y><h:z a="1"/></y></x>',
      "<x><y><z xmlns='urn:h' a='1'/></y></x>",
    ],
    [
      'when there is a CDATA section, which few peers ever see',
      '<body a="1"><![CDATA[<]]></body>',
      "<body a='1'>&lt;</body>",
    ],
    ['when there is a carriage return', '<body a="1">x\r\ny</body>', "<body a='1'>x\ny</body>"],
  ] as const) {
    test(rule, () => {
      const stanza = read(`<message id="1">${inner}</message>`);
      assert.equal(stanza.innerXml(), written);
      checkSelfContained(stanza);
    });
  }

  test('when the start tag binds a prefix that is used inside', () => {
    const stanza = read('<message xmlns:p="urn:p"><p:x a="1"/></message>');
    assert.equal(stanza.innerXml(), "<x xmlns='urn:p' a='1'/>");
    checkSelfContained(stanza);
  });

  test('when the default namespace inside is not that of the stanza', () => {
    const stanza = read('<h:message xmlns="urn:d"><body a="1"/></h:message>');
    assert.equal(stanza.ns, 'urn:h');
    assert.equal(stanza.innerXml(), "<body xmlns='urn:d' a='1'/>");
    checkSelfContained(stanza);
  });

  test('where only a part of a stanza relies on the header, the other parts are still sent on', () => {
    const long = `<y a="1">${'x'.repeat(300)}</y>`;
    const stanza = read(`<message><x xmlns="urn:x">${long}</x><h:z/></message>`);
    assert.equal(stanza.child('{urn:x}x')?.innerXml(), long);
    assert.equal(stanza.innerXml(), `<x xmlns='urn:x'>${long}</x><z xmlns='urn:h'/>`);
    checkSelfContained(stanza);
  });
});

suite('RFC 6120 4.8.2: a content namespace other than jabber:client', () => {
  const SERVER = `<stream:stream xmlns='jabber:server' xmlns:stream='${STREAMS}' xmlns:s='jabber:server'>`;
  const OPTIONS = { normalizeFrom: 'jabber:server' };

  test('is shown as jabber:client, in stanzas and in what they hold', () => {
    const stanza = read('<message><body a="1">x</body><x xmlns="urn:x"/></message>', SERVER, OPTIONS);
    assert.deepEqual(treeOf(stanza), [
      '{jabber:client}message',
      [],
      [
        ['{jabber:client}body', [['a', '1']], ['x']],
        ['{urn:x}x', [], []],
      ],
    ]);
    assert.equal(stanza.innerXml(), '<body a="1">x</body><x xmlns="urn:x"/>');
  });

  for (const [rule, xml] of [
    ['declared on the stanza', '<message xmlns="jabber:server"><body a="1"/></message>'],
    ['through a prefix of the header', '<s:message><s:body a="1"/></s:message>'],
    ['through a prefix of its own', '<p:message xmlns:p="jabber:server"><p:body a="1"/></p:message>'],
    ['declared inside', '<message><body xmlns="jabber:server" a="1"/></message>'],
    ['through a prefix bound inside', '<message><p:body xmlns:p="jabber:server" a="1"/></message>'],
  ] as const) {
    test(`is shown as jabber:client when ${rule}, and never sent on under its own name`, () => {
      const stanza = read(xml, SERVER, OPTIONS);
      assert.deepEqual(treeOf(stanza), ['{jabber:client}message', [], [['{jabber:client}body', [['a', '1']], []]]]);
      assert.doesNotMatch(writeElement(stanza, 'jabber:client'), /jabber:server/);
      checkSelfContained(stanza);
    });
  }

  test('is left alone in streams that do not ask for it', () => {
    assert.equal(read('<message/>', SERVER).ns, 'jabber:server');
  });

  test('the header tells the namespace that was declared', () => {
    const parser = new StreamParser(DEFAULT_LIMITS, { normalizeFrom: 'jabber:component:accept' });
    parser.push(Buffer.from(`<stream:stream xmlns='jabber:component:accept' xmlns:stream='${STREAMS}'><handshake/>`));
    assert.equal(parser.next()?.ns, STREAMS);
    assert.equal(parser.contentNs, 'jabber:component:accept');
    assert.equal(parser.next()?.key, '{jabber:client}handshake');
  });
});
