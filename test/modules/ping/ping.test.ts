/** XEP-0199: pings to the server, to accounts and to clients. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jid, NS, Router } from '#api';
import { el } from '../../../src/xml/element.ts';
import { conditionOf } from '../../support/condition.ts';
import { sharedServer } from '../../support/shared-server.ts';

const shared = sharedServer({ hosts: ['montague.lit'] });

const PING = `<ping xmlns='urn:xmpp:ping'/>`;

test('XEP-0199 4.2: the server answers a ping to itself, to the own account, and one without address', async (t) => {
  const server = await shared(t);
  const juliet = await server.login('juliet', { available: false });
  for (const to of ['capulet.lit', 'juliet@capulet.lit', undefined]) {
    const answer = await juliet.iq('get', PING, to);
    assert.equal(answer.attr('type'), 'result');
    assert.equal(answer.attr('from'), to ?? 'juliet@capulet.lit');
    assert.equal(answer.firstElement(), undefined);
  }
});

test('XEP-0199 4.3: who is not a local session is answered, too', async (t) => {
  const server = await shared(t);
  const ping = el(NS.ping, 'ping');
  const answer = await server
    .service(Router)
    .request({ from: jid('montague.lit'), to: jid('capulet.lit'), type: 'get' }, ping);
  assert.equal(answer?.type, 'result');
});

test('XEP-0199 4.4: a ping to a full address is for the client there, and so is the answer for the one who asks', async (t) => {
  const server = await shared(t);
  const juliet = await server.login('juliet', { resource: 'balcony' });
  const romeo = await server.login('romeo', { resource: 'orchard' });
  await juliet.send(`<iq type='get' id='p1' to='romeo@capulet.lit/orchard'>${PING}</iq>`);
  await romeo.receives(`<iq type='get' id='p1' from='juliet@capulet.lit/balcony'>${PING}</iq>`);
  await romeo.send(`<iq type='result' id='p1' to='juliet@capulet.lit/balcony'/>`);
  await juliet.receives(`<iq type='result' id='p1' from='romeo@capulet.lit/orchard'/>`);
});

test('XEP-0199 9: a ping to a resource that is not there gets service-unavailable from the full address', async (t) => {
  const server = await shared(t);
  const juliet = await server.login('juliet');
  await server.account('romeo');
  const answer = await juliet.iq('get', PING, 'romeo@capulet.lit/orchard');
  assert.equal(answer.attr('from'), 'romeo@capulet.lit/orchard');
  assert.equal(conditionOf(answer), 'service-unavailable');
});

test('RFC 6121 8.5.1: a ping to an account of somebody else is answered as one to an address without account', async (t) => {
  const server = await shared(t);
  const juliet = await server.login('juliet');
  await server.login('romeo');
  const [existing, missing] = [
    await juliet.iq('get', PING, 'romeo@capulet.lit'),
    await juliet.iq('get', PING, 'nobody@capulet.lit'),
  ];
  const error = (it: typeof existing) => it.elements().at(-1)?.toString();
  assert.equal(error(existing), error(missing));
  assert.equal(conditionOf(existing), 'service-unavailable');
});
