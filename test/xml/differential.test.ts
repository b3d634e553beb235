/** The parser against saxes on generated documents; `test/xml/fuzz.ts` does the same for as long as one likes. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { compare } from './compare.ts';
import { bytes, document, nearMiss } from './documents.ts';
import { oracle } from './oracle.ts';

const packet = fc.integer({ min: 1, max: 40 });

suite('the same verdict and the same tree as saxes, whole and in packets', () => {
  test('for well-formed documents', () => {
    let accepted = 0;
    const numRuns = 500;
    fc.assert(
      fc.property(document, packet, (xml, size) => {
        if (compare(Buffer.from(xml), size)) accepted++;
      }),
      { numRuns },
    );
    assert.ok(accepted > numRuns / 4, `only ${accepted} were accepted`);
  });

  test('for documents with a few edits', () => {
    fc.assert(
      fc.property(nearMiss, packet, (xml, size) => void compare(Buffer.from(xml), size)),
      { numRuns: 1200 },
    );
  });

  test('for documents with a changed byte', () => {
    fc.assert(
      fc.property(bytes, packet, (data, size) => void compare(data, size)),
      { numRuns: 800 },
    );
  });
});

suite('the comparison itself', () => {
  test('the oracle refuses what XMPP forbids though it is XML, and says why', () => {
    for (const [xml, why] of [
      ['<a><!-- c --></a>', /comment/],
      ['<a><?pi x?></a>', /processing instruction/],
      ['<!DOCTYPE a><a/>', /document type/],
      ["<?xml version='1.0' encoding='latin1'?><a/>", /encoding/],
      ['<xml:a/>', /prefix xml/],
    ] as const) {
      const verdict = oracle(Buffer.from(xml));
      assert.ok('refused' in verdict);
      assert.match(verdict.refused, why);
    }
  });

  test('the oracle is asked about everything but blanks around namespaces, which it trims, and XML 1.1', () => {
    assert.ok('incomparable' in oracle(Buffer.from("<a xmlns=' urn:a'/>")));
    assert.ok('incomparable' in oracle(Buffer.from("<?xml version='1.1'?><a/>")));
    assert.ok('tree' in oracle(Buffer.from("<a xmlns='urn:a'/>")));
  });
});
