/** The service `FastTokens`: XEP-0484's rules for tokens, over the database. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Accounts, accountData, FastTokens, jid, query, ServerKeys } from '#api';
import fast from '../../../modules/fast/index.ts';
import { serverKeys } from '../../../src/auth/server-keys.ts';
import { type HostParts, startHost } from '../../../src/kernel/loader.ts';
import { silent } from '../../../src/kernel/log.ts';
import type { Database } from '../../../src/kernel/sql.ts';
import { openDatabase } from '../../../src/storage/open-database.ts';
import { PrometheusMetrics } from '../../../src/telemetry/metrics.ts';
import { FakeClock } from '../../support/clock.ts';
import { startParley } from '../../support/parley.ts';

const MECHANISM = 'HT-SHA-256-EXPR';
const DAY_MS = 86_400_000;

/** The module alone, on two hosts with one database: so that a month goes by in no time. */
async function start(t: TestContext, options: object = {}) {
  const clock = new FakeClock();
  const db = await openDatabase('sqlite::memory:');
  const hosts: HostParts[] = [];
  const startOn = async (name: string): Promise<FastTokens> => {
    const services = new Map([[ServerKeys.name, serverKeys(Buffer.alloc(32, 7))]]);
    const infra = { db, clock, log: silent, metrics: new PrometheusMetrics(), services };
    const parts = await startHost(jid(name), [fast], { fast: options }, infra);
    hosts.push(parts);
    return parts.service(FastTokens) as FastTokens;
  };
  t.after(async () => {
    for (const host of hosts) await host.stop();
    await db.close();
  });
  const tokens = await startOn('capulet.lit');
  return { clock, db, tokens, hosts, startOn };
}

/** The secrets of a client's tokens, the newest first. */
async function secrets(tokens: FastTokens, client = 'phone', local = 'juliet'): Promise<string[]> {
  return (await tokens.find(local, client)).map((it) => it.secret);
}

/** Logs in with the token, as the mechanism does. */
async function useToken(tokens: FastTokens, secret: string, count?: number): Promise<boolean> {
  const token = (await tokens.find('juliet', 'phone')).find((it) => it.secret === secret);
  return token !== undefined && (await tokens.use('juliet', 'phone', token.id, count));
}

const issue = async (tokens: FastTokens, client = 'phone') => (await tokens.issue('juliet', client, MECHANISM)).token;

test('XEP-0484 3.3: a token is new, hard to guess, bound to its mechanism, and says when it ends', async (t) => {
  const { clock, tokens } = await start(t);
  const issued = await tokens.issue('juliet', 'phone', MECHANISM);
  assert.ok(Buffer.from(issued.token, 'base64url').length >= 32);
  assert.equal(issued.expiresAt, clock.now() + 30 * DAY_MS);
  const [found, ...others] = await tokens.find('juliet', 'phone');
  assert.deepEqual(others, []);
  assert.ok(found);
  const { id: _, ...rest } = found;
  assert.deepEqual(rest, { secret: issued.token, mechanism: MECHANISM, count: 0, standing: 'valid' });
  assert.notEqual(await issue(tokens, 'laptop'), issued.token);
});

test('tokens belong to one account, one client and one host', async (t) => {
  const { startOn, tokens } = await start(t);
  const token = await issue(tokens);
  assert.deepEqual(await secrets(tokens, 'laptop'), []);
  assert.deepEqual(await secrets(tokens, 'phone', 'romeo'), []);
  const others = await startOn('montague.lit');
  assert.deepEqual(await secrets(others), []);
  const [found] = await tokens.find('juliet', 'phone');
  assert.ok(found);
  assert.equal(await tokens.use('juliet', 'laptop', found.id, undefined), false);
  assert.equal(await others.use('juliet', 'phone', found.id, undefined), false);
  assert.deepEqual(await secrets(tokens), [token]);
});

test('XEP-0484 3.5: a new token does not end the current one before it is used itself', async (t) => {
  const { tokens } = await start(t);
  const current = await issue(tokens);
  assert.ok(await useToken(tokens, current));
  const next = await issue(tokens);
  assert.deepEqual(await secrets(tokens), [next, current]);
  assert.ok(await useToken(tokens, current), 'the client did not get the new one');
  assert.ok(await useToken(tokens, next));
  assert.deepEqual(await secrets(tokens), [next]);
  assert.equal(await useToken(tokens, current), false);
});

test('XEP-0484 3.5: a token that was never used ends when the next is issued; there are two at most', async (t) => {
  const { tokens } = await start(t);
  const current = await issue(tokens);
  assert.ok(await useToken(tokens, current));
  await issue(tokens);
  await issue(tokens);
  const last = await issue(tokens);
  assert.deepEqual(await secrets(tokens), [last, current]);
});

test('XEP-0484 3.4: a count has to be higher than every one before', async (t) => {
  const { tokens } = await start(t);
  const token = await issue(tokens);
  assert.ok(await useToken(tokens, token, 1));
  assert.equal(await useToken(tokens, token, 1), false);
  assert.ok(await useToken(tokens, token, 7));
  assert.equal(await useToken(tokens, token, 3), false);
  assert.ok(await useToken(tokens, token), 'no count is needed where no early data is');
  assert.equal((await tokens.find('juliet', 'phone'))[0]?.count, 7);
});

test('of two logins with the same count at the same time one fails', async (t) => {
  const { tokens } = await start(t);
  await issue(tokens);
  const [token] = await tokens.find('juliet', 'phone');
  assert.ok(token);
  const both = await Promise.all([1, 1].map(async (count) => tokens.use('juliet', 'phone', token.id, count)));
  assert.equal(both.filter((used) => used).length, 1);
});

test('XEP-0484 3.6: a client that logs out has no token left, used or not; others keep theirs', async (t) => {
  const { tokens } = await start(t);
  assert.ok(await useToken(tokens, await issue(tokens)));
  await issue(tokens);
  await issue(tokens, 'laptop');
  const [newest] = await tokens.find('juliet', 'phone');
  assert.ok(newest);
  await tokens.revoke('juliet', 'phone');
  assert.deepEqual(await secrets(tokens), []);
  assert.equal(await tokens.use('juliet', 'phone', newest.id, undefined), false);
  assert.equal((await secrets(tokens, 'laptop')).length, 1);
});

test('a token is due for the next after a day, and ends after thirty', async (t) => {
  const { clock, tokens } = await start(t);
  await issue(tokens);
  const standing = async () => (await tokens.find('juliet', 'phone'))[0]?.standing;
  clock.advance(DAY_MS - 1);
  assert.equal(await standing(), 'valid');
  clock.advance(1);
  assert.equal(await standing(), 'due');
  clock.advance(29 * DAY_MS - 1);
  assert.equal(await standing(), 'due');
  clock.advance(1);
  assert.equal(await standing(), 'expired');
});

test('a token is due at half of its lifetime, even where rotation is set to come later', async (t) => {
  const { clock, tokens } = await start(t, { lifetime: '2h', rotation: '10d' });
  await issue(tokens);
  clock.advance(3_600_000);
  assert.equal((await tokens.find('juliet', 'phone'))[0]?.standing, 'due');
});

test('an expired token is kept for a week, so that its client is told, and then erased', async (t) => {
  const { clock, tokens } = await start(t);
  await issue(tokens);
  clock.advance(37 * DAY_MS);
  assert.equal((await tokens.find('juliet', 'phone'))[0]?.standing, 'expired');
  clock.advance(3_600_000);
  assert.deepEqual(await tokens.find('juliet', 'phone'), []);
});

test('an account has tokens for so many clients; the one that got its token longest ago makes room', async (t) => {
  const { clock, tokens } = await start(t, { clients: 2 });
  for (const client of ['phone', 'laptop', 'phone', 'tablet']) {
    clock.advance(1000);
    await issue(tokens, client);
  }
  assert.equal((await secrets(tokens, 'phone')).length, 1);
  assert.deepEqual(await secrets(tokens, 'laptop'), []);
  assert.equal((await secrets(tokens, 'tablet')).length, 1);
});

test('all tokens of an account can be revoked', async (t) => {
  const { tokens } = await start(t);
  for (const client of ['phone', 'laptop']) await issue(tokens, client);
  await tokens.issue('romeo', 'phone', MECHANISM);
  await tokens.revoke('juliet');
  assert.deepEqual([await secrets(tokens, 'phone'), await secrets(tokens, 'laptop')], [[], []]);
  assert.equal((await secrets(tokens, 'phone', 'romeo')).length, 1);
});

test('a new password and the removal of the account end all tokens', async (t) => {
  const server = await startParley();
  t.after(() => server.stop());
  const [accounts, tokens] = [server.service(Accounts), server.service(FastTokens)];
  await accounts.create('juliet', 'secret');
  await issue(tokens);
  await accounts.setPassword('juliet', 'another');
  assert.deepEqual(await secrets(tokens), []);
  await issue(tokens);
  await accounts.remove('juliet');
  assert.deepEqual(await secrets(tokens), []);
});

test('XEP-0077 section 3.2: a token that outlived its account is gone before the name has its next owner', async (t) => {
  const server = await startParley();
  t.after(() => server.stop());
  const [accounts, tokens] = [server.service(Accounts), server.service(FastTokens)];
  await issue(tokens);
  await accounts.create('juliet', 'secret');
  assert.deepEqual(await secrets(tokens), []);
});

test('tokens survive a restart', async (t) => {
  const { hosts, startOn, tokens } = await start(t);
  const token = await issue(tokens);
  await hosts[0]?.stop();
  assert.deepEqual(await secrets(await startOn('capulet.lit')), [token]);
});

const stored = {
  all: query<[], { id: string; secret: Uint8Array }>('select id, secret from fast_token order by id'),
  put: query<[secret: Uint8Array, id: string]>('update fast_token set secret = $1 where id = $2'),
};

async function rows(db: Database) {
  const statements = db.prepare(stored);
  return { statements, rows: await statements.all() };
}

test('the database alone gives no token away', async (t) => {
  const { db, tokens } = await start(t);
  const token = await issue(tokens);
  const [row] = (await rows(db)).rows;
  assert.ok(row);
  assert.ok(!Buffer.from(row.secret).includes(token));
});

test('a stored token that was moved or damaged is none', async (t) => {
  const { db, tokens } = await start(t);
  await issue(tokens, 'phone');
  await issue(tokens, 'laptop');
  const { statements, rows: before } = await rows(db);
  const [phone, laptop] = before;
  assert.ok(phone && laptop);
  await statements.put(phone.secret, laptop.id);
  assert.deepEqual(await secrets(tokens, 'laptop'), []);
  await statements.put(Buffer.from(phone.secret).fill(0, 30, 31), phone.id);
  assert.deepEqual(await secrets(tokens, 'phone'), []);
  await statements.put(Buffer.alloc(3), phone.id);
  assert.deepEqual(await secrets(tokens, 'phone'), []);
});

test('what is exported of tokens is no secret', async (t) => {
  const { hosts, tokens } = await start(t);
  const token = await issue(tokens);
  const data = await (hosts[0] as HostParts).hooks.collect(accountData, jid('juliet@capulet.lit'));
  const exported = data.filter((it) => it.name === 'fast-tokens');
  assert.deepEqual(exported, [
    {
      name: 'fast-tokens',
      data: [
        {
          client: 'phone',
          mechanism: MECHANISM,
          issued: '2030-01-01T00:00:00.000Z',
          expires: '2030-01-31T00:00:00.000Z',
        },
      ],
    },
  ]);
  assert.ok(!JSON.stringify(exported).includes(token));
});
