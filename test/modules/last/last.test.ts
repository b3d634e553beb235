/** XEP-0012: last activity of accounts, clients and the host. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Accounts, accountData, jid } from '#api';
import { conditionOf } from '../../support/condition.ts';
import { sharedServer } from '../../support/shared-server.ts';
import { JULIET, LAST, pair, secondsAt } from './support.ts';

const start = sharedServer({ hosts: ['montague.lit'] });

test('XEP-0012 5: the host tells for how many seconds it has been running', async (t) => {
  const server = await start(t);
  await server.restart();
  const juliet = await server.login('juliet');
  server.clock.advance(123_900);
  assert.deepEqual(await secondsAt(juliet, 'capulet.lit'), ['123', '']);
});

test('XEP-0012 3: who may see the presence is told 0 while the account is available', async (t) => {
  const server = await start(t);
  const { juliet, romeo } = await pair(server);
  server.clock.advance(60_000);
  assert.deepEqual(await secondsAt(romeo, JULIET), ['0', '']);
  assert.deepEqual(await secondsAt(juliet, JULIET), ['0', '']);
});

test('XEP-0012 3: afterwards the seconds since the last resource left, with what it said', async (t) => {
  const server = await start(t);
  const { juliet, romeo } = await pair(server);
  const chamber = await server.login('juliet', { resource: 'chamber' });
  await juliet.send(`<presence type='unavailable'><status>Heading Home</status></presence>`);
  await juliet.drain();
  assert.deepEqual(await secondsAt(romeo, JULIET), ['0', '']);
  server.clock.advance(1000);
  await chamber.send(`<presence type='unavailable'><status>Sleeping</status></presence>`);
  await chamber.close();
  server.clock.advance(203_000);
  assert.deepEqual(await secondsAt(romeo, JULIET), ['203', 'Sleeping']);
});

test('XEP-0012 3: a stream that breaks ends the presence, without a word', async (t) => {
  const server = await start(t);
  const { juliet, romeo } = await pair(server);
  await juliet.send(`<presence type='unavailable'><status>Back soon</status></presence>`);
  await juliet.send('<presence/>');
  await juliet.drain();
  await juliet.cut();
  server.clock.advance(5000);
  assert.deepEqual(await secondsAt(romeo, JULIET), ['5', '']);
});

test('a client that is connected and not available is not given away', async (t) => {
  const server = await start(t);
  const { juliet, romeo } = await pair(server);
  await juliet.send(`<presence type='unavailable'/>`);
  await juliet.receives(`<presence type='unavailable'/>`);
  server.clock.advance(7000);
  assert.deepEqual(await secondsAt(romeo, JULIET), ['7', '']);
});

test('XEP-0012 3: who may not see the presence is forbidden, also where there is no such account', async (t) => {
  const server = await start(t);
  const { juliet } = await pair(server);
  for (const to of ['romeo@capulet.lit', 'nobody@capulet.lit']) {
    assert.equal(conditionOf(await juliet.iq('get', LAST, to)), 'forbidden');
  }
});

test('XEP-0012 4: who may not see the presence does not reach the client either, there or not', async (t) => {
  const server = await start(t);
  const { juliet, romeo } = await pair(server);
  for (const to of ['romeo@capulet.lit/orchard', 'romeo@capulet.lit/elsewhere']) {
    assert.equal(conditionOf(await juliet.iq('get', LAST, to)), 'forbidden');
  }
  await romeo.receivesNothing();
});

test('XEP-0012 4: who may see the presence asks the client itself, and gets its answer', async (t) => {
  const server = await start(t);
  const { juliet, romeo } = await pair(server);
  await romeo.send(`<iq type='get' id='l1' to='${juliet.jid}'>${LAST}</iq>`);
  await juliet.receives(`<iq type='get' id='l1' from='${romeo.jid}'>${LAST}</iq>`);
  await juliet.send(`<iq type='result' id='l1' to='${romeo.jid}'><query xmlns='jabber:iq:last' seconds='123'/></iq>`);
  await romeo.receives(`<iq type='result' id='l1'><query xmlns='jabber:iq:last' seconds='123'/></iq>`);
});

test('RFC 6121 8.5.3.2.3: of a resource that is not there, who may see the presence is told so', async (t) => {
  const server = await start(t);
  const { romeo } = await pair(server);
  assert.equal(conditionOf(await romeo.iq('get', LAST, `${JULIET}/nowhere`)), 'service-unavailable');
});

test('of an account that was never available there is nothing to tell', async (t) => {
  const server = await start(t);
  const { juliet } = await pair(server);
  const nurse = await server.login('nurse', { available: false });
  await nurse.send(`<presence type='subscribed' to='${JULIET}'/>`);
  await juliet.send(`<presence type='subscribe' to='nurse@capulet.lit'/>`);
  await nurse.send(`<presence type='subscribed' to='${JULIET}'/>`);
  await nurse.drain();
  await juliet.drain();
  assert.equal(conditionOf(await juliet.iq('get', LAST, 'nurse@capulet.lit')), 'item-not-found');
});

test('what is noted outlives the server when it stops in peace', async (t) => {
  const server = await start(t);
  const { juliet } = await pair(server);
  await juliet.send(`<presence type='unavailable'><status>Adieu</status></presence>`);
  await juliet.close();
  await server.restart();
  const romeo = await server.login('romeo');
  server.clock.advance(10_000);
  assert.deepEqual(await secondsAt(romeo, JULIET), ['10', 'Adieu']);
});

test('at most 1024 characters are kept of what was said', async (t) => {
  const server = await start(t);
  const { juliet, romeo } = await pair(server);
  await juliet.send(`<presence type='unavailable'><status>${'x'.repeat(1023)}🎭y</status></presence>`);
  await juliet.close();
  const [, status] = await secondsAt(romeo, JULIET);
  assert.equal(status, 'x'.repeat(1023));
});

test('it is exported with the account, and erased with it, written or not', async (t) => {
  const server = await start(t);
  const { juliet } = await pair(server);
  await juliet.send(`<presence type='unavailable'><status>Adieu</status></presence>`);
  await juliet.close();
  const exported = () => server.host.parts.hooks.collect(accountData, jid(JULIET));
  const own = async () => (await exported()).filter((it) => it.name === 'last');
  const left = new Date(server.clock.now()).toISOString();
  const data = { active: left, left, status: 'Adieu', visibleTo: '' };
  assert.deepEqual(await own(), [{ name: 'last', data }]);
  server.clock.advance(60_000);
  assert.equal((await own()).length, 1);
  await server.service(Accounts).remove('juliet');
  assert.deepEqual(await own(), []);
  await server.restart();
  assert.deepEqual(await own(), []);
});

test('the same name at another host is another account', async (t) => {
  const server = await start(t);
  const { juliet } = await pair(server);
  await juliet.close();
  const namesake = await server.login('juliet', { host: 'montague.lit' });
  await namesake.close();
  await server.restart();
  const left = await server.host.parts.hooks.collect(accountData, jid(JULIET));
  assert.equal(left.filter((it) => it.name === 'last').length, 1);
  await server.service(Accounts).remove('juliet');
  const other = server.engine.router.host('montague.lit');
  const data = await other?.parts.hooks.collect(accountData, jid('juliet@montague.lit'));
  assert.equal(data?.filter((it) => it.name === 'last').length, 1);
});
