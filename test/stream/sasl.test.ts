/** RFC 6120 section 6: SASL on the wire, in the profile that opens the stream anew. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { FastTokens } from '#api';
import { Credentials } from '../../src/contracts/credentials.ts';
import { startCore } from '../support/core.ts';
import { MemoryLogger } from '../support/memory-log.ts';
import { plainMessage, ScramClient } from '../support/sasl-client.ts';

const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';
const OUTSIDE = '192.0.2.9';

const log = new MemoryLogger();
const server = await startCore({ log, settings: { allowsPlaintext: (it) => it === OUTSIDE } });
after(() => server.stop());
await server.account('juliet');
await server.account('locked');
await server.command('user lock', { jid: 'locked@capulet.lit' });

const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64');
const auth = (mechanism: string, text = '') => `<auth xmlns='${SASL}' mechanism='${mechanism}'>${text}</auth>`;
const response = (text: string) => `<response xmlns='${SASL}'>${text}</response>`;
const failure = (condition: string) => `<failure xmlns='${SASL}'><${condition}/></failure>`;
const success = `<success xmlns='${SASL}'/>`;
const plain = (local: string, password: string, authzid = '') =>
  auth('PLAIN', base64(plainMessage(local, password, authzid)));

async function connect(attributes = '', options = {}) {
  const client = server.connect(options);
  const { features } = await client.open('capulet.lit', attributes);
  return { client, features };
}

suite('RFC 6120 6.5: conditions', () => {
  const cases: readonly (readonly [clause: string, condition: string, request: string])[] = [
    ['6.5.2: an account that is locked, to who knows its password', 'account-disabled', plain('locked', 'secret')],
    ['6.5.5: what is no base 64', 'incorrect-encoding', auth('PLAIN', 'AGp1bGlldA=*')],
    ['6.5.5: white space in it', 'incorrect-encoding', auth('PLAIN', ' AGp1bGlldABzZWNyZXQ=')],
    ['6.5.6: acting as somebody else', 'invalid-authzid', plain('juliet', 'secret', 'romeo@capulet.lit')],
    ['6.5.6: acting as somebody elsewhere', 'invalid-authzid', plain('juliet', 'secret', 'juliet@montague.lit')],
    ['6.5.7: a mechanism that is unknown', 'invalid-mechanism', auth('DIGEST-MD5')],
    ['6.5.7: no mechanism', 'invalid-mechanism', `<auth xmlns='${SASL}'/>`],
    ['6.5.7: a mechanism that is not for this connection', 'invalid-mechanism', auth('EXTERNAL', '=')],
    ['6.5.8: a message that is none of the mechanism', 'malformed-request', auth('PLAIN', base64('juliet'))],
    ['6.5.8: an empty message', 'malformed-request', auth('PLAIN', '=')],
    ['6.5.8: a response to nothing', 'malformed-request', response('AGp1bGlldABzZWNyZXQ=')],
    ['6.5.10: a wrong password', 'not-authorized', plain('juliet', 'wrong')],
    ['6.5.10: an account that does not exist', 'not-authorized', plain('nobody', 'secret')],
    ['6.5.10: a locked account and a wrong password', 'not-authorized', plain('locked', 'wrong')],
  ];
  for (const [clause, condition, request] of cases) {
    test(`RFC 6120 ${clause} is ${condition}, and the client may try again`, async () => {
      const { client } = await connect();
      client.raw(request);
      const answer = await client.receives(failure(condition));
      assert.equal(answer.elements()[0]?.name, condition);
      client.raw(plain('juliet', 'secret'));
      await client.receives(success);
    });
  }

  test('RFC 6120 6.5.9: a mechanism that this host has turned off as too weak is mechanism-too-weak', async (t) => {
    const strict = await startCore({ auth: { plain: false } });
    t.after(() => strict.stop());
    const client = strict.connect();
    await client.open('capulet.lit');
    client.raw(plain('juliet', 'secret'));
    await client.receives(failure('mechanism-too-weak'));
  });

  test('RFC 6120 6.5.11: what fails on our side is temporary-auth-failure, is logged, and counts against nobody', async (t) => {
    const real = server.host.parts.service(Credentials) as { find: unknown };
    t.mock.method(real as { find(): unknown }, 'find', () => Promise.reject(new Error('no database')));
    const { client } = await connect();
    for (let i = 0; i < 8; i++) {
      client.raw(plain('juliet', 'secret'));
      await client.receives(failure('temporary-auth-failure'));
    }
    assert.match(log.take(), /no database/);
  });
});

suite('RFC 6120 6.4: the process', () => {
  test('6.4.2: without an initial response the client is asked for one; an empty challenge is an empty element', async () => {
    const { client } = await connect();
    client.raw(auth('PLAIN'));
    const challenge = await client.receives(`<challenge xmlns='${SASL}'/>`);
    assert.equal(challenge.text(), '');
    client.raw(response(base64(plainMessage('juliet', 'secret'))));
    await client.receives(success);
  });

  test('6.4.3: a challenge may be answered with nothing, as an empty element or as an equals sign', async () => {
    for (const nothing of ['', '=']) {
      const { client } = await connect();
      client.raw(auth('PLAIN'));
      await client.receives(`<challenge xmlns='${SASL}'/>`);
      client.raw(response(nothing));
      await client.receives(failure('malformed-request'));
    }
  });

  test('6.4.4, 6.5.1: an attempt that is given up is aborted, and over', async () => {
    const { client } = await connect();
    client.raw(auth('PLAIN'));
    await client.receives(`<challenge xmlns='${SASL}'/>`);
    client.raw(`<abort xmlns='${SASL}'/>`);
    await client.receives(failure('aborted'));
    client.raw(response(base64(plainMessage('juliet', 'secret'))));
    await client.receives(failure('malformed-request'));
  });

  test('6.4.2: another attempt takes the place of one that is under way', async () => {
    const { client } = await connect();
    client.raw(auth('PLAIN'));
    await client.receives(`<challenge xmlns='${SASL}'/>`);
    client.raw(plain('juliet', 'secret'));
    await client.receives(success);
  });

  test('6.3.7: the user name is prepared, and may be a whole address of the host', async () => {
    for (const name of ['JULIET', 'juliet@capulet.lit']) {
      const { client } = await connect();
      client.raw(plain(name, 'secret'));
      await client.receives(success);
    }
  });

  test('6.3.8: one may name oneself as who to act as', async () => {
    const { client } = await connect();
    client.raw(plain('juliet', 'secret', 'Juliet@capulet.lit'));
    await client.receives(success);
  });

  for (const mechanism of ['SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS']) {
    test(`6.4.6: ${mechanism}: challenge, response, success with the server's own proof`, async () => {
      const data = Buffer.alloc(32, 9);
      const isPlus = mechanism.endsWith('-PLUS');
      const { client } = await connect('', isPlus ? { tls: { tlsExporter: () => data } } : {});
      const scram = new ScramClient({
        mechanism,
        username: 'juliet',
        password: 'secret',
        ...(isPlus ? { binding: { type: 'tls-exporter', data } } : {}),
      });
      client.raw(auth(mechanism, base64(scram.first())));
      const challenge = await client.receives(`<challenge xmlns='${SASL}'/>`);
      client.raw(response(base64(scram.final(Buffer.from(challenge.text(), 'base64')))));
      const last = await client.receives(success);
      assert.ok(scram.accepts(Buffer.from(last.text(), 'base64')));
      const { features } = await client.open('capulet.lit');
      assert.ok(features.child('{urn:ietf:params:xml:ns:xmpp-bind}bind'));
    });
  }

  test('6.4.5: a wrong SCRAM proof is not-authorized, and the exchange is over', async () => {
    const { client } = await connect();
    const scram = new ScramClient({ mechanism: 'SCRAM-SHA-256', username: 'juliet', password: 'wrong' });
    client.raw(auth('SCRAM-SHA-256', base64(scram.first())));
    const challenge = await client.receives(`<challenge xmlns='${SASL}'/>`);
    const final = base64(scram.final(Buffer.from(challenge.text(), 'base64')));
    client.raw(response(final));
    await client.receives(failure('not-authorized'));
    client.raw(response(final));
    await client.receives(failure('malformed-request'));
  });

  test('6.3.3: the mechanism that the claimed account has no keys for is not offered, nor is it accepted', async () => {
    const { client, features } = await connect(`from='juliet@capulet.lit'`);
    const offered = features
      .child(`{${SASL}}mechanisms`)
      ?.elements()
      .map((it) => it.text());
    assert.deepEqual(offered, ['SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN']);
    client.raw(auth('SCRAM-SHA-512', base64('n,,n=juliet,r=a')));
    await client.receives(failure('invalid-mechanism'));
  });

  test('4.7.1: who claims one account may not log in to another', async () => {
    const { client } = await connect(`from='romeo@capulet.lit'`);
    client.raw(plain('juliet', 'secret'));
    await client.receives(failure('invalid-authzid'));
    client.raw(auth('PLAIN', base64(plainMessage('juliet', 'secret'))));
    await client.receives(failure('invalid-authzid'));
  });

  test('4.9.3.12: after success and a new header authentication is over', async () => {
    const { client } = await connect();
    client.raw(plain('juliet', 'secret'));
    await client.receives(success);
    await client.open('capulet.lit');
    client.raw(plain('juliet', 'secret'));
    await client.fails('unsupported-stanza-type');
  });

  test('13.8.3: an exempted address may use SCRAM in plaintext', async () => {
    const { client } = await connect('', { secure: false, address: OUTSIDE });
    const scram = new ScramClient({ mechanism: 'SCRAM-SHA-256', username: 'juliet', password: 'secret' });
    client.raw(auth('SCRAM-SHA-256', base64(scram.first())));
    await client.receives(`<challenge xmlns='${SASL}'/>`);
  });

  test('a stream that ends while the password is checked binds nothing', async () => {
    const { client } = await connect();
    const bind = `<iq type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`;
    client.raw(plain('juliet', 'secret') + client.header('capulet.lit') + bind);
    await client.cut();
    // A login that began later is through.
    await server.login('romeo', { available: false });
    assert.deepEqual(server.host.sessions.of('juliet@capulet.lit'), []);
  });
});

suite('RFC 4505, XEP-0175: ANONYMOUS', () => {
  test('a host that allows it gives everybody an account of their own, for as long as the session lasts', async (t) => {
    const open = await startCore({ anonymous: true });
    t.after(() => open.stop());
    const jids = new Set<string>();
    for (let i = 0; i < 2; i++) {
      const client = open.connect();
      const { features } = await client.open('capulet.lit');
      assert.match(String(features), /<mechanism>ANONYMOUS<\/mechanism>/);
      client.raw(auth('ANONYMOUS', base64('trace')));
      await client.receives(success);
      await client.open('capulet.lit');
      const bound = await client.iq('set', `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>`);
      jids.add(bound.firstElement()?.firstElement()?.text() ?? '');
      await client.send(`<message to='${[...jids].at(-1)}' id='own'/>`);
      await client.receives(`<message id='own'/>`);
    }
    assert.equal(jids.size, 2);
  });

  test('elsewhere it is not offered, and refused', async () => {
    const { client, features } = await connect();
    assert.ok(!String(features).includes('ANONYMOUS'));
    client.raw(auth('ANONYMOUS', '='));
    await client.receives(failure('invalid-mechanism'));
  });
});

suite('XEP-0077 3.1: what may come before login', () => {
  const ask = `<iq type='get' id='1' to='capulet.lit'><query xmlns='jabber:iq:register'/></iq>`;

  test('a request that a module answers before login is answered without addresses, and login goes on', async (t) => {
    const open = await startCore({ modules: { register: { open: true } } });
    t.after(() => open.stop());
    await open.account('juliet');
    const client = open.connect();
    const { features } = await client.open('capulet.lit');
    assert.ok(features.child('{http://jabber.org/features/iq-register}register'));
    await client.send(ask);
    const answer = await client.receives(`<iq type='result' id='1'><query xmlns='jabber:iq:register'/></iq>`);
    assert.equal(answer.attr('from'), undefined);
    assert.equal(answer.attr('to'), undefined);
    client.raw(plain('juliet', 'secret'));
    await client.receives(success);
  });

  test('without such a module it is not-authorized', async () => {
    const { client } = await connect();
    await client.send(ask);
    await client.fails('not-authorized');
  });

  test('nor does it come amid SASL2, which has the stream for itself', async (t) => {
    const open = await startCore({ modules: { register: { open: true }, fast: {} } });
    t.after(() => open.stop());
    assert.ok(open.service(FastTokens));
    const client = open.connect();
    await client.open('capulet.lit');
    client.raw(`<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'/>`);
    await client.receives(`<challenge xmlns='urn:xmpp:sasl:2'/>`);
    await client.send(ask);
    await client.fails('policy-violation');
  });
});
