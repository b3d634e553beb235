/** What a peer can make the parser spend: bytes, elements, levels, attributes, and work for each byte. */
import assert from 'node:assert/strict';
import { mock, suite, test } from 'node:test';
import { DEFAULT_LIMITS, XmlError, type XmlLimits } from '../../src/xml/error.ts';
import { parseDocument, StreamParser } from '../../src/xml/parser.ts';
import { CHAT, HEADER, outcomeOf, packetsOf } from './streams.ts';

const LIMITS: XmlLimits = { maxBytes: 100, maxElements: 4, maxDepth: 3, maxAttributes: 2 };

function opened(limits: XmlLimits): StreamParser {
  const parser = new StreamParser(DEFAULT_LIMITS);
  parser.push(Buffer.from(HEADER));
  assert.ok(parser.next());
  parser.limits = limits;
  return parser;
}

function push(parser: StreamParser, xml: string | Buffer): ReturnType<StreamParser['next']> {
  parser.push(Buffer.from(xml as string));
  return parser.next();
}

const isPolicy = (error: unknown): boolean => error instanceof XmlError && error.condition === 'policy-violation';

suite('RFC 6120 4.9.3.14: limits', () => {
  const stanza = (bytes: number): string => `<m>${'x'.repeat(bytes - 7)}</m>`;
  for (const [rule, within, past] of [
    ['bytes', stanza(100), stanza(101)],
    ['elements', '<m><a/><b/><c/></m>', '<m><a/><b/><c/><d/></m>'],
    ['levels of open elements', '<m><a><b></b></a></m>', '<m><a><b><c></c></b></a></m>'],
    ['levels, with an empty one at the bottom', '<m><a><b/></a></m>', '<m><a><b><c/></b></a></m>'],
    ['attributes', "<m a='1' b='2'/>", "<m a='1' b='2' c='3'/>"],
    ['attributes, declarations included', "<m xmlns='1' xmlns:b='2'/>", "<m xmlns='1' xmlns:b='2' c='3'/>"],
  ] as const) {
    test(`${rule}: what is within passes, what is past ends the stream`, () => {
      for (const size of [1, 7, 1000]) {
        const parse = (xml: string): string | undefined => {
          const parser = opened(LIMITS);
          try {
            for (const packet of packetsOf(Buffer.from(xml), size)) {
              const name = push(parser, packet)?.name;
              if (name !== undefined) return name;
            }
          } catch (error) {
            assert.ok(isPolicy(error), String(error));
            return 'refused';
          }
          return undefined;
        };
        assert.equal(parse(within), 'm');
        assert.equal(parse(past), 'refused');
      }
      assert.equal(parseDocument(within, LIMITS).name, 'm');
      assert.throws(() => parseDocument(past, LIMITS), isPolicy);
    });
  }

  test('each stanza is counted for itself, and white space between them is not', () => {
    const parser = opened(LIMITS);
    for (let i = 0; i < 50; i++) assert.equal(push(parser, `${' '.repeat(200)}${stanza(100)}`)?.name, 'm');
  });

  test('stanzas that come together are each counted for themselves', () => {
    const parser = opened(LIMITS);
    assert.equal(push(parser, '<a/><b/><c/>'.repeat(50))?.name, 'a');
    for (let i = 1; i < 150; i++) assert.ok(parser.next());
    assert.equal(push(parser, stanza(100) + stanza(101))?.name, 'm');
    assert.throws(() => parser.next(), isPolicy);
  });

  test('the stream header is limited too', () => {
    assert.equal(outcomeOf([Buffer.from(`<s a='${'x'.repeat(100)}'>`)], LIMITS).condition, 'policy-violation');
    assert.equal(outcomeOf([Buffer.from("<s a='' b='' c=''>")], LIMITS).condition, 'policy-violation');
  });

  test('raised after authentication, they hold from the next stanza on', () => {
    const parser = opened(LIMITS);
    assert.equal(push(parser, '<m/>')?.name, 'm');
    parser.limits = DEFAULT_LIMITS;
    assert.equal(push(parser, stanza(5000))?.name, 'm');
  });

  test('prefixes in scope at one time are limited, because each look-up walks through them', () => {
    const nested = (levels: number): string =>
      Array.from({ length: levels }, (_, i) => `<m xmlns:a${i}='u' xmlns:b${i}='u' xmlns:c${i}='u'>`).join('') +
      '</m>'.repeat(levels);
    assert.equal(parseDocument(nested(40)).name, 'm');
    assert.throws(() => parseDocument(nested(50)), isPolicy);
  });

  test('a character reference with zeros without end is refused', () => {
    assert.throws(() => parseDocument(`<m>&#${'0'.repeat(100)}65;</m>`), isPolicy);
    assert.throws(() => push(opened(DEFAULT_LIMITS), `<m>&#${'0'.repeat(100)}`), isPolicy);
  });

  test('deep nesting within the limit does not exhaust the stack', () => {
    const limits = { ...DEFAULT_LIMITS, maxDepth: 2000 };
    assert.equal(parseDocument('<m>'.repeat(2000) + '</m>'.repeat(2000), limits).name, 'm');
    assert.throws(() => parseDocument('<m>'.repeat(2001) + '</m>'.repeat(2001), limits), isPolicy);
  });
});

suite('memory', () => {
  test('between stanzas a parser holds no buffer', () => {
    const parser = opened(DEFAULT_LIMITS);
    for (const size of [1, 10, 100, 1000]) {
      for (const packet of packetsOf(Buffer.from(CHAT), size)) push(parser, packet);
      assert.equal(parser.next(), undefined);
      assert.equal(parser.heldBytes, 0);
    }
  });

  test('in the middle of a stanza it holds at most twice what came, and a little', () => {
    const parser = opened({ ...DEFAULT_LIMITS, maxBytes: 100_000 });
    push(parser, '<m>');
    for (let bytes = 3; bytes < 90_000; bytes += 100) {
      push(parser, 'x'.repeat(100));
      assert.ok(parser.heldBytes <= 2 * (bytes + 100) + 512, `${parser.heldBytes} held of ${bytes}`);
    }
  });

  test('100 MB of one attribute are refused with the first bytes past the limit', () => {
    const parser = opened({ ...DEFAULT_LIMITS, maxBytes: 262_144 });
    push(parser, "<m a='");
    const packet = Buffer.alloc(16_384, 'x');
    let pushed = 0;
    let most = 0;
    assert.throws(() => {
      while (pushed < 100_000_000) {
        push(parser, packet);
        pushed += packet.length;
        most = Math.max(most, parser.heldBytes);
      }
    }, isPolicy);
    assert.ok(pushed <= 262_144, `${pushed} bytes went in`);
    assert.ok(most <= 2 * (262_144 + packet.length), `${most} bytes were held`);
    assert.equal(parser.heldBytes, 0);
  });
});

/** Counts how often the parser reads a byte of its own memory by itself, and how many bytes it copies there. */
function countWork(packets: Iterable<Buffer>): { reads: number; copied: number } {
  const work = { reads: 0, copied: 0 };
  const allocate = Buffer.allocUnsafeSlow.bind(Buffer);
  const spied = mock.method(Buffer, 'allocUnsafeSlow', (size: number): Buffer => {
    const memory = allocate(size);
    return new Proxy(memory, {
      get(target, key): unknown {
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value === 'number' && typeof key === 'string' && key <= '9') work.reads++;
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown => {
          if (key === 'set') work.copied += (args[0] as Buffer).length;
          return value.apply(target, args);
        };
      },
    });
  });
  try {
    const parser = opened({ maxBytes: 10_000_000, maxElements: 1_000_000, maxDepth: 1000, maxAttributes: 1000 });
    let events = 0;
    for (const packet of packets) {
      parser.push(packet);
      if (parser.next() !== undefined) events++;
    }
    assert.equal(events, 1);
  } finally {
    spied.mock.restore();
  }
  return work;
}

suite('work grows with the bytes, not with their square, in packets of one byte', () => {
  const many = 20_000;
  for (const [rule, xml] of [
    ['a long text', `<m>${'x'.repeat(many)}</m>`],
    ['a long text beyond ASCII', `<m>${'é'.repeat(many / 2)}</m>`],
    ['brackets', `<m>${']'.repeat(many)}x</m>`],
    ['references', `<m>${'&#x00000000041;'.repeat(many / 15)}</m>`],
    ['a long attribute', `<m a='${'x'.repeat(many)}'/>`],
    ['an attribute of nothing but >', `<m a='${'>'.repeat(many)}'/>`],
    ['an attribute of nothing but quotes', `<m a='${'"'.repeat(many)}'/>`],
    ['a long name', `<${'m'.repeat(many)}/>`],
    ['a long name in an end tag', `<${'m'.repeat(many / 2)}></${'m'.repeat(many / 2)}>`],
    ['white space in a tag', `<m${' '.repeat(many)}/>`],
    ['white space in an end tag', `<m></m${' '.repeat(many)}>`],
    ['a long CDATA section', `<m><![CDATA[${'x'.repeat(many)}]]></m>`],
    ['brackets in a CDATA section', `<m><![CDATA[${']'.repeat(many)}]]></m>`],
    ['many CDATA sections', `<m>${'<![CDATA[x]]>'.repeat(many / 13)}</m>`],
    ['many elements', `<m>${'<a/>'.repeat(many / 4)}</m>`],
    ['many attributes', `<m ${Array.from({ length: 900 }, (_, i) => `attribute${i}='${i}'`).join(' ')}/>`],
  ] as const) {
    test(rule, () => {
      const bytes = Buffer.from(xml);
      const { reads, copied } = countWork(packetsOf(bytes, 1));
      assert.ok(copied >= bytes.length, 'the memory was watched');
      assert.ok(reads < 14 * bytes.length, `${reads} reads for ${bytes.length} bytes`);
      assert.ok(copied < 5 * bytes.length, `${copied} bytes copied for ${bytes.length} bytes`);
    });
  }
});
