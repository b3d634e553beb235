/** bin/parley as an operator runs it: started, used, reloaded and stopped; and on a Node that is too old. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { temporaryFolder } from './support.ts';

const BIN = join(import.meta.dirname, '../../bin/parley');
const data = temporaryFolder();
const config = join(data, 'parley.yaml');
const at = ['--config', config, '--data', data];

function writeConfig(more: string): void {
  const address = "addresses: ['127.0.0.1']";
  const listeners = `listeners:\n  - { port: 0, ${address} }\n  - { port: 0, ${address}, protocol: http }\n`;
  writeFileSync(config, `hosts: { localhost: {} }\n${listeners}${more}`);
}

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function ended(child: ChildProcess, stdin = ''): Promise<Ended> {
  const written = { out: '', err: '' };
  child.stdout!.on('data', (it: Buffer) => (written.out += it.toString()));
  child.stderr!.on('data', (it: Buffer) => (written.err += it.toString()));
  child.stdin!.end(stdin);
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, ...written })));
}

const parley = (args: readonly string[], stdin?: string): Promise<Ended> =>
  ended(spawn(process.execPath, [BIN, ...args]), stdin);

let server: ChildProcess;
const printed: string[] = [];

before(async () => {
  writeConfig('');
  server = spawn(process.execPath, [BIN, 'start', ...at], { stdio: ['ignore', 'pipe', 'ignore'] });
  for await (const line of createInterface({ input: server.stdout! })) {
    printed.push(line);
    if (line.startsWith('Parley is ready')) return;
  }
  throw new Error(`the server did not start: ${printed.join('\n')}`);
});

after(() => server.kill('SIGKILL'));

test('start prints where it listens, how to make the first account, and that it is ready', () => {
  assert.match(printed.join('\n'), /^Parley \S+, configuration .*parley\.yaml, data in /);
  assert.match(printed.join('\n'), /\n {2}xmpp +\d+ +starttls +127\.0\.0\.1\n {2}http +\d+ +none +127\.0\.0\.1\n/);
  assert.match(printed.join('\n'), /no account yet.* user add NAME@localhost --generate --config .* --data /);
  assert.equal(printed.filter((it) => it.startsWith('Parley is ready')).length, 1);
});

test('the process id is in parley.pid, and a second server on the same data is refused', async () => {
  assert.equal(readFileSync(join(data, 'parley.pid'), 'utf8'), `${server.pid}\n`);
  const { code, err } = await parley(['start', ...at]);
  assert.equal(code, 1);
  assert.match(err, /Parley is already running on /);
});

test('accounts are made in the running server, and its status is shown', async () => {
  const [added, status] = await Promise.all([
    parley(['user', 'add', 'juliet@localhost', '--password-stdin', ...at], 'wherefore art thou\n'),
    parley(['status', '--json', ...at]),
  ]);
  assert.deepEqual(added, { code: 0, out: 'jid: juliet@localhost\n', err: '' });
  const { pid, listeners } = JSON.parse(status.out) as { pid: number; listeners: readonly { protocol: string }[] };
  assert.equal(pid, server.pid);
  assert.deepEqual(
    listeners.map((it) => it.protocol),
    ['xmpp', 'http'],
  );
});

test('reload says what changed and what needs a restart; a broken configuration changes nothing', async () => {
  writeConfig('limits: { depth: 99 }\nshutdownTimeout: 1s\ntrusted: []\n');
  const changed = await parley(['reload', '--json', ...at]);
  assert.deepEqual(JSON.parse(changed.out), { changed: ['limits.depth', 'shutdownTimeout'], restart: ['trusted'] });
  writeConfig('limits: { depth: deep }\n');
  const { code, err } = await parley(['reload', ...at]);
  assert.equal(code, 1);
  assert.match(err, /parley\.yaml:5:18: limits\.depth is "deep"/);
  writeConfig('limits: { depth: 99 }\n');
});

test('a domain that is taken is refused by check, start and reload, however often', async () => {
  writeConfig('modules: { muc: { domain: localhost } }\n');
  for (const command of ['check', 'start', 'reload', 'reload']) {
    const { code, err } = await parley([command, ...at]);
    assert.equal(code, 1);
    assert.match(
      err,
      /parley\.yaml:5:27: modules\.muc\.domain makes localhost the domain of muc on localhost, but it is/,
    );
  }
  writeConfig('limits: { depth: 99 }\n');
});

test('a log file that cannot be opened is named, with exit code 1', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'parley.yaml');
  writeFileSync(file, 'log: { file: parley.yaml/parley.log }\n');
  assert.deepEqual(await parley(['start', '--config', file, '--data', folder]), {
    code: 1,
    out: '',
    err: `parley: the log file ${file}/parley.log cannot be opened (EEXIST)\n`,
  });
  assert.equal(existsSync(join(folder, 'parley.pid')), false);
});

test('SIGTERM stops the server: exit code 0, nothing left behind; commands then work on the database', async () => {
  const exit = new Promise((resolve) => server.on('exit', resolve));
  server.kill('SIGTERM');
  assert.equal(await exit, 0);
  assert.equal(existsSync(join(data, 'parley.pid')), false);
  assert.equal(existsSync(join(data, 'parley.sock')), false);
  const { code, out } = await parley(['user', 'list', '--json', ...at]);
  assert.equal(code, 0);
  assert.deepEqual(
    (JSON.parse(out) as readonly { jid: string }[]).map((it) => it.jid),
    ['juliet@localhost'],
  );
});

test('every Node that is installed runs it as the shell does, by its first line', async () => {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((it) => existsSync(join(it, 'node')));
  assert.ok(folders.length > 0);
  for (const folder of folders) {
    const path = [folder, '/usr/bin', '/bin'].join(delimiter);
    const { code, out, err } = await ended(spawn(BIN, ['--version'], { env: { ...process.env, PATH: path } }));
    assert.deepEqual([code, err], [0, ''], folder);
    assert.match(out, /^\d/);
  }
});

test('on an old Node the one that npm installed takes over; without it the message says what to install', async () => {
  const folder = temporaryFolder();
  const old = join(folder, 'old.cjs');
  writeFileSync(old, "Object.defineProperty(process.versions, 'node', { value: '18.20.4' });");
  const asOld = (bin: string): Promise<Ended> => ended(spawn(process.execPath, ['-r', old, bin, 'config', 'example']));
  mkdirSync(join(folder, 'bin'));
  cpSync(join(BIN, '..'), join(folder, 'bin'), { recursive: true });
  const alone = await asOld(join(folder, 'bin/parley'));
  assert.equal(alone.code, 1);
  assert.match(alone.err, /^parley: Node .* is too old\. Install Node 24\.12 or newer .*npm ci/);
  const helped = await asOld(BIN);
  assert.deepEqual([helped.code, helped.err], [0, '']);
  assert.match(helped.out, /^# Configuration of Parley/);
});
