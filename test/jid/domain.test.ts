/** Domainparts (RFC 7622 section 3.2) on IDNA2008 (RFC 5890 to 5895). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prepareDomain } from '../../src/jid/jid.ts';

const prepares = (name: string, cases: Readonly<Record<string, string>>): void => {
  test(name, () => {
    for (const [text, prepared] of Object.entries(cases)) {
      assert.equal(prepareDomain(text), prepared, JSON.stringify(text));
    }
  });
};

const refuses = (name: string, texts: readonly string[]): void => {
  test(name, () => {
    for (const text of texts) assert.equal(prepareDomain(text), undefined, JSON.stringify(text));
  });
};

prepares('RFC 7622 3.2.2: host names are in lower case', {
  'example.com': 'example.com',
  'EXAMPLE.Com': 'example.com',
  localhost: 'localhost',
  'a-b.c0': 'a-b.c0',
  '3com.example': '3com.example',
});

prepares('RFC 7622 3.2: one dot at the end is stripped, whichever separator it is', {
  'example.com.': 'example.com',
  'example.com\u3002': 'example.com',
  'example.com\uFF0E': 'example.com',
  'example.com\uFF61': 'example.com',
  '127.0.0.1.': '127.0.0.1',
  'παράδειγμα.': 'παράδειγμα',
});

refuses('RFC 7622 3.2: empty labels are refused', [
  '',
  '.',
  '..',
  'example.com..',
  '.example.com',
  'example..com',
  'é..com',
]);

prepares('RFC 5895 2: case, width, full stops and the normal form are mapped', {
  'ＥＸＡＭＰＬＥ．ｃｏｍ': 'example.com',
  '一\u3002二\uFF61三': '一.二.三',
  'E\u0301.example': '\u00E9.example',
  ПРИМЕР: 'пример',
  ΣΊΣΥΦΟΣ: 'σίσυφοσ',
  σίσυφος: 'σίσυφος',
  '\u212A.example': 'k.example',
  'Faß.de': 'faß.de',
  'FA\u1E9E.de': 'faß.de',
});

prepares('RFC 7622 3.2.1: A-labels become U-labels', {
  'xn--fa-hia.de': 'faß.de',
  'XN--FA-HIA.DE': 'faß.de',
  'xn--mgba3gch31f060k.com': 'نامه\u200Cای.com',
  'xn--f9dt7l': 'ᏣᎳᎩ',
  'faß.xn--fa-hia': 'faß.faß',
});

prepares('RFC 5892 2.2: Cherokee folds to its capitals', { ᏣᎳᎩ: 'ᏣᎳᎩ', ꮳꮃꭹ: 'ᏣᎳᎩ' });

refuses('RFC 5890 2.3.2.1: what only looks like an A-label is refused', [
  'xn--',
  'xn--a',
  'xn--0',
  'xn--abc-',
  'xn--xn---epa',
  'a.xn--a',
  // Punycode of a capital, of a symbol and of an emoji.
  'xn--dca',
  'xn--zca.xn--1ch',
  'xn--i-7iq.ws',
]);

refuses('RFC 5890 2.3.1: labels are letters, digits and inner hyphens, and none starts like a reserved one', [
  '-example.com',
  'example-.com',
  'ab--cd.com',
  'é-.com',
  '-é.com',
  'éa--b.com',
  'exa mple.com',
  'exa_mple.com',
  'example.com:5222',
  'a@b',
  'a/b',
  'a%41b.é',
  "a'b",
  'a\0b',
  '\0',
  '__proto__',
  'a\u007F',
]);

refuses('RFC 5892 2: symbols, emoji, ignorable, unassigned and private characters are refused', [
  'i\u2764.ws',
  '\u{1F4A9}.la',
  'a\u00ADb.com',
  'a\u200Bb.com',
  'a\u2260b.com',
  '\u2163.com',
  'ﬁ.com',
  'a\u0378.com',
  '\uE000.com',
  '\uD800.com',
  'a\u3000b',
  '\u1F80.com',
  '\u0640\u0628',
  'a\u20D0b',
  'a\u1112',
]);

refuses('RFC 5891 4.2.3.2: a label starts with no mark', ['\u0301a.com', 'b.\u094Dक']);

prepares('RFC 5892 A: contextual characters in their context', {
  'नामक\u094D\u200Dष.com': 'नामक\u094D\u200Dष.com',
  'col\u00B7lega.cat': 'col\u00B7lega.cat',
  'ア\u30FBア.jp': 'ア\u30FBア.jp',
  '\u05D0\u05F3.il': '\u05D0\u05F3.il',
});

refuses('RFC 5892 A: contextual characters out of their context', [
  'a\u200Cb.com',
  'a\u200Db.com',
  'a\u00B7b.com',
  'a\u30FBb.com',
  'a\u05F3.com',
  'ا\u0660\u06F0.com',
]);

prepares('RFC 5893 2: names with right-to-left labels', {
  'שלום.com': 'שלום.com',
  'שלום1.il': 'שלום1.il',
  'مثال.إختبار': 'مثال.إختبار',
});

refuses('RFC 5893 2: every label of a name with a right-to-left label satisfies the rule', [
  '1שלום.com',
  'שaלום.com',
  'שלום-a.com',
  '3com.שלום',
  '\u0661.com',
  'سلام1\u0661.com',
]);

test('RFC 1035 2.3.4: a label has at most 63 octets, as an A-label where it is a U-label', () => {
  const longest = 'a'.repeat(63);
  assert.equal(prepareDomain(`${longest}.com`), `${longest}.com`);
  assert.equal(prepareDomain(`a${longest}.com`), undefined);
  assert.equal(prepareDomain(`${'a'.repeat(55)}é`), `${'a'.repeat(55)}é`);
  assert.equal(prepareDomain(`${'a'.repeat(56)}é`), undefined);
});

test('RFC 7622 3.2: a domainpart has at most 1023 bytes', () => {
  const label = `${'a'.repeat(63)}.`;
  const longest = label.repeat(15) + 'a'.repeat(63);
  assert.equal(longest.length, 1023);
  assert.equal(prepareDomain(longest), longest);
  assert.equal(prepareDomain(`${longest}.`), longest);
  assert.equal(prepareDomain(`${label.repeat(15)}a.${'b'.repeat(62)}`), undefined);
  assert.equal(prepareDomain('é.'.repeat(341)), 'é.'.repeat(341).slice(0, -1));
  assert.equal(prepareDomain('é.'.repeat(342)), undefined);
});

prepares('RFC 3986 3.2.2: an IPv4 address is a domainpart', {
  '127.0.0.1': '127.0.0.1',
  '１２７．０．０．１': '127.0.0.1',
});

refuses('RFC 1123 2.1: a name that ends in a number is no host name', [
  '999.0.0.1',
  '127.1',
  '01.2.3.4',
  '1.2.3.4.5',
  '2130706433',
  'example.1',
  '٣',
  'é.1',
]);

prepares('RFC 5952 4: an IPv6 address in brackets is brought to its canonical text', {
  '[::1]': '[::1]',
  '[2001:DB8:0:0:0:0:0:1]': '[2001:db8::1]',
  '[2001:db8:0:0:1:0:0:1]': '[2001:db8::1:0:0:1]',
  '[::FFFF:192.0.2.1]': '[::ffff:c000:201]',
});

refuses('RFC 3986 3.2.2 and RFC 9844 3: other bracketed texts are refused, zone identifiers too', [
  '::1',
  '[::1',
  '::1]',
  '[]',
  '[127.0.0.1]',
  '[example.com]',
  '[::1].com',
  '[fe80::1%eth0]',
  '[fe80::1%25eth0]',
  '[v1.a]',
  '[::1]]',
  '[[::1]]',
  '[:::1]',
]);
