/** TLS from the start and in mid-stream, with Node's own client at the other end. */
import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import { connect as tlsConnect } from 'node:tls';
import { createSelfSigned } from '../../src/net/self-signed.ts';
import {
  certificateFor,
  connect,
  connectTls,
  createNet,
  createTls,
  serveStreams,
  TestCertificates,
} from './support.ts';

const localhost = certificateFor('localhost');
const certificates = new TestCertificates(localhost);

test('XEP-0368: a stream over TLS from the start, on a certificate that verifies for its name', async (t) => {
  const { net } = createNet(t);
  const tls = createTls(net, { certificates, alpn: ['xmpp-client'] });
  const server = await serveStreams(t, net, { security: { mode: 'direct', tls } });
  const options = { port: server.port, ca: localhost.certPem, servername: 'localhost', ALPNProtocols: ['xmpp-client'] };
  const client = await connectTls(t, { ...options, rejectUnauthorized: true });
  assert.equal(client.socket.authorized, true);
  assert.equal(client.socket.alpnProtocol, 'xmpp-client');
  const recorder = await server.accepted.connection();
  const { transport } = recorder;
  assert.equal(transport.kind, 'tls');
  assert.equal(transport.remoteAddress, '127.0.0.1');
  assert.equal(transport.tls?.protocol, 'TLSv1.3');
  assert.equal(transport.tls?.cipher, client.socket.getCipher().name);
  assert.equal(transport.tls?.serverName, 'localhost');
  assert.equal(transport.tls?.peerCertificate(), undefined);
  assert.equal(transport.startTls, undefined);
  client.socket.write('<ping/>');
  await recorder.until(() => recorder.text === '<ping/>');
  transport.write('<po');
  transport.write('ng/>');
  await client.receives('<pong/>');
  await recorder.until(() => recorder.drains === 1);
});

test('RFC 7301 3.2: a client that offers other protocols only is refused; one that offers none is not', async (t) => {
  const { net } = createNet(t);
  const tls = createTls(net, { certificates, alpn: ['xmpp-client'] });
  const server = await serveStreams(t, net, { security: { mode: 'direct', tls } });
  await assert.rejects(connectTls(t, { port: server.port, ALPNProtocols: ['h2', 'http/1.1'] }), {
    code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
  });
  await connectTls(t, { port: server.port });
  assert.equal((await server.accepted.connection()).transport.kind, 'tls');
});

test('RFC 7590 and RFC 8996: TLS 1.1 is refused, TLS 1.2 is served', async (t) => {
  const { net } = createNet(t);
  const tls = createTls(net, { certificates });
  const server = await serveStreams(t, net, { security: { mode: 'direct', tls } });
  const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const;
  await assert.rejects(connectTls(t, { port: server.port, ...old }), { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
  await connectTls(t, { port: server.port, maxVersion: 'TLSv1.2' });
  assert.equal((await server.accepted.connection()).transport.tls?.protocol, 'TLSv1.2');
});

test('RFC 9266: tls-exporter is equal on both sides, and left out on TLS 1.2', async (t) => {
  const { net } = createNet(t);
  const tls = createTls(net, { certificates });
  const server = await serveStreams(t, net, { security: { mode: 'direct', tls } });
  const client = await connectTls(t, { port: server.port });
  const ours = (await server.accepted.connection()).transport.tls?.tlsExporter();
  const theirs = client.socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0));
  assert.deepEqual(ours, theirs);
  assert.equal(ours?.length, 32);
  await connectTls(t, { port: server.port, maxVersion: 'TLSv1.2' });
  assert.equal((await server.accepted.connection(1)).transport.tls?.tlsExporter(), undefined);
});

test('RFC 5929 4: tls-server-end-point is the hash of the certificate that this client got', async (t) => {
  const { net } = createNet(t);
  const both = new TestCertificates(localhost);
  both.set('other.example', certificateFor('other.example'));
  const tls = createTls(net, { certificates: both });
  const server = await serveStreams(t, net, { security: { mode: 'direct', tls } });
  const seen = new Set<string>();
  for (const [index, servername] of ['localhost', 'other.example'].entries()) {
    const client = await connectTls(t, { port: server.port, servername });
    const theirs = createHash('sha256').update(client.socket.getPeerCertificate().raw).digest();
    const { transport } = await server.accepted.connection(index);
    assert.deepEqual(transport.tls?.tlsServerEndPoint(), theirs);
    seen.add(theirs.toString('hex'));
  }
  assert.equal(seen.size, 2);
});

test('the facts of a connection that is gone are undefined, not an exception', async (t) => {
  const { net } = createNet(t);
  const tls = createTls(net, { certificates });
  const server = await serveStreams(t, net, { security: { mode: 'direct', tls } });
  const client = await connectTls(t, { port: server.port });
  const recorder = await server.accepted.connection();
  client.socket.destroy();
  await recorder.closed();
  assert.equal(recorder.transport.tls?.tlsExporter(), undefined);
  assert.equal(recorder.transport.tls?.tlsServerEndPoint(), undefined);
  assert.equal(recorder.transport.tls?.tlsUnique(), undefined);
  assert.equal(recorder.transport.tls?.peerCertificate(), undefined);
});

test('RFC 6066 3: the certificate follows the name that the client asks for', async (t) => {
  const { net } = createNet(t);
  const many = new TestCertificates(localhost);
  many.set('example.org', certificateFor('example.org', 'conference.example.org'));
  const tls = createTls(net, { certificates: many });
  const server = await serveStreams(t, net, { security: { mode: 'direct', tls } });
  const subjectFor = async (servername: string): Promise<string> => {
    const client = await connectTls(t, { port: server.port, servername });
    return client.socket.getPeerCertificate().subject.CN as string;
  };
  assert.equal(await subjectFor('example.org'), 'example.org');
  assert.equal(await subjectFor('unknown.example'), 'localhost');
  assert.equal(await subjectFor(''), 'localhost');
});

test('a reloaded certificate serves new connections, and old ones go on', async (t) => {
  const { net } = createNet(t);
  const hot = new TestCertificates(certificateFor('before.example'));
  hot.set('example.org', certificateFor('old.example.org'));
  const tls = createTls(net, { certificates: hot });
  const server = await serveStreams(t, net, { security: { mode: 'direct', tls } });
  const subjectFor = async (servername: string): Promise<string> => {
    const client = await connectTls(t, { port: server.port, servername });
    return client.socket.getPeerCertificate().subject.CN as string;
  };
  const old = await connectTls(t, { port: server.port });
  assert.equal(await subjectFor('example.org'), 'old.example.org');
  hot.set('example.org', certificateFor('new.example.org'));
  const after = certificateFor('after.example');
  hot.fallback = { cert: after.certPem, key: after.keyPem };
  assert.equal(await subjectFor('example.org'), 'new.example.org');
  assert.equal(await subjectFor(''), 'after.example');
  const recorder = await server.accepted.connection();
  recorder.transport.write('<still-here/>');
  await old.receives('<still-here/>');
});

test('a certificate that cannot be used refuses its clients, not others, and nothing is thrown', async (t) => {
  const { net } = createNet(t);
  const broken = new TestCertificates(localhost);
  broken.set('broken.example', { certPem: 'nonsense', keyPem: 'nonsense' });
  const tls = createTls(net, { certificates: broken });
  const server = await serveStreams(t, net, { security: { mode: 'direct', tls } });
  await assert.rejects(connectTls(t, { port: server.port, servername: 'broken.example' }));
  await connectTls(t, { port: server.port, servername: 'localhost' });
  broken.fallback = { cert: 'nonsense', key: 'nonsense' };
  await assert.rejects(connectTls(t, { port: server.port }));
});

test('XEP-0178: a client certificate is handed on with its addresses, and whether its chain is trusted', async (t) => {
  const { net } = createNet(t);
  const juliet = createSelfSigned({ hosts: ['a.example'], xmppAddresses: ['juliet@example.org'], nowMs: Date.now() });
  const romeo = createSelfSigned({ hosts: ['romeo.example'], nowMs: Date.now() });
  const context = { cert: localhost.certPem, key: localhost.keyPem, ca: juliet.certPem };
  const tls = createTls(net, { certificates: { context: () => context }, requestCertificate: true });
  const server = await serveStreams(t, net, { security: { mode: 'direct', tls } });
  const peerOf = async (index: number, cert?: { certPem: string; keyPem: string }) => {
    await connectTls(t, { port: server.port, ...(cert && { cert: cert.certPem, key: cert.keyPem }) });
    return (await server.accepted.connection(index)).transport.tls?.peerCertificate();
  };
  assert.equal(await peerOf(0), undefined);
  const der = new X509Certificate(juliet.certPem).raw;
  assert.deepEqual(await peerOf(1, juliet), { der, addresses: ['juliet@example.org'], authorized: true });
  assert.deepEqual(await peerOf(2, romeo), {
    der: new X509Certificate(romeo.certPem).raw,
    addresses: ['romeo.example'],
    authorized: false,
    problem: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  });
});

test('RFC 8446 2.2: sessions are resumed, also where client certificates are asked for', async (t) => {
  const { net } = createNet(t);
  const tls = createTls(net, { certificates, requestCertificate: true });
  const server = await serveStreams(t, net, { security: { mode: 'direct', tls } });
  const theirs = createHash('sha256').update(new X509Certificate(localhost.certPem).raw).digest();
  for (const [index, servername] of ['', 'localhost'].entries()) {
    const first = await connectTls(t, { port: server.port, servername });
    const [session] = (await once(first.socket, 'session')) as [Buffer];
    const second = await connectTls(t, { port: server.port, servername, session });
    assert.equal(second.socket.isSessionReused(), true);
    const { transport } = await server.accepted.connection(2 * index + 1);
    assert.equal(transport.tls?.peerCertificate(), undefined);
    assert.deepEqual(transport.tls?.tlsServerEndPoint(), theirs);
    assert.deepEqual(transport.tls?.tlsUnique(), second.socket.getPeerFinished());
  }
});

test('garbage instead of a handshake ends that connection only', async (t) => {
  const { net } = createNet(t);
  const tls = createTls(net, { certificates });
  const server = await serveStreams(t, net, { security: { mode: 'direct', tls } });
  const rude = await connect(t, server.port);
  rude.socket.write('<stream:stream>');
  await rude.closed();
  const gone = await connect(t, server.port);
  gone.socket.resetAndDestroy();
  const polite = await connectTls(t, { port: server.port });
  const recorder = await server.accepted.connection();
  recorder.transport.write('<fine/>');
  await polite.receives('<fine/>');
  assert.equal(server.accepted.all.length, 1);
});

test('garbage in an established TLS connection ends it with a reason', async (t) => {
  const { net } = createNet(t);
  const tls = createTls(net, { certificates });
  const server = await serveStreams(t, net, { security: { mode: 'direct', tls } });
  const plain = await connect(t, server.port);
  plain.socket.removeAllListeners('data');
  const socket = tlsConnect({ socket: plain.socket, rejectUnauthorized: false });
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  const recorder = await server.accepted.connection();
  // A record of application data that no key fits.
  plain.socket.write(Buffer.concat([Buffer.from([23, 3, 3, 0, 32]), Buffer.alloc(32, 1)]));
  assert.match(await recorder.closed(), /^ERR_SSL_/);
  assert.equal(net.admission.open, 0);
});

test('a handshake that does not end is cut off after its time', async (t) => {
  const { net, clock } = createNet(t);
  const tls = createTls(net, { certificates });
  const server = await serveStreams(t, net, { security: { mode: 'direct', tls } });
  const silentClient = await connect(t, server.port);
  while (net.admission.open === 0) await new Promise((resolve) => setImmediate(resolve));
  clock.advance(9_000);
  assert.equal(net.admission.open, 1);
  clock.advance(2_000);
  await silentClient.closed();
  while (net.admission.open > 0) await new Promise((resolve) => setImmediate(resolve));
});

test('RFC 6120 4.4: what came before a client closed is handled before its end is told, also while we are paused', async (t) => {
  const { net } = createNet(t);
  const tls = createTls(net, { certificates });
  const server = await serveStreams(t, net, { security: { mode: 'direct', tls } });
  for (const [index, deed] of (['resume', 'end', 'destroy'] as const).entries()) {
    const client = await connectTls(t, { port: server.port });
    const recorder = await server.accepted.connection(index);
    recorder.react = () => recorder.transport.pause();
    client.socket.end('<message/>');
    await client.closed();
    await recorder.until(() => recorder.text === '<message/>');
    assert.deepEqual(recorder.closeReasons, [], deed);
    recorder.transport.write('<late/>');
    recorder.transport[deed]();
    await recorder.closed();
    assert.equal(recorder.closeReasons.length, 1);
  }
});

test('end over TLS sends what is queued, then closes', async (t) => {
  const { net } = createNet(t);
  const tls = createTls(net, { certificates });
  const server = await serveStreams(t, net, { security: { mode: 'direct', tls } });
  const client = await connectTls(t, { port: server.port });
  const recorder = await server.accepted.connection();
  recorder.transport.write('<a/>');
  await new Promise((resolve) => setImmediate(resolve));
  recorder.transport.write('<bye/>');
  recorder.transport.end();
  await client.closed();
  assert.equal(client.text, '<a/><bye/>');
  assert.equal(await recorder.closed(), 'closed');
  assert.equal(recorder.closeReasons.length, 1);
});

test('a slow reader over TLS fills bufferedBytes, and onDrain comes when it has read', async (t) => {
  const { net } = createNet(t);
  const tls = createTls(net, { certificates });
  const server = await serveStreams(t, net, { security: { mode: 'direct', tls } });
  const client = await connectTls(t, { port: server.port });
  client.socket.pause();
  const recorder = await server.accepted.connection();
  const block = 'x'.repeat(1024 * 1024);
  for (let i = 0; i < 16; i++) recorder.transport.write(block);
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(recorder.transport.bufferedBytes > block.length);
  assert.equal(recorder.drains, 0);
  client.socket.resume();
  await recorder.until(() => recorder.drains > 0);
  assert.equal(recorder.transport.bufferedBytes, 0);
  await client.until(() => client.byteLength === 16 * block.length);
});
