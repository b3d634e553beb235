/** The rule of one write per connection and turn. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { Output } from '../../src/net/output.ts';
import { WriteBatch } from '../../src/net/write-batch.ts';

/** A socket that records its writes and completes them when told. */
class StubSocket {
  readonly writes: string[] = [];
  writable = true;
  writableLength = 0;
  /** Takes writes at once. */
  isFast = true;
  #callbacks: (() => void)[] = [];

  write(text: string, _encoding: string, done?: () => void): void {
    if (text !== '') this.writes.push(text);
    if (!this.isFast) this.writableLength += text.length;
    if (done !== undefined) this.#callbacks.push(done);
  }

  complete(): void {
    this.writableLength = 0;
    for (const done of this.#callbacks.splice(0)) done();
  }
}

function createOutput(options: { encrypted?: boolean } = {}): {
  socket: StubSocket;
  output: Output;
  drains: () => number;
} {
  const socket = new StubSocket();
  let count = 0;
  const owner = { drained: () => void count++ };
  const output = new Output(owner, socket as unknown as Socket, { encoding: 'utf8', encrypted: false, ...options });
  return { socket, output, drains: () => count };
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a batch schedules one flush, however many take part', () => {
  let scheduled = 0;
  let run = (): void => {};
  const batch = new WriteBatch((flush) => {
    scheduled++;
    run = flush;
  });
  const flushed: string[] = [];
  batch.add({ flush: () => void flushed.push('a') });
  batch.add({ flush: () => void flushed.push('b') });
  assert.equal(scheduled, 1);
  run();
  assert.deepEqual(flushed, ['a', 'b']);
});

test('who is added during a flush takes part in the next one', () => {
  let run = (): void => {};
  const batch = new WriteBatch((flush) => {
    run = flush;
  });
  const flushed: string[] = [];
  const late = { flush: () => void flushed.push('late') };
  batch.add({
    flush: () => {
      flushed.push('first');
      batch.add(late);
    },
  });
  run();
  assert.deepEqual(flushed, ['first']);
  run();
  assert.deepEqual(flushed, ['first', 'late']);
});

/** A batch whose time is moved by hand; what is flushed takes `flushMs`. */
function createTimed(flushMs: number): { batch: WriteBatch; pass: (ms: number) => void; flushes: () => number } {
  let nowMs = 0;
  let count = 0;
  const batch = new WriteBatch(
    () => {},
    () => nowMs,
  );
  const connection = {
    flush: () => {
      nowMs += flushMs;
      count++;
    },
  };
  const pass = (ms: number): void => {
    batch.add(connection);
    nowMs += ms;
    batch.checkpoint();
  };
  return { batch, pass, flushes: () => count };
}

test('in a long turn what was said first leaves before everybody was heard', () => {
  const { pass, flushes } = createTimed(0);
  pass(0.2);
  pass(0.2);
  assert.equal(flushes(), 0);
  pass(0.2);
  assert.equal(flushes(), 3);
});

test('a flush that takes long is not made again before as long has passed', () => {
  const { batch, pass, flushes } = createTimed(10);
  pass(0.6);
  assert.equal(flushes(), 1);
  for (let i = 1; i <= 9; i++) pass(1);
  assert.equal(flushes(), 1);
  pass(1);
  assert.equal(flushes(), 11);
  batch.checkpoint(); // with nothing pending
  assert.equal(flushes(), 11);
});

test('texts of one turn leave in one write', async () => {
  const { socket, output, drains } = createOutput();
  for (const text of ['<a/>', '<b/>', '<c/>']) output.append(text);
  assert.deepEqual(socket.writes, []);
  assert.equal(output.bufferedBytes, 12);
  await nextTurn();
  assert.deepEqual(socket.writes, ['<a/><b/><c/>']);
  assert.equal(output.bufferedBytes, 0);
  assert.equal(drains(), 1);
});

test('pending text of 64 KiB leaves at once, and again later in the same turn', async () => {
  const { socket, output } = createOutput();
  const half = 'x'.repeat(32 * 1024);
  output.append(half);
  assert.equal(socket.writes.length, 0);
  output.append(half);
  assert.deepEqual(socket.writes, [half + half]);
  output.append('<a/>');
  await nextTurn();
  assert.deepEqual(socket.writes, [half + half, '<a/>']);
});

test('while a slow peer has not taken the last write, text gathers and leaves in one when it has', async () => {
  const { socket, output, drains } = createOutput();
  socket.isFast = false;
  output.append('<a/>');
  await nextTurn();
  output.append('<b/>');
  await nextTurn();
  output.append('x'.repeat(70_000));
  await nextTurn();
  assert.deepEqual(socket.writes, ['<a/>']);
  assert.equal(drains(), 0);
  assert.equal(output.bufferedBytes, 70_008);
  socket.isFast = true;
  socket.complete();
  assert.deepEqual(socket.writes, ['<a/>', `<b/>${'x'.repeat(70_000)}`]);
  assert.equal(drains(), 1);
  assert.equal(output.bufferedBytes, 0);
});

test('over TLS, where writes are never done at once, the same holds', async () => {
  const { socket, output, drains } = createOutput({ encrypted: true });
  output.append('<a/>');
  await nextTurn();
  output.append('<b/>');
  await nextTurn();
  assert.deepEqual(socket.writes, ['<a/>']);
  socket.complete();
  assert.deepEqual(socket.writes, ['<a/>', '<b/>']);
  assert.equal(drains(), 0);
  socket.complete();
  assert.equal(drains(), 1);
});

test('finish hands everything over, also behind a write that is under way', async () => {
  const { socket, output } = createOutput();
  socket.isFast = false;
  output.append('<a/>');
  await nextTurn();
  output.append('<b/>');
  output.finish();
  assert.deepEqual(socket.writes, ['<a/>', '<b/>']);
});

test('held text waits for the socket that it is moved to', async () => {
  const { socket, output } = createOutput();
  output.append('<proceed/>');
  output.finish();
  output.hold();
  output.append('<secret/>');
  await nextTurn();
  assert.deepEqual(socket.writes, ['<proceed/>']);
  const secure = new StubSocket();
  output.moveTo(secure as unknown as Socket);
  assert.deepEqual(secure.writes, ['<secret/>']);
});

test('text for a socket that cannot be written any more is dropped', async () => {
  const { socket, output } = createOutput();
  output.append('<a/>');
  socket.writable = false;
  await nextTurn();
  assert.deepEqual(socket.writes, []);
  assert.equal(output.bufferedBytes, 0);
});
