/** The service `Accounts`: names, passwords, who hears of what, and which host an account belongs to. */
import assert from 'node:assert/strict';
import { after, type TestContext, test } from 'node:test';
import {
  Accounts,
  accountCreated,
  accountData,
  accountNaming,
  accountRemoved,
  Credentials,
  defineModule,
  jid,
  observe,
  on,
  passwordChanged,
  type ScramKeys,
  StanzaError,
  z,
} from '#api';
import { addKeys, HostCredentials } from '../../../modules/accounts/host-credentials.ts';
import { migrations, statements } from '../../../modules/accounts/store.ts';
import { deriveKeys } from '../../../src/auth/scram-keys.ts';
import { openDatabase } from '../../../src/storage/open-database.ts';
import { startParley, type TestOptions } from '../../support/parley.ts';
import { freshSchema, stopPostgres } from '../../support/postgres.ts';

after(stopPostgres);

async function start(t: TestContext, options: TestOptions = {}) {
  const server = await startParley(options);
  t.after(() => server.stop());
  return { server, accounts: server.service(Accounts), credentials: server.service(Credentials) };
}

function refusal(condition: string, text = /./) {
  return (error: unknown) =>
    error instanceof StanzaError && error.condition === condition && text.test(error.text ?? '');
}

/** A module that writes down what it is told. */
function witness() {
  const heard: string[] = [];
  const later = async (what: string) => {
    await new Promise((done) => setImmediate(done));
    heard.push(what);
  };
  const module = defineModule({
    name: 'witness',
    summary: 'Hears of accounts',
    config: z.strictObject({}),
    setup: () => ({
      hooks: [
        on(accountNaming, 'guard', ({ local }) => (local === 'tybalt' ? 'no Tybalts' : undefined)),
        observe(accountCreated, ({ full }) => later(`created ${full}`)),
        observe(passwordChanged, ({ full }) => later(`changed ${full}`)),
        observe(accountRemoved, ({ full }) => later(`removed ${full}`)),
      ],
    }),
  });
  return { heard, module };
}

test('an account is created once; the second attempt answers false and changes nothing', async (t) => {
  const { accounts, credentials } = await start(t);
  assert.equal(await accounts.create('juliet', 'rose by any name'), true);
  const before = await credentials.find('juliet');
  assert.equal(await accounts.create('juliet', 'another'), false);
  assert.deepEqual(await credentials.find('juliet'), before);
});

test('of two attempts at the same time one creates the account', async (t) => {
  const { accounts } = await start(t);
  const attempts = await Promise.all([accounts.create('juliet', 'one'), accounts.create('juliet', 'two')]);
  assert.equal(attempts.filter((created) => created).length, 1);
});

test('RFC 7622 3.3: only a prepared localpart names an account', async (t) => {
  const { accounts } = await start(t);
  for (const name of [
    '',
    'Juliet',
    'juliet capulet',
    'juliet@verona',
    'juliet/balcony',
    '\u{ff4a}uliet',
    'x'.repeat(1024),
  ]) {
    await assert.rejects(accounts.create(name, 'secret'), refusal('jid-malformed'), JSON.stringify(name));
  }
  assert.deepEqual(await accounts.list('', 10), []);
});

test('RFC 4013: a password that is empty, too long or forbidden is refused, and makes no account', async (t) => {
  const { accounts } = await start(t);
  for (const password of ['', 'a\u0000b', 'a\u0007b', '\u00ad', 'x'.repeat(1024), 'é'.repeat(512)]) {
    await assert.rejects(accounts.create('juliet', password), refusal('not-acceptable'), JSON.stringify(password));
  }
  assert.equal(await accounts.exists('juliet'), false);
  assert.equal(await accounts.create('juliet', 'x'.repeat(1023)), true);
});

test('a module may refuse a name, with a reason', async (t) => {
  const { accounts } = await start(t, { extra: [witness().module] });
  await assert.rejects(accounts.create('tybalt', 'secret'), refusal('not-acceptable', /no Tybalts/));
  assert.equal(await accounts.exists('tybalt'), false);
});

test('observers hear of creation, of a new password and of removal, and are waited for', async (t) => {
  const { heard, module } = witness();
  const { accounts } = await start(t, { extra: [module] });
  await accounts.create('juliet', 'first');
  assert.deepEqual(heard, ['created juliet@capulet.lit']);
  await accounts.setPassword('juliet', 'second');
  assert.deepEqual(heard.slice(1), ['changed juliet@capulet.lit']);
  await accounts.remove('juliet');
  assert.deepEqual(heard.slice(2), ['removed juliet@capulet.lit']);
});

test('what was asked for before is known anew after creation and removal', async (t) => {
  const { accounts } = await start(t);
  assert.equal(await accounts.exists('juliet'), false);
  await accounts.create('juliet', 'secret');
  assert.equal(accounts.exists('juliet'), true, 'answered from memory');
  await accounts.remove('juliet');
  assert.equal(accounts.exists('juliet'), false, 'answered from memory');
  assert.equal(await accounts.remove('juliet'), false);
  assert.equal(await accounts.create('juliet', 'again'), true);
});

test('a new password needs an account, and one that is allowed', async (t) => {
  const { accounts, credentials } = await start(t);
  await assert.rejects(accounts.setPassword('juliet', 'secret'), refusal('item-not-found', /^/));
  await accounts.create('juliet', 'secret');
  const before = await credentials.find('juliet');
  await assert.rejects(accounts.setPassword('juliet', ''), refusal('not-acceptable'));
  assert.deepEqual(await credentials.find('juliet'), before);
  await accounts.setPassword('juliet', 'a new secret');
  const after = await credentials.find('juliet');
  assert.equal(after?.keys.length, before?.keys.length);
  assert.notDeepEqual(after, before);
});

test('XEP-0438 5.2: every hash of every account has a salt of its own, of 16 bytes or more', async (t) => {
  const { accounts, credentials } = await start(t);
  await Promise.all(['juliet', 'romeo'].map((name) => accounts.create(name, 'the same secret')));
  const keys = (await Promise.all(['juliet', 'romeo'].map(async (name) => credentials.find(name)))).flatMap(
    (it) => it?.keys ?? [],
  );
  assert.deepEqual(keys.map((it) => it.hash).sort(), ['SHA-1', 'SHA-1', 'SHA-256', 'SHA-256']);
  assert.equal(new Set(keys.map((it) => it.salt.toString('hex'))).size, 4);
  assert.ok(keys.every((it) => it.salt.length >= 16));
});

test('keys survive a restart to the last byte', async (t) => {
  const { server, accounts, credentials } = await start(t);
  await accounts.create('juliet', 'secret');
  const before = await credentials.find('juliet');
  await server.restart();
  assert.deepEqual(await server.service(Credentials).find('juliet'), before);
});

for (const engine of ['sqlite', 'postgres'] as const) {
  test(`RFC 5802 section 3: keys are added and replaced while those that were proven are stored, on ${engine}`, async (t) => {
    const schema = engine === 'postgres' ? await freshSchema() : undefined;
    const db = await openDatabase(schema?.url ?? 'sqlite::memory:');
    t.after(async () => {
      await db.close();
      await schema?.drop();
    });
    await db.migrate('accounts', migrations);
    const store = db.prepare(statements);
    const credentials = new HostCredentials(jid('capulet.lit'), db, store);
    const stored = async () =>
      (await credentials.find('juliet'))?.keys.toSorted((a, b) => a.hash.localeCompare(b.hash));
    const keysOf = async (password: string) => {
      const keys = await deriveKeys(password, { hashes: ['SHA-1', 'SHA-256'], iterations: 4096 });
      return keys.toSorted((a, b) => a.hash.localeCompare(b.hash)) as [ScramKeys, ScramKeys];
    };
    const [first, second] = await keysOf('secret');
    await store.add('capulet.lit', 'juliet', 0);
    await db.atomically(addKeys(store, 'capulet.lit', 'juliet', [first]));

    assert.equal(await credentials.save('juliet', [first, second], first), true);
    assert.deepEqual(await stored(), [first, second]);
    const again = await keysOf('secret');
    assert.equal(await credentials.save('juliet', again, first), true, 'the proven ones among them');
    assert.deepEqual(await stored(), again);

    assert.equal(await credentials.save('juliet', [first, second], second), false, 'no longer stored');
    assert.equal(await credentials.save('romeo', [first, second], again[0]), false, 'those of somebody else');
    assert.deepEqual(await stored(), again);
    await db.atomically([store.dropKeys.bind('capulet.lit', 'juliet'), store.drop.bind('capulet.lit', 'juliet')]);
    assert.equal(await credentials.save('juliet', again, again[0]), false, 'the account is gone');
    assert.equal(await credentials.find('juliet'), undefined);
  });
}

test('accounts of one host are none of another, though they share the tables', async (t) => {
  const { server, accounts } = await start(t, { hosts: ['montague.lit'] });
  await accounts.create('nurse', 'secret');
  const others = server.engine.router.host('montague.lit')?.parts.service(Accounts) as Accounts;
  assert.equal(await others.exists('nurse'), false);
  assert.equal(await others.create('nurse', 'another'), true);
  assert.equal(await accounts.remove('nurse'), true);
  assert.equal(await others.exists('nurse'), true);
  assert.deepEqual(await accounts.list('', 10), []);
  assert.deepEqual(
    (await others.list('', 10)).map((it) => it.local),
    ['nurse'],
  );
});

test('lists come in the order of names, from behind a name', async (t) => {
  const { accounts } = await start(t);
  await Promise.all(['romeo', 'benvolio', 'mercutio', 'abram'].map((name) => accounts.create(name, 'secret')));
  const names = async (after: string, limit: number) => (await accounts.list(after, limit)).map((it) => it.local);
  assert.deepEqual(await names('', 3), ['abram', 'benvolio', 'mercutio']);
  assert.deepEqual(await names('mercutio', 3), ['romeo']);
});

test('when an account was made and whether it is locked is known, and exported', async (t) => {
  const { server, accounts } = await start(t);
  await accounts.create('juliet', 'secret');
  await accounts.setLocked('juliet', true);
  assert.deepEqual(await accounts.info('juliet'), { local: 'juliet', createdAt: server.clock.now(), locked: true });
  const data = await server.host.parts.hooks.collect(accountData, jid('juliet@capulet.lit'));
  assert.deepEqual(
    data.filter((it) => it.name === 'account'),
    [{ name: 'account', data: { created: '2030-01-01T00:00:00.000Z', locked: true } }],
  );
  assert.equal(await accounts.setLocked('nobody', true), false);
});
