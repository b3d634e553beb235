/** The in-memory pair has the manners of a socket. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TlsDetails } from '../../src/kernel/transport.ts';
import { type MemoryOptions, memoryPair } from '../../src/net/memory.ts';
import { Recorder } from './support.ts';

const facts: TlsDetails = {
  protocol: 'TLSv1.3',
  cipher: 'TLS_AES_128_GCM_SHA256',
  tlsExporter: () => undefined,
  tlsServerEndPoint: () => undefined,
  tlsUnique: () => undefined,
  peerCertificate: () => undefined,
  serverName: undefined,
};

function createPair(options?: MemoryOptions): [Recorder, Recorder] {
  const [server, client] = memoryPair(options);
  return [new Recorder(server), new Recorder(client)];
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('texts of one turn arrive as one chunk in the next', async () => {
  const [server, client] = createPair();
  client.transport.write('<a/>');
  client.transport.write('<b/>');
  assert.deepEqual(server.chunks, []);
  assert.equal(client.transport.bufferedBytes, 8);
  await nextTurn();
  assert.deepEqual(server.chunks, ['<a/><b/>']);
  assert.equal(client.transport.bufferedBytes, 0);
  assert.equal(client.drains, 1);
});

test('with frames, each text arrives by itself', async () => {
  const [server, client] = createPair({ framing: 'frames' });
  server.transport.write('<a/>');
  server.transport.write('<b/>');
  await nextTurn();
  assert.deepEqual(client.chunks, ['<a/>', '<b/>']);
});

test('a paused end gets nothing, and what it has not read counts as buffered at the other', async () => {
  const [server, client] = createPair();
  server.transport.pause();
  client.transport.write('one');
  await nextTurn();
  client.transport.write('two');
  await nextTurn();
  assert.deepEqual(server.chunks, []);
  assert.equal(client.transport.bufferedBytes, 6);
  assert.equal(client.drains, 0);
  server.react = () => server.transport.pause();
  server.transport.resume();
  await nextTurn();
  assert.deepEqual(server.chunks, ['one']);
  server.transport.resume();
  await nextTurn();
  assert.deepEqual(server.chunks, ['one', 'two']);
  assert.equal(client.drains, 1);
});

test('end delivers what is queued, then closes both ends, each once', async () => {
  const [server, client] = createPair();
  server.transport.write('<bye/>');
  server.transport.end();
  server.transport.write('<too-late/>');
  client.transport.write('<ignored/>');
  await nextTurn();
  assert.deepEqual(client.chunks, ['<bye/>']);
  assert.deepEqual(client.closeReasons, ['closed by the peer']);
  assert.deepEqual(server.closeReasons, ['closed']);
  assert.deepEqual(server.chunks, []);
  client.transport.end();
  server.transport.destroy();
  await nextTurn();
  assert.equal(server.closeReasons.length + client.closeReasons.length, 2);
});

test('an end that is paused reads the rest before it hears of the close', async () => {
  const [server, client] = createPair();
  client.transport.pause();
  server.transport.write('<bye/>');
  server.transport.end();
  await nextTurn();
  await nextTurn();
  assert.deepEqual(client.closeReasons, []);
  client.transport.resume();
  await client.closed();
  assert.deepEqual(client.chunks, ['<bye/>']);
  assert.equal(await server.closed(), 'closed');
});

test('destroy drops what is queued, and onClose comes later', async () => {
  const [server, client] = createPair();
  server.transport.write('<lost/>');
  server.transport.destroy();
  assert.deepEqual(server.closeReasons, []);
  await nextTurn();
  assert.deepEqual(server.closeReasons, ['destroyed']);
  assert.deepEqual(client.closeReasons, ['closed by the peer']);
  assert.deepEqual(client.chunks, []);
});

test('RFC 6120 5.4.2: STARTTLS answers in plaintext, discards what was pipelined, then both ends are secure', async () => {
  const [server, client] = createPair({ startTls: facts });
  server.react = (text) => {
    if (text !== '<starttls/>') return;
    server.transport.write('<proceed/>');
    server.transport.startTls?.();
    server.transport.write('<header/>');
    client.transport.write('<injected/>');
  };
  client.transport.write('<starttls/>');
  let inPlaintext = '';
  client.react = (text) => {
    if (client.transport.tls === undefined) inPlaintext += text;
  };
  await client.until(() => client.text === '<proceed/><header/>');
  assert.equal(inPlaintext, '<proceed/>');
  assert.equal(client.secured, 1);
  assert.equal(server.secured, 1);
  assert.equal(server.transport.tls, facts);
  assert.equal(client.transport.tls, facts);
  client.transport.write('<secure/>');
  await server.until(() => server.text.includes('<secure/>'));
  assert.equal(server.text, '<starttls/><secure/>');
});
