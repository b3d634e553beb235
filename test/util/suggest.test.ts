/** Did you mean. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editDistance, suggest } from '../../src/util/suggest.ts';

const OPTIONS = ['listen', 'modules', 'hosts', 'tls', 'rate-limit', 'archive', 'c2s', 's2s'];

test('the distance of two words counts additions, omissions, changes and swaps of neighbours', () => {
  const cases: [string, string, number][] = [
    ['', '', 0],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['abc', 'abc', 0],
    ['abc', 'acb', 1],
    ['abc', 'abxc', 1],
    ['abc', 'ac', 1],
    ['abc', 'axc', 1],
    ['ca', 'abc', 3],
    ['kitten', 'sitting', 3],
  ];
  for (const [a, b, distance] of cases) {
    assert.equal(editDistance(a, b), distance, `${a} ${b}`);
    assert.equal(editDistance(b, a), distance, `${b} ${a}`);
  }
});

test('a misspelt word suggests what it is nearest to', () => {
  const cases: Record<string, string> = {
    lisetn: 'listen',
    module: 'modules',
    Hosts: 'hosts',
    host: 'hosts',
    tsl: 'tls',
    rate_limit: 'rate-limit',
    ratelimit: 'rate-limit',
    achive: 'archive',
    c2x: 'c2s',
  };
  for (const [word, meant] of Object.entries(cases)) assert.equal(suggest(word, OPTIONS), meant, word);
});

test('a word that is near to nothing suggests nothing', () => {
  for (const word of ['', 'x', 'database', 'foo', 'archival-storage', 'l'.repeat(10_000)]) {
    assert.equal(suggest(word, OPTIONS), undefined, word.slice(0, 20));
  }
  assert.equal(suggest('listen', []), undefined);
});

test('of equally near candidates the first is suggested', () => {
  assert.equal(suggest('cat', ['bat', 'car', 'hat']), 'bat');
  assert.equal(suggest('cats', ['bats', 'cat', 'cats']), 'cats');
});
