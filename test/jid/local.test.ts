/** Localparts: UsernameCaseMapped (RFC 8265 section 3.3) with the exclusions of RFC 7622. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prepareLocal } from '../../src/jid/jid.ts';

const prepares = (name: string, cases: Readonly<Record<string, string>>): void => {
  test(name, () => {
    for (const [text, prepared] of Object.entries(cases))
      assert.equal(prepareLocal(text), prepared, JSON.stringify(text));
  });
};

const refuses = (name: string, texts: readonly string[]): void => {
  test(name, () => {
    for (const text of texts) assert.equal(prepareLocal(text), undefined, JSON.stringify(text));
  });
};

prepares('RFC 8265 3.3.1: letters become lower case', {
  JULIET: 'juliet',
  Romeo: 'romeo',
  ÉTÉ: 'été',
  ПРИВЕТ: 'привет',
  '\u{10400}': '\u{10428}',
  // The only full mapping that is longer than what it maps.
  '\u0130': 'i\u0307',
  '\u1E9E': '\u00DF',
});

prepares('Unicode 3.13, which RFC 8264 5.2.3 refers to: a last capital sigma becomes a final sigma', {
  ΝΙΚΟΣ: 'νικος',
  ΣΟΦΙΑ: 'σοφια',
});

prepares('RFC 8265 3.3.1: full-width and half-width characters become what they decompose to', {
  '\uFF2A\uFF35\uFF2C\uFF29\uFF25\uFF34': 'juliet',
  '\uFF11\uFF12': '12',
  // Half-width KA and a voicing mark compose to GA.
  '\uFF76\uFF9E': '\u30AC',
});

prepares('RFC 8265 3.3.1: the result is in normal form C', {
  'e\u0301': '\u00E9',
  'E\u0301': '\u00E9',
  'a\u0323\u0302': '\u1EAD',
  'a\u0302\u0323': '\u1EAD',
});

prepares('RFC 8264 9.11 and 9.1: letters, digits and marks of any script, and ASCII symbols, are valid', {
  '!#$%()*+,-.;=?[\\]^_`{|}~': '!#$%()*+,-.;=?[\\]^_`{|}~',
  संपर्क: 'संपर्क',
  二ノ宮: '二ノ宮',
  '\u{20000}': '\u{20000}',
  '\u00DF\u03C2': '\u00DF\u03C2',
  '\u3007': '\u3007',
});

prepares('XEP-0106: escape sequences pass through untouched', {
  'd\\27artagnan': 'd\\27artagnan',
  'space\\20cadet': 'space\\20cadet',
  'call\\20me\\20\\22ishmael\\22': 'call\\20me\\20\\22ishmael\\22',
  '\\5c3and\\2is\\5c5cool': '\\5c3and\\2is\\5c5cool',
});

refuses(
  'RFC 7622 3.3.1: the characters " & \' / : < > @ and the space are kept out, in full width too',
  [...'"&\'/:<>@ ', ...'＂＆＇／：＜＞＠\u3000'].map((char) => `a${char}b`),
);

refuses('RFC 8264 9.17: a character with a compatibility equivalent is refused', [
  'henry\u2163',
  '\uFB01n',
  '\u212A', // KELVIN SIGN, whose equivalent is canonical: it is refused before case mapping
  '\u1D2C',
  'x\u00B2',
  '\uF900',
  // Refused as well when the text is not in normal form.
  'e\u0301\u2163',
]);

refuses('RFC 8264 4.2.3: symbols, punctuation, spaces and letter-like numbers are refused', [
  '\u265A',
  '\u{1F37A}',
  'a\u2014b',
  'a\u00A0b',
  'a\u2028b',
  '\u16EE',
  '\u20DD',
  '\u01C5',
]);

refuses('RFC 8264 9.9: conjoining jamo are refused', ['\u1112\u1161\u11AB', '\uA960', '\uD7B0']);

refuses('RFC 8264 9.12 and 9.13: controls and what is not shown are refused', [
  '\0',
  'a\0b',
  'a\u0001',
  'a\u007F',
  'a\u0085',
  'a\u00AD',
  'a\u034F',
  'a\u061C',
  'a\u200B',
  'a\u202E',
  'a\u2066',
  'a\uFE0F',
  'a\uFEFF',
  'a\u{E0041}',
  'a\u{E0100}',
]);

refuses('RFC 8264 9.7 and 9.13: unassigned, private and no characters are refused', [
  '\u0378',
  '\u{50000}',
  '\uE000',
  '\uFDD0',
  '\uFFFE',
  '\u{10FFFF}',
]);

refuses('RFC 8264 9.6: the disallowed exceptions are refused', ['a\u0640', '\u07FA', '\u302E', '\u3031', '\u303B']);

refuses('RFC 3629 3: a lone surrogate is no character', ['\uD800', 'a\uDC00', '\uDC00\uD800', 'é\uD83D']);

refuses('RFC 8265 3.3.3: what would compose to an invalid character is refused', ['a=\u0338', '1+\u0338=\u0338']);

prepares('RFC 5893 2: a right-to-left localpart starts with a letter and ends with a letter or digit', {
  שלום: 'שלום',
  שלום1: 'שלום1',
  'של-ום': 'של-ום',
  سلام: 'سلام',
  'سلام\u0661': 'سلام\u0661',
  'سلام\u06F1': 'سلام\u06F1',
  שָׁלוֹם: 'שָׁלוֹם'.normalize('NFC'),
  'שלו\u05B8': 'שלו\u05B8',
  '\u{1E900}': '\u{1E922}',
});

refuses('RFC 5893 2: mixed directions, a leading digit and a trailing symbol are refused right to left', [
  '1שלום',
  '-שלום',
  'שלום-',
  'aשלום',
  'שלוםa',
  'של.a.ום',
  '\u0661',
  '\u0661\u0662',
  'سلام1\u0661',
  '\u0301ש',
]);

prepares('RFC 5892 A.1: ZERO WIDTH NON-JOINER after a virama, or where it breaks a join', {
  'क\u094D\u200Cष': 'क\u094D\u200Cष',
  'نامه\u200Cای': 'نامه\u200Cای',
  'بَ\u200Cبَ': 'بَ\u200Cبَ',
});

refuses('RFC 5892 A.1: ZERO WIDTH NON-JOINER elsewhere', [
  'a\u200Cb',
  'ا\u200Cب',
  'ب\u200C',
  '\u200Cب',
  'कि\u200Cष',
  'بa\u200Cب',
]);

prepares('RFC 5892 A.2: ZERO WIDTH JOINER after a virama', {
  'क\u094D\u200Dष': 'क\u094D\u200Dष',
  'ක\u0DCA\u200Dෂ': 'ක\u0DCA\u200Dෂ',
});

refuses('RFC 5892 A.2: ZERO WIDTH JOINER elsewhere', [
  'a\u200Db',
  'क\u200Dष',
  '\u200D',
  'ب\u200Dب',
  '\u05B0\u200D',
  'か\u3099\u200D',
]);

prepares('RFC 5892 A.3: MIDDLE DOT between two l, of either case as it is mapped first', {
  'col\u00B7lega': 'col\u00B7lega',
  'COL\u00B7LEGA': 'col\u00B7lega',
});

refuses('RFC 5892 A.3: MIDDLE DOT elsewhere', ['\u00B7', 'l\u00B7', '\u00B7l', 'a\u00B7l', 'l\u00B7a']);

prepares('RFC 5892 A.4 to A.9: other characters in their context', {
  '\u0375\u03B1': '\u0375\u03B1',
  '\u05D0\u05F3': '\u05D0\u05F3',
  '\u05D0\u05F4\u05D0': '\u05D0\u05F4\u05D0',
  'ア\u30FBア': 'ア\u30FBア',
  '漢\u30FB': '漢\u30FB',
  'ا\u0660\u0669': 'ا\u0660\u0669',
  'ا\u06F0\u06F9': 'ا\u06F0\u06F9',
});

refuses('RFC 5892 A.4 to A.9: other characters out of their context', [
  '\u0375a',
  '\u0375',
  'a\u05F3',
  '\u05F4\u05D0',
  'a\u30FBb',
  'ا\u0660\u06F0',
]);

test('RFC 7622 3.3: a localpart has 1 to 1023 bytes after preparation', () => {
  assert.equal(prepareLocal(''), undefined);
  assert.equal(prepareLocal('a'.repeat(1023)), 'a'.repeat(1023));
  assert.equal(prepareLocal('a'.repeat(1024)), undefined);
  assert.equal(prepareLocal('A'.repeat(1024)), undefined);
  assert.equal(prepareLocal('é'.repeat(511) + 'a'), 'é'.repeat(511) + 'a');
  assert.equal(prepareLocal('é'.repeat(512)), undefined);
  // The bound is on the result: three code points of five bytes compose to one of two.
  const composed = '\u01D6'.repeat(511);
  assert.equal(prepareLocal(composed.normalize('NFD')), composed);
  assert.equal(prepareLocal('\uFF41'.repeat(1023)), 'a'.repeat(1023));
});
