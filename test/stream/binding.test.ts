/** RFC 6120 section 7: binding a resource. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import type { ResourceConflict } from '../../src/stream/settings.ts';
import type { TestClient } from '../support/client.ts';
import { startCore } from '../support/core.ts';

const BIND = 'urn:ietf:params:xml:ns:xmpp-bind';
const STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas';

const server = await startCore();
after(() => server.stop());
let people = 0;

/** Authenticated, and nothing more. */
async function authenticated(local = `person${++people}`): Promise<TestClient> {
  await server.account(local);
  const client = server.connect();
  await client.open('capulet.lit');
  client.raw(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${btoa(`\0${local}\0secret`)}</auth>`);
  await client.receive();
  await client.open('capulet.lit');
  return client;
}

const bind = (resource?: string) =>
  `<bind xmlns='${BIND}'>${resource === undefined ? '' : `<resource>${resource}</resource>`}</bind>`;
const iq = (payload: string, attributes = `type='set' id='b'`) => `<iq ${attributes}>${payload}</iq>`;
const refusal = (condition: string, type: string) =>
  `<iq type='error' id='b'><bind xmlns='${BIND}'/><error type='${type}'><${condition} xmlns='${STANZAS}'/></error></iq>`;

async function resourceOf(client: TestClient, request: string): Promise<string> {
  await client.send(iq(request));
  const result = await client.receives(`<iq type='result' id='b'><bind xmlns='${BIND}'><jid/></bind></iq>`);
  const jid = result.firstElement()?.firstElement()?.text() ?? '';
  return jid.slice(jid.indexOf('/') + 1);
}

suite('the resource', () => {
  test('RFC 6120 7.6: the server makes one that nobody can guess', async () => {
    const resources = new Set<string>();
    for (let i = 0; i < 5; i++) {
      const resource = await resourceOf(await authenticated('juliet'), bind());
      assert.ok(Buffer.from(resource, 'base64url').length >= 9, resource);
      resources.add(resource);
    }
    assert.equal(resources.size, 5);
  });

  test('RFC 6120 7.6: an empty one is none', async () => {
    assert.match(await resourceOf(await authenticated(), bind('')), /^[\w-]{12}$/);
  });

  test('RFC 6120 7.7: the client may choose', async () => {
    assert.equal(await resourceOf(await authenticated(), bind('balcony')), 'balcony');
  });

  test('RFC 7622 3.4: what the client chose is prepared', async () => {
    assert.equal(await resourceOf(await authenticated(), bind('Bal\u00a0con\u0065\u0301')), 'Bal con\u00e9');
  });

  test('RFC 6120 7.7.2.1: what is no resource is a bad-request, and another may be bound then', async () => {
    const client = await authenticated();
    for (const wrong of ['\u007f', 'x'.repeat(1024), '\ufff9']) {
      await client.send(iq(bind(wrong)));
      await client.receives(refusal('bad-request', 'modify'));
    }
    assert.equal(await resourceOf(client, bind('balcony')), 'balcony');
  });

  test('RFC 6120 7.6: before anything is bound answers have no addresses', async () => {
    const client = await authenticated();
    await client.send(iq(bind()));
    const { attrs } = await client.receive();
    assert.deepEqual(attrs, ['type', 'result', 'id', 'b']);
  });

  test('RFC 6120 7.1: a request to bind may be addressed to the server or to the account', async () => {
    for (const to of ['capulet.lit', 'to@capulet.lit', 'TO@CAPULET.lit']) {
      const client = await authenticated('to');
      await client.send(iq(bind(), `type='set' id='b' to='${to}'`));
      await client.receives(`<iq type='result' id='b'/>`);
    }
  });

  test('RFC 6120 8.2.3: a request to bind without an id, of another type or with two children is a bad-request', async () => {
    const client = await authenticated();
    for (const [payload, attributes] of [
      [bind(), `type='set'`],
      [bind(), `type='get' id='b'`],
      [bind() + bind(), `type='set' id='b'`],
    ] as const) {
      await client.send(iq(payload, attributes));
      await client.receives(`<iq type='error'><error type='modify'><bad-request xmlns='${STANZAS}'/></error></iq>`);
    }
    assert.equal(await resourceOf(client, bind('balcony')), 'balcony');
  });
});

suite('the order of things', () => {
  for (const [what, stanza] of [
    ['a message', `<message to='romeo@capulet.lit'/>`],
    ['presence', '<presence/>'],
    ['another request', iq(`<query xmlns='jabber:iq:roster'/>`, `type='get' id='r'`)],
    ['a request to bind to somebody else', iq(bind(), `type='set' id='b' to='romeo@capulet.lit'`)],
    ['a request to bind to a resource', iq(bind(), `type='set' id='b' to='capulet.lit/x'`)],
    ['a request without a payload', `<iq type='set' id='b'/>`],
  ] as const) {
    test(`RFC 6120 7.1: ${what} before a resource is bound is not-authorized`, async () => {
      const client = await authenticated();
      await client.send(stanza);
      await client.fails('not-authorized');
    });
  }

  test('RFC 6120 7.6.2.2: a second resource is not-allowed, and the first goes on', async () => {
    const client = await server.login('second', { resource: 'first' });
    for (const to of [undefined, 'capulet.lit', 'second@capulet.lit']) {
      const answer = await client.iq('set', bind('more'), to);
      assert.match(String(answer), /<error type='cancel' code='405'><not-allowed /);
    }
    await client.send(`<message to='${client.jid}' id='own'/>`);
    await client.receives(`<message id='own'/>`);
    assert.equal(server.host.sessions.of('second@capulet.lit').length, 1);
  });

  test('RFC 6120 7.1: to bind and to send may come in one go', async () => {
    const client = await authenticated();
    client.raw(`${iq(bind('x'))}<message type='headline' to='nobody@capulet.lit'/><presence id='p'/>`);
    await client.receives(`<iq type='result' id='b'/>`);
    await client.receives(`<presence id='p'/>`);
  });
});

suite('RFC 6120 7.7.2.2: a resource that is in use', () => {
  const policy = (resourceConflict: ResourceConflict) => {
    server.engine.streams.settings = { ...server.engine.streams.settings, resourceConflict };
  };
  after(() => policy('replace'));

  test('replace: the session that had it ends with conflict', async () => {
    policy('replace');
    const first = await server.login('romeo', { resource: 'orchard', available: false });
    assert.equal(await resourceOf(await authenticated('romeo'), bind('orchard')), 'orchard');
    await first.fails('conflict');
    assert.equal(server.host.sessions.of('romeo@capulet.lit').length, 1);
  });

  test('rename: the newcomer gets another', async () => {
    policy('rename');
    const first = await server.login('nurse', { resource: 'hall', available: false });
    const resource = await resourceOf(await authenticated('nurse'), bind('hall'));
    assert.match(resource, /^[\w-]{12}$/);
    assert.ok(!first.ended);
  });

  test('refuse: the newcomer is told conflict, and may choose another', async () => {
    policy('refuse');
    const first = await server.login('peter', { resource: 'yard', available: false });
    const client = await authenticated('peter');
    await client.send(iq(bind('yard')));
    await client.receives(refusal('conflict', 'cancel'));
    assert.equal(await resourceOf(client, bind('street')), 'street');
    assert.ok(!first.ended);
  });

  test('the same resource of another account is no conflict', async () => {
    policy('refuse');
    await server.login('tybalt', { resource: 'square', available: false });
    assert.equal(await resourceOf(await authenticated('mercutio'), bind('square')), 'square');
  });
});

test('RFC 6120 7.6.2.1: past the limit of sessions it is resource-constraint, until one of them ends', async () => {
  const sessions: TestClient[] = [];
  for (let i = 0; i < 10; i++) sessions.push(await server.login('crowd', { resource: `r${i}`, available: false }));
  const client = await authenticated('crowd');
  await client.send(iq(bind('r10')));
  await client.receives(refusal('resource-constraint', 'wait'));
  await sessions[3]?.close();
  assert.equal(await resourceOf(client, bind('r10')), 'r10');
  // One that takes the place of another is no more than there were.
  assert.equal(await resourceOf(await authenticated('crowd'), bind('r5')), 'r5');
});
