/** The command line: what commands are called with, what they print, and how they end. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { refuseForeignOwner } from '../../src/cli/backend.ts';
import { CommandError } from '../../src/kernel/command.ts';
import { createSelfSigned } from '../../src/net/self-signed.ts';
import { secretPath } from '../../src/server/secret.ts';
import { FakeServer, keyboard, parley, temporaryFolder } from './support.ts';

const data = temporaryFolder();
const at = ['--data', data];
// A server was here.
writeFileSync(secretPath(data), '');

/** A server on which one command answers. */
function answering(name: string, answer: unknown): FakeServer {
  const server = new FakeServer();
  server.answers.set(name, answer);
  return server;
}

test('a command runs in this process when no server is running, and the server is stopped after', async () => {
  const server = answering('user info', { jid: 'a@localhost', locked: false, keys: ['x', 'y'] });
  const { code, out } = await parley(['user', 'info', 'a@localhost', ...at], { server });
  assert.equal(code, 0);
  assert.equal(out, 'jid:    a@localhost\nlocked: no\nkeys:   x, y\n');
  assert.deepEqual(server.calls, [{ name: 'user info', args: { jid: 'a@localhost' }, host: undefined }]);
  assert.equal(server.stopped, true);
});

test('--json prints JSON, before or after the command', async () => {
  const given = () => ({ server: answering('user lock', { locked: true }) });
  assert.equal((await parley(['--json', 'user', 'lock', 'a@b', ...at], given())).out, '{"locked":true}\n');
  assert.equal((await parley(['user', 'lock', 'a@b', '--json', ...at], given())).out, '{"locked":true}\n');
});

test('a refusal is exit code 1 with its reason, and the server is stopped all the same', async () => {
  const server = answering('user delete', new CommandError('there is no account a@b'));
  const { code, err, out } = await parley(['user', 'delete', 'a@b', ...at], { server });
  assert.deepEqual([code, err, out], [1, 'parley: there is no account a@b\n', '']);
  assert.equal(server.stopped, true);
});

test('with --json a failure is JSON as well', async () => {
  const server = answering('user delete', new CommandError('no'));
  const { code, out } = await parley(['user', 'delete', 'a@b', '--json', ...at], { server });
  assert.deepEqual([code, out], [1, '{"error":{"message":"no"}}\n']);
});

test('wrong usage is exit code 2 with a usage line', async () => {
  const { code, err } = await parley(['user', 'info', ...at]);
  assert.equal(code, 2);
  assert.equal(err, "error: missing required argument 'jid'\nusage: parley user info [options] <jid>\n");
});

test('a misspelt command is suggested, and starts nothing', async () => {
  const server = new FakeServer();
  const top = await parley(['strat', ...at], { server });
  assert.deepEqual([top.code, top.err.includes('Did you mean start?')], [2, true]);
  const below = await parley(['user', 'ad', 'a@b', ...at], { server });
  assert.deepEqual([below.code, below.err.includes('Did you mean add?')], [2, true]);
  assert.equal(server.stopped, false);
});

test('help is exit code 0 and asks no server', async () => {
  const server = new FakeServer();
  const { code, out } = await parley(['user', 'add', '--help'], { server });
  assert.equal(code, 0);
  assert.match(out, /Usage: parley user add \[options\] <jid>/);
  assert.match(out, /--password-stdin/);
  assert.doesNotMatch(out, /--password[^-]/);
  assert.equal(server.stopped, false);
});

test('no command at all is wrong usage', async () => {
  const { code, err } = await parley([]);
  assert.equal(code, 2);
  assert.match(err, /^Usage: parley/);
});

test('a command of a module is offered with the options of its schema', async () => {
  const server = new FakeServer();
  const typed = ['book', 'print', 'Moby', '--copies', '3', '--no-two-sided', '--pages', '1', '7', '--order', 'up'];
  const { code } = await parley([...typed, ...at], { server });
  assert.equal(code, 0);
  const args = { title: 'Moby', copies: 3, twoSided: false, pages: ['1', '7'], order: 'up' };
  assert.deepEqual(server.calls.at(-1), { name: 'book print', args, host: undefined });
});

test('what a schema of a module refuses is wrong usage', async () => {
  const low = await parley(['book', 'print', 'Moby', '--copies', '0', ...at]);
  assert.deepEqual([low.code, low.err.startsWith('parley: copies: ')], [2, true]);
  const text = await parley(['book', 'print', 'Moby', '--copies', 'two', ...at]);
  assert.deepEqual([text.code, text.err.includes('It is no whole number.')], [2, true]);
  const word = await parley(['book', 'print', 'Moby', '--order', 'left', ...at]);
  assert.deepEqual([word.code, word.err.includes('Allowed choices are up, down.')], [2, true]);
});

test('a list without a host is put together from all hosts; with --host it is of that one', async () => {
  const server = answering('user list', [{ jid: 'a', locked: false }]);
  server.hosts = ['one.example', 'two.example'];
  const all = await parley(['user', 'list', ...at], { server });
  assert.equal(all.out, 'JID  LOCKED\na    no\na    no\n');
  assert.deepEqual(
    server.calls.map((it) => it.host),
    ['one.example', 'two.example'],
  );
  await parley(['user', 'list', '--host', 'two.example', ...at], { server });
  assert.equal(server.calls.at(-1)!.host, 'two.example');
});

test('a configuration with mistakes is exit code 1, with every mistake', async () => {
  const file = join(data, 'broken.yaml');
  writeFileSync(file, 'limits: { depht: 9 }\ntls: { minVersion: SSLv3 }\n');
  const { code, err } = await parley(['check', '--config', file]);
  assert.equal(code, 1);
  assert.match(err, /broken\.yaml:1:11: there is no option "depht".*did you mean "depth"\?\n.*broken\.yaml:2:20: /);
  const json = await parley(['check', '--config', file, '--json']);
  assert.equal((JSON.parse(json.out) as { error: { problems: unknown[] } }).error.problems.length, 2);
});

test('a correct configuration is exit code 0; PARLEY_CONFIG names it, too', async () => {
  const file = join(data, 'good.yaml');
  writeFileSync(file, 'hosts: { a.example: {} }\n');
  const { code, out } = await parley(['check', ...at], { env: { PARLEY_CONFIG: file } });
  assert.equal(code, 0);
  assert.match(out, /hosts: +a\.example\n/);
});

test('a certificate of another name, or at its end, is worth a warning', async () => {
  const file = join(data, 'certificates.yaml');
  const days = (validDays: number, name: string): string => {
    const { certPem, keyPem } = createSelfSigned({ hosts: [name], nowMs: Date.now(), validDays });
    writeFileSync(join(data, `${name}.crt`), certPem);
    writeFileSync(join(data, `${name}.key`), keyPem);
    return `{ certificateFile: ${name}.crt, keyFile: ${name}.key }`;
  };
  const hosts = `a.example: ${days(30, 'a.example')}, b.example: ${days(13, 'b.example')}, c.example: {}`;
  writeFileSync(file, `hosts: { ${hosts} }\ntls: ${days(0, 'd.example')}\n`);
  const check = ['check', '--config', file, ...at];
  const { code, err } = await parley(check);
  assert.equal(code, 0);
  const warnings = err
    .replaceAll(`parley: warning: the certificate ${data}/`, '')
    .replaceAll(/\d{4}-\d\d-\d\d/g, 'DAY');
  assert.equal(
    warnings,
    'b.example.crt expires on DAY\nd.example.crt has expired on DAY\nd.example.crt does not cover the host c.example\n',
  );
  const json = await parley([...check, '--json']);
  assert.equal((JSON.parse(json.out) as { warnings: readonly string[] }).warnings.length, 3);
});

test('modules are listed with the hosts that have them', async () => {
  const { out } = await parley(['module', 'list', ...at]);
  assert.match(out, /^NAME +IS +XEPS +SUMMARY\nping +on +- +Answers pings\nbook +on +0045 +Keeps a book\n/);
  assert.match(out, /\nprinter +off /);
});

test('the example configuration is printed', async () => {
  assert.match((await parley(['config', 'example'])).out, /^# Configuration of Parley.*\n/);
});

test('where no server ever ran a command is refused and makes nothing, unless it makes accounts', async () => {
  const [empty, none] = [temporaryFolder(), join(temporaryFolder(), 'none')];
  const server = answering('user list', []);
  const refused = async (folder: string) => {
    const { code, err } = await parley(['user', 'list', '--data', folder], { server });
    assert.equal(code, 1);
    return err;
  };
  const hint = 'is --config or --data missing, or was the server never started?';
  assert.equal(await refused(none), `parley: there is no data directory ${none}: ${hint}\n`);
  assert.equal(await refused(empty), `parley: there is nothing of a server in the data directory ${empty}: ${hint}\n`);
  assert.deepEqual([server.calls, existsSync(none)], [[], false]);
  for (const name of ['add', 'import']) {
    const accounts = answering(`user ${name}`, { created: 0, existing: [], refused: [] });
    const typed = name === 'add' ? ['a@b', '--generate'] : ['-'];
    const { code, err } = await parley(['user', name, ...typed, '--data', none], { server: accounts });
    assert.deepEqual([code, err], [0, `parley: made the data directory ${none}\n`]);
  }
});

test('what needs a running server says that there is none', async () => {
  for (const name of ['status', 'reload']) {
    const { code, err } = await parley([name, ...at]);
    assert.deepEqual([code, err], [1, `parley: the server is not running on the data directory ${data}\n`]);
  }
});

test('a password comes from standard input', async () => {
  const server = answering('user add', { jid: 'a@b' });
  await parley(['user', 'add', 'a@b', '--password-stdin', ...at], { server, stdin: 'pass word \r\nmore\n' });
  assert.deepEqual(server.calls[0]!.args, { jid: 'a@b', password: 'pass word ' });
});

test('a password is asked for twice on a terminal, without echo, and may be edited', async () => {
  const server = answering('user password', { jid: 'a@b' });
  const stdin = keyboard('wrong\u0015sesamx\u007fe\rsesame\r');
  const { code, err } = await parley(['user', 'password', 'a@b', ...at], { server, stdin });
  assert.deepEqual([code, err], [0, 'Password: \nOnce more: \n']);
  assert.deepEqual(server.calls[0]!.args, { jid: 'a@b', password: 'sesame' });
  assert.deepEqual((stdin as unknown as { rawModes: boolean[] }).rawModes, [true, false]);
});

test('passwords that differ, an interruption, and a pipe without a password are refused before anything starts', async () => {
  const server = answering('user add', { jid: 'a@b' });
  const add = ['user', 'add', 'a@b', ...at];
  assert.match((await parley(add, { server, stdin: keyboard('one\rtwo\r') })).err, /the passwords differ/);
  assert.match((await parley(add, { server, stdin: keyboard('on\u0003') })).err, /interrupted/);
  assert.match((await parley(add, { server })).err, /use --password-stdin or --generate/);
  assert.match((await parley([...add, '--password-stdin'], { server })).err, /no password on standard input/);
  assert.deepEqual(server.calls, []);
});

test('--generate asks for no password and prints the one that was made', async () => {
  const server = answering('user add', { jid: 'a@b', password: 'made-up' });
  const { out } = await parley(['user', 'add', 'a@b', '--generate', ...at], { server });
  assert.deepEqual(server.calls[0]!.args, { jid: 'a@b', generate: true });
  assert.equal(out, 'jid:      a@b\npassword: made-up\n');
});

test('root does not leave files of its own in the data directory of another user', () => {
  assert.throws(() => refuseForeignOwner(data, 0, 1000), { message: /belongs to user 1000: run .* sudo -u '#1000'$/ });
  assert.doesNotThrow(() => refuseForeignOwner(data, 0, 0));
  assert.doesNotThrow(() => refuseForeignOwner(data, 1000, 1000));
  assert.doesNotThrow(() => refuseForeignOwner(join(data, 'none'), 0));
});
