/** Long character data is read many bytes at a time, wherever it lies in memory. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { skipPlain } from '../../src/xml/long-text.ts';

const STOPS = ['<', '&', ']', '\r', '\u0000', '\u001f', 'é'];
const PASSES = ['a', '>', '\n', '\t', ' ', '\u007f', '[', '='];

suite('long text', () => {
  test('what needs a look is found at every place, at every alignment, and nothing else is', () => {
    const memory = new ArrayBuffer(256);
    for (let offset = 0; offset < 8; offset++) {
      for (let length = 0; length <= 80; length++) {
        const bytes = Buffer.from(memory, offset, 100);
        bytes.fill(0);
        for (let i = 0; i < length; i++) bytes.write(PASSES[i % PASSES.length] as string, i, 'latin1');
        assert.equal(skipPlain(bytes, 0, length), length, `offset ${offset}, length ${length}`);
        const stop = STOPS[length % STOPS.length] as string;
        for (let at = 0; at < length; at += 1 + (length >> 4)) {
          const kept = bytes[at] as number;
          bytes.write(stop, at, 'latin1');
          const from = Math.min(at, length % 5);
          assert.equal(skipPlain(bytes, from, length), at, `offset ${offset}, length ${length}, ${at}`);
          bytes[at] = kept;
        }
      }
    }
  });

  test('nothing before the start or behind the end is looked at', () => {
    const bytes = Buffer.from(`<<<<${'a'.repeat(40)}<<<<`);
    for (let start = 4; start < 44; start++) {
      for (let end = start; end <= 44; end++) assert.equal(skipPlain(bytes, start, end), end);
    }
  });

  test('a stop is found behind many blocks', () => {
    for (const length of [4095, 4096, 4097, 20_000]) {
      const bytes = Buffer.alloc(length + 10, 'x');
      assert.equal(skipPlain(bytes, 0, length), length);
      for (const stop of STOPS) {
        bytes.write(stop, length, 'latin1');
        assert.equal(skipPlain(bytes, 3, length + 10), length);
      }
    }
  });
});
