/** XEP-0388 and what goes into one round trip with it: Bind 2 (0386), 0440 and 0509. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, suite, test } from 'node:test';
import { bindInline, defineModule, z } from '#api';
import { Credentials } from '../../src/contracts/credentials.ts';
import { startCore } from '../support/core.ts';
import { plainMessage } from '../support/sasl-client.ts';
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

/** Something to switch on while a resource is bound, which takes its time. */
const inline = defineModule({
  name: 'inline',
  summary: 'Can be switched on',
  config: z.strictObject({}),
  setup: () => ({
    bindInline: [
      bindInline('urn:example:inline', '{urn:example:inline}enable', async (session, element) => {
        await server.host.parts.service(Credentials)?.find('juliet');
        session.interested = element.attr('really') === 'true';
        return element;
      }),
    ],
  }),
});

const server = await startCore({ modules: { fast: {} }, settings: { sessionsPerAccount: 1000 }, extra: [inline] });
after(() => server.stop());
for (const local of ['juliet', 'romeo']) await server.account(local);

const resourceOf = (success: Element) => identity(success).slice(identity(success).indexOf('/') + 1);

suite('XEP-0388: SASL2', () => {
  test('2.1: the feature lists mechanisms and what can go inline; XEP-0440: and what to bind to', async () => {
    const tls = { tlsExporter: () => Buffer.alloc(32), tlsServerEndPoint: () => Buffer.alloc(32) };
    const { features } = await connect(server, '', { tls });
    const feature = features.child(`{${SASL2}}authentication`) as Element;
    const mechanisms = feature.elements().filter((it) => it.name === 'mechanism');
    assert.equal(mechanisms[0]?.text(), 'SCRAM-SHA-512-PLUS');
    assert.ok(feature.child(`{${SASL2}}inline`)?.child('{urn:xmpp:bind:0}bind'));
    assert.ok(feature.child(`{${SASL2}}inline`)?.child(`{${FAST}}fast`));
    const types = features
      .child('{urn:xmpp:sasl-cb:0}sasl-channel-binding')
      ?.elements()
      .map((it) => it.attr('type'));
    assert.deepEqual(types, ['tls-exporter', 'tls-server-end-point']);
  });

  test('XEP-0440 3: without -PLUS mechanisms there is no list of channel bindings', async () => {
    const { features } = await connect(server);
    assert.ok(!String(features).includes('-PLUS'));
    assert.equal(features.child('{urn:xmpp:sasl-cb:0}sasl-channel-binding'), undefined);
  });

  test('2.6.1: success names the account, and new features follow at once without a restart', async () => {
    const { client, answer } = await login(server, plain('juliet'));
    assert.equal(answer.name, 'success');
    assert.equal(identity(answer), 'juliet@capulet.lit');
    const features = await client.receive();
    assert.ok(features.child('{urn:ietf:params:xml:ns:xmpp-bind}bind'));
    const bound = await client.iq('set', `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>`);
    assert.equal(bound.attr('type'), 'result');
  });

  test('2.5: challenges and responses; 2.6.1: the last word of the mechanism is in the success', async () => {
    const { client } = await connect(server);
    const { exchange, last } = await scram(client, 'SCRAM-SHA-256', 'juliet');
    assert.equal(last.name, 'success');
    assert.ok(exchange.accepts(additional(last)));
  });

  test('2.2: an absent initial response is asked for, an empty one is empty', async () => {
    const { client } = await connect(server);
    client.raw(authenticate('PLAIN', undefined));
    await client.receives(`<challenge xmlns='${SASL2}'/>`);
    client.raw(response(plainMessage('juliet', 'secret')));
    await client.receives(SUCCESS);
    const { answer } = await login(server, authenticate('PLAIN', Buffer.alloc(0)));
    assert.equal(answer.toString(), `<failure xmlns='${SASL2}'><malformed-request xmlns='${SASL}'/></failure>`);
  });

  const cases: readonly (readonly [rule: string, condition: string, request: string])[] = [
    ['2.3: a mechanism that was not offered', 'invalid-mechanism', authenticate('DIGEST-MD5', undefined)],
    ['2.3: no mechanism', 'invalid-mechanism', `<authenticate xmlns='${SASL2}'/>`],
    [
      '2.2: what is no base 64',
      'incorrect-encoding',
      `<authenticate xmlns='${SASL2}' mechanism='PLAIN'><initial-response>*</initial-response></authenticate>`,
    ],
    ['2.6.2: a wrong password', 'not-authorized', authenticate('PLAIN', plainMessage('juliet', 'wrong'))],
    ['2.6.2: nobody', 'not-authorized', authenticate('PLAIN', plainMessage('nobody', 'secret'))],
    ['2.5: a response to nothing', 'malformed-request', response(Buffer.from('x'))],
    ['5.3.6: giving up what has not begun', 'malformed-request', `<abort xmlns='${SASL2}'/>`],
    ['XEP-0484 3.4: a count that is none', 'malformed-request', plain('juliet', `<fast xmlns='${FAST}' count='-1'/>`)],
  ];
  for (const [rule, condition, request] of cases) {
    test(`${rule}: ${condition}; the stream is as it was before`, async () => {
      const { client } = await connect(server);
      client.raw(request);
      await client.receives(failure(condition));
      client.raw(plain('juliet'));
      await client.receives(SUCCESS);
    });
  }

  test('2.3: an authorization identity that is not the claimed account fails', async () => {
    const { client } = await connect(server, `from='romeo@capulet.lit'`);
    client.raw(plain('juliet'));
    await client.receives(failure('invalid-authzid'));
    client.raw(plain('romeo'));
    await client.receives(SUCCESS);
  });

  test('5.3.6: a client may give up amid the exchange', async () => {
    const { client } = await connect(server);
    client.raw(authenticate('PLAIN', undefined));
    await client.receives(`<challenge xmlns='${SASL2}'/>`);
    client.raw(`<abort xmlns='${SASL2}'><text>later</text></abort>`);
    await client.receives(failure('aborted'));
    client.raw(plain('juliet'));
    await client.receives(SUCCESS);
  });

  for (const [what, other] of [
    ['a stanza', `<message to='romeo@capulet.lit'/>`],
    ['the other profile', `<auth xmlns='${SASL}' mechanism='PLAIN'>${base64(plainMessage('juliet', 'secret'))}</auth>`],
    ['a second attempt', plain('juliet')],
    ['starttls', `<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`],
  ] as const) {
    test(`2.4: ${what} amid an attempt ends the stream`, async () => {
      const { client } = await connect(server);
      client.raw(authenticate('PLAIN', undefined));
      await client.receives(`<challenge xmlns='${SASL2}'/>`);
      client.raw(other);
      await client.fails('policy-violation');
    });
  }

  test('5.4: after success another attempt ends the stream', async () => {
    const { client } = await login(server, plain('juliet'));
    await client.receive();
    client.raw(plain('juliet'));
    await client.fails('unsupported-stanza-type');
  });

  test('XEP-0509 1: header, authentication and stanzas may come in one go', async () => {
    const romeo = await server.login('romeo');
    const client = server.connect();
    client.raw(
      client.header('capulet.lit', `from='juliet@capulet.lit'`) +
        plain('juliet', bind()) +
        `<presence/><message to='${romeo.jid}' id='early'><body>hi</body></message>`,
    );
    await romeo.receives(`<message id='early'/>`);
    for (const name of ['stream', 'features', 'success', 'features', 'presence']) {
      assert.equal((await client.receive()).name, name);
    }
  });
});

suite('XEP-0386: Bind 2', () => {
  test('3: what can be switched on is listed', async () => {
    const { features } = await connect(server);
    const feature = features
      .child(`{${SASL2}}authentication`)
      ?.child(`{${SASL2}}inline`)
      ?.child('{urn:xmpp:bind:0}bind');
    const vars = feature
      ?.child('{urn:xmpp:bind:0}inline')
      ?.elements()
      .map((it) => it.attr('var'));
    assert.deepEqual(vars, ['urn:example:inline', 'urn:xmpp:sm:3']);
  });

  test('4: success has the full address and <bound/>, and the features are those of a bound stream', async () => {
    const { client, answer } = await login(server, plain('juliet', bind()));
    assert.match(identity(answer), /^juliet@capulet\.lit\/[\w-]{12}$/);
    assert.ok(answer.child('{urn:xmpp:bind:0}bound'));
    assert.equal((await client.receive()).child('{urn:ietf:params:xml:ns:xmpp-bind}bind'), undefined);
    client.jid = identity(answer);
    await client.send(`<message to='${client.jid}' id='own'/>`);
    await client.receives(`<message id='own'/>`);
  });

  test('4: a failed login binds nothing', async () => {
    const before = server.host.sessions.count;
    await login(server, authenticate('PLAIN', plainMessage('juliet', 'wrong'), bind()));
    assert.equal(server.host.sessions.count, before);
  });

  test('4.1: the tag is the beginning of the resource, a slash and an id follow', async () => {
    const { answer } = await login(server, plain('juliet', bind('Awesome XMPP')));
    assert.match(resourceOf(answer), /^Awesome XMPP\/[\w-]{12}$/);
  });

  for (const [what, tag] of [
    ['that no resource may have', '\ufff9'],
    ['of more than 64 bytes', 'x'.repeat(65)],
    ['that is empty', ''],
  ] as const) {
    test(`4.1: a tag ${what} is left out`, async () => {
      const { answer } = await login(server, plain('juliet', bind(tag)));
      assert.match(resourceOf(answer), /^[\w-]{12}$/);
    });
  }

  test('4.1: the same installation gets the same resource, which does not give its id away', async () => {
    const id = randomUUID();
    const first = await login(server, plain('juliet', agent(id), bind('Awesome')));
    const second = await login(server, plain('juliet', agent(id.toUpperCase()), bind('Awesome')));
    assert.equal(identity(first.answer), identity(second.answer));
    assert.ok(!identity(first.answer).includes(id.slice(0, 8)));
    // Nor can it be known by the other accounts of its owner.
    const other = await login(server, plain('romeo', agent(id), bind('Awesome')));
    assert.notEqual(resourceOf(other.answer), resourceOf(first.answer));
  });

  test('4: the earlier session of the same installation ends, under whatever tag, and no other', async () => {
    const [id, another] = [randomUUID(), randomUUID()];
    const first = await login(server, plain('juliet', agent(id), bind('Awesome 1.0')));
    const bystander = await login(server, plain('juliet', agent(another), bind('Awesome 1.0')));
    for (const { client } of [first, bystander]) await client.receive();
    await login(server, plain('juliet', agent(id), bind('Awesome 2.0')));
    await first.client.fails('conflict');
    assert.ok(!bystander.client.ended);
  });

  test('4: without an installation each login has a resource of its own', async () => {
    const [first, second] = [
      await login(server, plain('juliet', bind('A'))),
      await login(server, plain('juliet', bind('A'))),
    ];
    assert.notEqual(identity(first.answer), identity(second.answer));
  });

  test('4: what is asked for is switched on before the client is told; what is unknown is not mentioned', async () => {
    const request = `<bind xmlns='urn:xmpp:bind:0'><enable xmlns='urn:example:inline' really='true'/><enable xmlns='urn:example:none'/></bind>`;
    const { answer } = await login(server, plain('juliet', request));
    const bound = answer.child('{urn:xmpp:bind:0}bound');
    assert.deepEqual(
      bound?.elements().map((it) => it.ns),
      ['urn:example:inline'],
    );
    const session = server.host.sessions.of('juliet@capulet.lit').find((it) => it.jid.full === identity(answer));
    assert.equal(session?.interested, true);
  });

  test('4: what others send meanwhile comes after the answer', async () => {
    const id = randomUUID();
    const resource = resourceOf((await login(server, plain('juliet', agent(id), bind()))).answer);
    const romeo = await server.login('romeo');
    const request = `<bind xmlns='urn:xmpp:bind:0'><enable xmlns='urn:example:inline'/></bind>`;
    const { client } = await connect(server);
    client.raw(plain('juliet', agent(id), request));
    // As soon as the resource is bound somebody writes to it.
    for (let i = 0; i < 10_000 && client.texts.length < 3; i++) {
      const [session] = server.host.sessions.of('juliet@capulet.lit').filter((it) => it.jid.resource === resource);
      if (session !== undefined) romeo.raw(`<message to='juliet@capulet.lit/${resource}' id='${i}'/>`);
      await Promise.resolve();
      if (i % 10 === 9) await new Promise((done) => setImmediate(done));
    }
    await client.receives(SUCCESS);
    await client.receives(`<features xmlns='http://etherx.jabber.org/streams'/>`);
    await client.receives(`<message from='${romeo.jid}'/>`);
  });

  test('4: where the account has as many sessions as it may, the stream ends', async (t) => {
    const small = await startCore({ settings: { sessionsPerAccount: 1 } });
    t.after(() => small.stop());
    await small.login('juliet', { available: false });
    const client = small.connect();
    await client.open('capulet.lit');
    client.raw(plain('juliet', bind()));
    await client.fails('resource-constraint');
  });
});
