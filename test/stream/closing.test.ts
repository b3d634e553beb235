/** RFC 6120 sections 4.4 and 4.6: how a stream ends, and what becomes of peers that are silent. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { defineModule, nonza, observe, on, outbound, sessionBound, sessionEnded, z } from '#api';
import { startCore } from '../support/core.ts';

const told: string[] = [];
const { promise: held, resolve: release } = Promise.withResolvers<void>();
const handled: string[] = [];

const witness = defineModule({
  name: 'witness',
  summary: 'Tells what happens to sessions',
  config: z.strictObject({}),
  setup: () => ({
    nonzas: [nonza('{urn:example:wait}wait', () => held)],
    hooks: [
      observe(sessionBound, ({ jid }) => void told.push(`bound ${jid.full}`)),
      observe(sessionEnded, ({ jid }) => void told.push(`ended ${jid.full}`)),
      on(outbound, 'guard', ({ stanza }) => void handled.push(stanza.id ?? '')),
    ],
  }),
});

const server = await startCore({ extra: [witness] });
after(() => server.stop());

test('RFC 6120 4.4: a closing tag is answered with a closing tag, and the connection closes', async () => {
  const juliet = await server.login('juliet', { resource: 'balcony', available: false });
  juliet.raw('</stream:stream>');
  assert.equal(await juliet.ends(), undefined);
  assert.ok(juliet.closed);
  assert.ok(juliet.transport.closed);
});

test('RFC 6120 4.4: before login as well', async () => {
  const client = server.connect();
  await client.open('capulet.lit');
  client.raw('</stream:stream>');
  assert.equal(await client.ends(), undefined);
  assert.ok(client.closed);
});

test('RFC 6120 4.4: an empty stream is opened and closed', async () => {
  const client = server.connect();
  client.raw(client.header('capulet.lit').replace(/>$/, '/>'));
  await client.receive();
  await client.receive();
  assert.equal(await client.ends(), undefined);
  assert.ok(client.closed);
});

test('RFC 6120 4.4: what was sent before the closing tag is handled, what comes after is not', async () => {
  const romeo = await server.login('romeo', { resource: 'orchard' });
  const juliet = await server.login('juliet', { resource: 'balcony', available: false });
  const message = (body: string) => `<message to='romeo@capulet.lit'><body>${body}</body></message>`;
  juliet.raw(`${message('before')}</stream:stream>${message('after')}`);
  juliet.raw(message('after'));
  assert.equal(await juliet.ends(), undefined);
  await romeo.receives(message('before'));
  await romeo.send(`<message to='${romeo.jid}' id='own'/>`);
  await romeo.receives(`<message id='own'/>`);
});

test('RFC 6120 4.4: a session is told of once when it begins and once when it ends, however it ends', async () => {
  for (const way of ['close', 'cut'] as const) {
    told.length = 0;
    const juliet = await server.login('juliet', { resource: way, available: false });
    assert.deepEqual(told, [`bound juliet@capulet.lit/${way}`]);
    await juliet[way]();
    assert.deepEqual(told, [`bound juliet@capulet.lit/${way}`, `ended juliet@capulet.lit/${way}`]);
    assert.deepEqual(server.host.sessions.of('juliet@capulet.lit'), []);
  }
});

test('RFC 6120 4.6.1: a connection that breaks ends its session, and the streams are counted down', async () => {
  const before = server.engine.streams.table.size;
  const juliet = await server.login('juliet', { available: false });
  const client = server.connect();
  await client.open('capulet.lit');
  assert.equal(server.engine.streams.table.size, before + 2);
  await juliet.cut();
  await client.cut();
  assert.equal(server.engine.streams.table.size, before);
});

test('nothing is handled after the end, though it was read while something waited', async () => {
  const juliet = await server.login('juliet', { available: false });
  juliet.raw(`<wait xmlns='urn:example:wait'/><message id='behind' to='${juliet.jid}'/>`);
  server.host.sessions.of('juliet@capulet.lit')[0]?.end();
  assert.equal(await juliet.ends(), undefined);
  release();
  await held;
  await new Promise((done) => setImmediate(done));
  assert.ok(!handled.includes('behind'));
});

test('RFC 6120 4.6.1: white space keeps a stream alive, and is not answered', async () => {
  const other = await startCore();
  const juliet = await other.login('juliet');
  const seen = juliet.texts.length;
  for (let i = 0; i < 20; i++) {
    other.clock.advance(200_000);
    juliet.raw(i % 2 === 0 ? ' ' : '\n');
  }
  await juliet.send(`<message to='${juliet.jid}'/>`);
  await juliet.receives('<message/>');
  assert.equal(juliet.texts.slice(seen).join('').match(/</g)?.length, 1);
  await other.stop();
});

test('RFC 6120 4.6.2, XEP-0199 4.2: a silent client is asked whether it is there, once', async () => {
  const other = await startCore();
  const juliet = await other.login('juliet', { resource: 'balcony' });
  other.clock.advance(302_000);
  const ping = await juliet.receives(
    `<iq type='get' from='capulet.lit' to='juliet@capulet.lit/balcony' id='*'><ping xmlns='urn:xmpp:ping'/></iq>`,
  );
  other.clock.advance(200_000);
  // Any answer will do, also that of a client that knows no pings.
  await juliet.send(`<iq type='error' to='capulet.lit' id='${ping.attr('id')}'><error type='cancel'/></iq>`);
  other.clock.advance(290_000);
  await juliet.send(`<message to='${juliet.jid}' id='still there'/>`);
  await juliet.receives(`<message id='still there'/>`);
  await other.stop();
});

test('RFC 6120 4.6.2, 4.9.3.4: a client that does not answer either is gone: connection-timeout', async () => {
  const other = await startCore();
  const juliet = await other.login('juliet');
  other.clock.advance(602_000);
  await juliet.receives(`<iq type='get'><ping xmlns='urn:xmpp:ping'/></iq>`);
  await juliet.fails('connection-timeout');
  assert.deepEqual(other.host.sessions.of('juliet@capulet.lit'), []);
  await other.stop();
});

test('RFC 6120 4.9.3.4: who has no resource within 60 seconds is cut off, whatever has been reached', async () => {
  const other = await startCore();
  await other.account('juliet');
  const silent = other.connect();
  const opened = other.connect();
  await opened.open('capulet.lit');
  const authenticated = other.connect();
  await authenticated.open('capulet.lit');
  authenticated.raw(
    `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${btoa('\0juliet\0secret')}</auth>`,
  );
  await authenticated.receives(`<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`);
  await authenticated.open('capulet.lit');
  const bound = await other.login('juliet');
  for (let i = 0; i < 59; i++) {
    other.clock.advance(1000);
    for (const client of [opened, authenticated]) client.raw(' ');
  }
  assert.ok(!opened.ended && !authenticated.ended && !silent.ended);
  other.clock.advance(2000);
  await opened.fails('connection-timeout');
  await authenticated.fails('connection-timeout');
  await silent.receive();
  await silent.fails('connection-timeout');
  assert.ok(!bound.ended);
  await other.stop();
});
