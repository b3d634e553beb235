/** The ledger's book: bounded in entries and age, and never mistaken about whose steps are whose. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type Jid, jid, type Stanza, stanza } from '#api';
import { Book } from '../../../modules/ledger/book.ts';
import { CHUNK_ENTRIES } from '../../../modules/ledger/chunk.ts';
import { fingerprint } from '../../../modules/ledger/fingerprint.ts';
import { findStories } from '../../../modules/ledger/stories.ts';
import { FakeClock } from '../../support/clock.ts';

const romeo = jid('romeo@montague.lit/orchard');
const juliet = jid('juliet@capulet.lit');

function message(id: string, from: Jid = romeo): Stanza {
  return stanza('message', { from, to: juliet, type: 'chat', id });
}

function open(maxEntries = 10 * CHUNK_ENTRIES, keepMs = 3_600_000): { book: Book; clock: FakeClock } {
  const clock = new FakeClock();
  return { book: new Book(clock, { maxEntries, keepMs }), clock };
}

const steps = (book: Book, id: string): readonly string[] =>
  findStories(book, id).flatMap((story) => story.steps.map((it) => it.step));

const entries = (book: Book): number => [...book.chunks()].reduce((sum, it) => sum + it.length, 0);

suite('a book', () => {
  test('keeps so many entries at most, the newest, and goes on for ever', () => {
    const { book } = open(3 * CHUNK_ENTRIES);
    for (let i = 0; i < 10 * CHUNK_ENTRIES; i++) book.note('received', message(`message ${i}`), romeo);
    assert.ok(entries(book) <= 3 * CHUNK_ENTRIES);
    assert.ok(entries(book) > 2 * CHUNK_ENTRIES - 1);
    assert.deepEqual(steps(book, `message ${10 * CHUNK_ENTRIES - 1}`), ['received']);
    assert.deepEqual(steps(book, 'message 0'), []);
  });

  test('takes memory for what there is, not for what there may be', () => {
    const { book } = open(50_000_000);
    assert.equal([...book.chunks()].length, 1);
  });

  test('forgets what is older than it may be, all of it in the end', () => {
    const { book, clock } = open(10 * CHUNK_ENTRIES, 60_000);
    for (let i = 0; i < 2 * CHUNK_ENTRIES; i++) book.note('received', message(`old ${i}`), romeo);
    clock.advance(50_000);
    book.turn();
    book.note('received', message('new'), romeo);
    clock.advance(20_000);
    book.tick();
    assert.deepEqual(steps(book, 'old 0'), []);
    assert.deepEqual(steps(book, 'new'), ['received']);
    clock.advance(60_000);
    book.tick();
    assert.equal(entries(book), 0);
    assert.equal(book.since, undefined);
  });

  test('a message that outlives its head is begun anew, and takes nothing of another’s', () => {
    const { book } = open(2 * CHUNK_ENTRIES);
    const slow = message('slow');
    book.note('received', slow, romeo);
    for (let i = 0; i < 5 * CHUNK_ENTRIES; i++) book.note('received', message(`message ${i}`), romeo);
    book.note('acknowledged', slow, juliet);
    assert.deepEqual(steps(book, 'slow'), ['acknowledged']);
    assert.deepEqual(steps(book, `message ${5 * CHUNK_ENTRIES - 1}`), ['received']);
  });

  test('what another book knows a message by is nothing to this one', () => {
    const { book: one } = open();
    const { book: other } = open();
    const it = message('both');
    other.note('received', message('first'), romeo);
    one.note('received', it, romeo);
    one.note('relayed', it);
    other.note('received', it);
    other.note('written', it, juliet);
    assert.deepEqual(steps(one, 'both'), ['received', 'relayed']);
    assert.deepEqual(steps(other, 'both'), ['received', 'written']);
    assert.deepEqual(steps(other, 'first'), ['received']);
  });

  test('what is made of a message is the same message, and so is what storage makes of it later', () => {
    const { book } = open();
    const it = message('m');
    book.note('received', it, romeo);
    book.note('stored', it.replace(it.element), juliet);
    book.note('fetched', message('m'), juliet);
    assert.deepEqual(steps(book, 'm'), ['received', 'stored', 'fetched']);
  });

  test('every step has the time of its own turn', () => {
    const { book, clock } = open();
    const it = message('m');
    book.turn(clock.now() + 5); // as its stream heard it
    book.note('received', it, romeo);
    clock.advance(45);
    book.note('stored', it, juliet);
    clock.advance(30);
    book.turn();
    book.note('acknowledged', it, juliet);
    const [story] = findStories(book, 'm');
    assert.deepEqual(
      story?.steps.map(({ at }) => clock.now() - at),
      [70, 30, 0],
    );
  });

  test('forgets who is not there any more, and nobody else', () => {
    const { book } = open();
    const nurse = jid('nurse@capulet.lit/hall');
    book.note('received', message('gone'), romeo);
    book.note('received', message('there', nurse), nurse);
    book.forget('romeo@montague.lit');
    assert.deepEqual(steps(book, 'gone'), []);
    assert.deepEqual(steps(book, 'there'), ['received']);
    book.forget('juliet@capulet.lit');
    assert.deepEqual(steps(book, 'there'), []);
  });
});

suite('a fingerprint', () => {
  test('is another one for ids that differ at their ends, in their length or in a bit', () => {
    const ids = [
      ...Array.from({ length: 10_000 }, (_, i) => String(i)),
      ...Array.from({ length: 10_000 }, (_, i) => `purple${i.toString(16)}`),
      ...Array.from({ length: 10_000 }, (_, i) => `${i}-3f2504e0-4f89-41d3-9a0c-0305e82c3301`),
      ...Array.from({ length: 10_000 }, (_, i) => `3f2504e0-4f89-41d3-9a0c-${i}`),
      ...Array.from({ length: 200 }, (_, i) => 'x'.repeat(i)),
    ];
    assert.equal(new Set(ids.map(fingerprint)).size, ids.length);
  });

  test('is a whole number from 0 on, for whatever text', () => {
    for (const id of ['', '🎭', '\ud800', 'é'.repeat(100_000)]) {
      const value = fingerprint(id);
      assert.ok(Number.isSafeInteger(value) && value >= 0, id.slice(0, 10));
    }
  });
});
