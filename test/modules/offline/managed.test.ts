/** Messages that waited, and clients that acknowledge what they get (XEP-0198): deleted when they have arrived, not before. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { TestClient } from '../../support/client.ts';
import { startParley, type TestServer } from '../../support/parley.ts';
import type { Element } from '../../support/xml.ts';
import { count, delays, emptied, numbers, says, settled } from './support.ts';

const SM = 'urn:xmpp:sm:3';
const BODY = '{jabber:client}body';

interface Scene {
  after(task: () => Promise<void>): void;
}

/** A server, Romeo online, and messages that wait for Juliet. */
async function waiting(t: Scene, messages: number): Promise<{ server: TestServer; romeo: TestClient }> {
  const server = await startParley();
  t.after(() => server.stop());
  await server.account('juliet');
  const romeo = await server.login('romeo');
  await says(romeo, 'juliet@capulet.lit', ...numbers(1, messages));
  await settled(romeo);
  return { server, romeo };
}

/** Juliet's client, managed. It acknowledges when the test says so. */
class Managed {
  readonly client: TestClient;
  /** For a resumption. */
  readonly id: string;
  /** Stanzas that came since the session is managed. */
  stanzas = 0;

  constructor(client: TestClient, id: string) {
    this.client = client;
    this.id = id;
  }

  static async login(server: TestServer, resource: string): Promise<Managed> {
    const client = await server.login('juliet', { resource, available: false });
    await client.send(`<enable xmlns='${SM}' resume='true'/>`);
    const enabled = await client.receives(`<enabled xmlns='${SM}' id='*'/>`);
    const managed = new Managed(client, enabled.attr('id') ?? '');
    await client.send('<presence/>');
    assert.equal((await managed.stanza()).name, 'presence');
    return managed;
  }

  /** The next stanza; what else comes is not counted. */
  async stanza(): Promise<Element> {
    for (;;) {
      const element = await this.client.receive();
      if (element.ns !== 'jabber:client') continue;
      this.stanzas++;
      return element;
    }
  }

  async bodies(messages: number): Promise<string[]> {
    const list: string[] = [];
    while (list.length < messages) {
      const element = await this.stanza();
      if (element.name === 'message') list.push(element.childText(BODY) ?? '');
    }
    return list;
  }

  /** Has everything but the newest so many. */
  async acknowledge(missing = 0): Promise<void> {
    await this.client.send(`<a xmlns='${SM}' h='${this.stanzas - missing}'/>`);
  }

  /** What came until now, besides. */
  async rest(server: TestServer): Promise<Element[]> {
    for (let i = 0; i < 5; i++) await count(server, 'juliet');
    const stanzas = (await this.client.drain()).filter((it) => it.ns === 'jabber:client');
    this.stanzas += stanzas.length + 1; // and the answer to the round trip
    return stanzas;
  }

  /** The same session over another connection. */
  async resume(server: TestServer): Promise<Managed> {
    const client = server.connect();
    await client.open('capulet.lit');
    const plain = Buffer.from('\0juliet\0secret').toString('base64');
    client.raw(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`);
    await client.receives(`<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`);
    await client.open('capulet.lit');
    await client.send(`<resume xmlns='${SM}' previd='${this.id}' h='${this.stanzas}'/>`);
    await client.receives(`<resumed xmlns='${SM}'/>`);
    client.jid = this.client.jid;
    const resumed = new Managed(client, this.id);
    resumed.stanzas = this.stanzas;
    return resumed;
  }
}

/** Logs in with a client that is not managed, and takes what comes. */
async function takes(server: TestServer, messages: number): Promise<string[]> {
  const client = await server.login('juliet', { resource: 'other' });
  const list: string[] = [];
  while (list.length < messages) {
    const element = await client.receive();
    if (element.name === 'message') list.push(element.childText(BODY) ?? '');
  }
  for (let i = 0; i < 5; i++) await count(server, 'juliet');
  assert.deepEqual(
    (await client.drain()).filter((it) => it.name === 'message'),
    [],
  );
  return list;
}

suite('a client that acknowledges', () => {
  test('XEP-0198 4: messages are deleted when it has them', async (t) => {
    const { server } = await waiting(t, 3);
    const juliet = await Managed.login(server, 'phone');
    assert.deepEqual(await juliet.bodies(3), ['1', '2', '3']);
    await juliet.rest(server);
    assert.equal((await count(server, 'juliet')).messages, 3);
    await juliet.acknowledge();
    await emptied(server, 'juliet');
  });

  test('gets the next page when it has the one before', async (t) => {
    const { server, romeo } = await waiting(t, 250);
    const juliet = await Managed.login(server, 'phone');
    assert.deepEqual(await juliet.bodies(100), numbers(1, 100));
    assert.deepEqual(await juliet.rest(server), []);
    await says(romeo, 'juliet@capulet.lit', '251');
    await romeo.receivesNothing();
    for (const [from, to] of [
      [101, 200],
      [201, 251],
    ] as const) {
      await juliet.acknowledge();
      assert.deepEqual(await juliet.bodies(to - from + 1), numbers(from, to));
    }
    await juliet.acknowledge();
    await emptied(server, 'juliet');
    await says(romeo, 'juliet@capulet.lit', '252');
    assert.deepEqual(await juliet.bodies(1), ['252']);
  });

  test('and ends: what it has not acknowledged is delivered to the next one, and nothing else is', async (t) => {
    const { server } = await waiting(t, 10);
    const juliet = await Managed.login(server, 'phone');
    assert.deepEqual(await juliet.bodies(10), numbers(1, 10));
    await juliet.acknowledge(6);
    await juliet.client.close();
    assert.deepEqual(await takes(server, 6), numbers(5, 10));
    await emptied(server, 'juliet');
  });
});

suite('a client that is lost', () => {
  test('XEP-0198 5: and comes back gets what it has not acknowledged, once, and then the rest', async (t) => {
    const { server, romeo } = await waiting(t, 120);
    const juliet = await Managed.login(server, 'phone');
    assert.deepEqual(await juliet.bodies(100), numbers(1, 100));
    juliet.stanzas -= 30; // lost on the way
    await juliet.client.cut();
    await says(romeo, 'juliet@capulet.lit', '121');
    await romeo.receivesNothing();
    const back = await juliet.resume(server);
    assert.deepEqual(await back.bodies(30), numbers(71, 100));
    await back.acknowledge();
    assert.deepEqual(await back.bodies(21), numbers(101, 121));
    await back.acknowledge();
    await emptied(server, 'juliet');
    assert.deepEqual(await back.rest(server), []);
  });

  test('and does not come back: what has not arrived waits for the next one, in order, with what came meanwhile', async (t) => {
    const { server, romeo } = await waiting(t, 120);
    const juliet = await Managed.login(server, 'phone');
    assert.deepEqual(await juliet.bodies(100), numbers(1, 100));
    await juliet.acknowledge(50);
    await juliet.client.cut();
    await says(romeo, 'juliet@capulet.lit', '121', '122');
    await romeo.receivesNothing();
    server.clock.advance(290_000);
    await settled(romeo);
    server.clock.advance(290_000);
    await settled(romeo);
    server.clock.advance(30_000);
    assert.deepEqual(await takes(server, 72), numbers(51, 122));
    await emptied(server, 'juliet');
  });

  test('does not keep another device waiting', async (t) => {
    const { server } = await waiting(t, 120);
    const juliet = await Managed.login(server, 'phone');
    assert.deepEqual(await juliet.bodies(100), numbers(1, 100));
    await juliet.acknowledge(50);
    await juliet.client.cut();
    assert.deepEqual(await takes(server, 70), numbers(51, 120));
    await emptied(server, 'juliet');
  });
});

test('XEP-0198 4: a message that was on its way to a lost client has the time at which it was sent', async (t) => {
  const { server, romeo } = await waiting(t, 0);
  const juliet = await Managed.login(server, 'phone');
  await juliet.client.cut();
  const sentAt = new Date(server.clock.now()).toISOString();
  await says(romeo, 'juliet@capulet.lit', 'hi');
  await settled(romeo);
  server.clock.advance(290_000);
  await settled(romeo);
  server.clock.advance(290_000);
  await settled(romeo);
  server.clock.advance(30_000);
  for (let i = 0; i < 5; i++) await count(server, 'juliet');
  const next = await server.login('juliet', { resource: 'other' });
  const message = await next.receives('<message><body>hi</body></message>');
  assert.deepEqual(
    delays(message).map((it) => it.attr('stamp')),
    [sentAt],
  );
});
