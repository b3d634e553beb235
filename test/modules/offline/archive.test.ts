/** Offline messages and the archive together: who reads the archive gets nothing twice, who does not gets everything. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { query } from '../../../src/kernel/sql.ts';
import { bind, login, plain } from '../../stream/sasl2-login.ts';
import type { TestClient } from '../../support/client.ts';
import { startParley } from '../../support/parley.ts';
import { bodies, count, emptied, getsNothing, says, settled } from './support.ts';

const MAM = 'urn:xmpp:mam:2';
const NO_PERMANENT_STORE = `<no-permanent-store xmlns='urn:xmpp:hints'/>`;

const server = await startParley({ modules: { offline: { maxMessages: 5 } }, settings: { pingIntervalMs: 1e12 } });
after(() => server.stop());
const romeo = await server.login('romeo', { resource: 'orchard' });
let people = 0;

/** Somebody for whom messages wait: one, two and, in no archive, three. */
async function somebody(): Promise<string> {
  const local = `user${++people}`;
  await server.account(local);
  await says(romeo, `${local}@capulet.lit`, 'one', 'two');
  await romeo.send(`<message to='${local}@capulet.lit' type='chat'><body>three</body>${NO_PERMANENT_STORE}</message>`);
  await settled(romeo);
  assert.equal((await count(server, local)).messages, 3);
  return local;
}

const catchUp = (id: string, form = '') =>
  `<iq type='set' id='${id}'><query xmlns='${MAM}'>${form}<set xmlns='http://jabber.org/protocol/rsm'><max>50</max></set></query></iq>`;
const withRomeo = `<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>${MAM}</value></field><field var='with'><value>romeo@capulet.lit</value></field></x>`;

/** What comes until nothing more does: results of the archive, and messages by themselves. */
async function received(client: TestClient): Promise<{ readonly archived: string[]; readonly live: string[] }> {
  const archived: string[] = [];
  const live: string[] = [];
  for (const element of await client.drain()) {
    const forwarded = element.child(`{${MAM}}result`)?.firstElement()?.child('{jabber:client}message');
    const body = (forwarded ?? element).childText('{jabber:client}body');
    if (element.name === 'message') (forwarded === undefined ? live : archived).push(body ?? '');
  }
  return { archived, live };
}

/** Once: reads the archive, and is remembered for it. */
async function reader(local: string, resource: string): Promise<void> {
  const client = await server.login(local, { resource, available: false });
  await client.send(catchUp('c'));
  await client.answer('c');
  await client.close();
}

suite('a client that reads the archive', () => {
  test('XEP-0313 6.1.1: asks before it is available, and gets only what is not in the archive', async () => {
    const local = await somebody();
    const client = await server.login(local, { resource: 'phone', available: false });
    await client.send(`${catchUp('c')}<presence/>`);
    await client.receives(`<message><result xmlns='${MAM}'/></message>`);
    await client.receives(`<message><result xmlns='${MAM}'/></message>`);
    await client.answer('c');
    await emptied(server, local);
    assert.deepEqual((await received(client)).live, ['three']);
  });

  test('XEP-0313 6.1.1: asks in the same breath as it becomes available, and gets nothing twice', async () => {
    const local = await somebody();
    const client = await server.login(local, { resource: 'phone', available: false });
    client.raw(`<presence/>${catchUp('c')}`);
    await emptied(server, local);
    const { archived, live } = await received(client);
    assert.deepEqual([archived, live], [['one', 'two'], ['three']]);
  });

  test('is known by its resource in later sessions', async () => {
    const local = `user${++people}`;
    await server.account(local);
    await reader(local, 'phone');
    await server.restart();
    const sender = await server.login('mercutio', { resource: 'street' });
    await says(sender, `${local}@capulet.lit`, 'one', 'two');
    await settled(sender);
    const client = await server.login(local, { resource: 'phone' });
    await emptied(server, local);
    assert.deepEqual((await received(client)).live, []);
    await sender.close();
  });

  test('XEP-0386 4: binds by Bind 2, and gets only what is not in the archive', async () => {
    const again = await server.login('romeo', { resource: 'orchard' });
    const local = `user${++people}`;
    await server.account(local);
    await says(again, `${local}@capulet.lit`, 'one', 'two');
    await settled(again);
    const { client, answer } = await login(server, plain(local, bind('Test')));
    client.jid = answer.childText('{urn:xmpp:sasl:2}authorization-identifier') ?? '';
    await client.receives(`<features xmlns='http://etherx.jabber.org/streams'/>`);
    await client.send('<presence/>');
    await emptied(server, local);
    assert.deepEqual((await received(client)).live, []);
    await client.close();
    await again.close();
  });
});

suite('a client that does not', () => {
  test('gets all that waits, with the ids of the archive and the time of coming; the text is stored once', async () => {
    const sender = await server.login('benvolio', { resource: 'x' });
    const local = `user${++people}`;
    await server.account(local);
    // Ids go on behind those of before the restart.
    server.clock.advance(1_000);
    const start = new Date(server.clock.now()).toISOString();
    await says(sender, `${local}@capulet.lit`, 'one');
    await settled(sender);
    const { texts } = server.db.prepare({
      texts: query<[string], { stanza: string }>('select stanza from offline_message where local = $1'),
    });
    assert.deepEqual(await texts(local), [{ stanza: '' }]);
    server.clock.advance(60_000);
    const client = await server.login(local, { resource: 'old' });
    const message = await client.receives(
      `<message from='${sender.jid}' to='${local}@capulet.lit' type='chat'><body>one</body>
         <delay xmlns='urn:xmpp:delay' from='capulet.lit' stamp='${start}'/></message>`,
    );
    const id = message.child('{urn:xmpp:sid:0}stanza-id')?.attr('id');
    await client.send(catchUp('c'));
    const result = await client.receives(`<message><result xmlns='${MAM}'/></message>`);
    assert.equal(result.firstElement()?.attr('id'), id);
    await client.answer('c');
    await sender.close();
  });

  test('gets them though another client of the account reads the archive', async () => {
    const sender = await server.login('benvolio', { resource: 'x' });
    const local = `user${++people}`;
    await server.account(local);
    await reader(local, 'phone');
    await says(sender, `${local}@capulet.lit`, 'one', 'two');
    await settled(sender);
    const old = await server.login(local, { resource: 'old' });
    assert.deepEqual(await bodies(old, 2), ['one', 'two']);
    await sender.close();
  });

  test('asks for one conversation or for single messages, and is not taken for one that reads all', async () => {
    const sender = await server.login('benvolio', { resource: 'x' });
    const local = `user${++people}`;
    await server.account(local);
    await says(sender, `${local}@capulet.lit`, 'one');
    await settled(sender);
    const client = await server.login(local, { resource: 'old', available: false });
    await client.send(catchUp('c', withRomeo));
    await client.answer('c');
    await client.send('<presence/>');
    await client.receives(`<presence from='${client.jid}'/>`);
    assert.deepEqual(await bodies(client, 1), ['one']);
    await sender.close();
  });
});

suite('what is in the archive', () => {
  test('is never refused because too much waits', async () => {
    const sender = await server.login('benvolio', { resource: 'x' });
    const local = `user${++people}`;
    await server.account(local);
    await says(sender, `${local}@capulet.lit`, '1', '2', '3', '4', '5', '6', '7');
    await sender.receivesNothing();
    assert.equal((await count(server, local)).messages, 5);
    await sender.send(`<message to='${local}@capulet.lit' id='x'><body>8</body>${NO_PERMANENT_STORE}</message>`);
    await sender.receives(`<message type='error' id='x'/>`);
    await sender.close();
  });

  test('is not bounced where nothing waits for anybody', async (t) => {
    const other = await startParley({ modules: { offline: false } });
    t.after(() => other.stop());
    await other.account('juliet');
    const sender = await other.login('romeo');
    await says(sender, 'juliet@capulet.lit', 'kept');
    await sender.receivesNothing();
    await sender.send(`<message to='juliet@capulet.lit' id='x'><body>no</body>${NO_PERMANENT_STORE}</message>`);
    await sender.receives(`<message type='error' id='x'/>`);
  });

  test('and was removed from there waits no more', async () => {
    const sender = await server.login('benvolio', { resource: 'x' });
    const local = `user${++people}`;
    await server.account(local);
    await says(sender, `${local}@capulet.lit`, 'old');
    await settled(sender);
    server.clock.advance(10_000);
    await says(sender, `${local}@capulet.lit`, 'new');
    await settled(sender);
    await server.command('archive purge', { jid: `${local}@capulet.lit`, olderThan: '5s' });
    const client = await server.login(local, { resource: 'old' });
    assert.deepEqual(await bodies(client, 1), ['new']);
    await getsNothing(server, client);
    await emptied(server, local);
    await sender.close();
  });

  test('waits as a text of its own where the archive does not keep it', async () => {
    const sender = await server.login('benvolio', { resource: 'x' });
    const local = `user${++people}`;
    await server.account(local);
    const own = await server.login(local, { resource: 'old' });
    await own.iq('set', `<prefs xmlns='${MAM}' default='never'/>`);
    await own.close();
    await says(sender, `${local}@capulet.lit`, 'unkept');
    await settled(sender);
    await reader(local, 'phone');
    const client = await server.login(local, { resource: 'phone' });
    assert.deepEqual(await bodies(client, 1), ['unkept']);
    await sender.close();
  });
});
