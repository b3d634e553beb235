/** The commands of operators: `user add` and its like. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Accounts } from '#api';
import type { HostAccounts } from '../../../modules/accounts/host-accounts.ts';
import { CommandError } from '../../../src/kernel/command.ts';
import { startParley } from '../../support/parley.ts';

async function start(t: TestContext) {
  const server = await startParley({ hosts: ['montague.lit'] });
  t.after(() => server.stop());
  const refuses = (name: string, args: object, why: RegExp) =>
    assert.rejects(
      server.command(name, { ...args }),
      (it: unknown) => it instanceof CommandError && why.test(it.message),
    );
  return { server, refuses };
}

test('an account is added with a password, and logs in with it', async (t) => {
  const { server } = await start(t);
  const answer = await server.command('user add', { jid: 'Juliet@Capulet.lit', password: 'rose by any name' });
  assert.deepEqual(answer, { jid: 'juliet@capulet.lit' });
  await server.connect().login('juliet', 'capulet.lit', { password: 'rose by any name' });
});

test('a generated password is told once, is long, and works', async (t) => {
  const { server } = await start(t);
  const { password } = (await server.command('user add', { jid: 'juliet@capulet.lit', generate: true })) as {
    password: string;
  };
  assert.match(password, /^(?:[a-z2-9]{4}-){4}[a-z2-9]{4}$/);
  await server.connect().login('juliet', 'capulet.lit', { password });
  const next = (await server.command('user password', { jid: 'juliet@capulet.lit', generate: true })) as {
    password: string;
  };
  assert.notEqual(next.password, password);
  await server.connect().login('juliet', 'capulet.lit', { password: next.password });
});

test('a changed password replaces the old one', async (t) => {
  const { server } = await start(t);
  await server.account('juliet', 'old');
  const answer = await server.command('user password', { jid: 'juliet@capulet.lit', password: 'new' });
  assert.deepEqual(answer, { jid: 'juliet@capulet.lit' });
  await server.connect().login('juliet', 'capulet.lit', { password: 'new' });
  await assert.rejects(server.connect().login('juliet', 'capulet.lit', { password: 'old' }), /not-authorized/);
});

test('what cannot be done is said in words', async (t) => {
  const { server, refuses } = await start(t);
  await server.account('juliet');
  const jid = 'juliet@capulet.lit';
  const nobody = 'nobody@capulet.lit';
  await refuses('user add', { jid, password: 'secret' }, /juliet@capulet.lit exists/);
  await refuses('user add', { jid: 'romeo@capulet.lit' }, /password is needed/);
  await refuses('user add', { jid: 'romeo@capulet.lit', password: 'a', generate: true }, /not both/);
  await refuses('user add', { jid: 'romeo@capulet.lit', password: '' }, /password is empty/);
  await refuses('user add', { jid: 'capulet.lit', password: 'secret' }, /no address of an account at capulet.lit/);
  await refuses('user add', { jid: 'romeo@capulet.lit/orchard', password: 'secret' }, /no address of an account/);
  await refuses('user add', { jid: 'ro meo@capulet.lit', password: 'secret' }, /no address of an account/);
  await refuses('user password', { jid: nobody, password: 'secret' }, /no account nobody@capulet.lit/);
  for (const name of ['user delete', 'user lock', 'user unlock', 'user info']) {
    await refuses(name, { jid: nobody }, /no account nobody@capulet.lit/);
  }
});

test('an account is listed on its own host only, in the order of names', async (t) => {
  const { server } = await start(t);
  for (const jid of ['romeo@montague.lit', 'tybalt@capulet.lit', 'juliet@capulet.lit']) {
    await server.command('user add', { jid, password: 'secret' });
  }
  await server.command('user lock', { jid: 'tybalt@capulet.lit' });
  const created = '2030-01-01T00:00:00.000Z';
  assert.deepEqual(await server.command('user list', {}, 'capulet.lit'), [
    { jid: 'juliet@capulet.lit', created, locked: false },
    { jid: 'tybalt@capulet.lit', created, locked: true },
  ]);
  assert.deepEqual(await server.command('user list', { host: 'montague.lit' }, 'montague.lit'), [
    { jid: 'romeo@montague.lit', created, locked: false },
  ]);
});

test('the information on an account tells its keys and its sessions', async (t) => {
  const { server } = await start(t);
  await server.login('juliet', { resource: 'balcony', available: false });
  assert.deepEqual(await server.command('user info', { jid: 'juliet@capulet.lit' }), {
    jid: 'juliet@capulet.lit',
    created: '2030-01-01T00:00:00.000Z',
    locked: false,
    keys: ['SHA-1 4096', 'SHA-256 4096'],
    sessions: ['balcony'],
  });
});

test('an import creates accounts by the hundred, leaves those that exist, and says what it refused', async (t) => {
  const { server } = await start(t);
  await server.account('user-7', 'kept');
  const accounts = Array.from({ length: 300 }, (_, i) => ({ jid: `user-${i}@capulet.lit`, password: `secret ${i}` }));
  accounts.push(
    { jid: 'user-8@capulet.lit', password: 'twice in the list' },
    { jid: 'romeo@montague.lit', password: 'secret' },
    { jid: 'no address', password: 'secret' },
    { jid: 'silent@capulet.lit', password: '' },
  );
  const report = (await server.command('user import', { accounts })) as {
    created: number;
    existing: string[];
    refused: { jid: string; reason: string }[];
  };
  assert.equal(report.created, 299);
  assert.deepEqual(report.existing.toSorted(), ['user-7@capulet.lit', 'user-8@capulet.lit']);
  assert.deepEqual(report.refused.map((it) => it.jid).toSorted(), [
    'no address',
    'romeo@montague.lit',
    'silent@capulet.lit',
  ]);
  assert.equal((await server.service(Accounts).list('', 1000)).length, 300);
  await server.connect().login('user-299', 'capulet.lit', { password: 'secret 299' });
  await server.connect().login('user-8', 'capulet.lit', { password: 'secret 8' });
  await server.connect().login('user-7', 'capulet.lit', { password: 'kept' });
});

test('a list longer than a page is whole', async (t) => {
  const { server } = await start(t);
  const accounts = server.service(Accounts) as HostAccounts;
  const locals = Array.from({ length: 1001 }, (_, i) => `user-${String(i).padStart(4, '0')}`);
  // Keys are not what is listed: without them a thousand accounts take no time.
  await accounts.add(locals.map((local) => ({ local, keys: [] })));
  const lines = (await server.command('user list', {}, 'capulet.lit')) as { jid: string }[];
  assert.deepEqual(
    lines.map((it) => it.jid),
    locals.map((it) => `${it}@capulet.lit`),
  );
});
