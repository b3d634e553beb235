/** Resourceparts (RFC 7622 section 3.4): OpaqueString (RFC 8265 section 4.2). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prepareResource } from '../../src/jid/jid.ts';

const prepares = (name: string, cases: Readonly<Record<string, string>>): void => {
  test(name, () => {
    for (const [text, prepared] of Object.entries(cases)) {
      assert.equal(prepareResource(text), prepared, JSON.stringify(text));
    }
  });
};

const refuses = (name: string, texts: readonly string[]): void => {
  test(name, () => {
    for (const text of texts) assert.equal(prepareResource(text), undefined, JSON.stringify(text));
  });
};

prepares('RFC 8265 4.2.1: case and width stay', {
  Balcony: 'Balcony',
  ÉTÉ: 'ÉTÉ',
  '\uFF22alcony': '\uFF22alcony',
  '\uFB01': '\uFB01',
});

prepares('RFC 8264 4.3: symbols, punctuation and spaces of any script are valid', {
  '"&\'/:<>@': '"&\'/:<>@',
  '\u265A': '\u265A',
  'Gajim \u{1F37A}': 'Gajim \u{1F37A}',
  'a\u2014b\u20AC': 'a\u2014b\u20AC',
  '\u2163\u00B2': '\u2163\u00B2',
  ' leading, inner and trailing ': ' leading, inner and trailing ',
  ' ': ' ',
});

prepares('RFC 8265 4.2.1: every space is the ASCII space', {
  'a\u00A0b': 'a b',
  'a\u3000b\u2003c': 'a b c',
  '\u1680': ' ',
});

prepares('RFC 8265 4.2.1: the result is in normal form C', { 'Re\u0301s': 'R\u00E9s', '\u212B': '\u00C5' });

refuses('RFC 8264 4.3.3: controls, ignorable characters and line separators are refused', [
  '\0',
  'a\0b',
  'a\nb',
  '\t',
  '\u007F',
  'é\u007F',
  '\u0085',
  '\u00AD',
  '\u061C',
  '\u200B',
  '\u202E',
  '\u2028',
  '\u2029',
  '\u2764\uFE0F',
  '\uFEFF',
  '\uFFF9',
  '\u{E0020}',
]);

refuses('RFC 8264 4.3.3: unassigned, private and no characters, surrogates and conjoining jamo are refused', [
  '\u0378',
  '\uE000',
  '\uFFFF',
  '\u{1FFFE}',
  '\uD83C',
  'a\uDF7A',
  '\u1112\u1161\u11AB',
  '\u0640',
]);

refuses('RFC 5892 A: contextual characters out of their context are refused', [
  'a\u200Cb',
  '\u{1F469}\u200D\u{1F4BB}',
  'a\u00B7b',
  'a\u30FBb',
  '\u0660\u06F0',
]);

prepares('RFC 5892 A: contextual characters in their context are kept', {
  'col\u00B7lega': 'col\u00B7lega',
  'क\u094D\u200D': 'क\u094D\u200D',
  '\u0660\u0661': '\u0660\u0661',
});

prepares('RFC 8265 4.2.1: no directionality rule', { '1שלום!': '1שלום!', aשb: 'aשb' });

test('RFC 7622 3.4: a resourcepart has 1 to 1023 bytes after preparation', () => {
  assert.equal(prepareResource(''), undefined);
  assert.equal(prepareResource('r'.repeat(1023)), 'r'.repeat(1023));
  assert.equal(prepareResource('r'.repeat(1024)), undefined);
  assert.equal(prepareResource('\u{1F37A}'.repeat(255) + 'abc'), '\u{1F37A}'.repeat(255) + 'abc');
  assert.equal(prepareResource('\u{1F37A}'.repeat(256)), undefined);
  assert.equal(prepareResource('\u3000'.repeat(1023)), ' '.repeat(1023));
});
