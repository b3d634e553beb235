/** What SASL2 brings besides a login: tokens (FAST, XEP-0484) and more keys (upgrade tasks, XEP-0480). */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, suite, test } from 'node:test';
import { FastTokens, query } from '#api';
import { Credentials } from '../../src/contracts/credentials.ts';
import type { TestClient } from '../support/client.ts';
import { startCore } from '../support/core.ts';
import { plainMessage, ScramClient, TokenClient } from '../support/sasl-client.ts';
import type { TransportOptions } from '../support/transport.ts';
import type { Element } from '../support/xml.ts';
import {
  additional,
  agent,
  authenticate,
  base64,
  bind,
  connect,
  FAST,
  failure,
  identity,
  login,
  plain,
  response,
  SASL,
  SASL2,
  SUCCESS,
  scram,
} from './sasl2-login.ts';

const HOUR = 3_600_000;
const server = await startCore({
  modules: { fast: { lifetime: '4h', rotation: '1h' } },
  settings: { sessionsPerAccount: 1000 },
});
after(() => server.stop());
for (const local of ['juliet', 'romeo']) await server.account(local);

suite('XEP-0484: FAST', () => {
  const fast = (attributes = '') => `<fast xmlns='${FAST}' ${attributes}/>`;
  const want = (mechanism: string) => `<request-token xmlns='${FAST}' mechanism='${mechanism}'/>`;
  const tokenOf = (success: Element) => success.child(`{${FAST}}token`)?.attr('token');
  const from = `from='juliet@capulet.lit'`;
  const exporter = Buffer.alloc(32, 5);
  const bound = { tls: { tlsExporter: () => exporter, tlsServerEndPoint: () => Buffer.alloc(32, 6) } };

  async function obtain(id: string, mechanism = 'HT-SHA-256-NONE', options: TransportOptions = {}) {
    const { answer } = await login(server, plain('juliet', agent(id), want(mechanism)), from, options);
    const token = tokenOf(answer);
    assert.ok(token, String(answer));
    return token;
  }

  const use = (
    id: string,
    token: string,
    { mechanism = 'HT-SHA-256-NONE', binding = Buffer.alloc(0), more = fast() } = {},
  ) => authenticate(mechanism, new TokenClient(mechanism, 'juliet', token, binding).first(), agent(id), more);

  test('3.1: mechanisms are listed, those that bind to the channel first', async () => {
    const { features } = await connect(server, '', bound);
    const list = features.child(`{${SASL2}}authentication`)?.child(`{${SASL2}}inline`)?.child(`{${FAST}}fast`);
    assert.deepEqual(
      list?.elements().map((it) => it.text()),
      ['EXPR', 'ENDP', 'NONE'].flatMap((it) => [`HT-SHA-512-${it}`, `HT-SHA-256-${it}`]),
    );
    assert.equal(list?.attr('tls-0rtt'), undefined);
  });

  test('3.3: a token comes with its expiry; 3.4: it logs in, and the server proves that it knows it, too', async () => {
    const id = randomUUID();
    const { answer } = await login(server, plain('juliet', agent(id), want('HT-SHA-512-NONE')), from);
    const expiry = answer.child(`{${FAST}}token`)?.attr('expiry') ?? '';
    assert.ok(Date.parse(expiry) > server.clock.now());
    const client = new TokenClient('HT-SHA-512-NONE', 'juliet', tokenOf(answer) ?? '');
    const { answer: second } = await login(
      server,
      authenticate('HT-SHA-512-NONE', client.first(), agent(id), fast(), bind()),
      from,
    );
    assert.equal(second.name, 'success');
    assert.ok(client.accepts(additional(second)));
    assert.equal(tokenOf(second), undefined);
  });

  test('3.2: nothing is issued for a mechanism that was not listed, nor without an installation', async () => {
    const cases = [
      plain('juliet', agent(randomUUID()), want('HT-SHA-256-EXPR')),
      plain('juliet', want('HT-SHA-256-NONE')),
    ];
    for (const request of [...cases, plain('juliet', agent('my phone'), want('HT-SHA-256-NONE'))]) {
      const { answer } = await login(server, request, from);
      assert.equal(answer.name, 'success');
      assert.equal(tokenOf(answer), undefined);
    }
  });

  for (const [suffix, data] of [
    ['EXPR', exporter],
    ['ENDP', bound.tls.tlsServerEndPoint()],
  ] as const) {
    test(`3.4: HT-SHA-256-${suffix} binds the token to the channel`, async () => {
      const id = randomUUID();
      const mechanism = `HT-SHA-256-${suffix}`;
      const token = await obtain(id, mechanism, bound);
      const right = await login(server, use(id, token, { mechanism, binding: data }), from, bound);
      assert.equal(right.answer.name, 'success');
      const { answer } = await login(server, use(id, token, { mechanism, binding: Buffer.alloc(32, 1) }), from, bound);
      assert.match(String(answer), /not-authorized/);
    });
  }

  test('3.4: a token is for the mechanism that it was made for, and for no other', async () => {
    const id = randomUUID();
    const token = await obtain(id, 'HT-SHA-256-EXPR', bound);
    const { client } = await login(server, use(id, token), from, bound);
    client.raw(use(id, token, { mechanism: 'HT-SHA-256-EXPR', binding: exporter }));
    await client.receives(SUCCESS);
  });

  test('3.4: it is of no use to another installation, to another account, in classic SASL, or without <fast/>', async () => {
    const id = randomUUID();
    const token = await obtain(id);
    const message = new TokenClient('HT-SHA-256-NONE', 'juliet', token).first();
    const asRomeo = new TokenClient('HT-SHA-256-NONE', 'romeo', token).first();
    for (const [request, condition] of [
      [use(randomUUID(), token), 'not-authorized'],
      [authenticate('HT-SHA-256-NONE', asRomeo, agent(id), fast()), 'not-authorized'],
      [use(id, token, { more: '' }), 'malformed-request'],
      [`<auth xmlns='${SASL}' mechanism='HT-SHA-256-NONE'>${base64(message)}</auth>`, 'invalid-mechanism'],
    ] as const) {
      const { answer } = await login(server, request);
      assert.match(String(answer), new RegExp(`<failure.*<${condition}`));
    }
  });

  test('3.4: with a count each login has to count higher', async () => {
    const id = randomUUID();
    const token = await obtain(id);
    for (const [count, outcome] of [
      [2, 'success'],
      [2, 'failure'],
      [1, 'failure'],
      [3, 'success'],
    ] as const) {
      const { answer } = await login(server, use(id, token, { more: fast(`count='${count}'`) }), from);
      assert.equal(answer.name, outcome, `count ${count}`);
    }
  });

  test('3.5: a token that is due is replaced; the old one is good until the new one is used, and no longer', async () => {
    const id = randomUUID();
    const token = await obtain(id);
    server.clock.advance(HOUR);
    const { answer } = await login(server, use(id, token), from);
    const next = tokenOf(answer);
    assert.ok(next);
    assert.equal((await login(server, use(id, token), from)).answer.name, 'success');
    const newest = tokenOf((await login(server, use(id, token), from)).answer) as string;
    assert.match(String((await login(server, use(id, next), from)).answer), /not-authorized/);
    assert.equal((await login(server, use(id, newest), from)).answer.name, 'success');
    assert.match(String((await login(server, use(id, token), from)).answer), /not-authorized/);
  });

  test('3.6: a client that logs out ends its token with a last login, and gets another only when it asks', async () => {
    const id = randomUUID();
    const token = await obtain(id);
    server.clock.advance(HOUR);
    const { answer } = await login(server, use(id, token, { more: fast(`invalidate='true'`) }), from);
    assert.equal(answer.name, 'success');
    assert.equal(tokenOf(answer), undefined);
    assert.match(String((await login(server, use(id, token), from)).answer), /not-authorized/);
    const again = await obtain(id);
    const last = await login(server, use(id, again, { more: fast(`invalidate='1'`) + want('HT-SHA-256-NONE') }), from);
    assert.ok(tokenOf(last.answer));
  });

  test('4.2: an expired token is credentials-expired, and the password still works on the same stream', async () => {
    const id = randomUUID();
    const token = await obtain(id);
    server.clock.advance(5 * HOUR);
    const { client, answer } = await login(server, use(id, token), from);
    assert.match(String(answer), /credentials-expired/);
    client.raw(plain('juliet'));
    await client.receives(SUCCESS);
  });

  test('where no tokens are kept, none are offered', async (t) => {
    const bare = await startCore();
    t.after(() => bare.stop());
    assert.equal(bare.host.parts.service(FastTokens), undefined);
    const { features } = await bare.connect().open('capulet.lit');
    assert.ok(!String(features).includes(FAST));
  });
});

suite('XEP-0480: upgrade tasks', () => {
  const UPGRADE = 'urn:xmpp:sasl:upgrade:0';
  const upgrade = (hash: string) => `<upgrade xmlns='${UPGRADE}'>UPGR-SCRAM-${hash}</upgrade>`;
  const next = (task: string) => `<next xmlns='${SASL2}' task='${task}'/>`;
  const data = (salted: Buffer) =>
    `<task-data xmlns='${SASL2}'><hash xmlns='urn:xmpp:scram-upgrade:0'>${base64(salted)}</hash></task-data>`;
  const TASK = 'UPGR-SCRAM-SHA-256';
  const { drop } = server.db.prepare({
    drop: query<[local: string, hash: string]>('delete from account_scram_keys where local = $1 and hash = $2'),
  });
  let people = 0;

  /** An account with SHA-1 keys alone. */
  async function poor(): Promise<string> {
    const local = `poor${++people}`;
    await server.account(local);
    await drop(local, 'SHA-256');
    return local;
  }

  async function hashes(local: string): Promise<string[]> {
    return ((await server.host.parts.service(Credentials)?.find(local))?.keys ?? []).map((it) => it.hash);
  }

  /** Up to the salt. */
  async function begin(local: string, ...more: readonly string[]) {
    const { client } = await connect(server, `from='${local}@capulet.lit'`);
    const { exchange, last } = await scram(client, 'SCRAM-SHA-1', local, upgrade('SHA-256'), ...more);
    return { client, exchange, last };
  }

  async function salt(client: TestClient) {
    client.raw(next(TASK));
    const element = (
      await client.receives(
        `<task-data xmlns='${SASL2}'><salt xmlns='urn:xmpp:scram-upgrade:0' iterations='*'/></task-data>`,
      )
    ).firstElement() as Element;
    return { bytes: Buffer.from(element.text(), 'base64'), iterations: Number(element.attr('iterations')) };
  }

  test('2.1: the tasks are listed, without regard to who asks', async () => {
    const { features } = await connect(server);
    const list = features
      .child(`{${SASL2}}authentication`)
      ?.elements()
      .filter((it) => it.ns === UPGRADE);
    assert.deepEqual(
      list?.map((it) => it.text()),
      [TASK, 'UPGR-SCRAM-SHA-1'],
    );
  });

  test('2.2 to 3: continue, next, salt, hash, success: then the account can log in with the new mechanism', async () => {
    const local = await poor();
    const { client, exchange, last } = await begin(local, bind());
    assert.equal(last.name, 'continue');
    assert.ok(exchange.accepts(additional(last)));
    assert.equal(last.child(`{${SASL2}}tasks`)?.childText(`{${SASL2}}task`), TASK);
    const { bytes, iterations } = await salt(client);
    assert.ok(iterations >= 4096);
    const upgraded = new ScramClient({ mechanism: 'SCRAM-SHA-256', username: local, password: 'secret' });
    client.raw(data(upgraded.salted(bytes, iterations)));
    const success = await client.receives(SUCCESS);
    assert.match(identity(success), new RegExp(`^${local}@capulet\\.lit/`));
    assert.equal(success.child(`{${SASL2}}additional-data`), undefined);
    assert.deepEqual((await hashes(local)).sort(), ['SHA-1', 'SHA-256']);
    const { client: again } = await connect(server, `from='${local}@capulet.lit'`);
    assert.equal((await scram(again, 'SCRAM-SHA-256', local)).last.name, 'success');
  });

  test('2.2: who has the keys already is not asked', async () => {
    const { last } = await begin('juliet');
    assert.equal(last.name, 'success');
  });

  test('2.3: what is not the task fails, and nothing is kept or bound', async () => {
    for (const wrong of [
      next('UPGR-SCRAM-SHA-512'),
      data(Buffer.alloc(32)),
      response(Buffer.from('x')),
      `<task-data xmlns='${SASL2}'/>`,
    ]) {
      const local = await poor();
      const { client } = await begin(local, bind());
      client.raw(wrong);
      await client.receives(failure('malformed-request'));
      assert.deepEqual(await hashes(local), ['SHA-1']);
      assert.deepEqual(server.host.sessions.of(`${local}@capulet.lit`), []);
    }
  });

  test('3: a hash of another length is none', async () => {
    const local = await poor();
    const { client } = await begin(local);
    await salt(client);
    client.raw(data(Buffer.alloc(20)));
    await client.receives(failure('malformed-request'));
    assert.deepEqual(await hashes(local), ['SHA-1']);
  });

  test('2.3: once the password was changed the task of the old one fails, and the new one stays', async () => {
    const local = await poor();
    const { client } = await begin(local, bind());
    const { bytes, iterations } = await salt(client);
    await server.command('user password', { jid: `${local}@capulet.lit`, password: 'another' });
    const old = new ScramClient({ mechanism: 'SCRAM-SHA-256', username: local, password: 'secret' });
    client.raw(data(old.salted(bytes, iterations)));
    await client.receives(failure('not-authorized'));
    const renewed = authenticate('PLAIN', plainMessage(local, 'another'));
    assert.equal((await login(server, renewed)).answer.name, 'success');
    const { client: again } = await connect(server);
    assert.equal((await scram(again, 'SCRAM-SHA-256', local)).last.name, 'failure');
  });

  test('XEP-0388 5.3.6: a client may give up amid the tasks', async () => {
    const { client } = await begin(await poor());
    client.raw(`<abort xmlns='${SASL2}'/>`);
    await client.receives(failure('aborted'));
  });

  test('XEP-0388 5.4: once <continue/> was sent another attempt ends the stream', async () => {
    const { client } = await begin(await poor());
    client.raw(plain('juliet'));
    await client.fails('policy-violation');
  });
});
