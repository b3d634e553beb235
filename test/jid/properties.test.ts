/** What holds of any text: preparation is idempotent (RFC 8264 section 7), bounded, and never throws. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseJid, prepareDomain, prepareLocal, prepareResource } from '../../src/jid/jid.ts';

/** Characters that some rule treats in its own way. */
const SPECIAL = [
  ...'azAZ09.-_@/\\ :&<éÉßẞſςΣσİıKÅǅ①Ⅳﬁ＠／．。｡Ａ｡カﾞ゛가ᄀ各',
  ...'\u0301\u0308\u0323\u0338\u0345\u0387\u0374\u1FEF\u037E\u00AD\u00A0\u3000\u2000\u200C\u200D\u200E\u2060\uFE0F',
  ...'\u00B7l\u0375α\u05F3א\u05B0\u05D9\uFB1D٠۰ابلا\u064B\u0640क\u094Dष\u30FBア漢\u3099Ꭰꭰ\u{1E900}\u{10D40}\u{1F469}',
  'xn--',
  'xn--fa-hia',
  '\uD800',
  '\uDC00',
  '\0',
];

const anyText = fc.oneof(
  fc.string({ unit: fc.constantFrom(...SPECIAL), maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 24 }),
);

const address = fc
  .tuple(anyText, anyText, anyText)
  .map(([local, domain, resource]) => `${local}@${domain}/${resource}`);

const RUNS = { numRuns: 3000 };

for (const [name, prepare] of Object.entries({ prepareLocal, prepareDomain, prepareResource })) {
  test(`RFC 8264 7: ${name} changes nothing that it has prepared`, () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const prepared = prepare(text);
        if (prepared !== undefined) assert.equal(prepare(prepared), prepared);
      }),
      RUNS,
    );
  });

  test(`RFC 8264 7: ${name} yields well-formed text in normal form C of 1 to 1023 bytes`, () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const prepared = prepare(text);
        if (prepared === undefined) return;
        const bytes = Buffer.byteLength(prepared);
        assert.ok(bytes >= 1 && bytes <= 1023);
        assert.ok(prepared.isWellFormed());
        assert.equal(prepared.normalize('NFC'), prepared);
      }),
      RUNS,
    );
  });
}

test('RFC 8264 7: every code point by itself is prepared to something stable or refused', () => {
  for (let code = 0; code <= 0x2ffff; code++) {
    const char = String.fromCodePoint(code);
    for (const prepare of [prepareLocal, prepareResource]) {
      const prepared = prepare(char);
      if (prepared !== undefined && prepared !== char) assert.equal(prepare(prepared), prepared, code.toString(16));
    }
  }
});

test('RFC 8265 3.3.1: a valid ASCII localpart is equal in any case', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'abcxyzABCXYZ019-._~!#'), minLength: 1 }), (text) => {
      assert.equal(prepareLocal(text), text.toLowerCase());
      assert.equal(prepareLocal(text.toUpperCase()), text.toLowerCase());
    }),
    RUNS,
  );
});

test('RFC 7622 3.1: the text of an address is that address', () => {
  fc.assert(
    fc.property(fc.oneof(address, anyText), (text) => {
      const jid = parseJid(text);
      if (jid === undefined) return;
      assert.ok(parseJid(jid.full)!.equals(jid));
      assert.ok(parseJid(jid.bare)!.equals(jid.bareJid));
      assert.equal(jid.bare, jid.local === '' ? jid.domain : `${jid.local}@${jid.domain}`);
      assert.equal(jid.full, jid.resource === '' ? jid.bare : `${jid.bare}/${jid.resource}`);
    }),
    RUNS,
  );
});

test('RFC 7622 3.1: parsing finds what preparing the parts finds', () => {
  fc.assert(
    fc.property(address, (text) => {
      const slash = text.indexOf('/');
      const at = text.indexOf('@');
      const hasLocal = at !== -1 && at < slash;
      const parts = [
        hasLocal ? prepareLocal(text.slice(0, at)) : '',
        prepareDomain(text.slice(hasLocal ? at + 1 : 0, slash)),
        prepareResource(text.slice(slash + 1)),
      ];
      const jid = parseJid(text);
      const found = jid && [jid.local, jid.domain, jid.resource];
      assert.deepEqual(found, parts.includes(undefined) ? undefined : parts);
    }),
    RUNS,
  );
});
