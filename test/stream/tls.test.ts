/** RFC 6120 section 5 and XEP-0478: what is offered in which state, and how a stream becomes secure. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startCore } from '../support/core.ts';
import type { Element } from '../support/xml.ts';

const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';
const STARTTLS = `<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`;
const PROCEED = `<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`;
const PLAIN = `<auth xmlns='${SASL}' mechanism='PLAIN'>${btoa('\0juliet\0secret')}</auth>`;

const EXEMPT = '127.0.0.9';
const server = await startCore({
  hosts: ['montague.lit'],
  settings: { allowsPlaintext: (address) => address === EXEMPT },
});
after(() => server.stop());
await server.account('juliet');

const names = (features: Element) => features.elements().map((it) => it.name);

test('RFC 6120 5.3.1: where TLS is required, nothing else is offered', async () => {
  const { features } = await server.connect({ secure: false }).open('capulet.lit');
  assert.deepEqual(names(features), ['starttls']);
  assert.deepEqual(names(features.elements()[0] as Element), ['required']);
});

test('RFC 6120 5.3.1: an exempted address may do without, and is offered TLS all the same', async () => {
  const { features } = await server.connect({ secure: false, address: EXEMPT }).open('capulet.lit');
  assert.ok(names(features).includes('mechanisms'));
  assert.equal(features.elements()[0]?.toString(), STARTTLS);
});

test('XEP-0388 4: without TLS there is no SASL2, even for an exempted address', async () => {
  const client = server.connect({ secure: false, address: EXEMPT });
  const { features } = await client.open('capulet.lit');
  assert.ok(!names(features).includes('authentication'));
  client.raw(
    `<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'><initial-response>${btoa('\0juliet\0secret')}</initial-response></authenticate>`,
  );
  await client.receives(`<failure xmlns='urn:xmpp:sasl:2'><encryption-required xmlns='${SASL}'/></failure>`);
});

test('RFC 6120 6.5.4: who wants to log in before TLS is told encryption-required, and may go on with TLS', async () => {
  const client = server.connect({ secure: false });
  await client.open('capulet.lit');
  client.raw(PLAIN);
  await client.receives(`<failure xmlns='${SASL}'><encryption-required/></failure>`);
  client.raw(`<auth xmlns='${SASL}' mechanism='SCRAM-SHA-256'>biwsbj1qdWxpZXQscj1h</auth>`);
  await client.receives(`<failure xmlns='${SASL}'><encryption-required/></failure>`);
  client.raw(STARTTLS);
  await client.receives(PROCEED);
});

test('RFC 6120 5.3.1: a stanza before the required TLS is not-authorized', async () => {
  const client = server.connect({ secure: false });
  await client.open('capulet.lit');
  await client.send(`<iq type='get' id='1'><query xmlns='jabber:iq:register'/></iq>`);
  await client.fails('not-authorized');
});

test('RFC 6120 5.4: starttls, proceed, a new header, the features of a secure stream, login', async () => {
  const client = server.connect({ secure: false });
  await client.open('capulet.lit');
  client.raw(STARTTLS);
  await client.receives(PROCEED);
  const { features } = await client.open('capulet.lit');
  assert.ok(!names(features).includes('starttls'));
  assert.ok(names(features).includes('mechanisms') && names(features).includes('authentication'));
  client.raw(PLAIN);
  await client.receives(`<success xmlns='${SASL}'/>`);
});

test('RFC 6120 5.4.3.3: what came in plaintext behind the request does not count', async () => {
  const client = server.connect({ secure: false });
  await client.open('capulet.lit');
  client.raw(`${STARTTLS}${client.header('capulet.lit')}${PLAIN}`);
  await client.receives(PROCEED);
  await client.open('capulet.lit');
  client.raw(' ');
  client.raw(PLAIN);
  await client.receives(`<success xmlns='${SASL}'/>`);
});

test('RFC 6120 5.4.3.3: what the client said before TLS is forgotten: host, address, and its failures to say it', async () => {
  const client = server.connect({ secure: false });
  await client.open('capulet.lit', `from='romeo@capulet.lit'`);
  client.raw(STARTTLS);
  await client.receives(PROCEED);
  const { header } = await client.open('montague.lit');
  assert.equal(header.attr('from'), 'montague.lit');
  assert.equal(header.attr('to'), undefined);
});

test('RFC 6120 5.4.3.3: a stream that is not opened anew after TLS is no stream', async () => {
  const client = server.connect({ secure: false });
  await client.open('capulet.lit');
  client.raw(STARTTLS);
  await client.receives(PROCEED);
  client.raw(PLAIN);
  await client.receive();
  await client.fails('invalid-namespace');
});

test('RFC 6120 5.4.2.2: a second starttls fails, and the stream is closed', async () => {
  const client = server.connect({ secure: false });
  await client.open('capulet.lit');
  client.raw(STARTTLS);
  await client.receives(PROCEED);
  await client.open('capulet.lit');
  client.raw(STARTTLS);
  await client.receives(`<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`);
  assert.equal(await client.ends(), undefined);
  assert.ok(client.closed);
});

test('RFC 6120 5.4.2.2: so does starttls where it was not offered', async () => {
  const client = server.connect();
  await client.open('capulet.lit');
  client.raw(STARTTLS);
  await client.receives(`<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`);
  assert.equal(await client.ends(), undefined);
});

test('RFC 6120 5.3.4: and starttls after login', async () => {
  const client = server.connect({ secure: false, address: EXEMPT });
  await client.open('capulet.lit');
  client.raw(PLAIN);
  await client.receive();
  const { features } = await client.open('capulet.lit');
  assert.ok(!names(features).includes('starttls'));
  client.raw(STARTTLS);
  await client.receives(`<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`);
  assert.equal(await client.ends(), undefined);
});

test('RFC 6120 4.9.3.24: on a bound stream starttls is nothing that is known', async () => {
  const juliet = await server.login('juliet', { available: false });
  juliet.raw(STARTTLS);
  await juliet.fails('unsupported-stanza-type');
});

test('RFC 6120 4.3.2, 6.3.4, 7.3.1: before login there are mechanisms, after it there is binding', async () => {
  const client = server.connect();
  const { features: first } = await client.open('capulet.lit');
  assert.deepEqual(names(first), ['mechanisms', 'authentication', 'limits']);
  client.raw(PLAIN);
  await client.receive();
  const { features: second } = await client.open('capulet.lit');
  assert.deepEqual(names(second), ['sm', 'bind', 'limits']);
});

test('RFC 6120 6.3.4: the mechanisms are listed, the strongest first', async () => {
  const { features } = await server.connect().open('capulet.lit');
  const mechanisms = features
    .child(`{${SASL}}mechanisms`)
    ?.elements()
    .map((it) => it.text());
  assert.deepEqual(mechanisms, ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN']);
});

test('XEP-0478: the limits of the moment are said: size of an element, silence before the server acts', async () => {
  const client = server.connect();
  const { features: first } = await client.open('capulet.lit');
  const limits = (features: Element) =>
    features
      .child('{urn:xmpp:stream-limits:0}limits')
      ?.elements()
      .map((it) => `${it.name} ${it.text()}`);
  assert.deepEqual(limits(first), ['max-bytes 8192', 'idle-seconds 60']);
  client.raw(PLAIN);
  await client.receive();
  const { features: second } = await client.open('capulet.lit');
  assert.deepEqual(limits(second), ['max-bytes 262144', 'idle-seconds 300']);
});

test('RFC 6120 4.3.3: after SASL the stream is opened anew, for the same host', async () => {
  const client = server.connect();
  await client.open('capulet.lit');
  client.raw(PLAIN);
  await client.receive();
  client.raw(client.header('montague.lit'));
  await client.receive();
  await client.fails('host-unknown');
});

test('RFC 6120 4.7.1: after SASL the header may be from nobody else', async () => {
  const client = server.connect();
  await client.open('capulet.lit', `from='juliet@capulet.lit'`);
  client.raw(PLAIN);
  await client.receive();
  client.raw(client.header('capulet.lit', `from='romeo@capulet.lit'`));
  await client.receive();
  await client.fails('invalid-from');
});

test('RFC 6120 6.4.6: after SASL a stream that is not opened anew is no stream', async () => {
  const client = server.connect();
  await client.open('capulet.lit');
  client.raw(PLAIN);
  await client.receive();
  await client.send(`<iq type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`);
  await client.receive();
  await client.fails('invalid-namespace');
});

test('RFC 6120 6.4.6: login and new header may come in one go', async () => {
  const client = server.connect();
  await client.open('capulet.lit');
  client.raw(`${PLAIN}${client.header('capulet.lit')}`);
  await client.receives(`<success xmlns='${SASL}'/>`);
  assert.equal((await client.receive()).attr('from'), 'capulet.lit');
  assert.deepEqual(names(await client.receive()), ['sm', 'bind', 'limits']);
});
