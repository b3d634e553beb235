/** A bounded queue. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Ring } from '../../src/util/ring.ts';

test('a ring gives items back in their order and says when it is full', () => {
  const ring = new Ring<string>(3);
  assert.deepEqual([ring.push('a'), ring.push('b'), ring.push('c'), ring.push('d')], [true, true, true, false]);
  assert.deepEqual([ring.length, ring.at(0), ring.at(2), ring.at(3), ring.at(-1)], [3, 'a', 'c', undefined, undefined]);
  assert.deepEqual([...ring], ['a', 'b', 'c']);
  assert.deepEqual([ring.shift(), ring.shift(), ring.shift(), ring.shift()], ['a', 'b', 'c', undefined]);
  assert.equal(ring.at(0), undefined);
});

test('a ring works on after it was cleared or ran empty', () => {
  const ring = new Ring<number>(1000);
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 100; i++) ring.push(i);
    for (let i = 0; i < 100; i++) assert.equal(ring.shift(), i);
    assert.deepEqual([...ring], []);
    ring.push(7);
    ring.clear();
    assert.equal(ring.length, 0);
  }
});

test('a ring needs a limit', () => {
  for (const limit of [0, -1, 1.5, Number.NaN, Infinity]) assert.throws(() => new Ring(limit), RangeError);
});

test('a ring does what a bounded array does', () => {
  const action = fc.oneof(fc.integer(), fc.constant('shift'), fc.constant('shift'));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.array(action, { maxLength: 200 }), (limit, actions) => {
      const ring = new Ring<number>(limit);
      const model: number[] = [];
      for (const it of actions) {
        if (typeof it === 'string') assert.equal(ring.shift(), model.shift());
        else {
          assert.equal(ring.push(it), model.length < limit);
          if (model.length < limit) model.push(it);
        }
        assert.deepEqual([ring.length, ring.at(0), [...ring]], [model.length, model[0], model]);
      }
    }),
  );
});
