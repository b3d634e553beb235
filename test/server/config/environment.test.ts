/** Options from environment variables, as containers set them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorsOf, load } from './support.ts';

const withEnv = (env: Record<string, string>, text = '') => load(text, { env });
const said = (env: Record<string, string>, text = ''): string => errorsOf(text, { env }).message;

test('the path of an option in capitals, with two underscores between the steps, sets it', () => {
  const { limits, tls } = withEnv({ PARLEY_LIMITS__STANZA_BYTES: '1 MiB', PARLEY_TLS__REQUIRE_TLS: 'false' });
  assert.equal(limits.stanzaBytes, 1_048_576);
  assert.equal(tls.requireTls, false);
});

test('a variable goes before the file', () => {
  assert.equal(withEnv({ PARLEY_LIMITS__DEPTH: '20' }, 'limits: { depth: 30, attributes: 31 }').limits.depth, 20);
  assert.equal(withEnv({ PARLEY_LIMITS__DEPTH: '20' }, 'limits: { depth: 30, attributes: 31 }').limits.attributes, 31);
});

test('an empty variable counts as not set', () => {
  assert.equal(withEnv({ PARLEY_LIMITS__DEPTH: '' }).limits.depth, 64);
});

test('PARLEY_HOSTS names the hosts, which keep what the file says of them', () => {
  const text = 'hosts: { a.example: { anonymous: true }, c.example: {} }';
  const { hosts } = withEnv({ PARLEY_HOSTS: 'a.example, b.example' }, text);
  assert.deepEqual(
    hosts.map((it) => [it.domain, it.anonymous]),
    [
      ['a.example', true],
      ['b.example', false],
    ],
  );
});

test('an option of a host is set by its domain, with underscores for what is no letter or digit', () => {
  const env = { PARLEY_HOSTS: 'chat.a-b.example', PARLEY_HOSTS__CHAT_A_B_EXAMPLE__ANONYMOUS: 'true' };
  assert.equal(withEnv(env).hosts[0]!.anonymous, true);
});

test('items of a list are set by their number, over the default as well', () => {
  const { listeners } = withEnv({ PARLEY_LISTENERS__0__PORT: '15222', PARLEY_LISTENERS__1: '{ port: 15223 }' });
  assert.deepEqual(
    listeners.map((it) => it.port),
    [15222, 15223, 5280, 5281],
  );
});

test('lists may be written with commas, and values as YAML', () => {
  assert.deepEqual(withEnv({ PARLEY_AUTH__MECHANISMS: 'SCRAM-SHA-256, PLAIN' }).auth.mechanisms, [
    'SCRAM-SHA-256',
    'PLAIN',
  ]);
  assert.deepEqual(withEnv({ PARLEY_TRUSTED: '[10.0.0.0/8]' }).trusted, ['10.0.0.0/8']);
});

test('text stays text, whatever it looks like', () => {
  const { database } = withEnv({ PARLEY_DATABASE: 'postgres://u@h/d', PARLEY_DATABASE_PASSWORD: '0123' });
  assert.deepEqual(database, { engine: 'postgres', url: 'postgres://u:0123@h/d' });
});

test('modules are turned on and off, and get options', () => {
  const [host] = withEnv({ PARLEY_MODULES__PING: 'false', PARLEY_MODULES__PRINTER__PAPER: 'A4' }).hosts;
  assert.deepEqual(
    host!.modules.map((it) => it.name),
    ['book', 'reader', 'printer'],
  );
});

test('what Kubernetes sets for a service called parley is no option', () => {
  assert.doesNotThrow(() =>
    withEnv({
      PARLEY_SERVICE_HOST: '10.0.0.1',
      PARLEY_SERVICE_PORT_C2S: '5222',
      PARLEY_PORT: 'tcp://10.0.0.1:5222',
      PARLEY_PORT_5222_TCP_ADDR: '10.0.0.1',
    }),
  );
});

test('a wrong value names the variable, even where the file sets the same option', () => {
  assert.equal(
    said({ PARLEY_LIMITS__DEPTH: 'deep' }, 'limits: { depth: 20 }'),
    'PARLEY_LIMITS__DEPTH: limits.depth is "deep"; expected a whole number from 8 to 1000',
  );
  assert.match(
    said({ PARLEY_LISTENERS: '[{ port: 1, tls: startls }]' }),
    /^PARLEY_LISTENERS: listeners\[0\]\.tls is "startls"/,
  );
});

test('an unknown variable is an error with a suggestion', () => {
  assert.match(
    said({ PARLEY_LIMITS__DEPHT: '9' }),
    /^PARLEY_LIMITS__DEPHT: there is no option "DEPHT"; .*mean "DEPTH"\?$/,
  );
  assert.match(said({ PARLEY_LIMTS: '9' }), /^PARLEY_LIMTS: there is no option "LIMTS"; .*mean "LIMITS"\?$/);
  assert.match(said({ PARLEY_HOSTS__NO_SUCH__ANONYMOUS: 'true' }), /there is no option "NO_SUCH"; expected LOCALHOST/);
  assert.match(said({ PARLEY_LISTENERS__7__PORT: '1' }), /7 is no position in the list/);
  assert.match(said({ PARLEY_DATA__X: '1' }), /there is nothing below "X"/);
  assert.match(said({ PARLEY_LIMITS: '{' }), /^PARLEY_LIMITS: the value is not valid YAML/);
});
