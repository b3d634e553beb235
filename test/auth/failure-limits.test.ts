/** Limits on failed logins, by stream and by address. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_FAILURE_LIMITS, FailureLimits } from '../../src/auth/failure-limits.ts';
import { matchNetworks } from '../../src/util/networks.ts';
import { FakeClock } from '../support/clock.ts';

const HOUR_MS = 3_600_000;

function fail(limits: FailureLimits, address: string, times: number): void {
  for (let i = 0; i < times; i++) limits.failed(address, 1);
}

test('RFC 6120 section 6.4.5: a stream ends with the fifth failure', () => {
  const limits = new FailureLimits(new FakeClock());
  const verdicts = [1, 2, 3, 4, 5].map((onStream) => limits.failed('192.0.2.1', onStream));
  assert.deepEqual(verdicts, ['go-on', 'go-on', 'go-on', 'go-on', 'end-stream']);
});

test('the twentieth failure of an address within an hour bans it for an hour', () => {
  const clock = new FakeClock();
  const limits = new FailureLimits(clock);
  fail(limits, '192.0.2.1', 19);
  assert.equal(limits.bannedUntil('192.0.2.1'), undefined);
  assert.equal(limits.failed('192.0.2.1', 1), 'end-stream');
  assert.equal(limits.bannedUntil('192.0.2.1'), clock.now() + HOUR_MS);
  assert.equal(limits.bannedUntil('192.0.2.2'), undefined);
  clock.advance(HOUR_MS - 1);
  assert.ok(limits.bannedUntil('192.0.2.1'));
  clock.advance(1);
  assert.equal(limits.bannedUntil('192.0.2.1'), undefined);
});

test('failures older than an hour no longer count', () => {
  const clock = new FakeClock();
  const limits = new FailureLimits(clock);
  fail(limits, '192.0.2.1', 10);
  clock.advance(HOUR_MS);
  fail(limits, '192.0.2.1', 19);
  assert.equal(limits.bannedUntil('192.0.2.1'), undefined);
  fail(limits, '192.0.2.1', 1);
  assert.ok(limits.bannedUntil('192.0.2.1'));
});

test('after a ban an address starts anew', () => {
  const clock = new FakeClock();
  const limits = new FailureLimits(clock);
  fail(limits, '192.0.2.1', 20);
  clock.advance(HOUR_MS);
  fail(limits, '192.0.2.1', 19);
  assert.equal(limits.bannedUntil('192.0.2.1'), undefined);
});

test('streams that were open when the ban came end with their next failure', () => {
  const limits = new FailureLimits(new FakeClock());
  fail(limits, '192.0.2.1', 20);
  assert.equal(limits.failed('192.0.2.1', 1), 'end-stream');
});

test('trusted addresses are never banned, but their streams end all the same', () => {
  const limits = new FailureLimits(new FakeClock(), {
    ...DEFAULT_FAILURE_LIMITS,
    isTrusted: matchNetworks(['127.0.0.0/8', '::1', '10.1.2.3', '2001:db8:aa::/48']),
  });
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '10.1.2.3', '2001:db8:aa:1::7']) {
    fail(limits, address, 100);
    assert.equal(limits.bannedUntil(address), undefined, address);
    assert.equal(limits.failed(address, 5), 'end-stream', address);
  }
  for (const address of ['10.1.2.4', '128.0.0.1', '2001:db8:ab::1', '::2', 'nonsense', '']) {
    fail(limits, address, 20);
    assert.ok(limits.bannedUntil(address), address);
  }
});

test('a trusted address is not banned with the /64 that it is in', () => {
  const isTrusted = matchNetworks(['2001:db8::7']);
  const limits = new FailureLimits(new FakeClock(), { ...DEFAULT_FAILURE_LIMITS, isTrusted });
  fail(limits, '2001:db8::8', 20);
  assert.ok(limits.bannedUntil('2001:db8::9'));
  assert.equal(limits.bannedUntil('2001:db8::7'), undefined);
});

test('loopback is trusted by default: proxies and onion services connect from it', () => {
  const { isTrusted } = DEFAULT_FAILURE_LIMITS;
  assert.ok(isTrusted('127.0.0.1') && isTrusted('::1') && isTrusted('::ffff:127.0.0.1'));
});

test('an IPv6 customer is one address: the /64 counts, in every spelling', () => {
  const limits = new FailureLimits(new FakeClock());
  const spellings = ['2001:db8::1', '2001:db8:0:0:ffff::', '2001:0DB8::a:b:c:d', '2001:db8:0:0:1:2:3.4.5.6'];
  for (const address of spellings) fail(limits, address, 5);
  assert.ok(limits.bannedUntil('2001:db8::9999'));
  assert.equal(limits.bannedUntil('2001:db8:0:1::1'), undefined);
});

test('an IPv4 address is the same through an IPv6 socket', () => {
  const limits = new FailureLimits(new FakeClock());
  fail(limits, '::ffff:192.0.2.1', 20);
  assert.ok(limits.bannedUntil('192.0.2.1'));
  assert.equal(limits.bannedUntil('192.0.2.2'), undefined);
});

test('memory is bounded: the address that failed longest ago is forgotten, and bans outlive a flood of failures', () => {
  const limits = new FailureLimits(new FakeClock(), { ...DEFAULT_FAILURE_LIMITS, capacity: 4 });
  fail(limits, '192.0.2.1', 20);
  fail(limits, '192.0.2.2', 19);
  for (let i = 10; i < 14; i++) fail(limits, `192.0.2.${i}`, 1);
  fail(limits, '192.0.2.2', 1);
  assert.equal(limits.bannedUntil('192.0.2.2'), undefined, 'forgotten');
  assert.ok(limits.bannedUntil('192.0.2.1'), 'still banned');
  for (let i = 20; i < 25; i++) fail(limits, `192.0.2.${i}`, 20);
  assert.equal([1, 20, 21, 22, 23, 24].filter((it) => limits.bannedUntil(`192.0.2.${it}`)).length, 4);
});
