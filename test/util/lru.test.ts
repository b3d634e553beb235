/** A map bounded by use. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Lru } from '../../src/util/lru.ts';

test('an LRU map forgets the entry that was least recently read or written', () => {
  const lru = new Lru<string, number>(3);
  lru.set('a', 1);
  lru.set('b', 2);
  lru.set('c', 3);
  assert.equal(lru.get('a'), 1);
  lru.set('b', 20);
  lru.set('d', 4);
  assert.deepEqual(
    [...lru],
    [
      ['a', 1],
      ['b', 20],
      ['d', 4],
    ],
  );
  assert.equal(lru.get('c'), undefined);
  assert.equal(lru.size, 3);
});

test('asking an LRU map whether it has an entry is no use of it', () => {
  const lru = new Lru<string, number>(2);
  lru.set('a', 1);
  lru.set('b', 2);
  assert.ok(lru.has('a'));
  lru.set('c', 3);
  assert.ok(!lru.has('a'));
});

test('an LRU map tells of what had to make room, and of nothing else', () => {
  const evicted: [string, number][] = [];
  const lru = new Lru<string, number>(2, (value, key) => evicted.push([key, value]));
  lru.set('a', 1);
  lru.set('a', 2);
  lru.set('b', 3);
  assert.ok(lru.delete('b'));
  assert.ok(!lru.delete('b'));
  lru.set('c', 4);
  assert.deepEqual(evicted, []);
  lru.set('d', 5);
  assert.deepEqual(evicted, [['a', 2]]);
  lru.clear();
  assert.deepEqual([evicted.length, lru.size], [1, 0]);
});

test('an LRU map keeps undefined as a value', () => {
  const lru = new Lru<string, undefined>(2);
  lru.set('a', undefined);
  lru.set('b', undefined);
  assert.equal(lru.get('a'), undefined);
  lru.set('c', undefined);
  assert.deepEqual([lru.has('a'), lru.has('b')], [true, false]);
});

test('an LRU map may be changed by whoever is told of an eviction', () => {
  const lru: Lru<number, number> = new Lru(2, (_, key) => key < 3 && lru.set(key + 10, 0));
  for (let i = 0; i < 5; i++) lru.set(i, i);
  assert.equal(lru.size, 2);
});

test('an LRU map needs a capacity', () => {
  for (const capacity of [0, -1, 1.5, Number.NaN, Infinity]) assert.throws(() => new Lru(capacity), RangeError);
});

test('an LRU map does what a list in order of use does', () => {
  const action = fc.tuple(fc.constantFrom('get', 'set', 'delete'), fc.integer({ min: 0, max: 6 }), fc.integer());
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(action), (capacity, actions) => {
      const lru = new Lru<number, number>(capacity);
      let model: [number, number][] = [];
      for (const [name, key, value] of actions) {
        const known = model.find((it) => it[0] === key);
        if (name === 'get') assert.equal(lru.get(key), known?.[1]);
        if (name === 'delete') assert.equal(lru.delete(key), known !== undefined);
        if (name === 'set') lru.set(key, value);
        if (name !== 'get' || known !== undefined) model = model.filter((it) => it[0] !== key);
        if (name === 'get' && known !== undefined) model.push(known);
        if (name === 'set') model.push([key, value]);
        if (model.length > capacity) model.shift();
        assert.deepEqual([...lru], model);
      }
    }),
  );
});
