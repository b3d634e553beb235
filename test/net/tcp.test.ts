/** Streams over plain TCP, on loopback. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { StreamListener } from '../../src/net/stream-listener.ts';
import { connect, createNet, Recorder, serveStreams } from './support.ts';

test('bytes go both ways, whatever their encoding needs', async (t) => {
  const { net } = createNet(t);
  const server = await serveStreams(t, net);
  const client = await connect(t, server.port);
  client.socket.write('<hé/>');
  const recorder = await server.accepted.connection();
  const { transport } = recorder;
  assert.equal(transport.kind, 'tcp');
  assert.equal(transport.framing, 'stream');
  assert.equal(transport.remoteAddress, '127.0.0.1');
  assert.equal(transport.tls, undefined);
  assert.equal(transport.startTls, undefined);
  await recorder.until(() => recorder.text === '<hé/>');
  transport.write('<wörld>');
  transport.write('😀</wörld>');
  await client.receives('<wörld>😀</wörld>');
});

test('what is written in a turn reaches the operating system in one write', async (t) => {
  const writes: string[] = [];
  const original = Socket.prototype.write;
  t.mock.method(Socket.prototype, 'write', function (this: Socket, ...args: unknown[]) {
    if (String(args[0]).startsWith('<m>')) writes.push(String(args[0]));
    return Reflect.apply(original, this, args);
  });
  const { net } = createNet(t);
  const server = await serveStreams(t, net);
  const client = await connect(t, server.port);
  const { transport } = await server.accepted.connection();
  for (let i = 0; i < 100; i++) transport.write(`<m>${i}</m>`);
  await client.receives('<m>99</m>');
  assert.equal(writes.length, 1);
});

test('onDrain comes after each write, when nothing is buffered any more', async (t) => {
  const { net } = createNet(t);
  const server = await serveStreams(t, net);
  await connect(t, server.port);
  const recorder = await server.accepted.connection();
  recorder.transport.write('<a/>');
  assert.equal(recorder.transport.bufferedBytes, 4);
  await recorder.until(() => recorder.drains === 1);
  assert.equal(recorder.transport.bufferedBytes, 0);
});

test('a slow reader fills bufferedBytes, not the event loop, and onDrain comes when it has read', async (t) => {
  const { net } = createNet(t);
  const server = await serveStreams(t, net);
  const client = await connect(t, server.port);
  client.socket.pause();
  const recorder = await server.accepted.connection();
  const block = 'x'.repeat(1024 * 1024);
  for (let i = 0; i < 16; i++) recorder.transport.write(block);
  recorder.transport.write('<end/>');
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(recorder.transport.bufferedBytes > block.length);
  assert.equal(recorder.drains, 0);
  client.socket.resume();
  await recorder.until(() => recorder.drains > 0);
  assert.equal(recorder.transport.bufferedBytes, 0);
  await client.until(() => client.byteLength === 16 * block.length + 6);
  assert.equal(client.bytes.toString('latin1', 16 * block.length), '<end/>');
});

test('between pause and resume no data is handed over, and none is lost', async (t) => {
  const { net } = createNet(t);
  const server = await serveStreams(t, net);
  const client = await connect(t, server.port);
  const recorder = await server.accepted.connection();
  recorder.react = () => recorder.transport.pause();
  client.socket.write('one');
  await recorder.until(() => recorder.text === 'one');
  client.socket.write('two');
  await new Promise((resolve) => client.socket.write('three', resolve));
  // A second connection served meanwhile shows that the first one had its chance.
  const other = await connect(t, server.port);
  const second = await server.accepted.connection(1);
  other.socket.write('x');
  await second.until(() => second.text === 'x');
  assert.equal(recorder.text, 'one');
  recorder.react = () => {};
  recorder.transport.resume();
  await recorder.until(() => recorder.text === 'onetwothree');
});

test('a peer that is paused cannot send more than the buffers hold', async (t) => {
  const { net } = createNet(t);
  const server = await serveStreams(t, net);
  const client = await connect(t, server.port);
  const recorder = await server.accepted.connection();
  recorder.transport.pause();
  let sentAll = false;
  client.socket.write(Buffer.alloc(32 * 1024 * 1024, 0x20), () => {
    sentAll = true;
  });
  const other = await connect(t, server.port);
  other.socket.write('x');
  const second = await server.accepted.connection(1);
  await second.until(() => second.text === 'x');
  assert.equal(sentAll, false);
  assert.equal(recorder.text, '');
});

test('end sends what is queued, then closes', async (t) => {
  const { net } = createNet(t);
  const server = await serveStreams(t, net);
  const client = await connect(t, server.port);
  const recorder = await server.accepted.connection();
  recorder.transport.write('<bye/>');
  recorder.transport.end();
  recorder.transport.write('<too-late/>');
  await client.closed();
  assert.equal(client.text, '<bye/>');
  assert.equal(await recorder.closed(), 'closed');
  assert.equal(net.admission.open, 0);
});

test('after end no data is handed over, and a peer that does not close is cut off after a while', async (t) => {
  const { net, clock } = createNet(t);
  const server = await serveStreams(t, net);
  const client = new Socket({ allowHalfOpen: true });
  t.after(() => client.destroy());
  client.on('error', () => {});
  client.resume();
  client.connect(server.port, '127.0.0.1');
  const recorder = await server.accepted.connection();
  recorder.transport.end();
  await once(client, 'end');
  await new Promise((resolve) => client.write('<still-here/>', resolve));
  clock.advance(4_000);
  assert.deepEqual(recorder.closeReasons, []);
  clock.advance(2_000);
  assert.equal(await recorder.closed(), 'close timeout');
  assert.equal(recorder.text, '');
});

test('end closes also what was paused with bytes unread', async (t) => {
  const { net } = createNet(t);
  const server = await serveStreams(t, net);
  const client = await connect(t, server.port);
  const recorder = await server.accepted.connection();
  recorder.transport.pause();
  await new Promise((resolve) => client.socket.write('unread', resolve));
  recorder.transport.end();
  assert.equal(await recorder.closed(), 'closed');
  assert.equal(recorder.text, '');
});

test('destroy closes at once; onClose comes later, once, and nothing after it', async (t) => {
  const { net } = createNet(t);
  const server = await serveStreams(t, net);
  const client = await connect(t, server.port);
  const recorder = await server.accepted.connection();
  recorder.transport.write('<lost/>');
  recorder.transport.destroy();
  assert.deepEqual(recorder.closeReasons, []);
  recorder.transport.destroy();
  recorder.transport.end();
  recorder.transport.write('<lost/>');
  recorder.transport.pause();
  recorder.transport.resume();
  assert.equal(await recorder.closed(), 'destroyed');
  await client.closed();
  assert.equal(client.text, '');
  assert.deepEqual(recorder.closeReasons, ['destroyed']);
  assert.equal(recorder.drains, 0);
});

test('a peer that closes is told with onClose, once', async (t) => {
  const { net } = createNet(t);
  const server = await serveStreams(t, net);
  const client = await connect(t, server.port);
  const recorder = await server.accepted.connection();
  client.socket.end('<last/>');
  assert.equal(await recorder.closed(), 'closed by the peer');
  assert.equal(recorder.text, '<last/>');
  await client.closed();
  assert.equal(recorder.closeReasons.length, 1);
});

test('a reply to the last bytes is sent before the connection closes', async (t) => {
  const { net } = createNet(t);
  const server = await serveStreams(t, net);
  const client = await connect(t, server.port);
  const recorder = await server.accepted.connection();
  recorder.react = () => {
    recorder.transport.write('</stream>');
    recorder.transport.end();
  };
  client.socket.end('</stream>');
  await client.receives('</stream>');
});

test('a connection that is reset ends alone', async (t) => {
  const { net } = createNet(t);
  const server = await serveStreams(t, net);
  const rude = await connect(t, server.port);
  const recorder = await server.accepted.connection();
  const polite = await connect(t, server.port);
  const other = await server.accepted.connection(1);
  rude.socket.resetAndDestroy();
  assert.equal(await recorder.closed(), 'ECONNRESET');
  other.transport.write('<fine/>');
  await polite.receives('<fine/>');
});

test('a handler that throws costs its own connection only', async (t) => {
  const { net } = createNet(t);
  const server = await serveStreams(t, net);
  const client = await connect(t, server.port);
  const recorder = await server.accepted.connection();
  recorder.react = () => {
    throw new Error('a mistake');
  };
  client.socket.write('x');
  assert.equal(await recorder.closed(), 'internal error');
  await client.closed();
});

test('nothing is read before the acceptor has answered', async (t) => {
  const { net } = createNet(t);
  let answer = (_accepted: boolean): void => {};
  const offered: Recorder[] = [];
  const listener = new StreamListener(net, {
    addresses: ['127.0.0.1'],
    port: 0,
    security: { mode: 'plain' },
    accept: (transport) => {
      offered.push(new Recorder(transport));
      return new Promise((resolve) => {
        answer = resolve;
      });
    },
  });
  await listener.listen();
  t.after(() => listener.close());
  const client = await connect(t, listener.addresses[0]?.port ?? 0);
  await new Promise((resolve) => client.socket.write('early', resolve));
  while (offered.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const [recorder] = offered as [Recorder];
  t.after(() => recorder.transport.destroy());
  assert.equal(recorder.text, '');
  answer(true);
  await recorder.until(() => recorder.text === 'early');
});

test('an acceptor that says no, or fails, closes the connection', async (t) => {
  const { net } = createNet(t);
  const answers = [() => false, () => Promise.resolve(false), () => Promise.reject(new Error('no'))];
  answers.push(() => {
    throw new Error('no');
  });
  const listener = new StreamListener(net, {
    addresses: ['127.0.0.1'],
    port: 0,
    security: { mode: 'plain' },
    accept: () => (answers.shift() as () => boolean)(),
  });
  await listener.listen();
  t.after(() => listener.close());
  for (let i = 0; i < 4; i++) await (await connect(t, listener.addresses[0]?.port ?? 0)).closed();
  assert.equal(answers.length, 0);
  while (net.admission.open > 0) await new Promise((resolve) => setImmediate(resolve));
});
