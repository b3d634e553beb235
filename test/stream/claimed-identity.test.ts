/** Who a client says it is when it opens its stream (RFC 6120 section 4.7.1, XEP-0388 section 2.1). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startParley } from '../support/parley.ts';

const ERRORS = `xmlns='urn:ietf:params:xml:ns:xmpp-streams'`;

test('RFC 6120 4.7.1: a from that names a machine instead of an account counts for nothing', async (t) => {
  const server = await startParley();
  t.after(() => server.stop());
  for (const machine of ['capulet.lit', 'laptop', 'my_laptop.example', '[::1]', '']) {
    const { header, features } = await server.connect().open('capulet.lit', `from='${machine}'`);
    assert.equal(header.attr('to'), undefined);
    assert.notEqual(features.elements().length, 0);
  }
});

test('RFC 6120 4.7.2: an account of the domain is the addressee of the answer', async (t) => {
  const server = await startParley();
  t.after(() => server.stop());
  const { header } = await server.connect().open('capulet.lit', `from='juliet@capulet.lit'`);
  assert.equal(header.attr('to'), 'juliet@capulet.lit');
});

test('XEP-0388 2.1: an account of another domain, or what is no address, is an invalid-from', async (t) => {
  const server = await startParley();
  t.after(() => server.stop());
  for (const from of ['juliet@montague.lit', '@capulet.lit', 'juliet@']) {
    const client = server.connect();
    client.expectHeader();
    client.raw(client.header('capulet.lit', `from='${from}'`));
    await client.receive();
    await client.receives(`<error xmlns='http://etherx.jabber.org/streams'><invalid-from ${ERRORS}/></error>`);
    assert.ok(client.closed);
  }
});
