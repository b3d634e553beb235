/** RFC 7395 on the HTTP listener, with the package's own client and with bytes by hand. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { type ClientOptions, WebSocket } from 'ws';
import { textFrame } from '../../src/net/websocket-frame.ts';
import { serveHttp } from './http-support.ts';
import { type Client, certificateFor, connect, createNet, createTls, TestCertificates } from './support.ts';

interface OpenSocket {
  readonly ws: WebSocket;
  readonly messages: string[];
  closed(): Promise<number>;
  receives(count: number): Promise<void>;
}

async function open(t: TestContext, url: string, options: ClientOptions = {}): Promise<OpenSocket> {
  const ws = new WebSocket(url, 'xmpp', { rejectUnauthorized: false, perMessageDeflate: false, ...options });
  const messages: string[] = [];
  ws.on('message', (data: Buffer) => messages.push(data.toString()));
  const code = new Promise<number>((resolve) => ws.on('close', resolve));
  t.after(() => ws.terminate());
  await once(ws, 'open');
  ws.on('error', () => {});
  return {
    ws,
    messages,
    closed: () => code,
    receives: async (count) => {
      while (messages.length < count) await once(ws, 'message');
    },
  };
}

test('RFC 7395 3.1: a handshake for xmpp is accepted, and each message is handed over whole', async (t) => {
  const { net } = createNet(t);
  const server = await serveHttp(t, net);
  const client = await open(t, `ws://127.0.0.1:${server.port}/xmpp-websocket`);
  assert.equal(client.ws.protocol, 'xmpp');
  assert.equal(client.ws.extensions, '');
  const recorder = await server.accepted.connection();
  const { transport } = recorder;
  assert.equal(transport.kind, 'ws');
  assert.equal(transport.framing, 'frames');
  assert.equal(transport.remoteAddress, '127.0.0.1');
  assert.equal(transport.tls, undefined);
  client.ws.send('<open/>');
  client.ws.send('<hé/>');
  await recorder.until(() => recorder.chunks.length === 2);
  assert.deepEqual(recorder.chunks, ['<open/>', '<hé/>']);
  client.ws.send('<fr', { fin: false });
  client.ws.send('agment/>');
  await recorder.until(() => recorder.chunks.length === 3);
  assert.equal(recorder.chunks[2], '<fragment/>');
});

test('RFC 7395 3.3.1: each write is a message, and those of a turn reach the operating system together', async (t) => {
  const { net } = createNet(t);
  const server = await serveHttp(t, net);
  const client = await open(t, `ws://127.0.0.1:${server.port}/xmpp-websocket`);
  const recorder = await server.accepted.connection();
  const raw = (client.ws as unknown as { _socket: Socket })._socket;
  let packets = 0;
  raw.on('data', () => packets++);
  const sizes = [0, 1, 125, 126, 127, 1000, 65_535, 65_536, 100_000];
  const texts = [...sizes.map((size) => 'x'.repeat(size)), 'é'.repeat(63), '漢'.repeat(30_000), '😀'];
  for (const text of texts) recorder.transport.write(text);
  await client.receives(texts.length);
  assert.deepEqual(client.messages, texts);
  packets = 0;
  for (let i = 0; i < 50; i++) recorder.transport.write(`<m>${i}</m>`);
  await client.receives(texts.length + 50);
  assert.equal(packets, 1);
  await recorder.until(() => recorder.transport.bufferedBytes === 0);
});

test('RFC 6455 5.2: frames have the shortest length and are not masked', () => {
  const bytes = (text: string): Buffer => Buffer.from(textFrame(text), 'latin1');
  assert.deepEqual(bytes('é'), Buffer.from([0x81, 2, 0xc3, 0xa9]));
  assert.deepEqual(bytes('x'.repeat(126)).subarray(0, 4), Buffer.from([0x81, 126, 0, 126]));
  assert.deepEqual(bytes('x'.repeat(65_536)).subarray(0, 10), Buffer.from([0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]));
});

test('RFC 7395 3.1: a handshake without the subprotocol xmpp is refused', async (t) => {
  const { net } = createNet(t);
  const server = await serveHttp(t, net);
  for (const protocols of [[], ['chat'], ['chat', 'xmppx']]) {
    const ws = new WebSocket(`ws://127.0.0.1:${server.port}/xmpp-websocket`, protocols);
    ws.on('error', () => {});
    const [, response] = (await once(ws, 'unexpected-response')) as [unknown, { statusCode: number }];
    assert.equal(response.statusCode, 400);
    ws.terminate();
  }
  const several = new WebSocket(`ws://127.0.0.1:${server.port}/xmpp-websocket`, ['chat', 'xmpp']);
  t.after(() => several.terminate());
  await once(several, 'open');
  assert.equal(several.protocol, 'xmpp');
  assert.equal(server.accepted.all.length, 1);
});

test('handshakes at other paths, and upgrades to other protocols, are ordinary requests', async (t) => {
  const { net } = createNet(t);
  const server = await serveHttp(t, net);
  const ws = new WebSocket(`ws://127.0.0.1:${server.port}/elsewhere`, 'xmpp');
  ws.on('error', () => {});
  const [, response] = (await once(ws, 'unexpected-response')) as [unknown, { statusCode: number }];
  assert.equal(response.statusCode, 404);
  ws.terminate();
  const client = await connect(t, server.port);
  client.socket.write('GET /hello HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
  await client.receives('"protocol":"http"');
  assert.match(client.text, /^HTTP\/1.1 200 /);
});

test('a path with a query is the same path', async (t) => {
  const { net } = createNet(t);
  const server = await serveHttp(t, net);
  await open(t, `ws://127.0.0.1:${server.port}/xmpp-websocket?x=1`);
  await server.accepted.connection();
});

test('RFC 7395 3.3.1: a binary message closes the connection with 1003', async (t) => {
  const { net } = createNet(t);
  const server = await serveHttp(t, net);
  const client = await open(t, `ws://127.0.0.1:${server.port}/xmpp-websocket`);
  const recorder = await server.accepted.connection();
  client.ws.send(Buffer.from('<open/>'));
  client.ws.send('<open/>');
  assert.equal(await client.closed(), 1003);
  assert.equal(await recorder.closed(), 'binary message');
  assert.deepEqual(recorder.chunks, []);
});

test('RFC 6455 10.4: a message beyond the limit closes the connection with 1009, in one frame or many', async (t) => {
  const { net } = createNet(t);
  const server = await serveHttp(t, net);
  const sends = [
    (ws: WebSocket) => ws.send('x'.repeat(4097)),
    (ws: WebSocket) => {
      for (let i = 0; i < 5; i++) ws.send('x'.repeat(1000), { fin: false });
    },
  ];
  for (const [index, send] of sends.entries()) {
    const client = await open(t, `ws://127.0.0.1:${server.port}/xmpp-websocket`);
    const recorder = await server.accepted.connection(index);
    send(client.ws);
    assert.equal(await client.closed(), 1009);
    assert.equal(await recorder.closed(), 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH');
    assert.deepEqual(recorder.chunks, []);
  }
});

test('a message in very many fragments closes the connection', async (t) => {
  const { net } = createNet(t);
  const server = await serveHttp(t, net);
  const client = await open(t, `ws://127.0.0.1:${server.port}/xmpp-websocket`);
  const recorder = await server.accepted.connection();
  for (let i = 0; i < 100; i++) client.ws.send('x', { fin: false });
  assert.equal(await client.closed(), 1008);
  await recorder.closed();
});

test('RFC 6455 5.1 and 8.1: frames without a mask, and text that is not UTF-8, close the connection', async (t) => {
  const { net } = createNet(t);
  const server = await serveHttp(t, net);
  const frames = [
    { bytes: [0x81, 0x01, 0x78], reason: 'WS_ERR_EXPECTED_MASK' },
    { bytes: [0x81, 0x81, 0, 0, 0, 0, 0xff], reason: 'WS_ERR_INVALID_UTF8' },
    { bytes: [0xc1, 0x81, 0, 0, 0, 0, 0x78], reason: 'WS_ERR_UNEXPECTED_RSV_1' },
  ];
  for (const [index, { bytes, reason }] of frames.entries()) {
    const client = await open(t, `ws://127.0.0.1:${server.port}/xmpp-websocket`);
    const recorder = await server.accepted.connection(index);
    (client.ws as unknown as { _socket: Socket })._socket.write(Buffer.from(bytes));
    assert.equal(await recorder.closed(), reason);
    assert.deepEqual(recorder.chunks, []);
  }
});

test('end sends what is queued, then a close frame with 1000, and onClose comes once', async (t) => {
  const { net } = createNet(t);
  const server = await serveHttp(t, net);
  const client = await open(t, `ws://127.0.0.1:${server.port}/xmpp-websocket`);
  const recorder = await server.accepted.connection();
  recorder.transport.write('<close/>');
  recorder.transport.end();
  recorder.transport.write('<too-late/>');
  assert.equal(await client.closed(), 1000);
  assert.deepEqual(client.messages, ['<close/>']);
  assert.equal(await recorder.closed(), 'closed');
  assert.equal(recorder.closeReasons.length, 1);
  assert.equal(net.admission.open, 0);
});

test('a peer that does not answer the close frame is cut off after a while', async (t) => {
  const { net, clock } = createNet(t);
  const server = await serveHttp(t, net);
  const client = await open(t, `ws://127.0.0.1:${server.port}/xmpp-websocket`);
  const recorder = await server.accepted.connection();
  client.ws.pause();
  recorder.transport.end();
  clock.advance(6_000);
  assert.equal(await recorder.closed(), 'close timeout');
});

test('a peer that closes, or vanishes, is told with onClose, once', async (t) => {
  const { net } = createNet(t);
  const server = await serveHttp(t, net);
  const polite = await open(t, `ws://127.0.0.1:${server.port}/xmpp-websocket`);
  const first = await server.accepted.connection();
  polite.ws.close(1000);
  assert.equal(await first.closed(), 'closed by the peer');
  const rude = await open(t, `ws://127.0.0.1:${server.port}/xmpp-websocket`);
  const second = await server.accepted.connection(1);
  (rude.ws as unknown as { _socket: Socket })._socket.resetAndDestroy();
  assert.equal(await second.closed(), 'ECONNRESET');
  assert.equal(first.closeReasons.length + second.closeReasons.length, 2);
});

test('between pause and resume no message is handed over, not even one that was read already', async (t) => {
  const { net } = createNet(t);
  const server = await serveHttp(t, net);
  const client = await open(t, `ws://127.0.0.1:${server.port}/xmpp-websocket`);
  const recorder = await server.accepted.connection();
  recorder.react = () => recorder.transport.pause();
  const raw = (client.ws as unknown as { _socket: Socket })._socket;
  raw.cork();
  for (let i = 0; i < 5; i++) client.ws.send(String(i));
  raw.uncork();
  for (let i = 0; i < 5; i++) {
    await recorder.until(() => recorder.chunks.length === i + 1);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(recorder.chunks.length, i + 1);
    recorder.transport.resume();
  }
  assert.deepEqual(recorder.chunks, ['0', '1', '2', '3', '4']);
  client.ws.send('5');
  await recorder.until(() => recorder.chunks.length === 6);
});

test('RFC 6455 7.1.1: what came before a close frame is handed over, also to a handler that is paused', async (t) => {
  const { net } = createNet(t);
  const server = await serveHttp(t, net);
  for (const [index, deed] of (['resume', 'end', 'destroy'] as const).entries()) {
    const client = await open(t, `ws://127.0.0.1:${server.port}/xmpp-websocket`);
    const recorder = await server.accepted.connection(index);
    recorder.react = () => recorder.transport.pause();
    const raw = (client.ws as unknown as { _socket: Socket })._socket;
    raw.cork();
    for (let i = 0; i < 3; i++) client.ws.send(String(i));
    client.ws.close();
    raw.uncork();
    await client.closed();
    for (let i = 0; deed === 'resume' && i < 3; i++) {
      await recorder.until(() => recorder.chunks.length === i + 1);
      assert.deepEqual(recorder.closeReasons, []);
      recorder.transport.resume();
    }
    await recorder.until(() => recorder.chunks.length > 0);
    recorder.transport[deed]();
    await recorder.closed();
    assert.equal(recorder.chunks.length, deed === 'resume' ? 3 : 1);
    assert.equal(recorder.closeReasons.length, 1);
  }
});

test('a message in very many pieces closes the connection: each costs far more than its bytes', async (t) => {
  const { net } = createNet(t);
  const server = await serveHttp(t, net);
  const client = await open(t, `ws://127.0.0.1:${server.port}/xmpp-websocket`);
  const recorder = await server.accepted.connection();
  const raw = (client.ws as unknown as { _socket: Socket })._socket;
  raw.setNoDelay(true);
  raw.write(Buffer.from([0x81, 0xfe, 0x0f, 0xa0, 0, 0, 0, 0]));
  let sent = 0;
  while (recorder.closeReasons.length === 0 && sent++ < 3900) {
    raw.write('x');
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(await recorder.closed(), 'WS_ERR_TOO_MANY_BUFFERED_PARTS');
  assert.deepEqual(recorder.chunks, []);
});

test('thousands of tiny messages in one read are more than a paused transport keeps', async (t) => {
  const { net } = createNet(t);
  const server = await serveHttp(t, net);
  const client = await open(t, `ws://127.0.0.1:${server.port}/xmpp-websocket`);
  const recorder = await server.accepted.connection();
  recorder.react = () => recorder.transport.pause();
  const tiny = Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x78]);
  (client.ws as unknown as { _socket: Socket })._socket.write(Buffer.concat(Array.from({ length: 8000 }, () => tiny)));
  assert.equal(await recorder.closed(), 'too many messages at once');
  assert.equal(recorder.chunks.length, 1);
});

/** A connection by hand: nothing is sent or answered but what the test says. */
async function openRaw(t: TestContext, port: number, behind: Buffer): Promise<Client<Socket>> {
  const client = await connect(t, port);
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13';
  const headers = `Host: x\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n${key}\r\nSec-WebSocket-Protocol: xmpp`;
  client.socket.write(Buffer.concat([Buffer.from(`GET /xmpp-websocket HTTP/1.1\r\n${headers}\r\n\r\n`), behind]));
  await client.receives('\r\n\r\n');
  assert.match(client.text, /^HTTP\/1.1 101 /);
  return client;
}

test('a message that comes in one packet with the handshake is not lost', async (t) => {
  const { net } = createNet(t);
  const server = await serveHttp(t, net);
  const client = await openRaw(t, server.port, Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x78]));
  const recorder = await server.accepted.connection();
  await recorder.until(() => recorder.text === 'x');
  recorder.transport.write('y');
  await client.until(() => client.bytes.at(-1) === 0x79);
  assert.deepEqual(client.bytes.subarray(-3), Buffer.from([0x81, 1, 0x79]));
});

test('RFC 6455 5.5.1: after a close frame of ours no message follows', async (t) => {
  const { net } = createNet(t);
  const server = await serveHttp(t, net);
  const client = await openRaw(t, server.port, Buffer.alloc(0));
  const recorder = await server.accepted.connection();
  const before = client.byteLength;
  client.socket.write(Buffer.from([0xff, 0x80, 0, 0, 0, 0])); // reserved bits and opcode
  await client.until(() => client.byteLength > before);
  recorder.transport.write('too late');
  client.socket.end();
  await client.closed();
  assert.deepEqual([...client.bytes.subarray(before, before + 4)], [0x88, 2, 1002 >> 8, 1002 & 0xff]);
  assert.equal(client.byteLength, before + 4);
});

test('a handshake that breaks RFC 6455 is refused with 400', async (t) => {
  const { net } = createNet(t);
  const server = await serveHttp(t, net);
  for (const broken of ['Sec-WebSocket-Key: short\r\nSec-WebSocket-Version: 13', 'Sec-WebSocket-Version: 13']) {
    const client = await connect(t, server.port);
    const upgrade = 'Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: xmpp';
    client.socket.write(`GET /xmpp-websocket HTTP/1.1\r\n${upgrade}\r\n${broken}\r\n\r\n`);
    await client.closed();
    assert.match(client.text, /^HTTP\/1.1 400 /);
  }
  assert.equal(server.accepted.all.length, 0);
});

test('the address is that of X-Forwarded-For from a trusted proxy, also for the limits', async (t) => {
  const { net } = createNet(t, { maxPerAddress: 1 });
  const server = await serveHttp(t, net);
  const url = `ws://127.0.0.1:${server.port}/xmpp-websocket`;
  const headers = { 'X-Forwarded-For': '203.0.113.9, 192.0.2.1' };
  await open(t, url, { headers });
  assert.equal((await server.accepted.connection()).transport.remoteAddress, '192.0.2.1');
  const second = new WebSocket(url, 'xmpp', { headers });
  second.on('error', () => {});
  const [, response] = (await once(second, 'unexpected-response')) as [unknown, { statusCode: number }];
  assert.equal(response.statusCode, 429);
  second.terminate();
});

test('X-Forwarded-Proto from a trusted proxy says whether the client speaks TLS, and nothing can be bound to it', async (t) => {
  const { net } = createNet(t);
  const server = await serveHttp(t, net);
  const url = `ws://127.0.0.1:${server.port}/xmpp-websocket`;
  await open(t, url, { headers: { 'X-Forwarded-Proto': 'https' } });
  const secure = (await server.accepted.connection()).transport.tls;
  assert.ok(secure);
  assert.equal(secure.tlsExporter() ?? secure.tlsServerEndPoint() ?? secure.tlsUnique(), undefined);
  const other = await serveHttp(t, net);
  await open(t, `ws://127.0.0.1:${other.port}/xmpp-websocket`, { headers: { 'X-Forwarded-Proto': 'http' } });
  assert.equal((await other.accepted.connection()).transport.tls, undefined);
});
test('X-Forwarded-Proto from anyone else is not believed', async (t) => {
  const { net } = createNet(t, { isTrusted: () => false });
  const server = await serveHttp(t, net);
  await open(t, `ws://127.0.0.1:${server.port}/xmpp-websocket`, { headers: { 'X-Forwarded-Proto': 'https' } });
  assert.equal((await server.accepted.connection()).transport.tls, undefined);
});
test('X-Forwarded-For from anyone else is not believed', async (t) => {
  const { net } = createNet(t, { isTrusted: () => false });
  const server = await serveHttp(t, net);
  const headers = { 'X-Forwarded-For': '192.0.2.1' };
  await open(t, `ws://127.0.0.1:${server.port}/xmpp-websocket`, { headers });
  assert.equal((await server.accepted.connection()).transport.remoteAddress, '127.0.0.1');
});

test('RFC 7395 over TLS: kind wss, with the facts for channel binding', async (t) => {
  const { net } = createNet(t);
  const certificates = new TestCertificates(certificateFor('localhost'));
  const server = await serveHttp(t, net, { tls: createTls(net, { certificates, alpn: ['http/1.1'] }) });
  const client = await open(t, `wss://127.0.0.1:${server.port}/xmpp-websocket`);
  const { transport } = await server.accepted.connection();
  const socket = (client.ws as unknown as { _socket: TLSSocket })._socket;
  assert.equal(transport.kind, 'wss');
  assert.deepEqual(
    transport.tls?.tlsExporter(),
    socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)),
  );
  const certificateHash = createHash('sha256').update(socket.getPeerCertificate().raw).digest();
  assert.deepEqual(transport.tls?.tlsServerEndPoint(), certificateHash);
  transport.write('<a/>');
  transport.write('<b/>');
  await client.receives(2);
  assert.deepEqual(client.messages, ['<a/>', '<b/>']);
  transport.end();
  assert.equal(await client.closed(), 1000);
});

test('closing the HTTP listener closes idle connections, and leaves WebSockets to their owners', async (t) => {
  const { net } = createNet(t);
  const server = await serveHttp(t, net);
  const client = await open(t, `ws://127.0.0.1:${server.port}/xmpp-websocket`);
  const recorder = await server.accepted.connection();
  const idle = await connect(t, server.port);
  idle.socket.write('GET /hello HTTP/1.1\r\nHost: x\r\n\r\n');
  await idle.receives('"protocol"');
  await server.http.close(1000);
  await idle.closed();
  recorder.transport.write('<still-here/>');
  await client.receives(1);
});
