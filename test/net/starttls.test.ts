/** STARTTLS (RFC 6120 section 5), with Node's own client at the other end. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { type TLSSocket, connect as tlsConnect } from 'node:tls';
import {
  certificateFor,
  connect,
  createNet,
  createTls,
  type Recorder,
  serveStreams,
  TestCertificates,
} from './support.ts';

const localhost = certificateFor('localhost');
const certificates = new TestCertificates(localhost);

async function startTlsClient(client: { socket: Socket }): Promise<TLSSocket> {
  client.socket.removeAllListeners('data');
  const secure = tlsConnect({ socket: client.socket, ca: localhost.certPem, servername: 'localhost' });
  await once(secure, 'secureConnect');
  return secure;
}

function proceedWhenAsked(recorder: Recorder): void {
  recorder.react = (text) => {
    if (!text.includes('<starttls/>')) return;
    recorder.transport.write('<proceed/>');
    recorder.transport.startTls?.();
  };
}

test('RFC 6120 5.4.2.3: the answer goes out in plaintext, and the stream goes on over TLS', async (t) => {
  const { net } = createNet(t);
  const tls = createTls(net, { certificates });
  const server = await serveStreams(t, net, { security: { mode: 'starttls', tls } });
  const client = await connect(t, server.port);
  const recorder = await server.accepted.connection();
  proceedWhenAsked(recorder);
  client.socket.write('<starttls/>');
  await client.receives('<proceed/>');
  recorder.transport.write('<header-after-tls/>');
  const secure = await startTlsClient(client);
  let text = '';
  secure.on('data', (chunk) => {
    text += String(chunk);
  });
  await recorder.until(() => recorder.secured === 1);
  assert.equal(recorder.transport.kind, 'tcp');
  assert.equal(recorder.transport.tls?.protocol, 'TLSv1.3');
  assert.deepEqual(
    recorder.transport.tls?.tlsExporter(),
    secure.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)),
  );
  secure.write('<ping/>');
  await recorder.until(() => recorder.text.endsWith('<ping/>'));
  recorder.transport.write('<pong/>');
  while (!text.includes('<pong/>')) await once(secure, 'data');
  assert.equal(text, '<header-after-tls/><pong/>');
  secure.destroy();
  await recorder.closed();
  await client.closed();
  assert.equal(recorder.closeReasons.length, 1);
  assert.equal(net.admission.open, 0);
});

test('RFC 6120 5.4.2.1: what is pipelined behind starttls is not part of the secure stream', async (t) => {
  const { net } = createNet(t);
  const tls = createTls(net, { certificates });
  const server = await serveStreams(t, net, { security: { mode: 'starttls', tls } });
  const client = await connect(t, server.port);
  const recorder = await server.accepted.connection();
  // As a server meets it whose answer takes a while: the injection has arrived when the request is answered.
  recorder.react = () => recorder.transport.pause();
  client.socket.write('<starttls/>');
  await recorder.until(() => recorder.text === '<starttls/>');
  await new Promise((resolve) => client.socket.write('<injected/>', resolve));
  for (let i = 1; i <= 3; i++) {
    const other = await connect(t, server.port);
    other.socket.write('x');
    const served = await server.accepted.connection(i);
    await served.until(() => served.text === 'x');
  }
  recorder.transport.write('<proceed/>');
  recorder.transport.startTls?.();
  recorder.transport.resume();
  await client.receives('<proceed/>');
  await assert.rejects(startTlsClient(client));
  assert.equal(await recorder.closed(), 'not TLS');
  assert.deepEqual(recorder.chunks, ['<starttls/>']);
});

test('RFC 6120 5.4.2.1: what is pipelined and read only after the answer is no handshake', async (t) => {
  const { net } = createNet(t);
  const tls = createTls(net, { certificates });
  const server = await serveStreams(t, net, { security: { mode: 'starttls', tls } });
  const client = await connect(t, server.port);
  const recorder = await server.accepted.connection();
  proceedWhenAsked(recorder);
  client.socket.write('<starttls/>');
  client.socket.write('<injected/>');
  await Promise.race([recorder.closed(), recorder.until(() => recorder.text.includes('<injected/>'))]);
  // Either it came in one chunk with the request, which the stream discards, or it breaks the handshake.
  if (recorder.closeReasons.length > 0) assert.deepEqual(recorder.chunks, ['<starttls/>']);
  else assert.deepEqual(recorder.chunks, ['<starttls/><injected/>']);
});

test('RFC 6120 5.4.2.1: what came in one packet with starttls is not handed over a second time', async (t) => {
  const { net } = createNet(t);
  const tls = createTls(net, { certificates });
  const server = await serveStreams(t, net, { security: { mode: 'starttls', tls } });
  const client = await connect(t, server.port);
  const recorder = await server.accepted.connection();
  proceedWhenAsked(recorder);
  client.socket.write('<starttls/><injected/>');
  await client.receives('<proceed/>');
  const secure = await startTlsClient(client);
  secure.write('<secure/>');
  await recorder.until(() => recorder.text.includes('<secure/>'));
  assert.deepEqual(recorder.chunks, ['<starttls/><injected/>', '<secure/>']);
});

test('a handshake that fails after starttls closes the stream once, with a reason', async (t) => {
  const { net } = createNet(t);
  const tls = createTls(net, { certificates });
  const server = await serveStreams(t, net, { security: { mode: 'starttls', tls } });
  const attempts = [
    { bytes: Buffer.from('<no-tls/>'), reason: /^not TLS$/ },
    { bytes: Buffer.concat([Buffer.from([22, 3, 1, 0, 32]), Buffer.alloc(32, 9)]), reason: /^ERR_SSL_/ },
    { bytes: undefined, reason: /^ECONNRESET$/ },
  ];
  for (const [index, { bytes, reason }] of attempts.entries()) {
    const client = await connect(t, server.port);
    const recorder = await server.accepted.connection(index);
    proceedWhenAsked(recorder);
    client.socket.write('<starttls/>');
    await client.receives('<proceed/>');
    if (bytes === undefined) client.socket.resetAndDestroy();
    else client.socket.write(bytes);
    assert.match(await recorder.closed(), reason);
    await client.closed();
    assert.deepEqual(recorder.chunks, ['<starttls/>']);
    assert.equal(recorder.secured, 0);
    assert.equal(recorder.closeReasons.length, 1);
  }
  assert.equal(net.admission.open, 0);
});

test('starttls is cut off after the time for handshakes, or by destroy in the middle', async (t) => {
  const { net, clock } = createNet(t);
  const tls = createTls(net, { certificates });
  const server = await serveStreams(t, net, { security: { mode: 'starttls', tls } });
  for (const [index, cutOff] of [() => clock.advance(11_000), (it: Recorder) => it.transport.end()].entries()) {
    const client = await connect(t, server.port);
    const recorder = await server.accepted.connection(index);
    proceedWhenAsked(recorder);
    client.socket.write('<starttls/>');
    await client.receives('<proceed/>');
    cutOff(recorder);
    assert.equal(await recorder.closed(), index === 0 ? 'handshake timeout' : 'destroyed');
    await client.closed();
  }
});

test('a pause during the handshake holds afterwards', async (t) => {
  const { net } = createNet(t);
  const tls = createTls(net, { certificates });
  const server = await serveStreams(t, net, { security: { mode: 'starttls', tls } });
  const client = await connect(t, server.port);
  const recorder = await server.accepted.connection();
  recorder.transport.write('<proceed/>');
  recorder.transport.startTls?.();
  recorder.transport.pause();
  await client.receives('<proceed/>');
  const secure = await startTlsClient(client);
  await new Promise((resolve) => secure.write('<early/>', resolve));
  await recorder.until(() => recorder.secured === 1);
  const other = await connect(t, server.port);
  other.socket.write('x');
  const second = await server.accepted.connection(1);
  await second.until(() => second.text === 'x');
  assert.equal(recorder.text, '');
  recorder.transport.resume();
  await recorder.until(() => recorder.text === '<early/>');
});

test('a long queue is sent in plaintext before the handshake starts', async (t) => {
  const { net } = createNet(t);
  const tls = createTls(net, { certificates });
  const server = await serveStreams(t, net, { security: { mode: 'starttls', tls } });
  const client = await connect(t, server.port);
  const recorder = await server.accepted.connection();
  client.socket.pause();
  const filler = 'x'.repeat(8 * 1024 * 1024);
  recorder.transport.write(filler);
  recorder.transport.write('<proceed/>');
  recorder.transport.startTls?.();
  client.socket.resume();
  await client.until(() => client.byteLength === filler.length + '<proceed/>'.length);
  const secure = await startTlsClient(client);
  secure.write('<secure/>');
  await recorder.until(() => recorder.text === '<secure/>');
});
