/** The log: levels, fields, secrets, and lines for people. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLogger, type LogOptions } from '../../src/telemetry/logger.ts';
import { prettyLine } from '../../src/telemetry/pretty.ts';

function capture(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const stream = { write: (line: string) => void lines.push(line) };
  const sink = createLogger({ level: 'info', format: 'json', stream, ...options });
  const entries = () => lines.map((it) => JSON.parse(it) as Record<string, unknown>);
  return { ...sink, lines, entries };
}

test('a line is a JSON object with level, time, message and the fields of the logger and of the call', () => {
  const { logger, entries } = capture();
  logger.child({ host: 'a.example' }).child({ module: 'roster' }).info({ contacts: 3 }, 'loaded');
  const [{ time, ...entry }] = entries() as [Record<string, unknown>];
  assert.deepEqual(entry, { level: 'info', host: 'a.example', module: 'roster', contacts: 3, msg: 'loaded' });
  assert.match(String(time), /^\d{4}-\d\d-\d\dT.*Z$/);
});

test('lines below the level are not written; a changed level holds for loggers that exist', () => {
  const { logger, setLevel, entries } = capture();
  const child = logger.child({ host: 'a.example' });
  child.debug({}, 'one');
  setLevel('debug');
  child.debug({}, 'two');
  setLevel('silent');
  child.error({}, 'three');
  assert.deepEqual(
    entries().map((it) => it['msg']),
    ['two'],
  );
});

test('secrets are not written, wherever they are', () => {
  const { logger, lines } = capture();
  logger.info({ password: 'hush', account: { token: 'hush', secret: 'hush' } }, 'login');
  assert.doesNotMatch(lines.join(), /hush/);
  assert.match(lines.join(), /\[redacted\]/);
});

test('an error is written with its stack', () => {
  const { logger, entries } = capture();
  logger.error({ err: new TypeError('broken') }, 'failed');
  const { err } = entries()[0] as { err: { type: string; message: string; stack: string } };
  assert.deepEqual([err.type, err.message], ['TypeError', 'broken']);
  assert.match(err.stack, /logger\.test\.ts/);
});

test('a line for people has time, level, place, message and fields, in this order', () => {
  const line = JSON.stringify({
    level: 'warn',
    time: '2026-11-24T13:55:01.123Z',
    host: 'a.example',
    module: 'roster',
    session: 'x1',
    ip: '::1',
    text: 'two words',
    msg: 'slow',
  });
  assert.equal(
    prettyLine(line, false),
    '2026-11-24 13:55:01.123 WARN  [a.example roster x1] slow ip=::1 text="two words"\n',
  );
});

test('a line for people shows the stack of an error below it', () => {
  const { logger, lines } = capture({ format: 'pretty' });
  logger.error({ err: new Error('broken') }, 'failed');
  assert.match(lines[0]!, /ERROR failed\n {4}Error: broken\n {4}at /);
});

test('text of a client cannot steer the terminal', () => {
  const line = JSON.stringify({ level: 'info', time: 't', msg: 'a\u001b[2Jb', nick: '\u001b]0;x\u0007', c1: '\u009b' });
  assert.doesNotMatch(prettyLine(line, false).trimEnd(), /[\u0000-\u001f\u007f-\u009f]/);
});

test('colours are for terminals only', () => {
  const line = JSON.stringify({ level: 'info', time: 't', msg: 'm' });
  assert.ok(prettyLine(line, true).includes('\u001b[32mINFO'));
  assert.ok(!prettyLine(line, false).includes('\u001b'));
});

test('a file is appended to, and opened anew after it was renamed', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'parley-log-')), 'sub', 'parley.log');
  const sink = createLogger({ level: 'info', format: 'auto', file });
  const written = (name: string) => readFileSync(name, 'utf8');
  const until = async (done: () => boolean): Promise<void> => {
    while (!done()) await new Promise((resolve) => setImmediate(resolve));
  };
  const holds = (name: string, text: string) => () => {
    try {
      return written(name).includes(text);
    } catch {
      return false;
    }
  };
  sink.logger.info({}, 'first');
  await until(holds(file, 'first'));
  renameSync(file, `${file}.1`);
  sink.reopen();
  await until(holds(file, ''));
  sink.logger.info({}, 'second');
  await until(holds(file, 'second'));
  sink.close();
  assert.match(written(`${file}.1`), /"msg":"first"/);
  assert.doesNotMatch(written(file), /first/);
});
