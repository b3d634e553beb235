/** Listening, limits at the door, and the PROXY protocol, on loopback. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as netConnect } from 'node:net';
import { test } from 'node:test';
import { connect as tlsConnect } from 'node:tls';
import { Deadlines } from '../../src/net/deadlines.ts';
import { StreamListener } from '../../src/net/stream-listener.ts';
import { FakeClock } from '../support/clock.ts';
import {
  Client,
  certificateFor,
  connect,
  connectTls,
  createNet,
  createTls,
  serveStreams,
  TestCertificates,
} from './support.ts';

test('one port of several addresses, IPv4 and IPv6, each with its own address family', async (t) => {
  const { net } = createNet(t);
  const server = await serveStreams(t, net, { addresses: ['0.0.0.0', '::'] });
  assert.ok(server.listener.addresses.length >= 1);
  for (const { port } of server.listener.addresses) assert.equal(port, server.port);
  const hosts = server.listener.addresses.map(({ family }) => (family === 'IPv6' ? '::1' : '127.0.0.1'));
  for (const [index, host] of hosts.entries()) {
    await connect(t, server.port, host);
    assert.equal((await server.accepted.connection(index)).transport.remoteAddress, host);
  }
});

test('an address that is in use is an error, and nothing listens then', async (t) => {
  const { net } = createNet(t);
  const server = await serveStreams(t, net, { addresses: ['127.0.0.2'] });
  const second = new StreamListener(net, {
    addresses: ['127.0.0.1', '127.0.0.2'],
    port: server.port,
    security: { mode: 'plain' },
    accept: () => true,
  });
  await assert.rejects(second.listen(), { code: 'EADDRINUSE' });
  assert.deepEqual(second.addresses, []);
  const client = new Client(t, netConnect({ port: server.port, host: '127.0.0.1' }));
  await client.closed();
  assert.equal(client.socket.bytesRead, 0);
});

test('close stops accepting; connections go on', async (t) => {
  const { net } = createNet(t);
  const server = await serveStreams(t, net);
  const client = await connect(t, server.port);
  const recorder = await server.accepted.connection();
  server.listener.close();
  const [error] = await once(netConnect({ port: server.port, host: '127.0.0.1' }), 'error');
  assert.equal((error as NodeJS.ErrnoException).code, 'ECONNREFUSED');
  recorder.transport.write('<still-here/>');
  await client.receives('<still-here/>');
});

test('connections beyond the limit of an address are closed, and there is room again when one goes', async (t) => {
  const { net } = createNet(t, { isTrusted: () => false, maxPerAddress: 2 });
  const server = await serveStreams(t, net);
  const first = await connect(t, server.port);
  await connect(t, server.port);
  await server.accepted.connection(1);
  await (await connect(t, server.port)).closed();
  assert.equal(net.admission.refused, 1);
  first.socket.destroy();
  await (await server.accepted.connection(0)).closed();
  await connect(t, server.port);
  await server.accepted.connection(2);
  assert.equal(net.admission.open, 2);
});

test('trusted addresses have no limit of their own', async (t) => {
  const { net } = createNet(t, { maxPerAddress: 1 });
  const server = await serveStreams(t, net);
  for (let i = 0; i < 5; i++) await connect(t, server.port);
  await server.accepted.connection(4);
  assert.equal(net.admission.open, 5);
});

test('PROXY protocol: the address is the one that the proxy names, also for the limits', async (t) => {
  const { net } = createNet(t, { maxPerAddress: 1 });
  const server = await serveStreams(t, net, { proxyProtocol: true });
  const header = 'PROXY TCP4 192.0.2.1 127.0.0.1 4711 5222\r\n';
  const client = await connect(t, server.port);
  client.socket.write(header.slice(0, 10));
  client.socket.write(`${header.slice(10)}<stream>`);
  const recorder = await server.accepted.connection();
  await recorder.until(() => recorder.text === '<stream>');
  assert.equal(recorder.transport.remoteAddress, '192.0.2.1');
  client.socket.write('<more/>');
  await recorder.until(() => recorder.text === '<stream><more/>');
  const second = await connect(t, server.port);
  second.socket.write(header);
  await second.closed();
  assert.equal(server.accepted.all.length, 1);
});

test('PROXY protocol: without a valid header the connection is closed, in time', async (t) => {
  const { net, clock } = createNet(t);
  const server = await serveStreams(t, net, { proxyProtocol: true });
  const wrong = await connect(t, server.port);
  wrong.socket.write('<stream:stream>');
  await wrong.closed();
  const silentClient = await connect(t, server.port);
  while (net.admission.open === 0) await new Promise((resolve) => setImmediate(resolve));
  clock.advance(11_000);
  await silentClient.closed();
  assert.equal(server.accepted.all.length, 0);
});

test('PROXY protocol: who is not trusted is refused, whatever it says', async (t) => {
  const { net } = createNet(t, { isTrusted: () => false });
  const server = await serveStreams(t, net, { proxyProtocol: true });
  const client = await connect(t, server.port);
  client.socket.write('PROXY TCP4 192.0.2.1 127.0.0.1 4711 5222\r\n');
  await client.closed();
  assert.equal(server.accepted.all.length, 0);
});

test('PROXY protocol and direct TLS: the handshake may come in one packet with the header', async (t) => {
  const { net } = createNet(t);
  const tls = createTls(net, { certificates: new TestCertificates(certificateFor('localhost')) });
  const server = await serveStreams(t, net, { proxyProtocol: true, security: { mode: 'direct', tls } });
  const raw = netConnect({ port: server.port, host: '127.0.0.1' });
  t.after(() => raw.destroy());
  await once(raw, 'connect');
  raw.cork();
  raw.write('PROXY TCP4 192.0.2.1 127.0.0.1 4711 5223\r\n');
  const secure = tlsConnect({ socket: raw, rejectUnauthorized: false });
  process.nextTick(() => raw.uncork());
  await once(secure, 'secureConnect');
  secure.write('<stream>');
  const recorder = await server.accepted.connection();
  await recorder.until(() => recorder.text === '<stream>');
  assert.equal(recorder.transport.remoteAddress, '192.0.2.1');
  assert.equal(recorder.transport.kind, 'tls');
});

test('closing the context destroys connections that are being opened', async (t) => {
  const { net } = createNet(t);
  const tls = createTls(net, { certificates: new TestCertificates(certificateFor('localhost')) });
  const server = await serveStreams(t, net, { security: { mode: 'direct', tls } });
  const opening = await connect(t, server.port);
  const open = await connectTls(t, { port: server.port });
  const recorder = await server.accepted.connection();
  while (net.admission.open < 2) await new Promise((resolve) => setImmediate(resolve));
  net.close();
  await opening.closed();
  recorder.transport.write('<still-here/>');
  await open.receives('<still-here/>');
});

test('deadlines expire in order, once, and not for who was deleted or added anew', () => {
  const clock = new FakeClock();
  const expired: string[] = [];
  const deadlines = new Deadlines<string>(clock, 3000, (item) => void expired.push(item));
  deadlines.add('a');
  deadlines.add('b');
  deadlines.add('c');
  clock.advance(2000);
  deadlines.delete('b');
  deadlines.add('a');
  clock.advance(1000);
  assert.deepEqual(expired, ['c']);
  clock.advance(10_000);
  assert.deepEqual(expired, ['c', 'a']);
  deadlines.add('d');
  deadlines.close();
  assert.deepEqual(expired, ['c', 'a', 'd']);
});
