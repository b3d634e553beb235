/** Who may ask when an account was last active: XEP-0012 section 8, and choices of the host and of accounts. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { TestClient } from '../../support/client.ts';
import { conditionOf } from '../../support/condition.ts';
import type { TestServer } from '../../support/parley.ts';
import { sharedServer } from '../../support/shared-server.ts';
import { JULIET, LAST, pair, secondsAt } from './support.ts';

const contacts = sharedServer();
const everyone = sharedServer({ modules: { last: { visibleTo: 'everyone' } } });
const nobody = sharedServer({ modules: { last: { visibleTo: 'nobody' } } });

async function condition(client: TestClient, to: string): Promise<string | undefined> {
  return conditionOf(await client.iq('get', LAST, to));
}

async function setVisibility(server: TestServer, visibleTo?: string): Promise<unknown> {
  return server.command('last visibility', { jid: JULIET, ...(visibleTo === undefined ? {} : { visibleTo }) });
}

suite('XEP-0012 8: contacts', () => {
  test('with a subscription to the presence may ask, and nobody else', async (t) => {
    const server = await contacts(t);
    const { juliet, romeo } = await pair(server);
    const tybalt = await server.login('tybalt');
    assert.deepEqual(await secondsAt(romeo, JULIET), ['0', '']);
    assert.deepEqual(await secondsAt(juliet, JULIET), ['0', '']);
    assert.equal(await condition(tybalt, JULIET), 'forbidden');
  });
});

suite('everyone', () => {
  test('may ask the server', async (t) => {
    const server = await everyone(t);
    const { juliet } = await pair(server);
    await juliet.send(`<message to='romeo@capulet.lit'><body>hi</body></message>`);
    await juliet.drain();
    server.clock.advance(5000);
    const tybalt = await server.login('tybalt');
    assert.deepEqual(await secondsAt(tybalt, JULIET), ['5', '']);
  });

  test('learns the same of who was never seen as of who does not exist', async (t) => {
    const server = await everyone(t);
    const tybalt = await server.login('tybalt');
    await server.account('nurse');
    assert.equal(await condition(tybalt, 'nurse@capulet.lit'), 'item-not-found');
    assert.equal(await condition(tybalt, 'nobody@capulet.lit'), 'item-not-found');
  });

  test('section 4: does not reach clients without a subscription to the presence all the same', async (t) => {
    const server = await everyone(t);
    const { juliet, romeo } = await pair(server);
    const tybalt = await server.login('tybalt');
    assert.equal(await condition(tybalt, juliet.jid), 'forbidden');
    await romeo.send(`<iq type='get' id='1' to='${juliet.jid}'>${LAST}</iq>`);
    await juliet.receives(`<iq type='get' id='1'/>`);
  });
});

suite('nobody', () => {
  test('may ask but the user, neither the server nor the client', async (t) => {
    const server = await nobody(t);
    const { juliet, romeo } = await pair(server);
    assert.equal(await condition(romeo, JULIET), 'forbidden');
    assert.equal(await condition(romeo, juliet.jid), 'forbidden');
    await juliet.receivesNothing();
    assert.deepEqual(await secondsAt(juliet, JULIET), ['0', '']);
  });
});

suite('last visibility', () => {
  test('prints what holds, and sets what holds for one account, and takes it back', async (t) => {
    const server = await contacts(t);
    const { romeo } = await pair(server);
    const tybalt = await server.login('tybalt');
    assert.deepEqual(await setVisibility(server), { jid: JULIET, visibleTo: 'contacts', own: false });
    assert.deepEqual(await setVisibility(server, 'nobody'), { jid: JULIET, visibleTo: 'nobody', own: true });
    assert.equal(await condition(romeo, JULIET), 'forbidden');
    await setVisibility(server, 'everyone');
    assert.deepEqual(await secondsAt(tybalt, JULIET), ['0', '']);
    assert.deepEqual(await setVisibility(server, 'default'), { jid: JULIET, visibleTo: 'contacts', own: false });
    assert.deepEqual(await secondsAt(romeo, JULIET), ['0', '']);
    assert.equal(await condition(tybalt, JULIET), 'forbidden');
  });

  test('changes nothing of what is known of the account', async (t) => {
    const server = await contacts(t);
    const { juliet, romeo } = await pair(server);
    await juliet.send(`<presence type='unavailable'><status>Adieu</status></presence>`);
    await juliet.close();
    server.clock.advance(60_000);
    await setVisibility(server, 'contacts');
    await romeo.drain();
    assert.deepEqual(await secondsAt(romeo, JULIET), ['60', 'Adieu']);
  });

  test('refuses what is no account, and what is no audience', async (t) => {
    const server = await contacts(t);
    await assert.rejects(server.command('last visibility', { jid: 'nobody@capulet.lit' }), /no account/);
    await assert.rejects(server.command('last visibility', { jid: 'capulet.lit' }), /not the address/);
    await server.account('juliet');
    await assert.rejects(setVisibility(server, 'family'));
  });
});
