/** Reading into the buffer that all connections share: how the kernel's part of a transport must behave all the same. */
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

test('a paused connection is not read, though bytes wait, and nothing of them is missing later', async (t) => {
  const { net } = createNet(t);
  const server = await serveStreams(t, net);
  const client = await connect(t, server.port);
  const recorder = await server.accepted.connection();
  recorder.react = () => recorder.transport.pause();
  client.socket.write('<first/>');
  await recorder.until(() => recorder.chunks.length === 1);
  const long = '<second/>'.repeat(50_000);
  client.socket.write(long);
  const other = await connect(t, server.port);
  other.socket.write('x');
  const served = await server.accepted.connection(1);
  await served.until(() => served.text === 'x');
  assert.deepEqual(recorder.chunks, ['<first/>']);
  recorder.react = () => {};
  recorder.transport.resume();
  await recorder.until(() => recorder.text.length === long.length + 8);
  assert.equal(recorder.text, `<first/>${long}`);
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
