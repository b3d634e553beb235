/** What `parley explain` says of fifty messages of ten kinds. */
import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import { bind, login, plain } from '../../stream/sasl2-login.ts';
import type { TestClient } from '../../support/client.ts';
import { startParley, type TestServer } from '../../support/parley.ts';
import { caughtUp, chat, fateOf, online, settled, stepsOf } from './support.ts';

const JULIET = 'juliet@capulet.lit';
const BALCONY = `${JULIET}/balcony`;
const CHAMBER = `${JULIET}/chamber`;
const SM = 'urn:xmpp:sm:3';
const CARBONS = `<enable xmlns='urn:xmpp:carbons:2'/>`;

const ids = ['one', 'two', 'three', 'four', 'five'].map((it) => `3f2504e0-4f89-41d3-9a0c-${it}`);

interface Scene {
  readonly server: TestServer;
  readonly romeo: TestClient;
}

/** How many messages `parley explain` was asked about, and what became of them, in as many ways. */
let explained = 0;
const kinds = new Set<string>();

async function start(t: TestContext, modules: Readonly<Record<string, object | false>> = {}): Promise<Scene> {
  kinds.add(t.name);
  const server = await startParley({ modules });
  t.after(() => server.stop());
  await server.account('juliet');
  return { server, romeo: await online(server, 'romeo', 'orchard') };
}

/** Romeo says five things to somebody, and the server has done with them. */
async function speak({ romeo }: Scene, to = JULIET, type = 'chat'): Promise<void> {
  for (const id of ids) await romeo.send(chat(to, id, type));
  await settled(romeo);
}

async function fates({ server }: Scene, state: string, fate: string): Promise<void> {
  for (const id of ids) assert.deepEqual(await fateOf(server, id), [state, fate]);
  explained += ids.length;
}

/** Waits until what is on its way to storage or from there has got there. */
async function become({ server, romeo }: Scene, state: string): Promise<void> {
  const last = ids.at(-1) as string;
  for (let i = 0; i < 1000 && (await fateOf(server, last))[0] !== state; i++) await settled(romeo);
}

async function managed(server: TestServer): Promise<{ client: TestClient; id: string }> {
  const client = await server.login('juliet', { resource: 'balcony', available: false });
  await client.send(`<enable xmlns='${SM}' resume='true'/>`);
  const enabled = await client.receives(`<enabled xmlns='${SM}'/>`);
  await client.send('<presence/>');
  await client.receives('<presence/>');
  // It has what waited for it: nothing.
  await caughtUp(server, 'juliet');
  return { client, id: enabled.attr('id') ?? '' };
}

/** Time goes on until a lost client is not waited for any more. */
async function pass({ server, romeo }: Scene): Promise<void> {
  for (let i = 0; i < 3; i++) {
    server.clock.advance(210_000);
    await settled(romeo);
  }
}

suite('parley explain states the fate of a message', () => {
  test('delivered to one device', async (t) => {
    const scene = await start(t);
    await online(scene.server, 'juliet', 'balcony');
    await speak(scene);
    await fates(scene, 'delivered', `delivered to ${BALCONY}`);
  });

  test('delivered to several, and copied to devices of its sender and its recipient (XEP-0280)', async (t) => {
    const scene = await start(t);
    const { server, romeo } = scene;
    for (const resource of ['balcony', 'chamber']) await online(server, 'juliet', resource);
    const silent = await server.login('juliet', { resource: 'watch', available: false });
    const tablet = await online(server, 'romeo', 'tablet');
    for (const it of [silent, tablet]) await it.iq('set', CARBONS);
    await romeo.drain();
    await speak(scene);
    const text = `delivered to ${BALCONY}, ${CHAMBER}; copied to ${tablet.jid}, ${silent.jid}`;
    await fates(scene, 'delivered', text);
  });

  test('in the archive, and nowhere else', async (t) => {
    const scene = await start(t, { offline: false });
    await speak(scene);
    await fates(scene, 'archived', `in the archive of ${JULIET}`);
  });

  test('in offline storage and in the archive, and read there (XEP-0386 section 3)', async (t) => {
    const scene = await start(t);
    const { server } = scene;
    await speak(scene);
    await fates(scene, 'offline', `waits in the offline storage of ${JULIET}`);
    server.clock.advance(1000);
    const { client } = await login(server, plain('juliet', bind('Test')));
    client.raw('<presence/>');
    await become(scene, 'archived');
    await fates(scene, 'archived', `in the archive of ${JULIET}`);
  });

  test('in offline storage, and then delivered', async (t) => {
    const scene = await start(t, { archive: false });
    await speak(scene);
    await fates(scene, 'offline', `waits in the offline storage of ${JULIET}`);
    const juliet = await online(scene.server, 'juliet', 'balcony');
    for (const id of ids) await juliet.receives(`<message id='${id}'/>`);
    await fates(scene, 'delivered', `delivered to ${BALCONY}`);
  });

  test('refused because too many wait', async (t) => {
    const scene = await start(t, { archive: false, offline: { maxMessages: 1 } });
    await scene.romeo.send(chat(JULIET, 'first'));
    await speak(scene);
    assert.equal((await fateOf(scene.server, 'first'))[0], 'offline');
    await fates(scene, 'bounced', 'returned to its sender: service-unavailable (too many messages wait)');
  });

  test('to nobody: there is no such account', async (t) => {
    const scene = await start(t);
    await speak(scene, 'nobody@capulet.lit');
    await fates(scene, 'bounced', 'returned to its sender: service-unavailable (there is no such account)');
  });

  test('to devices that take no messages, because their priority is negative', async (t) => {
    const scene = await start(t, { archive: false, offline: false });
    const juliet = await scene.server.login('juliet', { resource: 'balcony', available: false });
    await juliet.send('<presence><priority>-1</priority></presence>');
    await settled(juliet);
    await speak(scene);
    await fates(scene, 'bounced', 'returned to its sender: service-unavailable (no device takes messages)');
  });

  test('in the queue of stream management, and then acknowledged (XEP-0198)', async (t) => {
    const scene = await start(t);
    const { client } = await managed(scene.server);
    await speak(scene);
    await fates(scene, 'sent', `sent to ${BALCONY}, not acknowledged yet`);
    await client.send(`<a xmlns='${SM}' h='6'/>`);
    await settled(client);
    await fates(scene, 'delivered', `delivered to ${BALCONY}`);
  });

  test('for a client that is lost and comes back (XEP-0198)', async (t) => {
    const scene = await start(t);
    const { server } = scene;
    const { client, id } = await managed(server);
    await settled(client);
    await client.cut();
    await speak(scene);
    await fates(scene, 'waiting', `waits for ${BALCONY} to come back`);
    const back = server.connect();
    await back.open('capulet.lit');
    const plain = Buffer.from('\0juliet\0secret').toString('base64');
    back.raw(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`);
    await back.receives(`<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`);
    await back.open('capulet.lit');
    await back.send(`<resume xmlns='${SM}' previd='${id}' h='2'/>`);
    await back.receives(`<resumed xmlns='${SM}'/>`);
    for (const it of ids) await back.receives(`<message id='${it}'/>`);
    await fates(scene, 'sent', `sent to ${BALCONY}, not acknowledged yet`);
    back.jid = BALCONY;
    await back.send(`<a xmlns='${SM}' h='7'/>`);
    await settled(back);
    await fates(scene, 'delivered', `delivered to ${BALCONY}`);
  });

  test('for a client that is lost and does not come back: on another device, in storage, in the archive', async (t) => {
    for (const [modules, state, fate] of [
      [{ archive: false }, 'offline', `waits in the offline storage of ${JULIET}`],
      [{ offline: false }, 'archived', `in the archive of ${JULIET}`],
      [{ archive: false, offline: false }, 'bounced', 'returned to its sender: service-unavailable (nobody is online)'],
    ] as const) {
      const scene = await start(t, modules);
      const { client } = await managed(scene.server);
      await settled(client);
      await client.cut();
      await speak(scene);
      await pass(scene);
      await become(scene, state);
      await fates(scene, state, fate);
    }
    const scene = await start(t, { archive: false });
    const { client } = await managed(scene.server);
    await settled(client);
    await client.cut();
    await speak(scene, BALCONY);
    await online(scene.server, 'juliet', 'chamber');
    await pass(scene);
    await become(scene, 'delivered');
    await fates(scene, 'delivered', `delivered to ${CHAMBER}`);
  });
});

test('those were fifty messages of ten kinds', () => {
  assert.ok(explained >= 50, `${explained}`);
  assert.ok(kinds.size >= 10, `${kinds.size}`);
});

suite('parley explain, besides', () => {
  test('dropped: a headline that nobody is there for', async (t) => {
    const scene = await start(t);
    await speak(scene, JULIET, 'headline');
    await fates(scene, 'dropped', 'dropped: nobody is there');
    await scene.romeo.send(chat(`${JULIET}/nowhere`, 'there', 'headline'));
    await settled(scene.romeo);
    assert.deepEqual(await fateOf(scene.server, 'there'), ['dropped', 'dropped: there is no such resource']);
    await online(scene.server, 'juliet', 'balcony');
    await scene.romeo.send(chat(JULIET, 'heard', 'headline'));
    await settled(scene.romeo);
    const steps = (await stepsOf(scene.server, 'heard')).map((it) => it.split(' ')[0]);
    assert.deepEqual(steps, ['received', 'written']);
  });

  test('dropped: a chat state for a client that nobody looks at (XEP-0352)', async (t) => {
    const scene = await start(t);
    const juliet = await online(scene.server, 'juliet', 'balcony');
    await juliet.send(`<inactive xmlns='urn:xmpp:csi:0'/>`);
    await settled(juliet);
    await scene.romeo.send(
      `<message to='${JULIET}' type='chat' id='c'><active xmlns='http://jabber.org/protocol/chatstates'/></message>`,
    );
    await settled(scene.romeo);
    assert.deepEqual(await fateOf(scene.server, 'c'), ['dropped', 'dropped: nobody looks at the device']);
  });

  test('returned: a domain that nobody serves', async (t) => {
    const scene = await start(t);
    await speak(scene, 'juliet@nowhere.lit');
    await fates(scene, 'bounced', 'returned to its sender: remote-server-not-found');
  });

  test('relayed to another host, which has a ledger of its own', async (t) => {
    const server = await startParley({ hosts: ['montague.lit'] });
    t.after(() => server.stop());
    const juliet = await online(server, 'juliet', 'balcony');
    const romeo = await server.login('romeo', { host: 'montague.lit', resource: 'orchard' });
    await romeo.send(chat(JULIET, 'm'));
    await juliet.receives(`<message id='m'/>`);
    const [there, here] = [await server.command('explain', { id: 'm' }, 'montague.lit'), await fateOf(server, 'm')];
    assert.match(JSON.stringify(there), /"state":"relayed","fate":"handed over to capulet.lit"/);
    assert.deepEqual(here, ['delivered', `delivered to ${BALCONY}`]);
  });
});
