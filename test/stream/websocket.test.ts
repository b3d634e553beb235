/** RFC 7395 section 3: streams over WebSocket, where every message is one element. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import type { TestClient } from '../support/client.ts';
import { startCore } from '../support/core.ts';
import { plainMessage } from '../support/sasl-client.ts';
import type { TransportOptions } from '../support/transport.ts';

const FRAMING = 'urn:ietf:params:xml:ns:xmpp-framing';
const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';
const CLOSE = `<close xmlns='${FRAMING}'/>`;

const server = await startCore();
after(() => server.stop());
await server.account('juliet');

const connect = (options: TransportOptions = {}) => server.connect({ framing: 'frames', ...options });
const auth = `<auth xmlns='${SASL}' mechanism='PLAIN'>${plainMessage('juliet', 'secret').toString('base64')}</auth>`;

async function login(resource: string): Promise<TestClient> {
  const client = connect();
  await client.login('juliet', 'capulet.lit', { resource });
  return client;
}

suite('RFC 7395 3.3, 3.4 and 3.7: opening', () => {
  test('3.4: open is answered with open, then the features come, each in a frame of its own', async () => {
    const client = connect();
    const { header } = await client.open('capulet.lit', `from='juliet@capulet.lit'`);
    assert.equal(header.attr('from'), 'capulet.lit');
    assert.equal(header.attr('to'), 'juliet@capulet.lit');
    assert.equal(header.attr('version'), '1.0');
    assert.equal(client.texts.length, 2);
    assert.match(client.texts[0] ?? '', new RegExp(`^<open xmlns='${FRAMING}' [^>]*id='[\\w-]{22}'[^>]*/>$`));
    assert.match(
      client.texts[1] ?? '',
      /^<stream:features xmlns:stream='http:\/\/etherx\.jabber\.org\/streams'>.*<\/stream:features>$/,
    );
  });

  test('3.9: TLS is a matter of the WebSocket: starttls is neither offered nor accepted', async () => {
    const client = connect({ secure: false });
    const { features } = await client.open('capulet.lit');
    assert.deepEqual(features.elements(), []);
    client.raw(`<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`);
    await client.receives(`<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`);
    assert.equal(await client.ends(), undefined);
  });

  test('3.7: after SASL the stream is opened anew, without being closed', async () => {
    const client = connect();
    const { header: first } = await client.open('capulet.lit');
    client.raw(auth);
    await client.receives(`<success xmlns='${SASL}'/>`);
    const { header: second, features } = await client.open('capulet.lit');
    assert.notEqual(first.attr('id'), second.attr('id'));
    assert.ok(features.child('{urn:ietf:params:xml:ns:xmpp-bind}bind'));
  });

  test('XEP-0388: or not opened anew, with SASL2', async () => {
    const client = connect();
    await client.open('capulet.lit');
    const initial = plainMessage('juliet', 'secret').toString('base64');
    client.raw(
      `<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'><initial-response>${initial}</initial-response><bind xmlns='urn:xmpp:bind:0'/></authenticate>`,
    );
    await client.receives(`<success xmlns='urn:xmpp:sasl:2'><bound xmlns='urn:xmpp:bind:0'/></success>`);
    assert.equal((await client.receive()).name, 'features');
  });

  test('3.3: an XML declaration and white space around the element do no harm', async () => {
    const client = connect();
    client.raw(`<?xml version='1.0'?>\n${client.header('capulet.lit')}\n`);
    assert.equal((await client.receive()).attr('from'), 'capulet.lit');
  });
});

suite('RFC 7395 3.3: elements', () => {
  test('3.3.3: every stanza declares its namespace, as it stands alone', async () => {
    const client = await login('web');
    await client.send(`<message to='${client.jid}' id='m'><body>hi</body></message>`);
    await client.receives(`<message id='m'/>`);
    assert.equal(
      client.texts.at(-1),
      `<message xmlns='jabber:client' from='${client.jid}' to='${client.jid}' id='m'><body>hi</body></message>`,
    );
    await client.iq('get', `<x xmlns='urn:example:x'/>`, 'capulet.lit');
    assert.match(client.texts.at(-1) ?? '', /^<iq xmlns='jabber:client' /);
  });

  test('the two kinds of stream reach each other', async () => {
    const [web, tcp] = [await login('web'), await server.login('romeo')];
    await tcp.send(`<message to='${web.jid}'><body>a</body><x xmlns='urn:example:x'>b</x></message>`);
    await web.receives(`<message from='${tcp.jid}'><body>a</body><x xmlns='urn:example:x'>b</x></message>`);
    await web.send(`<message to='${tcp.jid}'><body>c</body></message>`);
    await tcp.receives(`<message from='${web.jid}'><body>c</body></message>`);
    assert.doesNotMatch(tcp.texts.at(-1) ?? '', /xmlns/);
  });

  test('3.3.3: a stanza without a namespace is none', async () => {
    const client = await login('web');
    client.raw(`<message to='${client.jid}'/>`);
    await client.fails('unsupported-stanza-type');
  });

  for (const [what, frame, condition] of [
    ['two elements', `<presence xmlns='jabber:client'/><presence xmlns='jabber:client'/>`, 'not-well-formed'],
    ['half an element', `<message xmlns='jabber:client'>`, 'not-well-formed'],
    ['text', 'hello', 'not-well-formed'],
    ['nothing', '', 'not-well-formed'],
    ['white space', ' ', 'not-well-formed'],
    ['a comment', '<!-- x -->', 'restricted-xml'],
    ['an unknown element of framing', `<pause xmlns='${FRAMING}'/>`, 'bad-format'],
    [
      'the header of another kind of stream',
      `<stream:stream to='capulet.lit' version='1.0' xmlns:stream='http://etherx.jabber.org/streams'/>`,
      'invalid-namespace',
    ],
    ['a second open', `<open xmlns='${FRAMING}' to='capulet.lit' version='1.0'/>`, 'invalid-xml'],
  ] as const) {
    test(`3.3: a frame with ${what} is ${condition}, before login and after`, async () => {
      const stranger = connect();
      await stranger.open('capulet.lit');
      for (const client of [stranger, await login('web')]) {
        client.raw(frame);
        await client.fails(condition);
        assert.equal(client.texts.at(-1), CLOSE);
        assert.match(client.texts.at(-2) ?? '', /^<stream:error xmlns:stream='http:\/\/etherx\.jabber\.org\/streams'>/);
      }
    });
  }

  test('RFC 6120 13.12: the limits of a stanza are those of a frame', async () => {
    const client = connect();
    await client.open('capulet.lit');
    client.raw(`<auth xmlns='${SASL}'>${'x'.repeat(9000)}</auth>`);
    await client.fails('policy-violation');
  });

  test('RFC 6120 10.1: frames that come while something waits keep their order', async () => {
    const client = await login('web');
    const romeo = await server.login('romeo');
    const message = (to: string, id: number) => `<message xmlns='jabber:client' to='${to}' id='${id}'/>`;
    // The first waits for a look at the accounts.
    client.raw(message('no one@capulet.lit', 1));
    for (let id = 2; id < 5; id++) client.raw(message(`nobody${id}@capulet.lit`, id));
    client.raw(message(romeo.jid, 5));
    await romeo.receives(`<message id='5'/>`);
    for (let id = 1; id < 5; id++) await client.receives(`<message type='error' id='${id}'/>`);
  });
});

suite('RFC 7395 3.5: errors before the stream is open', () => {
  for (const [what, frame, condition] of [
    ['an unknown host', `<open xmlns='${FRAMING}' to='verona.lit' version='1.0'/>`, 'host-unknown'],
    ['no version', `<open xmlns='${FRAMING}' to='capulet.lit'/>`, 'unsupported-version'],
    ['a stanza', `<message xmlns='jabber:client'/>`, 'invalid-namespace'],
    ['no XML', 'GET / HTTP/1.1', 'not-well-formed'],
  ] as const) {
    test(`3.5: ${what} is answered with open, error and close`, async () => {
      const client = connect();
      client.raw(frame);
      assert.equal((await client.receive()).attr('from'), 'capulet.lit');
      await client.fails(condition);
      assert.equal(client.texts.length, 3);
      assert.match(client.texts[0] ?? '', /^<open /);
      assert.equal(client.texts[2], CLOSE);
    });
  }
});

suite('RFC 7395 3.6: closing', () => {
  test('close is answered with close, then the connection ends', async () => {
    const client = await login('web');
    client.raw(CLOSE);
    assert.equal(await client.ends(), undefined);
    assert.equal(client.texts.at(-1), CLOSE);
    assert.ok(client.transport.closed);
    assert.ok(!server.host.sessions.of('juliet@capulet.lit').some((it) => it.jid.full === client.jid));
  });

  test('close before open ends the connection', async () => {
    const client = connect();
    client.raw(CLOSE);
    assert.equal(await client.ends(), undefined);
    assert.ok(client.transport.closed);
  });

  test('the server may close with an error', async () => {
    const client = await login('web');
    await login('web');
    await client.fails('conflict');
    assert.equal(client.texts.at(-1), CLOSE);
  });

  test('3.8: a silent client is pinged with a stanza as well', async () => {
    const client = await login('silent');
    server.clock.advance(302_000);
    await client.receives(`<iq type='get'><ping xmlns='urn:xmpp:ping'/></iq>`);
  });
});

suite('RFC 7395 3.6.1: see-other-uri', () => {
  const elsewhere = 'wss://b.example.org/xmpp-websocket';

  test('a server that shuts down sends its clients to the other one, where there is one', async () => {
    const leaving = await startCore({ settings: { seeOtherUri: elsewhere } });
    await leaving.account('juliet');
    const client = leaving.connect({ framing: 'frames' });
    await client.login('juliet', 'capulet.lit', { resource: 'balcony' });
    await leaving.engine.stop();
    assert.equal(client.texts.at(-1), `<close xmlns='${FRAMING}' see-other-uri='${elsewhere}'/>`);
    await leaving.db.close();
  });

  test('RFC 6120 has no such words: a stream over TCP ends with system-shutdown', async () => {
    const leaving = await startCore({ settings: { seeOtherUri: elsewhere } });
    await leaving.account('juliet');
    const client = leaving.connect();
    await client.login('juliet', 'capulet.lit', { resource: 'balcony' });
    await leaving.engine.stop();
    const error = await client.ends();
    assert.ok(error?.child('{urn:ietf:params:xml:ns:xmpp-streams}system-shutdown'), String(error));
    await leaving.db.close();
  });
});
