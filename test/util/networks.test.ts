/** Addresses in networks: IPv4, IPv6, and IPv4 that came through IPv6. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchNetworks } from '../../src/util/networks.ts';

test('an address is in a network by its prefix, and in a single address by equality', () => {
  const matches = matchNetworks(['127.0.0.0/8', '::1/128', '2001:db8::/32', '192.0.2.7']);
  for (const it of ['127.0.0.1', '127.255.0.9', '::1', '2001:db8:1::5', '192.0.2.7'])
    assert.equal(matches(it), true, it);
  for (const it of ['128.0.0.1', '::2', '2001:db9::1', '192.0.2.8', '', 'localhost'])
    assert.equal(matches(it), false, it);
});

test('IPv4 in IPv6 counts as IPv4, and a zone does not count', () => {
  const matches = matchNetworks(['10.0.0.0/8', 'fe80::/10']);
  assert.equal(matches('::ffff:10.1.2.3'), true);
  assert.equal(matches('::ffff:11.1.2.3'), false);
  assert.equal(matches('fe80::1%eth0'), true);
});

test('everything is in 0.0.0.0/0 and ::/0, and nothing is in an empty list', () => {
  const all = matchNetworks(['0.0.0.0/0', '::/0']);
  assert.deepEqual([all('8.8.8.8'), all('2a00::1'), matchNetworks([])('8.8.8.8')], [true, true, false]);
});

test('what is no network is refused', () => {
  for (const it of ['localhost', '10.0.0.0/33', '::/129', '10.0.0.0/x', ''])
    assert.throws(() => matchNetworks([it]), RangeError);
});
