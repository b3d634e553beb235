/** Documents for property tests: well-formed ones from a grammar, and near misses made from them. */
import fc from 'fast-check';

const NAMES = [
  'a',
  'body',
  'message',
  'x-1',
  '_',
  'a.b',
  '__proto__',
  'constructor',
  'é',
  '名',
  'xmlnsx',
  'preKeyPublic',
  'n'.repeat(120),
];
const ELEMENT_PREFIXES = ['', '', '', '', '', '', 'p:', 'q:', 'stream:', 'é:'];
const ATTRIBUTE_PREFIXES = [...ELEMENT_PREFIXES, 'xml:', 'xml:'];
const NAMESPACES = ['urn:a', 'urn:b', 'jabber:client', 'urn:é', 'urn:a&amp;b', `urn:${'long'.repeat(30)}`];
const SPACES = [' ', ' ', ' ', '\n', '\t ', '\r\n', '  '];
const TEXTS = [
  'plain',
  ' ',
  '\n',
  'é',
  '😀',
  '\u{10ffff}',
  '&lt;',
  '&amp;',
  '&gt;',
  '&quot;',
  '&apos;',
  '&#65;',
  '&#x1F600;',
  '&#xD;',
  '&#10;',
  '>',
  ']]',
  ']',
  '\r\n',
  '\r',
  '\t',
  '\u0085',
  '\u2028',
  '\ufffd',
  '\ufeff',
  'x'.repeat(70),
  'QUJDREVG'.repeat(40),
  `${'y'.repeat(90)}\n${'é'.repeat(9)}`,
];
const VALUES = [
  'v',
  '',
  ' ',
  'é',
  '&lt;&amp;',
  '&#9;',
  '\n',
  '\r\n',
  '\t',
  '>',
  '/>',
  '&apos;',
  '&quot;',
  '😀',
  'a@example.com/res',
  'z'.repeat(300),
];
/** What a mutation may put in: pieces of syntax, forbidden characters, other documents' constructs. */
const SPLINTERS = [
  '<',
  '>',
  '&',
  '"',
  "'",
  '/',
  '=',
  ' ',
  ':',
  '<a>',
  '</a>',
  '<a/>',
  '</',
  '/>',
  '<!--',
  '-->',
  '<!-- c -->',
  '<?pi x?>',
  '<?xml version="1.0"?>',
  '<!DOCTYPE a>',
  '<![CDATA[',
  ']]>',
  '&#0;',
  '&#8;',
  '&#xFFFF;',
  '&#xD800;',
  '&#1114112;',
  '&#x;',
  '&nbsp;',
  '&lt',
  '\u0000',
  '\u0008',
  '\u000b',
  '\u007f',
  '\uffff',
  '\ufffe',
  '\ud800',
  '-',
  '.',
  '1',
  'xmlns',
  " xmlns=''",
  " xmlns:p=''",
  " xmlns:xml='urn:a'",
  " xmlns:xmlns='urn:a'",
  " p:a='1' q:a='2'",
  " a='1' a='2'",
  ' a',
  ' a=1',
  "a='1'b='2'",
  " xmlns:z='http://www.w3.org/XML/1998/namespace'",
  " xmlns='http://www.w3.org/2000/xmlns/'",
  'p:',
  ':a',
  'a:',
  'a:b:c',
  'p:1',
  '[',
  ']',
  '!',
  '?',
  '\n',
];

const pick = (pool: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...pool);
const quoted = fc.tuple(fc.array(pick(VALUES), { maxLength: 3 }), fc.boolean()).map(([parts, double]) => {
  const value = parts.join('');
  return double ? `"${value}"` : `'${value}'`;
});
const named = fc.record({
  space: pick(SPACES),
  name: pick(NAMES),
  prefix: pick(ATTRIBUTE_PREFIXES),
  equals: fc.constantFrom('=', '=', '=', ' = '),
  quoted,
});
const declared = fc.record({
  space: pick(SPACES),
  name: fc.constantFrom('xmlns', 'xmlns', 'xmlns:p', 'xmlns:q', 'xmlns:é'),
  ns: pick(NAMESPACES),
});
const attributes = fc
  .tuple(
    fc.uniqueArray(declared, { maxLength: 2, selector: (it) => it.name }),
    fc.uniqueArray(named, { maxLength: 3, selector: (it) => it.name }),
  )
  .map(([declarations, others]) =>
    [
      ...declarations.map((it) => `${it.space}${it.name}='${it.ns}'`),
      ...others.map((it) => `${it.space}${it.prefix}${it.name}${it.equals}${it.quoted}`),
    ].join(''),
  );
const text = fc.array(pick(TEXTS), { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''));
const cdata = fc
  .array(pick(TEXTS.filter((it) => !it.includes(']'))), { maxLength: 3 })
  .map((parts) => `<![CDATA[${parts.join('')}]]>`);

const { element } = fc.letrec<{ element: string; node: string }>((tie) => ({
  node: fc.oneof({ maxDepth: 4, depthSize: 'small' }, text, text, cdata, tie('element')),
  element: fc
    .tuple(
      pick(ELEMENT_PREFIXES),
      pick(NAMES),
      attributes,
      fc.array(tie('node'), { maxLength: 4 }),
      fc.constantFrom('', '', '', ' ', '\n'),
    )
    .map(([prefix, name, attrs, children, space]) => {
      const tag = prefix + name;
      return children.length === 0
        ? `<${tag}${attrs}${space}/>`
        : `<${tag}${attrs}${space}>${children.join('')}</${tag}${space}>`;
    }),
}));

/** Mostly well-formed documents, one element each, with most prefixes bound. */
export const document: fc.Arbitrary<string> = fc
  .tuple(element, fc.integer({ min: 0, max: 9 }))
  .map(([inner, dice]) =>
    dice > 0
      ? `<message xmlns='jabber:client' xmlns:p='urn:p' xmlns:q='urn:p' xmlns:é='urn:e' xmlns:stream='urn:s'>${inner}</message>`
      : inner,
  );

const mutation = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  kind: fc.constantFrom('insert', 'insert', 'delete', 'replace', 'double', 'cut'),
  splinter: pick(SPLINTERS),
  length: fc.integer({ min: 1, max: 4 }),
});

/** Documents with a few edits: many are malformed in a single place. */
export const nearMiss: fc.Arbitrary<string> = fc
  .tuple(document, fc.array(mutation, { minLength: 1, maxLength: 3 }))
  .map(([xml, mutations]) => {
    let edited = xml;
    for (const { at, kind, splinter, length } of mutations) {
      const from = Math.floor(at * (edited.length + 1));
      const behind = edited.slice(kind === 'insert' || kind === 'double' ? from : from + length);
      const middle =
        kind === 'insert' || kind === 'replace' ? splinter : kind === 'double' ? edited.slice(from, from + length) : '';
      edited = kind === 'cut' ? edited.slice(0, from) : edited.slice(0, from) + middle + behind;
    }
    return edited;
  });

/** Bytes of documents, some with single bytes changed: invalid UTF-8 among them. */
export const bytes: fc.Arbitrary<Buffer> = fc
  .tuple(
    fc.oneof(document, nearMiss),
    fc.array(
      fc.tuple(
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        fc.constantFrom(
          0,
          9,
          10,
          13,
          0x20,
          0x26,
          0x27,
          0x3c,
          0x3e,
          0x7f,
          0x80,
          0xbf,
          0xc0,
          0xc3,
          0xe0,
          0xed,
          0xef,
          0xf0,
          0xf5,
          0xff,
        ),
      ),
      { maxLength: 1, size: 'xsmall' },
    ),
  )
  .map(([xml, edits]) => {
    const made = Buffer.from(xml);
    for (const [at, byte] of edits) if (made.length > 0) made[Math.floor(at * made.length)] = byte;
    return made;
  });
