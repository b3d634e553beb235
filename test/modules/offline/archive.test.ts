/** Offline messages and the archive together: who reads the archive gets nothing twice, who does not gets everything. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { bind, identity, login, plain } from '../../stream/sasl2-login.ts';
import type { TestClient } from '../../support/client.ts';
import { startParley } from '../../support/parley.ts';
import type { Element } from '../../support/xml.ts';
import { ask, type Query, queryXml } from '../archive/support.ts';
import { bodies, count, emptied, errorOf, getsNothing, says, settled } from './support.ts';

const UNKEPT = `<no-permanent-store xmlns='urn:xmpp:hints'/>`;
const STANZA_ID = '{urn:xmpp:sid:0}stanza-id';

const server = await startParley({ modules: { offline: { maxMessages: 5 } }, settings: { pingIntervalMs: 1e12 } });
after(() => server.stop());
const romeo = await server.login('romeo', { resource: 'orchard' });
let people = 0;

/** Somebody for whom messages wait: one, two and, in no archive, three. Some time passes. */
async function somebody(): Promise<string> {
  const local = `user${++people}`;
  await server.account(local);
  await says(romeo, `${local}@capulet.lit`, 'one', 'two');
  await romeo.send(`<message to='${local}@capulet.lit' type='chat'><body>three</body>${UNKEPT}</message>`);
  await settled(romeo);
  assert.equal((await count(server, local)).messages, 3);
  server.clock.advance(1000);
  return local;
}

/** The client becomes available, and has been sent all that it will be sent of what waited. */
async function appear(client: TestClient, local: string): Promise<readonly (string | undefined)[]> {
  await client.send('<presence/>');
  await emptied(server, local);
  return live(await client.drain());
}

/** The bodies of the messages that are no results of a query. */
function live(elements: readonly Element[]): readonly (string | undefined)[] {
  return elements
    .filter((it) => it.name === 'message' && it.child('{urn:xmpp:mam:2}result') === undefined)
    .map((it) => it.childText('{jabber:client}body'));
}

async function bound2(local: string): Promise<TestClient> {
  const { client, answer } = await login(server, plain(local, bind('Test')));
  client.jid = identity(answer);
  await client.receives(`<features xmlns='http://etherx.jabber.org/streams'/>`);
  return client;
}

const absent = (local: string) => server.login(local, { resource: 'phone', available: false });

suite('a client that reads the archive', () => {
  test('XEP-0313 6.1.1: asks before it is available, and is sent only what the archive does not have', async () => {
    const local = await somebody();
    const client = await absent(local);
    assert.deepEqual((await ask(client)).bodies, ['one', 'two']);
    assert.deepEqual(await appear(client, local), ['three']);
    await getsNothing(server, client);
  });

  test('XEP-0313 6.1.1: asks in the same breath as it becomes available, and gets nothing twice', async () => {
    const local = await somebody();
    const client = await absent(local);
    client.raw(`<presence/><iq type='set' id='q'>${queryXml({ set: '<max>50</max>' })}</iq>`);
    await emptied(server, local);
    assert.deepEqual(live(await client.drain()), ['three']);
  });

  test('XEP-0313 6.1.1: asks backwards from the end, or from a time on, and gets nothing twice', async () => {
    for (const query of [{ set: '<max>50</max><before/>' }, { fields: { start: '2001-01-01T00:00:00Z' } }]) {
      const local = await somebody();
      const client = await absent(local);
      assert.deepEqual((await ask(client, query)).bodies, ['one', 'two']);
      assert.deepEqual(await appear(client, local), ['three']);
    }
  });

  test('XEP-0313 6.1.1: asks for a part, and is sent what waits and was not in it', async () => {
    for (const isLate of [false, true]) {
      const local = await somebody();
      server.clock.advance(2000);
      const client = await absent(local);
      const start = new Date(server.clock.now() - 1000).toISOString();
      const query = isLate ? { fields: { start } } : { set: '<max>1</max><before/>' };
      assert.deepEqual((await ask(client, query)).bodies, isLate ? [] : ['two']);
      assert.deepEqual((await appear(client, local)).slice(0, 1), ['one']);
    }
  });

  test('XEP-0386 3: binds by Bind 2, and is sent only what the archive does not have', async () => {
    const local = await somebody();
    const client = await bound2(local);
    assert.deepEqual(await appear(client, local), ['three']);
    assert.deepEqual((await ask(client)).bodies, ['one', 'two']);
  });

  test('is sent what came after it had asked, or bound, and before it was available', async () => {
    for (const open of [absent, bound2]) {
      const local = await somebody();
      const client = await open(local);
      await ask(client);
      server.clock.advance(1000);
      await says(romeo, `${local}@capulet.lit`, 'four');
      await settled(romeo);
      assert.deepEqual(await appear(client, local), ['three', 'four']);
    }
  });

  test('asks for what was said up to a time, and is sent what came later', async () => {
    const local = await somebody();
    const end = new Date(server.clock.now()).toISOString();
    server.clock.advance(1000);
    await says(romeo, `${local}@capulet.lit`, 'four');
    await settled(romeo);
    server.clock.advance(1000);
    const client = await absent(local);
    assert.deepEqual((await ask(client, { fields: { end } })).bodies, ['one', 'two']);
    assert.deepEqual(await appear(client, local), ['three', 'four']);
  });

  test('is sent what the archive does not have any more, or never got: nothing that waits is lost', async () => {
    const local = await somebody();
    await server.command('archive purge', { jid: `${local}@capulet.lit`, olderThan: '0s' });
    const client = await bound2(local);
    assert.deepEqual(await appear(client, local), ['one', 'two', 'three']);
  });
});

suite('a client that does not', () => {
  test('XEP-0160 2: is sent all that waits; when it asks later, what is doubled has the same id (XEP-0359)', async () => {
    const local = await somebody();
    const client = await absent(local);
    await client.send('<presence/>');
    await client.receives(`<presence from='${client.jid}'/>`);
    const first = await client.receives(`<message><body>one</body></message>`);
    assert.deepEqual(await bodies(client, 2), ['two', 'three']);
    const { results, messages } = await ask(client, { set: '<max>1</max>' });
    assert.equal(messages[0]?.childText('{jabber:client}body'), 'one');
    assert.equal(results[0]?.firstElement()?.attr('id'), first.child(STANZA_ID)?.attr('id'));
  });

  test('looks at one conversation, at single messages, back from one or at a number: it is sent all', async () => {
    const local = await somebody();
    const other = await absent(local);
    const { ids } = await ask(other, { fields: { with: 'romeo@capulet.lit' } });
    const last = ids.at(-1) as string;
    const looks: Query[] = [
      { fields: { ids } },
      { fields: { 'before-id': last } },
      { set: `<before>${last}</before>` },
      { set: '<max>0</max>' },
    ];
    for (const it of looks) await ask(other, it);
    assert.deepEqual(await appear(other, local), ['one', 'two', 'three']);
  });
});

suite('what the archive keeps', () => {
  test('is not sent back when too much waits; XEP-0160 2: what it does not keep is', async () => {
    const local = await somebody();
    await says(romeo, `${local}@capulet.lit`, 'four', 'five', 'six');
    await romeo.receivesNothing();
    assert.equal((await count(server, local)).messages, 5);
    await romeo.send(`<message to='${local}@capulet.lit' type='chat'><body>seven</body>${UNKEPT}</message>`);
    assert.equal(errorOf(await romeo.receives(`<message type='error'/>`)), 'cancel service-unavailable');
    const { messages } = await ask(await absent(local));
    assert.equal(messages.length, 5);
  });
});
