/** The life of a stream parser: header, keep-alives, restarts, the end, errors, and what it holds meanwhile. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DEFAULT_LIMITS, XmlError } from '../../src/xml/error.ts';
import { CLOSE, StreamParser } from '../../src/xml/parser.ts';
import { CHAT, DECLARATION, HEADER, STREAMS } from './streams.ts';
import { treeOf } from './tree.ts';

function opened(header: string = HEADER): StreamParser {
  const parser = new StreamParser(DEFAULT_LIMITS);
  parser.push(Buffer.from(header));
  assert.ok(parser.next());
  assert.equal(parser.next(), undefined);
  return parser;
}

function keysOf(parser: StreamParser): string[] {
  const keys: string[] = [];
  for (let event = parser.next(); event !== undefined; event = parser.next())
    keys.push(event === CLOSE ? 'close' : event.key);
  return keys;
}

suite('stream header', () => {
  test('RFC 6120 4.7: the header comes first, with its attributes and without children', () => {
    const parser = new StreamParser(DEFAULT_LIMITS);
    parser.push(
      Buffer.from(
        `${DECLARATION}<stream:stream from='a&amp;b' to="example.com" xml:lang='de' version='1.0' xmlns='jabber:client' xmlns:stream='${STREAMS}'>`,
      ),
    );
    const header = parser.next();
    assert.ok(header);
    assert.equal(header.ns, STREAMS);
    assert.equal(header.name, 'stream');
    assert.deepEqual(treeOf(header), [
      `{${STREAMS}}stream`,
      [
        ['from', 'a&b'],
        ['to', 'example.com'],
        ['version', '1.0'],
        ['xml:lang', 'de'],
      ],
      [],
    ]);
    assert.equal(parser.contentNs, 'jabber:client');
    assert.deepEqual(parser.prefixes, ['stream', STREAMS]);
  });

  test('RFC 6120 4.8.5: any prefix will do for the stream namespace, and none', () => {
    for (const header of [`<s:stream xmlns:s='${STREAMS}' xmlns='jabber:client'>`, `<stream xmlns='${STREAMS}'>`]) {
      const parser = new StreamParser(DEFAULT_LIMITS);
      parser.push(Buffer.from(header));
      assert.equal(parser.next()?.key, `{${STREAMS}}stream`);
    }
  });

  test('prefixes of the header hold for all stanzas, and may be bound anew inside of one', () => {
    const parser = opened(`<s:stream xmlns:s='${STREAMS}' xmlns:p='urn:p' xmlns='jabber:client'>`);
    parser.push(Buffer.from("<p:a><p:b xmlns:p='urn:q'/><p:c/></p:a><p:d/>"));
    const first = parser.next();
    assert.deepEqual(first && treeOf(first), [
      '{urn:p}a',
      [],
      [
        ['{urn:q}b', [], []],
        ['{urn:p}c', [], []],
      ],
    ]);
    assert.deepEqual(keysOf(parser), ['{urn:p}d']);
  });

  test('a header that is an empty element is a stream that ends at once', () => {
    const parser = new StreamParser(DEFAULT_LIMITS);
    parser.push(Buffer.from(`<stream xmlns='${STREAMS}'/>`));
    assert.deepEqual(keysOf(parser), [`{${STREAMS}}stream`, 'close']);
  });
});

suite('between stanzas', () => {
  test('RFC 6120 4.6.1: white space keeps a stream alive and costs nothing', () => {
    const parser = opened();
    for (const space of [' ', '\n', '\r\n', '\t', ' \n \n']) {
      parser.push(Buffer.from(space));
      assert.equal(parser.next(), undefined);
      assert.equal(parser.heldBytes, 0);
    }
    parser.push(Buffer.from(` \n${CHAT}\n \n${CHAT} `));
    assert.equal(keysOf(parser).length, 2);
  });

  test('RFC 6120 4.4: the end tag of the stream is an event of its own, and the last', () => {
    for (const end of ['</stream:stream>', '</stream:stream \n>']) {
      const parser = opened();
      parser.push(Buffer.from(`<a/>${end}<b/>&`));
      assert.deepEqual(keysOf(parser), ['{jabber:client}a', 'close']);
      parser.push(Buffer.from('<c/>'));
      assert.equal(parser.next(), undefined);
      assert.equal(parser.heldBytes, 0);
    }
  });

  test('RFC 6120 4.9.1.1: after an error nothing more is read', () => {
    const parser = opened();
    parser.push(Buffer.from('<a/><b></c><d/>'));
    assert.equal(parser.next()?.name, 'a');
    assert.throws(
      () => parser.next(),
      (error) => error instanceof XmlError && error.condition === 'not-well-formed',
    );
    assert.equal(parser.next(), undefined);
    parser.push(Buffer.from('<e/>'));
    assert.equal(parser.next(), undefined);
    assert.equal(parser.heldBytes, 0);
  });

  test('a malformed piece is refused as soon as it is there, not when the stanza ends', () => {
    for (const [first, second] of [
      ['<message><body>text', '</message>'],
      ['<message><bo', 'dy a=b'],
      ['<message><body>te', 'xt\u0000'],
      ['<message><body a="', '<'],
      ['<message>', '<!-'],
    ] as const) {
      const parser = opened();
      parser.push(Buffer.from(first));
      assert.equal(parser.next(), undefined);
      parser.push(Buffer.from(second === 'dy a=b' ? 'dy a=b>' : second));
      assert.throws(() => parser.next(), XmlError);
    }
  });
});

suite('restart and STARTTLS', () => {
  test('RFC 6120 4.3.3: after a restart the bytes behind the last event are a new stream', () => {
    const parser = opened();
    parser.push(
      Buffer.from(
        `<response/>\n${DECLARATION}<stream:stream xmlns='jabber:server' xmlns:stream='${STREAMS}' id='2'><b/>`,
      ),
    );
    assert.equal(parser.next()?.name, 'response');
    parser.reset();
    assert.equal(parser.next()?.attr('id'), '2');
    assert.equal(parser.contentNs, 'jabber:server');
    assert.deepEqual(keysOf(parser), ['{jabber:server}b']);
  });

  test('RFC 6120 4.3.3: the new header may come in any packets', () => {
    const parser = opened();
    parser.push(Buffer.from('<response/>'));
    assert.equal(parser.next()?.name, 'response');
    parser.reset();
    for (const byte of Buffer.from(`\r\n${DECLARATION}\n${HEADER}`)) {
      parser.push(Buffer.from([byte]));
      const event = parser.next();
      if (event !== undefined) assert.equal(event.name, 'stream');
    }
    parser.push(Buffer.from('<a/>'));
    assert.deepEqual(keysOf(parser), ['{jabber:client}a']);
  });

  test('RFC 6120 4.3.3: without a restart a second header is no stanza with a declaration', () => {
    const parser = opened();
    parser.push(Buffer.from(`${DECLARATION}${HEADER}`));
    assert.throws(() => parser.next(), XmlError);
  });

  test('RFC 6120 5.4.3.3: bytes that came before TLS are discarded', () => {
    const parser = opened();
    parser.push(Buffer.from("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><iq type='set'/><pre"));
    assert.equal(parser.next()?.name, 'starttls');
    parser.discard();
    parser.reset();
    assert.equal(parser.next(), undefined);
    parser.push(Buffer.from(HEADER));
    assert.equal(parser.next()?.name, 'stream');
  });

  test('what was discarded in the middle of a stanza does not come back', () => {
    const parser = opened();
    parser.push(Buffer.from('<message><body>secret'));
    assert.equal(parser.next(), undefined);
    parser.discard();
    assert.equal(parser.heldBytes, 0);
    parser.push(Buffer.from('<a/>'));
    assert.deepEqual(keysOf(parser), ['{jabber:client}a']);
  });
});

suite('many stanzas in a packet', () => {
  const body = (i: number): string => `${i} ${'x'.repeat(i % 300)}`;
  const stanzas = Array.from({ length: 400 }, (_, i) => `<message id='${i}'><body>${body(i)}</body></message>`);
  const bodies = stanzas.map((_, i) => body(i));

  /** Also with something now and then that has to be read the long way. */
  const odd = stanzas.map((xml, i) => (i % 7 === 3 ? xml.replace('<body>', '<body\n>') : xml));

  for (const [rule, list] of [
    ['are read one by one, wherever in the packet they are', stanzas],
    ['are read one by one, usual and unusual ones', odd],
  ] as const) {
    test(rule, () => {
      const parser = opened();
      const read: (string | undefined)[] = [];
      parser.push(Buffer.from(list.join('')));
      for (let event = parser.next(); event !== undefined; event = parser.next()) {
        read.push(event.childText('{jabber:client}body'));
      }
      assert.deepEqual(read, bodies);
    });
  }

  test('of two streams by turns are not mixed up, nor when packets share their memory', () => {
    const memory = Buffer.alloc(16_384);
    const parsers = [opened(), opened()];
    for (let i = 0; i < 40; i++) {
      const parser = parsers[i % 2] as StreamParser;
      const length = memory.write(`<a n='${i}'/><b n='${i}'/>`, 'latin1');
      parser.push(memory.subarray(0, length));
      assert.equal(parser.next()?.attr('n'), String(i));
      assert.equal(parser.next()?.attr('n'), String(i));
      assert.equal(parser.next(), undefined);
    }
    const [one, other] = parsers as [StreamParser, StreamParser];
    one.push(Buffer.from("<a n='1'/><a n='2'/>"));
    assert.equal(one.next()?.attr('n'), '1');
    other.push(Buffer.from("<a n='3'/><a n='4'/>"));
    assert.equal(other.next()?.attr('n'), '3');
    assert.equal(one.next()?.attr('n'), '2');
    assert.equal(other.next()?.attr('n'), '4');
  });

  test('are not mixed up when the very same packet comes again with other bytes', () => {
    const parser = opened();
    const packet = Buffer.from("<a n='1'/>");
    for (const n of '123456789') {
      packet[6] = n.charCodeAt(0);
      parser.push(packet);
      assert.equal(parser.next()?.attr('n'), n);
      assert.equal(parser.next(), undefined);
    }
  });
});

suite('a reader that stops', () => {
  test('goes on where it stopped, in the middle of a packet', () => {
    const parser = opened();
    parser.push(Buffer.from('<a/><b/><c/><d'));
    assert.equal(parser.next()?.name, 'a');
    parser.push(Buffer.from('/><e/>'));
    assert.deepEqual(
      keysOf(parser).map((key) => key.at(-1)),
      ['b', 'c', 'd', 'e'],
    );
    assert.equal(parser.heldBytes, 0);
  });

  test('may let the packet be reused after keep', () => {
    const parser = opened();
    const packet = Buffer.from('<a/><b>text</b><c/>');
    parser.push(packet);
    assert.equal(parser.next()?.name, 'a');
    parser.keep();
    packet.fill('#');
    assert.equal(parser.next()?.text(), 'text');
    assert.deepEqual(keysOf(parser), ['{jabber:client}c']);
  });

  test('may push and keep in the middle of a long stanza', () => {
    const parser = opened();
    parser.push(Buffer.from('<a/><b>'));
    assert.equal(parser.next()?.name, 'a');
    for (let i = 0; i < 2000; i++) {
      parser.push(Buffer.from(`<i n='${i}'/>`));
      if (i % 7 === 0) assert.equal(parser.next(), undefined);
      parser.keep();
    }
    parser.push(Buffer.from('</b>'));
    assert.equal(parser.next()?.children.length, 2000);
  });
});
