/** XEP-0388, with what goes into one round trip with it: Bind 2 (0386), FAST (0484), upgrade tasks (0480), 0440 and 0509. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, suite, test } from 'node:test';
import { bindInline, defineModule, FastTokens, z } from '#api';
import { Credentials } from '../../src/contracts/credentials.ts';
import type { TestClient } from '../support/client.ts';
import { startCore } from '../support/core.ts';
import { plainMessage, ScramClient, TokenClient } from '../support/sasl-client.ts';
import type { TransportOptions } from '../support/transport.ts';
import type { Element } from '../support/xml.ts';

const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';
const SASL2 = 'urn:xmpp:sasl:2';
const FAST = 'urn:xmpp:fast:0';
const SUCCESS = `<success xmlns='${SASL2}'/>`;

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

const HOUR = 3_600_000;
const server = await startCore({
  modules: { fast: { lifetime: '4h', rotation: '1h' } },
  settings: { sessionsPerAccount: 1000 },
  extra: [inline],
});
after(() => server.stop());
for (const local of ['juliet', 'romeo']) await server.account(local);

const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64');
const failure = (condition: string) => `<failure xmlns='${SASL2}'><${condition} xmlns='${SASL}'/></failure>`;
const response = (data: Buffer) => `<response xmlns='${SASL2}'>${base64(data)}</response>`;
const agent = (id: string) => `<user-agent id='${id}'><software>Test</software></user-agent>`;
const bind = (tag?: string) => `<bind xmlns='urn:xmpp:bind:0'>${tag === undefined ? '' : `<tag>${tag}</tag>`}</bind>`;

function authenticate(mechanism: string, data: Buffer | undefined, ...more: readonly string[]): string {
  const initial = data === undefined ? '' : `<initial-response>${base64(data)}</initial-response>`;
  return `<authenticate xmlns='${SASL2}' mechanism='${mechanism}'>${initial}${more.join('')}</authenticate>`;
}

const plain = (local: string, ...more: readonly string[]) =>
  authenticate('PLAIN', plainMessage(local, 'secret'), ...more);

async function connect(attributes = '', options: TransportOptions = {}) {
  const client = server.connect(options);
  const { features } = await client.open('capulet.lit', attributes);
  return { client, features };
}

/** Logs in with what is asked, and returns the answer. */
async function login(request: string, attributes = '', options: TransportOptions = {}) {
  const { client } = await connect(attributes, options);
  client.raw(request);
  const answer = await client.receive();
  return { client, answer };
}

const identity = (success: Element) => success.childText(`{${SASL2}}authorization-identifier`) ?? '';
const resourceOf = (success: Element) => identity(success).slice(identity(success).indexOf('/') + 1);

/** A SCRAM login up to the server's last word. */
async function scram(client: TestClient, mechanism: string, local: string, ...more: readonly string[]) {
  const exchange = new ScramClient({ mechanism, username: local, password: 'secret' });
  client.raw(authenticate(mechanism, exchange.first(), ...more));
  const challenge = await client.receives(`<challenge xmlns='${SASL2}'/>`);
  client.raw(response(exchange.final(Buffer.from(challenge.text(), 'base64'))));
  return { exchange, last: await client.receive() };
}

const additional = (element: Element) => Buffer.from(element.childText(`{${SASL2}}additional-data`) ?? '', 'base64');

suite('XEP-0388: SASL2', () => {
  test('2.1: the feature lists mechanisms and what can go inline; XEP-0440: and what to bind to', async () => {
    const tls = { tlsExporter: () => Buffer.alloc(32), tlsServerEndPoint: () => Buffer.alloc(32) };
    const { features } = await connect('', { tls });
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
    const { features } = await connect();
    assert.ok(!String(features).includes('-PLUS'));
    assert.equal(features.child('{urn:xmpp:sasl-cb:0}sasl-channel-binding'), undefined);
  });

  test('2.6.1: success names the account, and new features follow at once without a restart', async () => {
    const { client, answer } = await login(plain('juliet'));
    assert.equal(answer.name, 'success');
    assert.equal(identity(answer), 'juliet@capulet.lit');
    const features = await client.receive();
    assert.ok(features.child('{urn:ietf:params:xml:ns:xmpp-bind}bind'));
    const bound = await client.iq('set', `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>`);
    assert.equal(bound.attr('type'), 'result');
  });

  test('2.5: challenges and responses; 2.6.1: the last word of the mechanism is in the success', async () => {
    const { client } = await connect();
    const { exchange, last } = await scram(client, 'SCRAM-SHA-256', 'juliet');
    assert.equal(last.name, 'success');
    assert.ok(exchange.accepts(additional(last)));
  });

  test('2.2: an absent initial response is asked for, an empty one is empty', async () => {
    const { client } = await connect();
    client.raw(authenticate('PLAIN', undefined));
    await client.receives(`<challenge xmlns='${SASL2}'/>`);
    client.raw(response(plainMessage('juliet', 'secret')));
    await client.receives(SUCCESS);
    const { answer } = await login(authenticate('PLAIN', Buffer.alloc(0)));
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
      const { client } = await connect();
      client.raw(request);
      await client.receives(failure(condition));
      client.raw(plain('juliet'));
      await client.receives(SUCCESS);
    });
  }

  test('2.3: an authorization identity that is not the claimed account fails', async () => {
    const { client } = await connect(`from='romeo@capulet.lit'`);
    client.raw(plain('juliet'));
    await client.receives(failure('invalid-authzid'));
    client.raw(plain('romeo'));
    await client.receives(SUCCESS);
  });

  test('5.3.6: a client may give up amid the exchange', async () => {
    const { client } = await connect();
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
      const { client } = await connect();
      client.raw(authenticate('PLAIN', undefined));
      await client.receives(`<challenge xmlns='${SASL2}'/>`);
      client.raw(other);
      await client.fails('policy-violation');
    });
  }

  test('5.4: after success another attempt ends the stream', async () => {
    const { client } = await login(plain('juliet'));
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
    const { features } = await connect();
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
    const { client, answer } = await login(plain('juliet', bind()));
    assert.match(identity(answer), /^juliet@capulet\.lit\/[\w-]{12}$/);
    assert.ok(answer.child('{urn:xmpp:bind:0}bound'));
    assert.equal((await client.receive()).child('{urn:ietf:params:xml:ns:xmpp-bind}bind'), undefined);
    client.jid = identity(answer);
    await client.send(`<message to='${client.jid}' id='own'/>`);
    await client.receives(`<message id='own'/>`);
  });

  test('4: a failed login binds nothing', async () => {
    const before = server.host.sessions.count;
    await login(authenticate('PLAIN', plainMessage('juliet', 'wrong'), bind()));
    assert.equal(server.host.sessions.count, before);
  });

  test('4.1: the tag is the beginning of the resource, a slash and an id follow', async () => {
    const { answer } = await login(plain('juliet', bind('Awesome XMPP')));
    assert.match(resourceOf(answer), /^Awesome XMPP\/[\w-]{12}$/);
  });

  for (const [what, tag] of [
    ['that no resource may have', '\ufff9'],
    ['of more than 64 bytes', 'x'.repeat(65)],
    ['that is empty', ''],
  ] as const) {
    test(`4.1: a tag ${what} is left out`, async () => {
      const { answer } = await login(plain('juliet', bind(tag)));
      assert.match(resourceOf(answer), /^[\w-]{12}$/);
    });
  }

  test('4.1: the same installation gets the same resource, which does not give its id away', async () => {
    const id = randomUUID();
    const first = await login(plain('juliet', agent(id), bind('Awesome')));
    const second = await login(plain('juliet', agent(id.toUpperCase()), bind('Awesome')));
    assert.equal(identity(first.answer), identity(second.answer));
    assert.ok(!identity(first.answer).includes(id.slice(0, 8)));
    // Nor can it be known by the other accounts of its owner.
    const other = await login(plain('romeo', agent(id), bind('Awesome')));
    assert.notEqual(resourceOf(other.answer), resourceOf(first.answer));
  });

  test('4: the earlier session of the same installation ends, under whatever tag, and no other', async () => {
    const [id, another] = [randomUUID(), randomUUID()];
    const first = await login(plain('juliet', agent(id), bind('Awesome 1.0')));
    const bystander = await login(plain('juliet', agent(another), bind('Awesome 1.0')));
    for (const { client } of [first, bystander]) await client.receive();
    await login(plain('juliet', agent(id), bind('Awesome 2.0')));
    await first.client.fails('conflict');
    assert.ok(!bystander.client.ended);
  });

  test('4: without an installation each login has a resource of its own', async () => {
    const [first, second] = [await login(plain('juliet', bind('A'))), await login(plain('juliet', bind('A')))];
    assert.notEqual(identity(first.answer), identity(second.answer));
  });

  test('4: what is asked for is switched on before the client is told; what is unknown is not mentioned', async () => {
    const request = `<bind xmlns='urn:xmpp:bind:0'><enable xmlns='urn:example:inline' really='true'/><enable xmlns='urn:example:none'/></bind>`;
    const { answer } = await login(plain('juliet', request));
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
    const resource = resourceOf((await login(plain('juliet', agent(id), bind()))).answer);
    const romeo = await server.login('romeo');
    const request = `<bind xmlns='urn:xmpp:bind:0'><enable xmlns='urn:example:inline'/></bind>`;
    const { client } = await connect();
    client.raw(plain('juliet', agent(id), request));
    // As soon as the resource is bound somebody writes to it.
    for (let i = 0; i < 10_000 && client.texts.length < 3; i++) {
      const [session] = server.host.sessions.of('juliet@capulet.lit').filter((it) => it.jid.resource === resource);
      if (session !== undefined) romeo.raw(`<message to='juliet@capulet.lit/${resource}' id='${i}'/>`);
      await null;
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

suite('XEP-0484: FAST', () => {
  const fast = (attributes = '') => `<fast xmlns='${FAST}' ${attributes}/>`;
  const want = (mechanism: string) => `<request-token xmlns='${FAST}' mechanism='${mechanism}'/>`;
  const tokenOf = (success: Element) => success.child(`{${FAST}}token`)?.attr('token');
  const from = `from='juliet@capulet.lit'`;
  const exporter = Buffer.alloc(32, 5);
  const bound = { tls: { tlsExporter: () => exporter, tlsServerEndPoint: () => Buffer.alloc(32, 6) } };

  async function obtain(id: string, mechanism = 'HT-SHA-256-NONE', options: TransportOptions = {}) {
    const { answer } = await login(plain('juliet', agent(id), want(mechanism)), from, options);
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
    const { features } = await connect('', bound);
    const list = features.child(`{${SASL2}}authentication`)?.child(`{${SASL2}}inline`)?.child(`{${FAST}}fast`);
    assert.deepEqual(
      list?.elements().map((it) => it.text()),
      ['EXPR', 'ENDP', 'NONE'].flatMap((it) => [`HT-SHA-512-${it}`, `HT-SHA-256-${it}`]),
    );
    assert.equal(list?.attr('tls-0rtt'), undefined);
  });

  test('3.3: a token comes with its expiry; 3.4: it logs in, and the server proves that it knows it, too', async () => {
    const id = randomUUID();
    const { answer } = await login(plain('juliet', agent(id), want('HT-SHA-512-NONE')), from);
    const expiry = answer.child(`{${FAST}}token`)?.attr('expiry') ?? '';
    assert.ok(Date.parse(expiry) > server.clock.now());
    const client = new TokenClient('HT-SHA-512-NONE', 'juliet', tokenOf(answer) ?? '');
    const { answer: second } = await login(
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
      const { answer } = await login(request, from);
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
      const right = await login(use(id, token, { mechanism, binding: data }), from, bound);
      assert.equal(right.answer.name, 'success');
      const { answer } = await login(use(id, token, { mechanism, binding: Buffer.alloc(32, 1) }), from, bound);
      assert.match(String(answer), /not-authorized/);
    });
  }

  test('3.4: a token is for the mechanism that it was made for, and for no other', async () => {
    const id = randomUUID();
    const token = await obtain(id, 'HT-SHA-256-EXPR', bound);
    const { client } = await login(use(id, token), from, bound);
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
      const { answer } = await login(request);
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
      const { answer } = await login(use(id, token, { more: fast(`count='${count}'`) }), from);
      assert.equal(answer.name, outcome, `count ${count}`);
    }
  });

  test('3.5: a token that is due is replaced; the old one is good until the new one is used, and no longer', async () => {
    const id = randomUUID();
    const token = await obtain(id);
    server.clock.advance(HOUR);
    const { answer } = await login(use(id, token), from);
    const next = tokenOf(answer);
    assert.ok(next);
    assert.equal((await login(use(id, token), from)).answer.name, 'success');
    const newest = tokenOf((await login(use(id, token), from)).answer) as string;
    assert.match(String((await login(use(id, next), from)).answer), /not-authorized/);
    assert.equal((await login(use(id, newest), from)).answer.name, 'success');
    assert.match(String((await login(use(id, token), from)).answer), /not-authorized/);
  });

  test('3.6: a client that logs out ends its token with a last login, and gets another only when it asks', async () => {
    const id = randomUUID();
    const token = await obtain(id);
    server.clock.advance(HOUR);
    const { answer } = await login(use(id, token, { more: fast(`invalidate='true'`) }), from);
    assert.equal(answer.name, 'success');
    assert.equal(tokenOf(answer), undefined);
    assert.match(String((await login(use(id, token), from)).answer), /not-authorized/);
    const again = await obtain(id);
    const last = await login(use(id, again, { more: fast(`invalidate='1'`) + want('HT-SHA-256-NONE') }), from);
    assert.ok(tokenOf(last.answer));
  });

  test('4.2: an expired token is credentials-expired, and the password still works on the same stream', async () => {
    const id = randomUUID();
    const token = await obtain(id);
    server.clock.advance(5 * HOUR);
    const { client, answer } = await login(use(id, token), from);
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
  let people = 0;

  /** An account with SHA-1 keys alone. */
  async function poor(): Promise<string> {
    const local = `poor${++people}`;
    await server.account(local);
    const credentials = server.host.parts.service(Credentials);
    const keys = (await credentials?.find(local))?.keys ?? [];
    await credentials?.save(
      local,
      keys.filter((it) => it.hash === 'SHA-1'),
    );
    return local;
  }

  async function hashes(local: string): Promise<string[]> {
    return ((await server.host.parts.service(Credentials)?.find(local))?.keys ?? []).map((it) => it.hash);
  }

  /** Up to the salt. */
  async function begin(local: string, ...more: readonly string[]) {
    const { client } = await connect(`from='${local}@capulet.lit'`);
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
    const { features } = await connect();
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
    const { client: again } = await connect(`from='${local}@capulet.lit'`);
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
