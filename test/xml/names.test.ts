/** Names are kept once, in tables that do not grow. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { findNameIn, keyOf, nameAt } from '../../src/xml/names.ts';
import { parseDocument } from '../../src/xml/parser.ts';

function find(text: string): string {
  const bytes = Buffer.from(`<${text}>`);
  return nameAt(findNameIn(bytes, 1, bytes.length - 1));
}

function placeOf(text: string): number {
  return findNameIn(Buffer.from(text), 0, text.length);
}

suite('names', () => {
  test('every name is found, whatever its length, and however many there are', () => {
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 5000; i++) {
        const name = `${'n'.repeat(i % 120)}${i}`;
        assert.equal(find(name), name);
      }
    }
    assert.equal(find(''), '');
  });

  test('names that differ in one byte at any place are told apart', () => {
    for (let length = 1; length <= 100; length++) {
      for (let at = 0; at < length; at++) {
        const name = `${'a'.repeat(at)}b${'a'.repeat(length - at - 1)}`;
        assert.equal(find(name), name);
      }
    }
  });

  test('two names that meet in a place are both kept', () => {
    // Enough names that some meet; whoever has been found twice in a row is found at the same place again.
    for (let i = 0; i < 300; i += 2) {
      const [one, other] = [`first${i}`, `second${i}`];
      find(one);
      find(other);
      assert.equal(nameAt(placeOf(one)), one);
      assert.equal(nameAt(placeOf(other)), other);
    }
  });

  test('the places are a fixed number, so that made-up names take no memory', () => {
    const places = new Set<number>();
    for (let i = 0; i < 20_000; i++) places.add(placeOf(`made-up-${i}`));
    places.add(placeOf('x'.repeat(5000)));
    assert.ok(places.size <= 1025, `${places.size} places`);
  });

  test('keys are right for every pair of namespace and name, also when they push each other out', () => {
    for (let i = 0; i < 5000; i++) {
      const [ns, name] = [`urn:${i % 71}`, `name${i % 97}`];
      assert.equal(keyOf(ns, name, placeOf(name)), `{${ns}}${name}`);
    }
    assert.equal(keyOf('', 'a', placeOf('a')), '{}a');
  });

  test('elements of two documents with the same name have the same key', () => {
    const [one, other] = ["<a xmlns='urn:x' b='1'/>", '<p:a xmlns:p="urn:x"/>'].map((xml) => parseDocument(xml));
    assert.equal(one?.key, '{urn:x}a');
    assert.equal(other?.key, one?.key);
  });
});
