/** What a configuration becomes: defaults, units, paths, secrets, hosts and their modules. */
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { loadConfig, locateData } from '../../../src/server/config/load.ts';
import { load } from './support.ts';

const hostOf = (text: string, at = 0) => load(text).hosts[at]!;
const namesOf = (text: string, at = 0) => hostOf(text, at).modules.map((it) => it.name);

test('an empty file is the default configuration: localhost on four ports with SQLite', () => {
  const config = load('');
  assert.deepEqual(
    config.hosts.map((it) => it.domain),
    ['localhost'],
  );
  assert.deepEqual(
    config.listeners.map((it) => [it.port, it.protocol, it.tls]),
    [
      [5222, 'xmpp', 'starttls'],
      [5223, 'xmpp', 'direct'],
      [5280, 'http', 'none'],
      [5281, 'http', 'direct'],
    ],
  );
  assert.deepEqual(config.listeners[0]!.addresses, ['::', '0.0.0.0']);
  assert.deepEqual(config.database, { engine: 'sqlite', file: '/nowhere/data/parley.db' });
  assert.equal(config.limits.stanzaBytes, 262_144);
  assert.equal(config.tls.requireTls, true);
});

test('a section whose options are all commented out is its default', () => {
  assert.deepEqual(load('limits:\n  # depth: 9\nhosts:\n  a.example:\nmodules:\n  ping:\n').limits, load('').limits);
});

test('durations become milliseconds and sizes become bytes', () => {
  const { limits, shutdownTimeout } = load('limits: { authTimeout: 1m30s, stanzaBytes: 1 MB }\nshutdownTimeout: 250ms');
  assert.equal(limits.authTimeout, 90_000);
  assert.equal(limits.stanzaBytes, 1_000_000);
  assert.equal(shutdownTimeout, 250);
});

test('a component listener is on this machine only unless it says otherwise', () => {
  const { listeners, components } = load(
    'listeners: [{ port: 5347, protocol: component }]\ncomponents: { irc.example.org: { secret: s3cret } }',
  );
  assert.deepEqual(listeners[0]!.addresses, ['::1', '127.0.0.1']);
  assert.equal(listeners[0]!.tls, 'none');
  assert.deepEqual([...components], [['irc.example.org', 's3cret']]);
});

test('domains and addresses are prepared (RFC 7622)', () => {
  const host = hostOf('hosts: { EXAMPLE.org: { admins: [Romeo@Example.ORG] } }');
  assert.equal(host.domain, 'example.org');
  assert.deepEqual([...host.admins], ['romeo@example.org']);
});

test('networks have words for this machine and for everyone', () => {
  const { trusted, metrics } = load('trusted: [loopback, 10.1.2.3]\nmetrics: { allow: [any] }');
  assert.deepEqual(trusted, ['127.0.0.0/8', '::1/128', '10.1.2.3/32']);
  assert.deepEqual(metrics.allow, ['0.0.0.0/0', '::/0']);
});

test('a module is on by default unless it says otherwise, and hosts may differ from what holds for all', () => {
  assert.deepEqual(namesOf(''), ['ping', 'book', 'reader']);
  const text = `
hosts:
  a.example: { modules: { ping: false, printer: { paper: A4 } } }
  b.example: { modules: { ping: true } }
modules: { ping: false, book: { pages: 7, order: new-first } }`;
  assert.deepEqual(namesOf(text, 0), ['book', 'reader', 'printer']);
  assert.deepEqual(namesOf(text, 1), ['ping', 'book', 'reader']);
});

test("a host's module options go over those for all hosts, one by one", () => {
  const text = `
hosts: { a.example: { modules: { book: { pages: 9 } } }, b.example: {} }
modules: { book: { pages: 7, keep: 1d } }`;
  assert.deepEqual(hostOf(text, 0).options['book'], { pages: 9, keep: '1d' });
  const effective = { keep: 86_400_000, order: 'old-first', size: 1_048_576 };
  assert.deepEqual(hostOf(text, 0).effective['book'], { pages: 9, ...effective });
  assert.deepEqual(hostOf(text, 1).effective['book'], { pages: 7, ...effective });
});

test('relative paths start from the data directory, also those of modules', () => {
  const config = load('log: { file: logs/parley.log }\ndatabase: sqlite:sub/x.db\nmodules: { reader: { shelf: s } }');
  assert.equal(config.log.file, '/nowhere/data/logs/parley.log');
  assert.deepEqual(config.database, { engine: 'sqlite', file: '/nowhere/data/sub/x.db' });
  assert.deepEqual(config.hosts[0]!.effective['reader'], { shelf: '/nowhere/data/s' });
});

test('a secret may come from a file, whose last newline is no part of it', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-config-'));
  writeFileSync(join(dataDir, 'token'), 'open sesame\n');
  const config = load(
    'modules: { reader: { tokenFile: token } }\ndatabase: postgres://u@h/d\ndatabasePasswordFile: token',
    { dataDir },
  );
  assert.equal((config.hosts[0]!.options['reader'] as { token: string }).token, 'open sesame');
  assert.deepEqual(config.database, { engine: 'postgres', url: 'postgres://u:open%20sesame@h/d' });
});

test('a database over a Unix socket gets its password as a parameter', () => {
  const { database } = load('database: "postgres:///d?host=/run/pg"\ndatabasePassword: a&b');
  assert.deepEqual(database, { engine: 'postgres', url: 'postgres:///d?host=%2Frun%2Fpg&password=a%26b' });
});

test('the data directory of the command line goes before the environment, and that before the file', () => {
  const data = (given: object): string => load('data: /file', given as never).data;
  assert.equal(data({ env: { PARLEY_DATA: '/env' }, dataDir: '/line' }), '/line');
});

test('the data directory of a file, and the default beside one, start from the file; what is typed, from here', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-config-'));
  const file = join(folder, 'parley.yaml');
  const located = (
    text: string | undefined,
    given: { dataDir?: string; env?: Record<string, string> } = {},
  ): string => {
    if (text !== undefined) writeFileSync(file, text);
    const source = { file: text === undefined ? undefined : file, env: {}, ...given };
    const { data } = loadConfig({ ...source, modules: [] });
    assert.equal(locateData(source), data);
    return data;
  };
  assert.equal(located(''), join(folder, 'data'));
  assert.equal(located('data: ../state'), join(folder, '../state'));
  assert.equal(located('data: /var/lib/parley'), '/var/lib/parley');
  assert.equal(located(undefined), resolve('data'));
  assert.equal(located('data: x', { env: { PARLEY_DATA: 'from-env' } }), resolve('from-env'));
  assert.equal(located('data: x', { dataDir: 'typed' }), resolve('typed'));
});
