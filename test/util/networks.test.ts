/** Addresses and networks: IPv4, IPv6, and IPv4 that came through IPv6. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressBlock, matchNetworks, normalizeAddress } from '../../src/util/networks.ts';

test('an address has one spelling, and IPv4 mapped into IPv6 is IPv4', () => {
  assert.equal(normalizeAddress('192.0.2.1'), '192.0.2.1');
  assert.equal(normalizeAddress('::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(normalizeAddress('::FFFF:c000:201'), '192.0.2.1');
  assert.equal(normalizeAddress('2001:DB8:0:0::1'), '2001:db8::1');
  assert.equal(normalizeAddress('fe80::1%eth0'), 'fe80::1');
  for (const text of ['', 'localhost', '192.0.2', '192.0.2.256', '1.2.3.4:5', '[::1]', '::1::']) {
    assert.equal(normalizeAddress(text), undefined, text);
  }
});

test('RFC 6177: a customer has one IPv4 address, or an IPv6 network of 64 bits', () => {
  for (const [address, block] of [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:DB8:0001:2::', '2001:db8:1:2::/64'],
    ['2001:db8::6', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
    ['1:2:3:4:5:6:192.0.2.7', '1:2:3:4::/64'],
    ['fe80::1:2%eth0', 'fe80:0:0:0::/64'],
    ['unix socket', 'unix socket'],
  ] as const) {
    assert.equal(addressBlock(address), block, address);
  }
});

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
  const bad = ['localhost', '10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/x', '10.0.0.0/8/8', '10.0.0.0/-1', ''];
  for (const it of bad) assert.throws(() => matchNetworks([it]), RangeError, it);
});
