/** RFC 6120 sections 4.2, 4.3 and 4.7 to 4.9.1: how a stream opens, and what ends it before it has begun. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { TestClient } from '../support/client.ts';
import { startCore } from '../support/core.ts';

const server = await startCore({ hosts: ['montague.lit'] });
after(() => server.stop());

const STREAMS = `xmlns:stream='http://etherx.jabber.org/streams'`;

/** Connects and sends a header as it is given. */
function say(header: string): TestClient {
  const client = server.connect();
  client.raw(header);
  return client;
}

function opening(attributes: string, content = `xmlns='jabber:client'`): string {
  return `<?xml version='1.0'?><stream:stream ${attributes} ${content} ${STREAMS}>`;
}

test('RFC 6120 4.2: the answer is an XML declaration, a header from the host, and features', async () => {
  const client = server.connect();
  const { header, features } = await client.open('capulet.lit');
  assert.match(client.texts.join(''), /^<\?xml version='1\.0'\?><stream:stream [^>]*><stream:features>/);
  assert.equal(header.attr('from'), 'capulet.lit');
  assert.equal(header.attr('version'), '1.0');
  assert.equal(header.attr('to'), undefined);
  assert.equal(features.key, '{http://etherx.jabber.org/streams}features');
  assert.match(client.texts.join(''), /xmlns='jabber:client' xmlns:stream='http:\/\/etherx\.jabber\.org\/streams'/);
});

test('RFC 6120 4.2: an XML declaration is not required of the client', async () => {
  const client = say(`<stream:stream to='capulet.lit' version='1.0' xmlns='jabber:client' ${STREAMS}>`);
  assert.equal((await client.receive()).attr('from'), 'capulet.lit');
});

test('RFC 6120 4.2: a header may come a byte at a time', async () => {
  const client = server.connect();
  for (const byte of opening(`to='capulet.lit' version='1.0'`)) client.raw(byte);
  assert.equal((await client.receive()).attr('from'), 'capulet.lit');
});

test('RFC 6120 4.7.1: the answer is to the address that the client claims', async () => {
  const { header } = await server.connect().open('capulet.lit', `from='Juliet@capulet.lit/balcony'`);
  assert.equal(header.attr('to'), 'juliet@capulet.lit');
});

for (const machine of ['capulet.lit', 'laptop', 'my_laptop.example', '[::1]', '']) {
  test(`RFC 6120 4.7.1: a from that names a machine instead of an account counts for nothing: '${machine}'`, async () => {
    const { header, features } = await server.connect().open('capulet.lit', `from='${machine}'`);
    assert.equal(header.attr('to'), undefined);
    assert.notEqual(features.elements().length, 0);
  });
}

test('RFC 6120 4.7.2: the domain is compared after preparation', async () => {
  const { header } = await server.connect().open('CAPULET.lit.');
  assert.equal(header.attr('from'), 'capulet.lit');
});

test('RFC 6120 4.7.2: several hosts answer by their own names', async () => {
  const { header } = await server.connect().open('montague.lit');
  assert.equal(header.attr('from'), 'montague.lit');
});

test('RFC 6120 4.7.3: stream ids are unique and have 128 bits at least', async () => {
  const ids = new Set<string>();
  for (let i = 0; i < 50; i++) {
    const { header } = await server.connect().open('capulet.lit');
    const id = header.attr('id') ?? '';
    assert.ok(Buffer.from(id, 'base64url').length >= 16, id);
    ids.add(id);
  }
  assert.equal(ids.size, 50);
});

test('RFC 6120 4.7.3: a stream that is opened anew gets another id', async () => {
  await server.account('juliet');
  const client = server.connect();
  const { header: first } = await client.open('capulet.lit');
  const plain = Buffer.from('\0juliet\0secret').toString('base64');
  client.raw(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`);
  await client.receives(`<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`);
  const { header: second } = await client.open('capulet.lit');
  assert.notEqual(first.attr('id'), second.attr('id'));
});

test('RFC 6120 4.7.4: the server says what language it speaks', async () => {
  const { header } = await server.connect().open('capulet.lit', `xml:lang='de'`);
  assert.equal(header.attr('xml:lang'), 'en');
});

test('RFC 6120 4.7.4: the language of the client is that of its stanzas where they state none', async () => {
  const romeo = await server.login('romeo', { resource: 'orchard' });
  await server.account('lang');
  const client = server.connect();
  await client.open('capulet.lit');
  client.raw(
    `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${Buffer.from('\0lang\0secret').toString('base64')}</auth>`,
  );
  await client.receive();
  await client.open('capulet.lit', `xml:lang='de-AT'`);
  await client.iq('set', `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>`);
  await client.send(`<message to='romeo@capulet.lit'><body>Hallo</body></message>`);
  await client.send(`<message to='romeo@capulet.lit' xml:lang='fr'><body>Salut</body></message>`);
  await romeo.receives(`<message xml:lang='de-AT'><body>Hallo</body></message>`);
  await romeo.receives(`<message xml:lang='fr'><body>Salut</body></message>`);
});

test('RFC 6120 4.7.4: a stanza in the language of the server is left as it is', async () => {
  const [nurse, peter] = [await server.login('nurse'), await server.login('peter')];
  await nurse.send(`<message to='peter@capulet.lit'><body>hi</body></message>`);
  assert.equal((await peter.receive()).attr('xml:lang'), undefined);
});

for (const version of [`version='0.9'`, `version='one'`, `version='1'`, `version=''`, '']) {
  test(`RFC 6120 4.9.3.25: a header with ${version || 'no version'} is unsupported-version`, async () => {
    const client = say(opening(`to='capulet.lit' ${version}`));
    await client.receive();
    await client.fails('unsupported-version');
  });
}

test('RFC 6120 4.7.5: a newer version is answered with ours', async () => {
  const client = say(opening(`to='capulet.lit' version='2.3'`));
  assert.equal((await client.receive()).attr('version'), '1.0');
});

test('RFC 6120 4.9.1.2, 4.9.3.6: for an unknown host there is a header before the error, and a closing tag after it', async () => {
  const client = say(opening(`to='verona.lit' version='1.0'`));
  const header = await client.receive();
  assert.equal(header.key, '{http://etherx.jabber.org/streams}stream');
  // 4.9.1.3: from a domain that the server answers for.
  assert.equal(header.attr('from'), 'capulet.lit');
  assert.ok(header.attr('id'));
  await client.fails('host-unknown');
  assert.match(client.texts.join(''), /<\/stream:error><\/stream:stream>$/);
});

test('RFC 6120 4.9.3.6: what is no domain at all is host-unknown', async () => {
  const client = say(opening(`to='@' version='1.0'`));
  await client.receive();
  await client.fails('host-unknown');
});

for (const to of ['', `to=''`]) {
  test(`RFC 6120 4.9.3.7: a header with ${to || 'no to'} is improper-addressing`, async () => {
    const client = say(opening(`${to} version='1.0'`));
    assert.equal((await client.receive()).attr('from'), 'capulet.lit');
    await client.fails('improper-addressing');
  });
}

for (const from of ['juliet@montague.lit', '@capulet.lit', 'juliet@', 'a@b@c']) {
  test(`RFC 6120 4.9.3.9, XEP-0388 2.1: a header from ${from} is invalid-from`, async () => {
    const client = say(opening(`from='${from}' to='capulet.lit' version='1.0'`));
    await client.receive();
    await client.fails('invalid-from');
  });
}

test('RFC 6120 4.8.1, 4.9.3.10: a stream in another namespace is invalid-namespace', async () => {
  const client = say(
    `<stream:stream to='capulet.lit' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/stream'>`,
  );
  await client.receive();
  await client.fails('invalid-namespace');
});

test('RFC 6120 4.8.1: what is not in a stream at all is invalid-namespace', async () => {
  const client = say(`<message xmlns='jabber:client' to='juliet@capulet.lit'>`);
  await client.receive();
  await client.fails('invalid-namespace');
});

test('RFC 6120 4.9.3.1: another element of the stream namespace in the place of the header is bad-format', async () => {
  const client = say(`<stream:features ${STREAMS}>`);
  await client.receive();
  await client.fails('bad-format');
});

for (const ns of ['jabber:server', 'jabber:component:accept', 'urn:example']) {
  test(`RFC 6120 4.8.2, 4.9.3.10: the content namespace ${ns} is invalid-namespace`, async () => {
    const client = say(opening(`to='capulet.lit' version='1.0'`, `xmlns='${ns}'`));
    await client.receive();
    await client.fails('invalid-namespace');
  });
}

test('RFC 6120 4.8.2: a client may declare no content namespace and qualify each stanza', async () => {
  await server.account('juliet');
  const client = say(opening(`to='capulet.lit' version='1.0'`, ''));
  await client.receive();
  await client.receive();
  const plain = Buffer.from('\0juliet\0secret').toString('base64');
  client.raw(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`);
  await client.receives(`<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`);
});

test('RFC 6120 4.8.5: the stream prefix is the choice of the client', async () => {
  const client = say(
    `<s:stream to='capulet.lit' version='1.0' xmlns='jabber:client' xmlns:s='http://etherx.jabber.org/streams'>`,
  );
  await client.receive();
  assert.equal((await client.receive()).name, 'features');
  client.raw('</s:stream>');
  assert.equal(await client.ends(), undefined);
  assert.ok(client.closed);
});

test('a header amid the stream ends it, for it is no stanza', async () => {
  const client = server.connect();
  await client.open('capulet.lit');
  client.raw(`<stream:stream to='capulet.lit' version='1.0'/>`);
  await client.fails('invalid-xml');
});
