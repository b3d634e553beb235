/** Addresses of peers: counting, limits, and whom a proxy speaks for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressCounter } from '../../src/net/address-counter.ts';
import { Admission, type AdmissionOptions } from '../../src/net/admission.ts';
import { forwardedAddress } from '../../src/net/forwarded.ts';
import { parseProxyHeader } from '../../src/net/proxy-protocol.ts';
import { matchNetworks } from '../../src/util/networks.ts';
import { FakeClock } from '../support/clock.ts';

test('RFC 6177: addresses of one IPv6 network of 64 bits count as one', () => {
  const counter = new AddressCounter();
  counter.add('2001:db8::1');
  counter.add('2001:db8::2');
  assert.equal(counter.count('2001:db8::3'), 2);
  assert.equal(counter.count('2001:db8:0:1::3'), 0);
  counter.delete('2001:db8::1');
  counter.delete('2001:db8::2');
  assert.equal(counter.count('2001:db8::3'), 0);
});

function createAdmission(options: Partial<AdmissionOptions>): Admission {
  return new Admission({
    clock: new FakeClock(),
    isTrusted: matchNetworks(['127.0.0.0/8']),
    maxConnections: 0,
    maxPerAddress: 0,
    acceptsPerSecond: 0,
    ...options,
  });
}

test('connections from an address are limited, except from trusted ones', () => {
  const admission = createAdmission({ maxPerAddress: 2 });
  assert.equal(admission.admit('192.0.2.1'), undefined);
  assert.equal(admission.admit('192.0.2.1'), undefined);
  assert.equal(admission.admit('192.0.2.1'), 'too many from this address');
  assert.equal(admission.admit('192.0.2.2'), undefined);
  for (let i = 0; i < 10; i++) assert.equal(admission.admit('127.0.0.1'), undefined);
  admission.release('192.0.2.1');
  assert.equal(admission.admit('192.0.2.1'), undefined);
  assert.equal(admission.open, 13);
  assert.equal(admission.refused, 1);
});

test('connections in all are limited, trusted or not', () => {
  const admission = createAdmission({ maxConnections: 1 });
  assert.equal(admission.admit('127.0.0.1'), undefined);
  assert.equal(admission.admit('127.0.0.1'), 'too many connections');
  admission.release('127.0.0.1');
  assert.equal(admission.admit('192.0.2.1'), undefined);
});

test('new connections are limited by rate, with a burst', () => {
  const clock = new FakeClock();
  const admission = createAdmission({ acceptsPerSecond: 10, clock });
  let admitted = 0;
  while (admission.admit('192.0.2.1') === undefined) admitted++;
  assert.equal(admitted, 20);
  assert.equal(admission.admit('192.0.2.1'), 'too many at a time');
  clock.advance(1000);
  for (let i = 0; i < 10; i++) assert.equal(admission.admit('192.0.2.1'), undefined);
  assert.equal(admission.admit('192.0.2.1'), 'too many at a time');
});

test('banned addresses are refused, except trusted ones', () => {
  const admission = createAdmission({ isBanned: () => true });
  assert.equal(admission.admit('192.0.2.1'), 'banned');
  assert.equal(admission.admit('127.0.0.1'), undefined);
});

test('a connection counts for whom its proxy speaks', () => {
  const admission = createAdmission({ maxPerAddress: 1 });
  assert.equal(admission.admit('127.0.0.1'), undefined);
  assert.equal(admission.admit('127.0.0.1'), undefined);
  assert.equal(admission.readdress('127.0.0.1', '192.0.2.1'), undefined);
  assert.equal(admission.readdress('127.0.0.1', '192.0.2.1'), 'too many from this address');
  admission.release('192.0.2.1');
  assert.equal(admission.readdress('127.0.0.1', '192.0.2.1'), undefined);
  assert.equal(admission.open, 1);
});

test('X-Forwarded-For is believed as far as trusted proxies wrote it', () => {
  const isTrusted = matchNetworks(['127.0.0.0/8', '10.0.0.0/8']);
  const from = (remote: string, header?: string | string[]): string => forwardedAddress(remote, header, isTrusted);
  assert.equal(from('127.0.0.1'), '127.0.0.1');
  assert.equal(from('127.0.0.1', '192.0.2.1'), '192.0.2.1');
  assert.equal(from('198.51.100.7', '192.0.2.1'), '198.51.100.7', 'not from a trusted proxy');
  assert.equal(from('127.0.0.1', '203.0.113.9, 192.0.2.1'), '192.0.2.1', 'the client made the first one up');
  assert.equal(from('127.0.0.1', '203.0.113.9, 192.0.2.1, 10.0.0.3'), '192.0.2.1');
  assert.equal(from('127.0.0.1', ['203.0.113.9', '192.0.2.1']), '192.0.2.1');
  assert.equal(from('127.0.0.1', '10.0.0.3'), '10.0.0.3');
  assert.equal(from('127.0.0.1', 'unknown'), '127.0.0.1');
  assert.equal(from('127.0.0.1', 'evil, 10.0.0.3'), '10.0.0.3');
  assert.equal(from('127.0.0.1', ''), '127.0.0.1');
  assert.equal(from('127.0.0.1', '[2001:db8::1]:4711'), '2001:db8::1');
  assert.equal(from('127.0.0.1', '192.0.2.1:4711'), '192.0.2.1');
});

const version2 = '\r\n\r\n\0\r\nQUIT\n';

function header2(command: number, family: number, content: Buffer): Buffer {
  const fixed = Buffer.alloc(4);
  fixed.writeUInt8(command, 0);
  fixed.writeUInt8(family, 1);
  fixed.writeUInt16BE(content.length, 2);
  return Buffer.concat([Buffer.from(version2, 'latin1'), fixed, content]);
}

test('PROXY version 1: the source address is read and what follows is left', () => {
  const parse = (text: string): unknown => parseProxyHeader(Buffer.from(text, 'latin1'));
  const v4 = 'PROXY TCP4 192.0.2.1 192.0.2.2 56324 5222\r\n';
  assert.deepEqual(parse(`${v4}<stream>`), { address: '192.0.2.1', byteLength: v4.length });
  const v6 = 'PROXY TCP6 2001:db8::1 2001:db8::2 56324 5222\r\n';
  assert.deepEqual(parse(v6), { address: '2001:db8::1', byteLength: v6.length });
  assert.deepEqual(parse('PROXY UNKNOWN\r\n'), { address: undefined, byteLength: 15 });
  for (let length = 0; length < v4.length; length++) assert.equal(parse(v4.slice(0, length)), 'incomplete');
});

test('PROXY version 1: what breaks its rules is invalid', () => {
  for (const text of [
    '<stream:stream',
    'GET / HTTP/1.1\r\n',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1 99999\r\n',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n',
    'PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n',
    'PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n',
    'PROXY TCP4 evil 192.0.2.2 1 2\r\n',
    'PROXY TCP4\r\n',
    'PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n',
    `PROXY UNKNOWN ${'x'.repeat(100)}\r\n`,
    `PROXY TCP4 ${'1'.repeat(100)}`,
  ]) {
    assert.equal(parseProxyHeader(Buffer.from(text, 'latin1')), 'invalid', text);
  }
});

test('PROXY version 2: addresses, health checks and extensions', () => {
  const v4 = Buffer.from([192, 0, 2, 1, 192, 0, 2, 2, 0xdc, 4, 0x14, 0x66]);
  const v6 = Buffer.alloc(36);
  v6.set([0x20, 0x01, 0x0d, 0xb8], 0);
  v6.set([1], 15);
  assert.deepEqual(parseProxyHeader(header2(0x21, 0x11, v4)), { address: '192.0.2.1', byteLength: 28 });
  assert.deepEqual(parseProxyHeader(header2(0x21, 0x21, v6)), { address: '2001:db8::1', byteLength: 52 });
  const extended = Buffer.concat([v4, Buffer.alloc(100)]);
  assert.deepEqual(parseProxyHeader(header2(0x21, 0x11, extended)), { address: '192.0.2.1', byteLength: 128 });
  assert.deepEqual(parseProxyHeader(header2(0x20, 0, Buffer.alloc(0))), { address: undefined, byteLength: 16 });
  assert.deepEqual(parseProxyHeader(header2(0x21, 0x31, Buffer.alloc(216))), { address: undefined, byteLength: 232 });
  const whole = header2(0x21, 0x11, v4);
  for (let length = 0; length < whole.length; length++) {
    assert.equal(parseProxyHeader(whole.subarray(0, length)), 'incomplete');
  }
  const mapped = Buffer.alloc(36);
  mapped.set([0xff, 0xff, 192, 0, 2, 1], 10);
  assert.deepEqual(parseProxyHeader(header2(0x21, 0x21, mapped)), { address: '192.0.2.1', byteLength: 52 });
});

test('PROXY version 2: other versions, commands and lengths are invalid', () => {
  assert.equal(parseProxyHeader(header2(0x11, 0x11, Buffer.alloc(12))), 'invalid');
  assert.equal(parseProxyHeader(header2(0x22, 0x11, Buffer.alloc(12))), 'invalid');
  assert.equal(parseProxyHeader(header2(0x21, 0x11, Buffer.alloc(11))), 'invalid');
  assert.equal(parseProxyHeader(header2(0x21, 0x21, Buffer.alloc(35))), 'invalid');
  assert.equal(parseProxyHeader(header2(0x21, 0x11, Buffer.alloc(4096))), 'invalid');
});
