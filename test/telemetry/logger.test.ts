/** The log: levels, fields, secrets, and lines for people. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
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

/** What is written to standard error meanwhile. */
function complaints(context: TestContext): string[] {
  const said: string[] = [];
  context.mock.method(process.stderr, 'write', (text: string) => said.push(text) > 0);
  return said;
}

const soon = () => new Promise((resolve) => setTimeout(resolve, 50));

test('a file that cannot be opened is an error at once', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'parley-log-')), 'no-folder');
  writeFileSync(file, '');
  assert.throws(() => createLogger({ level: 'info', format: 'auto', file: join(file, 'parley.log') }), /no-folder/);
});

test('a file that cannot be opened again is told, and the lines go where they went before', async (context) => {
  const folder = join(mkdtempSync(join(tmpdir(), 'parley-log-')), 'sub');
  const file = join(folder, 'parley.log');
  const sink = createLogger({ level: 'info', format: 'auto', file });
  renameSync(folder, `${folder}.1`);
  writeFileSync(folder, '');
  const said = complaints(context);
  sink.reopen();
  sink.logger.info({}, 'still here');
  await soon();
  assert.deepEqual(said, [`parley: the log file ${file} cannot be opened again (EEXIST)\n`]);
  assert.match(readFileSync(join(`${folder}.1`, 'parley.log'), 'utf8'), /still here/);
  sink.close();
  rmSync(folder);
});

test('a disk that is full is told once an outage, and keeps the process neither up nor from stopping', () => {
  const logger = join(import.meta.dirname, '../../src/telemetry/logger.ts');
  const script = `
    const { createLogger } = await import(${JSON.stringify(logger)});
    const sink = createLogger({ level: 'info', format: 'auto', file: '/dev/full' });
    for (const it of [1, 2, 3]) {
      sink.logger.info({}, 'line');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    sink.close();
    sink.logger.info({}, 'after the end');`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 20_000 });
  assert.equal(status, 0);
  assert.equal(stderr.toString(), 'parley: the log file /dev/full cannot be written (ENOSPC)\n');
});
