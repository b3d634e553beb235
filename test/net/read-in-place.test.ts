/** Reading into the buffer that all connections share; what else holds of transports is in tcp.test.ts, over such sockets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect, createNet, serveStreams } from './support.ts';

test('two connections are read into one buffer: this Node still lets the handle change hands', async (t) => {
  const { net } = createNet(t);
  const server = await serveStreams(t, net);
  const buffers = new Set<ArrayBufferLike>();
  for (let i = 0; i < 2; i++) {
    const client = await connect(t, server.port);
    const recorder = await server.accepted.connection(i);
    const onData = recorder.onData.bind(recorder);
    recorder.onData = (chunk) => {
      buffers.add(chunk.buffer);
      onData(chunk);
    };
    client.socket.write('<a/>');
    await recorder.until(() => recorder.text === '<a/>');
  }
  assert.equal(buffers.size, 1);
});

test('the end of a connection is noticed, also by one that has read nothing', async (t) => {
  const { net } = createNet(t);
  const server = await serveStreams(t, net);
  const client = await connect(t, server.port);
  const recorder = await server.accepted.connection();
  client.socket.end();
  assert.equal(await recorder.closed(), 'closed by the peer');
  assert.equal(net.admission.open, 0);
});
