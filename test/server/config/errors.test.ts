/** What is said about mistakes: all of them at once, each with file, line, column, what was expected, and a suggestion. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConfigErrors } from '../../../src/kernel/config-error.ts';
import { bitString, integer, oid, sequence, time, value } from '../../../src/net/der-writer.ts';
import { createSelfSigned } from '../../../src/net/self-signed.ts';
import { loadConfig } from '../../../src/server/config/load.ts';
import { errorsOf, MODULES } from './support.ts';

/** The first line of what is printed. */
const first = (text: string): string => errorsOf(text).message.split('\n')[0]!;

test('several mistakes are reported at once, in the order of the file', () => {
  const { problems } = errorsOf(`limits:
  depth: deep
  stanzaBites: 3
log: { level: loud }
modules:
  book:
    pages: 0
`);
  assert.deepEqual(
    problems.map((it) => it.where),
    ['parley.yaml:2:10', 'parley.yaml:3:3', 'parley.yaml:4:15', 'parley.yaml:7:12'],
  );
});

test('an unknown option has the place of its name, the options there are, and the one that was meant', () => {
  assert.equal(
    first('tls:\n  minVersoin: TLSv1.3'),
    'parley.yaml:2:3: there is no option "minVersoin" in tls; expected minVersion, certificateFile, keyFile, ' +
      'requireTls, allowPlaintextFrom, clientCertificates or clientCaFile; did you mean "minVersion"?',
  );
});

test('a value of the wrong type has its own place, and says what may stand there', () => {
  assert.equal(
    first('tls: { requireTls: maybe }'),
    'parley.yaml:1:20: tls.requireTls is "maybe"; expected true or false',
  );
  assert.equal(first('limits: 5'), 'parley.yaml:1:9: limits is 5; expected a mapping of names to values');
  assert.match(first('limits: { authTimeout: 60 }'), /:1:24: limits\.authTimeout is 60; expected a duration such as/);
});

test('a value out of range names the range', () => {
  assert.equal(
    first('auth: { scramIterations: 10 }'),
    'parley.yaml:1:26: auth.scramIterations is 10; expected a whole number from 4096 to 10000000',
  );
  assert.match(first('limits: { stanzaBytes: 1 TiB }'), /"1 TiB"; expected a size such as .* from 10 kB to 64 MiB$/);
});

test('a misspelt word of a list of words is suggested', () => {
  assert.match(first('auth: { mechanisms: [PLIAN] }'), /mechanisms\[0\] is "PLIAN"; .*did you mean "PLAIN"\?$/);
});

test('an option that stands twice is named where it stands the second time', () => {
  assert.equal(first('limits:\n  depth: 20\n  depth: 30'), 'parley.yaml:3:3: the option depth stands twice');
});

test('what is missing has the place of its parent', () => {
  assert.equal(
    first('hosts:\n  a.example:\n    modules:\n      printer: {}'),
    'parley.yaml:4:7: hosts."a.example".modules.printer.paper is missing; expected a text',
  );
  assert.match(first('listeners:\n  - protocol: http'), /^parley\.yaml:2:5: listeners\[0\]\.port is missing/);
});

test('text that is no YAML is reported with its place', () => {
  assert.match(first('limits: [1, 2'), /^parley\.yaml:1:\d+: not valid YAML: /);
  assert.match(first('a: "b'), /^parley\.yaml:1:\d+: not valid YAML: /);
  assert.match(first('- a\n- b'), /^parley\.yaml:1:1: the file is not a mapping/);
});

test('an unknown module is no option, and a host that is no domain is refused', () => {
  assert.match(first('modules: { pong: {} }'), /there is no module "pong" in modules; .*did you mean "ping"\?$/);
  assert.equal(
    first('hosts: { "a b": {} }'),
    'parley.yaml:1:10: "a b" does not fit; expected a domain such as example.org',
  );
  assert.match(
    first('hosts: { a.example: {}, A.EXAMPLE: {} }'),
    /:1:25: "A\.EXAMPLE" is the same domain as "a\.example"/,
  );
  assert.match(first('hosts: {}'), /:1:8: hosts is empty; expected at least one domain/);
  assert.match(first('listeners: []'), /:1:12: listeners is empty; expected at least one$/);
});

test('a module that another one needs cannot be off', () => {
  assert.match(
    first('hosts:\n  a.example:\n    modules: { book: false }'),
    /^parley\.yaml:3:16: the module reader needs book, which is off on a\.example; expected book on, or reader off/,
  );
});

test('a wrong option for all hosts is told once, not once a host', () => {
  assert.equal(errorsOf('hosts: { a.example: {}, b.example: {} }\nmodules: { book: { pages: 0 } }').problems.length, 1);
});

test('options of a module that no host has are checked all the same', () => {
  assert.match(
    first('modules: { printer: { paper: A4, copies: none } }\nhosts: { a.example: { modules: { printer: false } } }'),
    /copies is "none"/,
  );
});

test('files that are not there, or not what they should be, are named with their full path', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-config-'));
  const at = (name: string): string => join(dataDir, name);
  const [one, two] = ['a.example', 'b.example'].map((it) => createSelfSigned({ hosts: [it], nowMs: Date.now() }));
  writeFileSync(at('one.crt'), one!.certPem);
  writeFileSync(at('two.key'), two!.keyPem);
  writeFileSync(at('empty'), '');
  const said = (text: string): string => errorsOf(text, { dataDir }).message;
  assert.equal(
    said('tls: { certificateFile: no.crt, keyFile: two.key }'),
    `parley.yaml:1:25: there is no file ${at('no.crt')}; expected a file that can be read`,
  );
  assert.match(
    said('tls: { certificateFile: one.crt }'),
    /:1:8: tls\.certificateFile is given without keyFile; expected both/,
  );
  assert.match(
    said('tls: { certificateFile: one.crt, keyFile: two.key }'),
    /:1:43: .*two\.key is not the key of .*one\.crt/,
  );
  assert.match(
    said('tls: { certificateFile: one.crt, keyFile: empty }'),
    /:1:43: .*empty holds no key that can be used/,
  );
  assert.match(said('modules: { reader: { tokenFile: empty } }'), /:1:33: the file .*empty is empty/);
  assert.match(said('modules: { reader: { glasses: nope } }'), /:1:31: there is no file .*nope/);
});

/** RSA with 1024 bits; sound apart from that. */
function weakCertificate(): { certPem: string; keyPem: string } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const sha256WithRsa = sequence(oid('1.2.840.113549.1.1.11'), value(0x05, Buffer.alloc(0)));
  const validity = sequence(time(new Date('2026-01-01')), time(new Date('2046-01-01')));
  const key = publicKey.export({ type: 'spki', format: 'der' });
  const tbs = sequence(integer(Buffer.from([1])), sha256WithRsa, sequence(), validity, sequence(), key);
  const der = sequence(tbs, sha256WithRsa, bitString(sign('sha256', tbs, privateKey)));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  const certPem = ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
  return { certPem, keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string };
}

test('a certificate that OpenSSL refuses is refused before it is in force', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-config-'));
  const { certPem, keyPem } = weakCertificate();
  writeFileSync(join(dataDir, 'weak.crt'), certPem);
  writeFileSync(join(dataDir, 'weak.key'), keyPem);
  assert.match(
    errorsOf('tls: { certificateFile: weak.crt, keyFile: weak.key }', { dataDir }).message,
    /:1:25: .*weak\.crt cannot be used for TLS: OpenSSL says "ee key too small"; expected a chain with keys/,
  );
});

test('client certificates need authorities of their own: all public ones would do otherwise (EXTERNAL, XEP-0178)', () => {
  assert.equal(
    first('tls:\n  clientCertificates: true'),
    'parley.yaml:2:3: tls.clientCertificates is given without clientCaFile; expected the authorities to trust',
  );
  assert.match(first('tls: { clientCertificates: true, clientCaFile: no.pem }'), /:1:48: there is no file .*no\.pem/);
});

test('a secret is given once, and is never printed', () => {
  assert.match(
    first('databasePassword: a\ndatabasePasswordFile: b'),
    /:2:1: both databasePassword and databasePasswordFile/,
  );
  assert.equal(first('databasePassword: [hush]').includes('hush'), false);
  assert.equal(first('database: mysql://root:hush@h/d').includes('hush'), false);
});

test('ports that clash, and components without a port, are found before anything listens', () => {
  assert.match(
    first('listeners:\n  - { port: 5222 }\n  - { port: 5222, protocol: http }'),
    /^parley\.yaml:3:13: port 5222 on :: is taken by listeners\[0\]/,
  );
  assert.match(
    first('components: { a.example: { secret: s } }'),
    /:1:1: there are components but no listener for them/,
  );
  assert.match(first('listeners: [{ port: 1, protocol: http, tls: starttls }]'), /"starttls" does not go with .* http/);
});

test('a domain that two want is refused where the second one wants it', () => {
  const listeners = 'listeners: [{ port: 5347, protocol: component }]';
  const component = (domain: string): string => `${listeners}\ncomponents: { ${domain}: { secret: s } }\n`;
  const club = 'modules: { club: {} }';
  assert.equal(
    first('hosts: { a.test: {}, b.test: {} }\nmodules:\n  club: { domain: Rooms.test }'),
    'parley.yaml:3:19: modules.club.domain makes rooms.test the domain of club on b.test, ' +
      'but it is the domain of club on a.test already; expected each domain once',
  );
  assert.match(
    first(`hosts: { a.test: {}, b.test: { modules: { club: { domain: a.test } } } }`),
    /^parley\.yaml:1:59: hosts\."b\.test"\.modules\.club\.domain makes a\.test .* but it is a host already/,
  );
  assert.match(first(`hosts: { a.test: {}, club.a.test: { modules: { club: false } } }\n${club}`), /:1:10: hosts\."a/);
  assert.match(
    first(`${component('club.A.test')}hosts: { a.test: {} }\n${club}`),
    /^parley\.yaml:2:15: components\."club\.A\.test" makes club\.a\.test an external component, but it is the domain/,
  );
  assert.match(
    first(`${component('a.test')}hosts: { a.test: {} }`),
    /:2:15: components\."a\.test" makes a\.test an .* host/,
  );
});

test('mechanisms need the keys that they are checked against', () => {
  assert.match(
    first('auth: { hashes: [SHA-256] }'),
    /:1:17: auth\.hashes lacks the hash of a mechanism that is offered/,
  );
});

test('a file that is missing or not UTF-8 is reported with its name', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-config-'));
  const load = (name: string): unknown => loadConfig({ file: join(folder, name), env: {}, modules: MODULES });
  assert.throws(() => load('none.yaml'), { name: 'ConfigErrors', message: /none\.yaml: there is no such file/ });
  writeFileSync(join(folder, 'latin.yaml'), Buffer.from('data: x\nlog: {}\n# gr\xfc\xdfe\n', 'latin1'));
  assert.throws(() => load('latin.yaml'), { message: /latin\.yaml:3:5: there is a byte that is not UTF-8/ });
});

test('aliases cannot blow the configuration up', () => {
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (let at = 1; at < 9; at++) {
    const [name, last] = [String.fromCharCode(97 + at), String.fromCharCode(96 + at)];
    bomb.push(`${name}: &${name} [${Array(9).fill(`*${last}`).join(', ')}]`);
  }
  assert.ok(errorsOf(bomb.join('\n')) instanceof ConfigErrors);
});
