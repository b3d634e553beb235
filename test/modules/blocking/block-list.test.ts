/** What a block list covers: XEP-0191 section 6. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { BlockList, EMPTY } from '../../../modules/blocking/block-list.ts';
import { jid } from '../../../src/jid/jid.ts';

suite('XEP-0191 6: matching', () => {
  for (const [item, covered, free] of [
    ['romeo@montague.net/orchard', ['romeo@montague.net/orchard'], ['romeo@montague.net', 'romeo@montague.net/hall']],
    [
      'romeo@montague.net',
      ['romeo@montague.net', 'romeo@montague.net/orchard'],
      ['montague.net', 'other@montague.net', 'romeo@chat.montague.net'],
    ],
    [
      'montague.net/service',
      ['montague.net/service'],
      ['montague.net', 'montague.net/x', 'romeo@montague.net/service'],
    ],
    [
      'montague.net',
      ['montague.net', 'montague.net/service', 'romeo@montague.net', 'romeo@montague.net/orchard'],
      ['chat.montague.net', 'romeo@chat.montague.net', 'net'],
    ],
  ] as const) {
    const list = new BlockList([item]);
    for (const it of covered) test(`${item} covers ${it}`, () => assert.equal(list.covers(jid(it)), true));
    for (const it of free) test(`${item} does not cover ${it}`, () => assert.equal(list.covers(jid(it)), false));
  }
});

test('a list without anything is the one that all share', () => {
  const list = new BlockList(['a@b.example', 'c@d.example']);
  assert.equal(list.without([jid('a@b.example')]).size, 1);
  assert.equal(list.without([jid('a@b.example'), jid('c@d.example')]), EMPTY);
  assert.equal(list.size, 2, 'lists do not change');
});

test('items keep the order in which they were blocked', () => {
  const list = EMPTY.with([jid('z@z.example')]).with([jid('a@a.example'), jid('z@z.example')]);
  assert.deepEqual([...list.items()], ['z@z.example', 'a@a.example']);
});
