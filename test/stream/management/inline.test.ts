/** XEP-0198 section 9: stream management in the round trip of SASL2 (XEP-0388) and Bind 2 (XEP-0386), pipelined (XEP-0509). */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, suite, test } from 'node:test';
import { bindInline, defineModule, z } from '#api';
import { startCore } from '../../support/core.ts';
import { plainMessage } from '../../support/sasl-client.ts';
import type { TransportOptions } from '../../support/transport.ts';
import type { Element } from '../../support/xml.ts';
import { agent, authenticate, connect, identity, login, plain, SASL2, scram } from '../sasl2-login.ts';
import {
  acknowledge,
  bodies,
  enable,
  failed,
  isQuiet,
  message,
  REQUEST,
  resume,
  resumed,
  SM,
  turn,
} from './devices.ts';

const BOUND = '{urn:xmpp:bind:0}bound';
const FEATURES = `<features xmlns='http://etherx.jabber.org/streams'/>`;

const waiting: (() => void)[] = [];
/** Can be switched on while a resource is bound, which takes as long as the test wants. */
const inline = defineModule({
  name: 'inline',
  summary: 'Can be switched on',
  config: z.strictObject({}),
  setup: () => ({
    bindInline: [
      bindInline('urn:example:inline', '{urn:example:inline}enable', async () => {
        await new Promise<void>((go) => waiting.push(go));
        return undefined;
      }),
    ],
  }),
});

const server = await startCore({
  modules: { fast: {} },
  extra: [inline],
  settings: { sessionsPerAccount: 1000, pingIntervalMs: 86_400_000 },
});
after(() => server.stop());
const romeo = await server.login('romeo');
await server.account('juliet');

const bindWith = (...requests: readonly string[]) => `<bind xmlns='urn:xmpp:bind:0'>${requests.join('')}</bind>`;
const resumable = enable(`resume='true'`);
const elements = (element: Element | undefined) => element?.elements().map((it) => it.name);
const sessions = () => server.host.sessions.of('juliet@capulet.lit');

/** Logs in with a managed session, in one round trip. */
async function juliet(transport: TransportOptions = {}, ...more: readonly string[]) {
  const { client, answer } = await login(server, plain('juliet', bindWith(resumable), ...more), '', transport);
  await client.receives(FEATURES);
  client.jid = identity(answer);
  const id = answer.child(BOUND)?.child(`{${SM}}enabled`)?.attr('id') as string;
  return { client, id, jid: client.jid, session: sessions().find((it) => it.jid.full === client.jid) };
}

suite('XEP-0198 9.1: enabling inline', () => {
  test('the feature is in <inline/> of SASL2, and its namespace in that of Bind 2', async () => {
    const { features } = await connect(server);
    const offer = features.child(`{${SASL2}}authentication`)?.child(`{${SASL2}}inline`);
    assert.equal(offer?.child(`{${SM}}sm`)?.toString(), `<sm xmlns='${SM}'/>`);
    const vars = offer?.child('{urn:xmpp:bind:0}bind')?.child('{urn:xmpp:bind:0}inline')?.elements();
    assert.ok(vars?.some((it) => it.attr('var') === SM));
  });

  test('the result is in <bound/>, and counting begins with it', async () => {
    const { client, id } = await juliet();
    assert.match(id, /^[\w-]{22}$/);
    await isQuiet(client, 0);
    await romeo.send(message(client.jid, 'hi'));
    assert.deepEqual(await bodies(client, 1), ['hi']);
    await client.receives(REQUEST);
    await client.send(acknowledge(1));
    await isQuiet(client, 0);
  });

  test('the features behind the answer offer it no more; without a request they do', async () => {
    for (const [request, isOffered] of [
      [bindWith(resumable), false],
      [bindWith(), true],
    ] as const) {
      const { client } = await login(server, plain('juliet', request));
      const features = await client.receives(FEATURES);
      assert.equal(features.child(`{${SM}}sm`) !== undefined, isOffered);
    }
  });

  test('a second request fails there as well', async () => {
    const { client } = await juliet();
    await client.send(resumable);
    await client.receives(failed('unexpected-request'));
  });

  test('what others send while a resource is bound comes behind the answer, and is counted', async () => {
    const { client } = await connect(server);
    const before = new Set(sessions());
    // Management is asked for last, and yet counts what comes while something else is switched on.
    client.raw(plain('juliet', bindWith(`<enable xmlns='urn:example:inline'/>`, resumable)));
    while (waiting.length === 0) await turn();
    const session = sessions().find((it) => !before.has(it));
    assert.ok(session);
    for (const body of [1, 2]) await romeo.send(message(session.jid.full, body));
    waiting.shift()?.();
    assert.equal((await client.receive()).name, 'success');
    await client.receives(FEATURES);
    client.jid = session.jid.full;
    assert.deepEqual(await bodies(client, 2), ['1', '2']);
    await client.send(acknowledge(2));
    await isQuiet(client, 0);
  });

  test('a client that is lost before it is told leaves no session', async () => {
    const before = sessions().length;
    const { client } = await connect(server);
    client.raw(plain('juliet', bindWith(resumable, `<enable xmlns='urn:example:inline'/>`)));
    while (waiting.length === 0) await turn();
    assert.equal(sessions().length, before + 1);
    await client.cut();
    assert.equal(sessions().length, before);
    waiting.shift()?.();
    await turn();
    assert.equal(server.engine.streams.resumptions.waiting, 0);
  });
});

suite('XEP-0198 9.2: resuming inline', () => {
  for (const [what, transport] of [
    ['over a stream', {}],
    ['over WebSocket', { framing: 'frames' }],
  ] as const) {
    test(`one round trip leads to a resumed session ${what}: success, no features, then what was missed`, async () => {
      const it = await juliet(transport);
      await it.client.send(message(romeo.jid, 'before'));
      await romeo.receives(message(romeo.jid, 'before'));
      await it.client.cut();
      for (const body of [1, 2]) await romeo.send(message(it.jid, body));
      const { client, answer } = await login(server, plain('juliet', resume(it.id, 0)), '', transport);
      assert.equal(identity(answer), it.jid);
      assert.deepEqual(elements(answer), ['authorization-identifier', 'resumed']);
      assert.equal(
        answer.child(`{${SM}}resumed`)?.toString(),
        `<resumed xmlns='${SM}' previd='${it.id}' h='1'/>`,
        'and h is what was handled',
      );
      await client.receives(message(it.jid, 1));
      await client.receives(message(it.jid, 2));
      await client.receives(REQUEST);
      await client.send(acknowledge(2));
      await isQuiet(client, 1);
    });
  }

  test('a request to bind in the same breath is ignored', async () => {
    const it = await juliet();
    await it.client.cut();
    const before = sessions().length;
    const { client, answer } = await login(server, plain('juliet', bindWith(resumable), resume(it.id, 0)));
    assert.deepEqual([identity(answer), elements(answer)], [it.jid, ['authorization-identifier', 'resumed']]);
    assert.equal(sessions().length, before);
    await isQuiet(client, 0);
  });

  test('so is the user agent: its earlier session is the one that is resumed', async () => {
    const user = agent(randomUUID());
    const it = await juliet({}, user);
    await it.client.cut();
    const { answer } = await login(server, plain('juliet', user, bindWith(resumable), resume(it.id, 0)));
    assert.equal(identity(answer), it.jid);
    assert.equal(it.session?.isDetached, false);
  });

  test('after SCRAM the last word of the mechanism and a token that was asked for are in the answer', async () => {
    const it = await juliet();
    await it.client.cut();
    const { client } = await connect(server);
    const token = `<request-token xmlns='urn:xmpp:fast:0' mechanism='HT-SHA-256-NONE'/>`;
    const { last } = await scram(
      client,
      'SCRAM-SHA-256',
      'juliet',
      agent(randomUUID()),
      token,
      bindWith(resumable),
      resume(it.id, 0),
    );
    assert.deepEqual(elements(last), ['additional-data', 'authorization-identifier', 'resumed', 'token']);
    await isQuiet(client, 0);
  });

  test('9.2.1: when it fails a resource is bound in the same round trip, and both are told', async () => {
    const it = await juliet();
    await it.client.send(message(romeo.jid, 'one'));
    await it.client.close();
    const { client, answer } = await login(server, plain('juliet', bindWith(resumable), resume(it.id, 0)));
    assert.deepEqual(elements(answer), ['authorization-identifier', 'failed', 'bound']);
    assert.equal(answer.child(`{${SM}}failed`)?.toString(), failed('item-not-found', 1));
    assert.notEqual(identity(answer), it.jid);
    assert.deepEqual(elements(answer.child(BOUND)), ['enabled']);
    await client.receives(FEATURES);
    await isQuiet(client, 0);
    await romeo.drain();
  });

  test('when it fails and no resource is asked for, one may be bound later', async () => {
    const { client, answer } = await login(server, plain('juliet', resume('unknown', 0)));
    assert.equal(identity(answer), 'juliet@capulet.lit');
    assert.equal(answer.child(`{${SM}}failed`)?.toString(), failed('item-not-found'));
    const features = await client.receives(FEATURES);
    assert.ok(features.child('{urn:ietf:params:xml:ns:xmpp-bind}bind'));
    const bound = await client.iq('set', `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>`);
    assert.equal(bound.attr('type'), 'result');
  });

  test('who cannot log in resumes nothing, and disturbs nobody', async () => {
    const it = await juliet();
    const { answer } = await login(server, authenticate('PLAIN', plainMessage('juliet', 'wrong'), resume(it.id, 0)));
    assert.equal(answer.name, 'failure');
    await isQuiet(it.client, 0);
  });

  test('too high an h ends the new stream; it is not told of a success', async () => {
    const it = await juliet();
    await it.client.cut();
    const { client } = await connect(server);
    client.raw(plain('juliet', bindWith(resumable), resume(it.id, 7)));
    await client.fails('undefined-condition');
    assert.equal(it.session?.isDetached, true);
  });

  test('the earlier stream, where it is still there, is closed with a conflict', async () => {
    const it = await juliet();
    const { client, answer } = await login(server, plain('juliet', resume(it.id, 0)));
    assert.equal(identity(answer), it.jid);
    await it.client.fails('conflict');
    await isQuiet(client, 0);
  });

  test('XEP-0509: header, login, resumption and stanzas may come in one go', async () => {
    const it = await juliet();
    await it.client.cut();
    await romeo.send(message(it.jid, 'missed'));
    const client = server.connect();
    client.raw(
      client.header('capulet.lit', `from='juliet@capulet.lit'`) +
        plain('juliet', bindWith(resumable), resume(it.id, 0)) +
        message(romeo.jid, 'early') +
        REQUEST,
    );
    for (const name of ['stream', 'features', 'success', 'message', 'r']) {
      assert.equal((await client.receive()).name, name);
    }
    await client.receives(acknowledge(1));
    assert.equal((await romeo.receives(message(romeo.jid, 'early'))).attr('from'), it.jid);
  });
});

suite('XEP-0386: the same installation', () => {
  test('comes back without resuming: its earlier session ends, though it waits', async () => {
    const user = agent(randomUUID());
    const it = await juliet({}, user);
    await it.client.cut();
    const again = await juliet({}, user);
    assert.equal(again.jid, it.jid);
    assert.ok(!sessions().includes(it.session as never));
    const { answer } = await login(server, plain('juliet', resume(it.id, 0)));
    assert.equal(answer.child(`{${SM}}failed`)?.toString(), failed('item-not-found', 0));
  });

  test('fails to resume and binds: the session of another installation waits on', async () => {
    const [mine, other] = [agent(randomUUID()), agent(randomUUID())];
    const it = await juliet({}, other);
    await it.client.cut();
    await login(server, plain('juliet', mine, bindWith(resumable), resume('unknown', 0)));
    assert.equal(it.session?.isDetached, true);
    const { answer } = await login(server, plain('juliet', resume(it.id, 0)));
    assert.equal(answer.child(`{${SM}}resumed`)?.toString(), resumed(it.id, 0));
  });
});
