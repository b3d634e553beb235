/** SCRAM against the published examples, and an independent client (RFC 5802, RFC 7677). */
import assert from 'node:assert/strict';
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { test } from 'node:test';
import { deriveKeys, keysOf, SCRAM_HASHES, saltedPassword } from '../../src/auth/scram-keys.ts';
import type { ScramHash, StoredCredentials } from '../../src/contracts/credentials.ts';
import { MemoryCredentials } from '../support/memory-credentials.ts';
import { readAttributes, ScramClient, type ScramClientOptions } from '../support/sasl-client.ts';
import {
  accounts,
  authenticator,
  begin,
  END_POINT,
  EXPORTER,
  HOST,
  ITERATIONS,
  outcome,
  runScram,
  stream,
  type Tamper,
} from './fixture.ts';

const exporter = { type: 'tls-exporter', data: EXPORTER };
const endPoint = { type: 'tls-server-end-point', data: END_POINT };
const ROMEO = { username: 'romeo', password: 'wherefore' };
const PLUS: ScramClientOptions = { ...ROMEO, mechanism: 'SCRAM-SHA-256-PLUS', binding: exporter };
const BARE: ScramClientOptions = { ...ROMEO, mechanism: 'SCRAM-SHA-256' };

/** The account `user` with the password `pencil`, and the salt of an example. */
async function pencils(hash: ScramHash, salt: string): Promise<MemoryCredentials> {
  const credentials = new MemoryCredentials();
  const made = { hash, salt: Buffer.from(salt, 'base64'), iterations: 4096 };
  const keys = keysOf(made, await saltedPassword('pencil', hash, made.salt, made.iterations));
  credentials.accounts.set('user', { keys: [keys], locked: false });
  return credentials;
}

const EXAMPLES = [
  {
    name: 'RFC 5802 section 5: the example of SCRAM-SHA-1, byte for byte',
    hash: 'SHA-1',
    salt: 'QSXCR+Q6sek8bf92',
    nonces: ['fyko+d2lbbFgONRv9qkxdawL', '3rfcNHYJY1ZVvWVs7j'],
    proof: 'v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
    signature: 'rmF9pqV8S7suAoZWja4dJRkFsKQ=',
  },
  {
    name: 'RFC 7677 section 3: the example of SCRAM-SHA-256, byte for byte',
    hash: 'SHA-256',
    salt: 'W22ZaJ0SNY7soEsUEjb6gQ==',
    nonces: ['rOprNGfwEbeRWgbNEkqO', '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'],
    proof: 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    signature: '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  },
] as const;

for (const it of EXAMPLES) {
  test(it.name, async () => {
    const [ours, theirs] = it.nonces;
    const auth = authenticator({ nonce: () => theirs, downgradeProtection: false });
    const context = stream(auth, { credentials: await pencils(it.hash, it.salt) });
    const exchange = begin(auth, `SCRAM-${it.hash}`, context);
    const first = await exchange.respond(Buffer.from(`n,,n=user,r=${ours}`));
    assert.equal(first.kind === 'challenge' && first.data.toString(), `r=${ours}${theirs},s=${it.salt},i=4096`);
    const last = await exchange.respond(Buffer.from(`c=biws,r=${ours}${theirs},p=${it.proof}`));
    assert.equal(last.kind === 'success' && last.data?.toString(), `v=${it.signature}`);
  });
}

test('RFC 5802 with SHA-512: the values of RFC 7677 section 3 under the other hash, computed here by its formulas', async () => {
  const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
  const mac = (key: Buffer, text: string): Buffer => createHmac('sha512', key).update(text).digest();
  const salted = pbkdf2Sync('pencil', salt, 4096, 64, 'sha512');
  const clientKey = mac(salted, 'Client Key');
  const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
  const signed = `n=user,r=rOprNGfwEbeRWgbNEkqO,r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=${nonce}`;
  const signature = mac(createHash('sha512').update(clientKey).digest(), signed);
  const proof = Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] ?? 0))).toString('base64');

  const auth = authenticator({ nonce: () => '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0', downgradeProtection: false });
  const context = stream(auth, { credentials: await pencils('SHA-512', 'W22ZaJ0SNY7soEsUEjb6gQ==') });
  const exchange = begin(auth, 'SCRAM-SHA-512', context);
  await exchange.respond(Buffer.from('n,,n=user,r=rOprNGfwEbeRWgbNEkqO'));
  const last = await exchange.respond(Buffer.from(`c=biws,r=${nonce},p=${proof}`));
  const verifier = mac(mac(salted, 'Server Key'), signed).toString('base64');
  assert.equal(last.kind === 'success' && last.data?.toString(), `v=${verifier}`);
});

test('XEP-0474 section 6.3: its full example of SCRAM-SHA-1-PLUS, byte for byte', async () => {
  const auth = authenticator({
    nonce: () => 'a09117a6-ac50-4f2f-93f1-93799c2bddf6',
    scram: ['SHA-1'],
    plain: false,
  });
  const bindings = { 'tls-exporter': Buffer.from('THIS IS FAKE CB DATA'), 'tls-server-end-point': END_POINT };
  const context = stream(auth, { credentials: await pencils('SHA-1', 'QSXCR+Q6sek8bf92'), bindings });
  const exchange = begin(auth, 'SCRAM-SHA-1-PLUS', context);
  const nonce = '12C4CD5C-E38E-4A98-8F6D-15C38F51CCC6';
  const first = await exchange.respond(Buffer.from(`p=tls-exporter,,n=user,r=${nonce}`));
  const whole = `${nonce}a09117a6-ac50-4f2f-93f1-93799c2bddf6`;
  assert.equal(
    first.kind === 'challenge' && first.data.toString(),
    `r=${whole},s=QSXCR+Q6sek8bf92,i=4096,h=G6k/rBLDqgOhRRaCuuatSDFkJ08=`,
  );
  const bound = 'cD10bHMtZXhwb3J0ZXIsLFRISVMgSVMgRkFLRSBDQiBEQVRB';
  const final = `c=${bound},r=${whole},x=19C6532F-1CF4-4A27-A18D-DC9CEA41BBB3,p=M/SIDjT+dfcxUh89jZEypRvFxB4=`;
  const last = await exchange.respond(Buffer.from(final));
  assert.equal(last.kind === 'success' && last.data?.toString(), 'v=MQrMPvv7yv4x4Cq4W4Ih25EqS2c=');
});

for (const hash of SCRAM_HASHES) {
  for (const plus of [false, true]) {
    test(`RFC 5802 section 5: a client of its own logs in with SCRAM-${hash}${plus ? '-PLUS' : ''}`, async () => {
      const auth = authenticator();
      const context = stream(auth);
      const { step, client } = await runScram(auth, context, {
        ...ROMEO,
        mechanism: `SCRAM-${hash}${plus ? '-PLUS' : ''}`,
        ...(plus ? { binding: exporter } : {}),
        advertised: { mechanisms: context.offered, bindings: context.offeredBindings },
      });
      assert.equal(step.kind, 'success');
      if (step.kind !== 'success') return;
      assert.equal(step.local, 'romeo');
      assert.ok(client.accepts(step.data), 'the server proves that it knows the password too');
    });
  }
}

test('RFC 5929 section 4: tls-server-end-point binds too', async () => {
  const auth = authenticator();
  const { step } = await runScram(auth, stream(auth), { ...PLUS, binding: endPoint });
  assert.equal(outcome(step), 'success');
});

test('RFC 6120 section 6.4.2: a client without an initial response is asked for it by an empty challenge', async () => {
  const auth = authenticator();
  const exchange = begin(auth, 'SCRAM-SHA-256', stream(auth));
  const asked = await exchange.respond(undefined);
  assert.deepEqual(asked, { kind: 'challenge', data: Buffer.alloc(0) });
  const client = new ScramClient(BARE);
  const challenge = await exchange.respond(client.first());
  assert.ok(challenge.kind === 'challenge');
  assert.equal(outcome(await exchange.respond(client.final(challenge.data))), 'success');
});

test('RFC 6120 section 6.4.2: an empty initial response is one, and no message of SCRAM', async () => {
  const auth = authenticator();
  assert.equal(outcome(await begin(auth, 'SCRAM-SHA-1', stream(auth)).respond(Buffer.alloc(0))), 'malformed-request');
});

test('RFC 5802 section 5.1: a name with a comma and an equals sign arrives through =2C and =3D', async () => {
  const auth = authenticator();
  const credentials = accounts();
  credentials.accounts.set('a,b=c', credentials.accounts.get('romeo')!);
  const { step } = await runScram(auth, stream(auth, { credentials }), { ...BARE, username: 'a,b=c' });
  assert.equal(step.kind === 'success' && step.local, 'a,b=c');
});

test('RFC 5802 section 5.1: names and passwords are prepared by SASLprep, so that spellings meet', async () => {
  const auth = authenticator();
  const credentials = accounts();
  credentials.accounts.set('jürgen', credentials.accounts.get('romeo')!);
  const context = stream(auth, { credentials });
  const decomposed = await runScram(auth, context, { ...BARE, username: 'ju\u0308rgen' });
  assert.equal(decomposed.step.kind === 'success' && decomposed.step.local, 'jürgen');
  const softHyphen = await runScram(auth, context, { ...BARE, username: 'ro\u00admeo' });
  assert.equal(softHyphen.step.kind === 'success' && softHyphen.step.local, 'romeo');
  const upper = await runScram(auth, context, { ...BARE, username: 'ROMEO' });
  assert.equal(upper.step.kind === 'success' && upper.step.local, 'romeo', 'RFC 7622 3.3 folds case');
});

test('RFC 6120 section 6.3.7: a whole address of this host is taken for its localpart, one of another host is nobody', async () => {
  const auth = authenticator();
  const context = stream(auth);
  assert.equal(outcome((await runScram(auth, context, { ...BARE, username: `romeo@${HOST}` })).step), 'success');
  const other = await runScram(auth, context, { ...BARE, username: 'romeo@example.org' });
  assert.equal(outcome(other.step), 'not-authorized');
});

test('RFC 6120 section 6.3.8: an authorization identity is taken when it is the account itself', async () => {
  const auth = authenticator();
  const context = stream(auth);
  const self = await runScram(auth, context, { ...BARE, authzid: `Romeo@${HOST}` });
  assert.equal(self.step.kind === 'success' && self.step.authzid, `romeo@${HOST}`);
  for (const authzid of [`juliet@${HOST}`, 'romeo@example.org', `romeo@${HOST}/orchard`, 'romeo', HOST, '@', 'a=b,c']) {
    const { step } = await runScram(auth, context, { ...BARE, authzid });
    assert.equal(outcome(step), 'invalid-authzid', authzid);
  }
});

test('RFC 5802 section 6: a client that could bind and saw no -PLUS is refused where there was one', async () => {
  const auth = authenticator();
  assert.equal(outcome((await runScram(auth, stream(auth), { ...BARE, flag: 'y' })).step), 'not-authorized');
  const plaintext = stream(auth, { tls: false });
  assert.equal(outcome((await runScram(auth, plaintext, { ...BARE, flag: 'y' })).step), 'success');
});

test('RFC 5802 section 6: the flag has to fit the mechanism', async () => {
  const auth = authenticator();
  const context = stream(auth);
  const bindingWithoutPlus = await runScram(auth, context, { ...BARE, binding: exporter });
  assert.equal(outcome(bindingWithoutPlus.step), 'malformed-request');
  for (const flag of ['n', 'y'] as const) {
    const unbound = { ...ROMEO, mechanism: 'SCRAM-SHA-256-PLUS', flag };
    assert.equal(outcome((await runScram(auth, context, unbound)).step), 'malformed-request', flag);
  }
});

test('RFC 5802 section 6: a binding that was not offered is refused', async () => {
  const auth = authenticator();
  const unknown = { ...PLUS, binding: { type: 'tls-unique', data: EXPORTER } };
  assert.equal(outcome((await runScram(auth, stream(auth), unknown)).step), 'not-authorized');
  const configured = authenticator({ bindings: ['tls-server-end-point'] });
  assert.equal(outcome((await runScram(configured, stream(configured), PLUS)).step), 'not-authorized');
});

test('RFC 5802 section 6: binding data of another channel, or of another type, is refused', async () => {
  const auth = authenticator();
  const context = stream(auth);
  const elsewhere = { ...PLUS, binding: { type: 'tls-exporter', data: Buffer.alloc(32, 9) } };
  assert.equal(outcome((await runScram(auth, context, elsewhere)).step), 'not-authorized');
  const mixed = { ...PLUS, binding: { type: 'tls-exporter', data: END_POINT } };
  assert.equal(outcome((await runScram(auth, context, mixed)).step), 'not-authorized');
});

test('RFC 5802 section 5.1: unknown optional attributes are signed and otherwise ignored', async () => {
  const auth = authenticator();
  const extensions = { first: ',x=some,Y=thing', final: ',z=else' };
  assert.equal(outcome((await runScram(auth, stream(auth), { ...BARE, extensions })).step), 'success');
});

const replace =
  (from: string | RegExp, to: string): Tamper =>
  (message) => {
    const changed = message.replace(from, to);
    assert.notEqual(changed, message, 'the tampering has changed something');
    return changed;
  };

const ALTERED: readonly [what: string, changes: { first?: Tamper; final?: Tamper }, condition: string][] = [
  ['the flag in the first message', { first: replace('p=tls-exporter', 'p=tls-server-end-point') }, 'not-authorized'],
  ['the nonce in the first message', { first: replace('r=abc', 'r=xbc') }, 'throws'],
  ['the name in the first message', { first: replace('n=romeo', 'n=juliet') }, 'not-authorized'],
  ['an authorization identity put in', { first: replace(',,', `,a=romeo@${HOST},`) }, 'not-authorized'],
  ['an extension put into the first message', { first: replace(/$/, ',x=y') }, 'not-authorized'],
  ['c= by one bit', { final: replace(/c=(.{40})./, 'c=$1_') }, 'not-authorized'],
  ['c= left empty', { final: replace(/c=[^,]*/, 'c=') }, 'not-authorized'],
  ['c= with padding that it does not need', { final: replace(',r=', '====,r=') }, 'not-authorized'],
  ['c= with the binding of another mechanism', { final: replace(/c=[^,]*/, 'c=biws') }, 'not-authorized'],
  ['r= in the final message', { final: replace(/r=abc/, 'r=abd') }, 'not-authorized'],
  ['r= shortened', { final: replace(/.,p=/, ',p=') }, 'not-authorized'],
  ['an extension put into the final message', { final: replace(',p=', ',x=y,p=') }, 'not-authorized'],
  ['the proof', { final: (it) => flip(it) }, 'not-authorized'],
  ['the proof shortened', { final: replace(/p=.*/, 'p=AAAA') }, 'not-authorized'],
  ['the proof left empty', { final: replace(/p=.*/, 'p=') }, 'not-authorized'],
];

/** Another first character of the proof. */
function flip(message: string): string {
  const at = message.lastIndexOf(',p=') + 3;
  return message.slice(0, at) + (message[at] === 'A' ? 'B' : 'A') + message.slice(at + 1);
}

for (const [what, changes, condition] of ALTERED) {
  test(`RFC 5802 section 9: ${what}, changed on the way, fails the authentication`, async () => {
    const auth = authenticator();
    const run = runScram(auth, stream(auth), { ...PLUS, nonce: 'abcdefghijklmnop' }, changes);
    if (condition === 'throws') await assert.rejects(run, /not our nonce/);
    else assert.equal(outcome((await run).step), condition);
  });
}

test('RFC 5802 section 9: any attribute of the first challenge, changed on the way, fails the authentication', async () => {
  const auth = authenticator();
  for (const [from, to] of [
    [/r=(.*?),s/, 'r=$1x,s'],
    [/s=./, 's=_'],
    [/s=(....)/, 's=$1$1'],
    [/i=4096/, 'i=4097'],
    [/h=.{4}/, 'h=AAAA'],
    [/,h=.*/, ''],
    [/$/, ',x=y'],
  ] as const) {
    const exchange = begin(auth, 'SCRAM-SHA-256', stream(auth));
    const client = new ScramClient(BARE);
    const challenge = await exchange.respond(client.first());
    assert.ok(challenge.kind === 'challenge');
    const altered = challenge.data.toString().replace(from, to);
    assert.notEqual(altered, challenge.data.toString());
    assert.equal(outcome(await exchange.respond(client.final(Buffer.from(altered)))), 'not-authorized', String(from));
  }
});

const MALFORMED_FIRST: readonly [why: string, message: string | Buffer][] = [
  ['no GS2 header', 'n=romeo,r=abc'],
  ['a flag that does not exist', 'x,,n=romeo,r=abc'],
  ['the GS2 flag F', 'F,n,,n=romeo,r=abc'],
  ['a binding without a name', 'p=,,n=romeo,r=abc'],
  ['a binding with a strange name', 'p=tls exporter,,n=romeo,r=abc'],
  ['one comma only', 'n,n=romeo,r=abc'],
  ['an empty authorization identity', 'n,a=,n=romeo,r=abc'],
  ['text where the authorization identity belongs', 'n,romeo,n=romeo,r=abc'],
  ['a mandatory extension', 'n,,m=must,n=romeo,r=abc'],
  ['a mandatory extension at the end', 'n,,n=romeo,r=abc,m=must'],
  ['no name', 'n,,r=abc'],
  ['an empty name', 'n,,n=,r=abc'],
  ['a name with a bad escape', 'n,,n=ro=20meo,r=abc'],
  ['a name that ends in an escape', 'n,,n=romeo=2,r=abc'],
  ['a name with a NUL', 'n,,n=ro\0meo,r=abc'],
  ['no nonce', 'n,,n=romeo'],
  ['an empty nonce', 'n,,n=romeo,r='],
  ['a nonce with a space', 'n,,n=romeo,r=a b'],
  ['a nonce beyond ASCII', 'n,,n=romeo,r=äbc'],
  ['the wrong order', 'n,,r=abc,n=romeo'],
  ['the name twice', 'n,,n=romeo,r=abc,n=juliet'],
  ['the nonce twice', 'n,,n=romeo,r=abc,r=def'],
  ['an extension without a value', 'n,,n=romeo,r=abc,x='],
  ['an extension without a name', 'n,,n=romeo,r=abc,=x'],
  ['a trailing comma', 'n,,n=romeo,r=abc,'],
  ['a byte order mark', '\ufeffn,,n=romeo,r=abc'],
  ['octets that are not UTF-8', Buffer.from([0x6e, 0x2c, 0x2c, 0x6e, 0x3d, 0xc3, 0x28, 0x2c, 0x72, 0x3d, 0x61])],
  ['more than any message needs', `n,,n=romeo,r=${'a'.repeat(6000)}`],
];

for (const [why, message] of MALFORMED_FIRST) {
  test(`RFC 6120 section 6.5.8: a first message with ${why} is malformed`, async () => {
    const auth = authenticator();
    const step = await begin(auth, 'SCRAM-SHA-256', stream(auth)).respond(Buffer.from(message));
    assert.equal(outcome(step), 'malformed-request');
  });
}

const MALFORMED_FINAL: readonly [why: string, tamper: Tamper][] = [
  ['no proof', replace(/,p=.*/, '')],
  ['a proof that is not base 64', replace(/p=./, 'p=*')],
  ['a proof without padding', replace(/=$/, '')],
  ['something behind the proof', replace(/$/, ',x=y')],
  ['no c=', replace(/^c=[^,]*,/, '')],
  ['c= behind r=', (it) => it.replace(/^(c=[^,]*),(r=[^,]*)/, '$2,$1')],
  ['a mandatory extension in front', replace(/^/, 'm=must,')],
  ['a mandatory extension behind', replace(',p=', ',m=must,p=')],
  ['r= twice', replace(',p=', ',r=abc,p=')],
  ['the proof twice', replace(',p=', ',p=AAAA,p=')],
  ['an empty extension', replace(',p=', ',,p=')],
  ['nothing in it', () => ''],
];

for (const [why, final] of MALFORMED_FINAL) {
  test(`RFC 6120 section 6.5.8: a final message with ${why} is malformed`, async () => {
    const auth = authenticator();
    const { step } = await runScram(auth, stream(auth), BARE, { final });
    assert.equal(outcome(step), 'malformed-request');
  });
}

test('RFC 6120 section 6.5.10: a wrong password is not authorized, with nothing said of why', async () => {
  const auth = authenticator();
  const { step } = await runScram(auth, stream(auth), { ...BARE, password: 'therefore' });
  assert.deepEqual(step, { kind: 'failure', condition: 'not-authorized', text: undefined });
});

test('RFC 6120 section 6.5.2: a locked account is told so once the password is proven, and not before', async () => {
  const auth = authenticator();
  const context = stream(auth);
  const right = await runScram(auth, context, { ...BARE, username: 'tybalt' });
  assert.equal(outcome(right.step), 'account-disabled');
  const wrong = await runScram(auth, context, { ...BARE, username: 'tybalt', password: 'therefore' });
  assert.equal(outcome(wrong.step), 'not-authorized');
});

/** What comes of an exchange whose account becomes `now` between the client's messages. */
async function meanwhile(now: StoredCredentials | undefined): Promise<string> {
  const auth = authenticator();
  const credentials = accounts();
  const exchange = begin(auth, 'SCRAM-SHA-256', stream(auth, { credentials }));
  const client = new ScramClient(BARE);
  const challenge = await exchange.respond(client.first());
  assert.ok(challenge.kind === 'challenge');
  credentials.accounts.delete('romeo');
  if (now !== undefined) credentials.accounts.set('romeo', now);
  return outcome(await exchange.respond(client.final(challenge.data)));
}

test('RFC 5802 section 3: what is proven has to be the password still, and the account there, when the proof comes', async () => {
  const renewed = await deriveKeys('therefore', { hashes: SCRAM_HASHES, iterations: ITERATIONS });
  assert.equal(await meanwhile({ keys: renewed, locked: false }), 'not-authorized');
  assert.equal(await meanwhile({ keys: [], locked: false }), 'not-authorized');
  assert.equal(await meanwhile(undefined), 'not-authorized');
});

test('RFC 6120 section 6.5.2: an account that was locked between the two messages is told so', async () => {
  assert.equal(await meanwhile({ keys: accounts().find('romeo')?.keys ?? [], locked: true }), 'account-disabled');
});

test("RFC 5802 section 5.1: the nonce is the client's with a part of our own, never the same", async () => {
  const auth = authenticator();
  const seen = new Set<string>();
  for (let i = 0; i < 20; i++) {
    const step = await begin(auth, 'SCRAM-SHA-256', stream(auth)).respond(Buffer.from('n,,n=romeo,r=abc'));
    const nonce = readAttributes(step.kind === 'challenge' ? step.data.toString() : '').get('r') ?? '';
    assert.match(nonce, /^abc[A-Za-z0-9+/]{24}$/);
    seen.add(nonce);
  }
  assert.equal(seen.size, 20);
});

test('RFC 5802 section 5: a final message is good once: the next exchange has another nonce', async () => {
  const auth = authenticator();
  const client = new ScramClient({ ...BARE, nonce: 'abc' });
  const exchange = begin(auth, 'SCRAM-SHA-256', stream(auth));
  const challenge = await exchange.respond(client.first());
  assert.ok(challenge.kind === 'challenge');
  const final = client.final(challenge.data);
  assert.equal(outcome(await exchange.respond(final)), 'success');
  const again = begin(auth, 'SCRAM-SHA-256', stream(auth));
  await again.respond(client.first());
  assert.equal(outcome(await again.respond(final)), 'not-authorized');
});
