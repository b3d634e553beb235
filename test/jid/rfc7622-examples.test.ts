/** RFC 7622 section 3.5: the examples of both tables, by their numbers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJid } from '../../src/jid/jid.ts';

type Parts = readonly [local: string, domain: string, resource: string];

const VALID: readonly (readonly [number: number, text: string, parts: Parts, note: string])[] = [
  [1, 'juliet@example.com', ['juliet', 'example.com', ''], 'a bare address'],
  [2, 'juliet@example.com/foo', ['juliet', 'example.com', 'foo'], 'a full address'],
  [3, 'juliet@example.com/foo bar', ['juliet', 'example.com', 'foo bar'], 'a space in the resourcepart'],
  [4, 'juliet@example.com/foo@bar', ['juliet', 'example.com', 'foo@bar'], 'an at-sign in the resourcepart'],
  [5, 'foo\\20bar@example.com', ['foo\\20bar', 'example.com', ''], 'a space escaped as XEP-0106 has it'],
  [6, 'fussball@example.com', ['fussball', 'example.com', ''], 'another bare address'],
  [7, 'fu\u00DFball@example.com', ['fu\u00DFball', 'example.com', ''], 'sharp s stays'],
  [8, '\u03C0@example.com', ['\u03C0', 'example.com', ''], 'a localpart of pi'],
  [9, '\u03A3@example.com/foo', ['\u03C3', 'example.com', 'foo'], 'capital sigma becomes small sigma'],
  [10, '\u03C3@example.com/foo', ['\u03C3', 'example.com', 'foo'], 'small sigma'],
  [11, '\u03C2@example.com/foo', ['\u03C2', 'example.com', 'foo'], 'final sigma stays'],
  [12, 'king@example.com/\u265A', ['king', 'example.com', '\u265A'], 'a symbol in the resourcepart'],
  [13, 'example.com', ['', 'example.com', ''], 'a domainpart'],
  [14, 'example.com/foobar', ['', 'example.com', 'foobar'], 'a domainpart and a resourcepart'],
  [15, 'a.example.com/b@example.net', ['', 'a.example.com', 'b@example.net'], 'an at-sign after the slash alone'],
  [18, 'juliet@example.com/ foo', ['juliet', 'example.com', ' foo'], 'a leading space is valid (errata 4560)'],
];

const INVALID: readonly (readonly [number: number, text: string, note: string])[] = [
  [16, '"juliet"@example.com', 'quotation marks in the localpart'],
  [17, 'foo bar@example.com', 'a space in the localpart'],
  [19, '@example.com/', 'localpart and resourcepart of length zero'],
  [20, 'henry\u2163@example.com', 'a compatibility character in the localpart'],
  [21, '\u265A@example.com', 'a symbol in the localpart'],
  [22, 'juliet@', 'a localpart without domainpart'],
  [23, '/foobar', 'a resourcepart without domainpart'],
];

for (const [number, text, parts, note] of VALID) {
  test(`RFC 7622 3.5 example ${number}: ${note}`, () => {
    const jid = parseJid(text);
    assert.deepEqual([jid?.local, jid?.domain, jid?.resource], parts);
  });
}

for (const [number, text, note] of INVALID) {
  test(`RFC 7622 3.5 example ${number}: no address, for ${note}`, () => {
    assert.equal(parseJid(text), undefined);
  });
}

test('RFC 7622 3.5: examples 6 and 7 differ, 9 and 10 are equal, 11 differs from both', () => {
  const [six, seven, nine, ten, eleven] = [6, 7, 9, 10, 11].map((number) => {
    const text = VALID.find((it) => it[0] === number)![1];
    return parseJid(text)!;
  });
  assert.ok(!six!.equals(seven!));
  assert.ok(nine!.equals(ten!));
  assert.ok(!nine!.equals(eleven!));
  assert.ok(!ten!.equals(eleven!));
});
