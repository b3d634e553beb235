/** XEP-0198 section 4: what becomes of stanzas that a client never acknowledged; RFC 6121 section 8.5, XEP-0203, XEP-0280. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { defineModule, inbound, on, undeliverable, z } from '#api';
import type { TestClient } from '../../support/client.ts';
import { MemoryLogger } from '../../support/memory-log.ts';
import { startParley, type TestServer } from '../../support/parley.ts';
import type { Element } from '../../support/xml.ts';
import { authenticated, bind, bodies, type Device, device, enable, message, nextStanza, SM, turn } from './devices.ts';

let isBroken = false;
/** Stands in for the archive: messages whose body begins with `kept` are kept. And storage can fail. */
const archive = defineModule({
  name: 'archive',
  summary: 'Keeps some messages',
  config: z.strictObject({}),
  setup: () => ({
    hooks: [
      on(inbound, 'record', ({ stanza }) => {
        if (stanza.element.childText('{jabber:client}body')?.startsWith('kept')) stanza.kept = true;
      }),
      on(undeliverable, 'guard', () => {
        if (isBroken) throw new Error('the disk is full');
      }),
    ],
  }),
});

const log = new MemoryLogger();
const settings = { sessionsPerAccount: 100, pingIntervalMs: 86_400_000, authTimeoutMs: 86_400_000 };
const start = (only: readonly string[]) => startParley({ only, extra: [archive], settings, log });
const server = await start(['accounts', 'carbons', 'offline', 'presence', 'roster']);
after(() => server.stop());
/** Where nothing waits for anybody. */
const bare = await start(['accounts', 'carbons', 'presence', 'roster']);
after(() => bare.stop());

let names = 0;
/** Juliet, who is about to be lost, and Romeo. */
async function pair(on: TestServer = server) {
  const local = `juliet${++names}`;
  const phone = await device(on, local, 'phone');
  const romeo = await on.login(`romeo${names}`, { available: false });
  await caughtUp(on, local);
  return { on, local, account: `${local}@capulet.lit`, phone, full: phone.client.jid, romeo };
}

/** Nothing waits for the account any more. */
async function caughtUp(on: TestServer, local: string): Promise<void> {
  if (on === server) await on.command('offline count', { jid: `${local}@capulet.lit` });
  await turn();
}

async function another(on: TestServer, local: string, resource: string, presence = '<presence/>'): Promise<TestClient> {
  const client = await on.login(local, { resource, available: false });
  await client.send(presence);
  await caughtUp(on, local);
  await client.drain();
  return client;
}

/** What waits for the account in offline storage: its next device gets that. */
async function waiting(local: string): Promise<string[]> {
  const client = await server.login(local);
  await caughtUp(server, local);
  return messages(client);
}

const withCarbons = (client: TestClient) => client.iq('set', `<enable xmlns='urn:xmpp:carbons:2'/>`);

/** The client is lost, and does not come back in time. */
async function expire({ on, phone }: { on: TestServer; phone: Device }): Promise<void> {
  if (!phone.client.ended) await phone.client.cut();
  on.clock.advance(601_000);
  await turn();
}

/** The messages that have come to a client, as text. */
async function messages(client: TestClient): Promise<string[]> {
  const all = await client.drain();
  return all.filter((it) => it.name === 'message').map((it) => text(it));
}
function text(it: Element): string {
  const carbon = it.elements().find((child) => child.ns === 'urn:xmpp:carbons:2');
  if (carbon) return `${carbon.name}: ${text(carbon.firstElement()?.firstElement() as Element)}`;
  const error = it.attr('type') === 'error' ? it.child('{jabber:client}error') : undefined;
  return error ? `error: ${error.firstElement()?.name}` : (it.childText('{jabber:client}body') ?? '');
}

suite('XEP-0198 4: with no other device', () => {
  test('messages wait in offline storage, in order, with the time at which they were sent first (XEP-0203)', async () => {
    const it = await pair();
    await it.phone.client.cut();
    const stamp = new Date(server.clock.now()).toISOString();
    for (const body of ['one', 'two']) await it.romeo.send(message(it.full, body));
    await it.romeo.send(message(it.account, 'three'));
    await it.romeo.send(`<message to='${it.account}' id='n'><body>normal</body></message>`);
    await expire(it);
    await it.romeo.send(message(it.account, 'later'));
    assert.deepEqual(await messages(it.romeo), [], 'nothing bounces');
    const next = await server.login(it.local);
    for (const body of ['one', 'two', 'three', 'normal']) {
      const late = await next.receives(`<message from='${it.romeo.jid}'><body>${body}</body></message>`);
      const delays = late.elements().filter((child) => child.name === 'delay');
      assert.deepEqual(
        delays.map((delay) => [delay.attr('from'), delay.attr('stamp')]),
        [['capulet.lit', stamp]],
      );
    }
    assert.deepEqual(await bodies(next, 1), ['later']);
    await next.receivesNothing();
  });

  test('what the client had but did not acknowledge comes again: nobody can know that', async () => {
    const it = await pair();
    await it.romeo.send(message(it.full, 'one'));
    assert.deepEqual(await bodies(it.phone.client, 1), ['one']);
    await expire(it);
    assert.deepEqual(await bodies(await server.login(it.local), 1), ['one']);
  });

  test('the same where resumption was not asked for, at once', async () => {
    const it = await pair();
    const tablet = await authenticated(server, it.local);
    await bind(tablet, 'tablet');
    await tablet.send(enable());
    await tablet.receives(`<enabled xmlns='${SM}'/>`);
    await it.phone.client.close();
    await it.romeo.send(message(tablet.jid, 'one'));
    await it.romeo.receivesNothing();
    await tablet.cut();
    assert.deepEqual(await bodies(await server.login(it.local), 1), ['one']);
  });

  test('the same when the client closes its stream without a last acknowledgement', async () => {
    const it = await pair();
    await it.romeo.send(message(it.full, 'one'));
    assert.deepEqual(await bodies(it.phone.client, 1), ['one']);
    await it.phone.client.close();
    assert.deepEqual(await bodies(await server.login(it.local), 1), ['one']);
  });

  const fates: readonly (readonly [what: string, stanza: string, answer: string | undefined])[] = [
    ['a request is answered with an error', `<iq type='get'><x xmlns='urn:x'/></iq>`, 'iq recipient-unavailable'],
    ['an order is answered with an error', `<iq type='set'><x xmlns='urn:x'/></iq>`, 'iq recipient-unavailable'],
    ['a result is dropped', `<iq type='result'/>`, undefined],
    ['an error is dropped', `<iq type='error'><x xmlns='urn:x'/></iq>`, undefined],
    ['presence is dropped', '<presence/>', undefined],
    ['a headline is dropped', `<message type='headline'><body>x</body></message>`, undefined],
    ['an error message is dropped', `<message type='error'><body>x</body></message>`, undefined],
    ['what a room says is dropped', `<message type='groupchat'><body>x</body></message>`, undefined],
    [
      'what must not be stored is answered with an error',
      `<message type='chat'><body>x</body><no-store xmlns='urn:xmpp:hints'/></message>`,
      'message service-unavailable',
    ],
    [
      'a chat state is dropped',
      `<message type='chat'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>`,
      undefined,
    ],
  ];
  for (const [what, stanza, answer] of fates) {
    test(`${what}: ${stanza}`, async () => {
      const it = await pair();
      await it.phone.client.cut();
      await it.romeo.send(stanza.replace(/^<\w+/, `$& to='${it.full}' id='fate'`));
      await it.romeo.receivesNothing();
      await expire(it);
      if (answer === undefined) {
        await it.romeo.receivesNothing();
      } else {
        const error = await nextStanza(it.romeo);
        assert.deepEqual([error.attr('from'), error.attr('id'), error.attr('type')], [it.full, 'fate', 'error']);
        assert.equal(`${error.name} ${error.child('{jabber:client}error')?.firstElement()?.name ?? 'none'}`, answer);
      }
      assert.deepEqual(await waiting(it.local), []);
    });
  }

  test('a question of the server itself goes nowhere', async () => {
    const it = await pair();
    server.clock.advance(86_400_000);
    await expire(it);
    assert.equal(server.host.sessions.of(it.account).length, 0);
    assert.deepEqual(await waiting(it.local), []);
  });

  test('where nothing is stored the sender gets an error, and nothing else does', async () => {
    const it = await pair(bare);
    await it.phone.client.cut();
    await it.romeo.send(message(it.account, 'one', `id='1'`));
    await expire(it);
    await it.romeo.receives(
      `<message type='error' id='1' from='${it.account}'><error><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`,
    );
    await it.romeo.receivesNothing();
  });

  test('when storage fails the sender gets an error, the log has the cause, and the rest is dealt with', async () => {
    const it = await pair();
    await it.phone.client.cut();
    for (const body of ['one', 'two', 'kept three']) await it.romeo.send(message(it.full, body, `id='${body}'`));
    isBroken = true;
    await expire(it);
    isBroken = false;
    assert.deepEqual(await messages(it.romeo), ['error: internal-server-error', 'error: internal-server-error']);
    assert.match(log.take(), /a stanza could not be handled.*the disk is full/);
  });
});

suite('XEP-0198 4: with another device', () => {
  test('a message to the account that went to both is not delivered again', async () => {
    const it = await pair();
    const tablet = await another(server, it.local, 'tablet');
    await it.phone.client.cut();
    await it.romeo.send(message(it.account, 'one'));
    assert.deepEqual(await messages(tablet), ['one']);
    await expire(it);
    assert.deepEqual(await messages(tablet), []);
    await tablet.close();
    assert.deepEqual(await waiting(it.local), []);
  });

  test('a message to the lost device alone goes to those that take messages, with delay', async () => {
    const it = await pair();
    const [tablet, mute] = [
      await another(server, it.local, 'tablet'),
      await another(server, it.local, 'mute', '<presence><priority>-1</priority></presence>'),
    ];
    const silent = await server.login(it.local, { resource: 'silent', available: false });
    await it.phone.client.cut();
    await it.romeo.send(message(it.full, 'one'));
    await expire(it);
    const late = (await tablet.drain()).find((element) => element.name === 'message');
    assert.equal(late?.attr('to'), it.full);
    assert.equal(late?.child('{urn:xmpp:delay}delay')?.attr('from'), 'capulet.lit');
    for (const client of [mute, silent]) assert.deepEqual(await messages(client), []);
    await tablet.close();
    assert.deepEqual(await waiting(it.local), []);
  });

  test('one that was not available when the message came, or took none, gets it', async () => {
    const it = await pair();
    const silent = await server.login(it.local, { resource: 'silent', available: false });
    await it.phone.client.cut();
    await it.romeo.send(message(it.account, 'one'));
    await silent.send('<presence/>');
    await caughtUp(server, it.local);
    assert.deepEqual(await messages(silent), []);
    await expire(it);
    assert.deepEqual(await messages(silent), ['one']);
  });

  test('one that takes no messages any more, but did when the message came, has it', async () => {
    const it = await pair();
    const tablet = await another(server, it.local, 'tablet');
    await it.phone.client.cut();
    await it.romeo.send(message(it.account, 'one'));
    assert.deepEqual(await messages(tablet), ['one']);
    await tablet.send('<presence><priority>-1</priority></presence>');
    await expire(it);
    assert.deepEqual(await messages(tablet), []);
  });

  test('one that came later gets what it missed', async () => {
    const it = await pair();
    await it.phone.client.cut();
    await it.romeo.send(message(it.account, 'one'));
    const tablet = await another(server, it.local, 'tablet');
    await expire(it);
    assert.deepEqual(await messages(tablet), ['one']);
  });

  test('when the others are lost as well, the last one that is given up leaves it to offline storage, once', async () => {
    const it = await pair();
    const tablet = await device(server, it.local, 'tablet');
    await caughtUp(server, it.local);
    await it.phone.client.cut();
    await it.romeo.send(message(it.account, 'one'));
    await it.romeo.receivesNothing();
    server.clock.advance(300_000);
    await tablet.client.cut();
    server.clock.advance(301_000);
    assert.deepEqual(
      server.host.sessions.of(it.account).map(({ jid }) => jid.resource),
      ['tablet'],
    );
    server.clock.advance(301_000);
    await turn();
    assert.deepEqual(await waiting(it.local), ['one']);
  });

  test('what was delivered again to others, and is lost with one of them, is not delivered a third time', async () => {
    const it = await pair();
    const tablet = await device(server, it.local, 'tablet');
    const desk = await another(server, it.local, 'desk');
    await it.phone.client.cut();
    await it.romeo.send(message(it.full, 'one'));
    await expire(it);
    assert.deepEqual(await messages(desk), ['one']);
    await expire({ on: server, phone: tablet });
    assert.deepEqual(await messages(desk), []);
  });

  test('a chat for a resource that is gone went to all: it is not delivered again either', async () => {
    const it = await pair();
    const tablet = await another(server, it.local, 'tablet');
    await it.phone.client.cut();
    await it.romeo.send(message(`${it.account}/gone`, 'one'));
    assert.deepEqual(await messages(tablet), ['one']);
    await expire(it);
    assert.deepEqual(await messages(tablet), []);
  });
});

suite('XEP-0198 4 with XEP-0280: a device with a copy has the message', () => {
  test('it is not delivered again to it', async () => {
    const it = await pair();
    const tablet = await another(server, it.local, 'tablet');
    await withCarbons(tablet);
    await it.phone.client.cut();
    await it.romeo.send(message(it.full, 'one'));
    assert.deepEqual(await messages(tablet), ['received: one']);
    await expire(it);
    assert.deepEqual(await messages(tablet), []);
    await tablet.close();
    assert.deepEqual(await waiting(it.local), []);
  });

  test('one whose copies were switched on later gets it', async () => {
    const it = await pair();
    const tablet = await another(server, it.local, 'tablet');
    await it.phone.client.cut();
    await it.romeo.send(message(it.full, 'one'));
    await withCarbons(tablet);
    await expire(it);
    assert.deepEqual(await messages(tablet), ['one']);
  });

  for (const first of ['the device that it was for', 'the device with the copy']) {
    test(`when both are lost, ${first} first, it waits in offline storage, once`, async () => {
      const it = await pair();
      const tablet = await device(server, it.local, 'tablet');
      await withCarbons(tablet.client);
      await caughtUp(server, it.local);
      const [one, other] = first.endsWith('for') ? [it.phone, tablet] : [tablet, it.phone];
      await one.client.cut();
      await it.romeo.send(message(it.full, 'one'));
      await it.romeo.receivesNothing();
      server.clock.advance(300_000);
      await other.client.cut();
      server.clock.advance(301_000);
      await turn();
      assert.equal(server.host.sessions.of(it.account).length, 1);
      server.clock.advance(301_000);
      await turn();
      assert.deepEqual(await messages(it.romeo), []);
      assert.deepEqual(await waiting(it.local), ['one']);
    });
  }

  test('the copy of what another device has sent is for nobody else', async () => {
    const it = await pair();
    await withCarbons(it.phone.client);
    const tablet = await another(server, it.local, 'tablet');
    await it.phone.client.cut();
    await tablet.send(message(it.romeo.jid, 'mine'));
    await it.romeo.receives(message(it.romeo.jid, 'mine'));
    await expire(it);
    assert.deepEqual(await messages(tablet), []);
    await tablet.close();
    assert.deepEqual(await waiting(it.local), []);
  });

  test('a message to oneself is not lost, and not doubled', async () => {
    const it = await pair();
    const tablet = await another(server, it.local, 'tablet');
    await it.phone.client.cut();
    await tablet.send(message(it.account, 'note'));
    assert.deepEqual(await messages(tablet), ['note']);
    await expire(it);
    assert.deepEqual(await messages(tablet), []);
  });
});

suite('XEP-0198 4: messages that an archive keeps', () => {
  test('are never bounced, also where nothing else is stored', async () => {
    const it = await pair(bare);
    await it.phone.client.cut();
    await it.romeo.send(message(it.full, 'kept'));
    await expire(it);
    await it.romeo.receivesNothing();
  });

  test('are not delivered to other devices: they have them from the archive', async () => {
    const it = await pair();
    const tablet = await another(server, it.local, 'tablet');
    await it.phone.client.cut();
    await it.romeo.send(message(it.full, 'kept'));
    await expire(it);
    assert.deepEqual(await messages(tablet), []);
    assert.deepEqual(await messages(it.romeo), []);
  });

  test('wait for a client that knows no archive, when no device is left', async () => {
    const it = await pair();
    await it.phone.client.cut();
    await it.romeo.send(message(it.full, 'kept'));
    await expire(it);
    assert.deepEqual(await waiting(it.local), ['kept']);
  });
});

test('what a removed account never acknowledged does not wait for whoever has its name next', async () => {
  const whole = await startParley();
  const romeo = await whole.login('romeo');
  await device(whole, 'removed', 'balcony');
  for (let i = 0; i < 300; i++) await romeo.send(message('removed@capulet.lit', i));
  const look = () => romeo.iq('get', `<vCard xmlns='vcard-temp'/>`, 'removed@capulet.lit');
  // All of them are there before, and the last are dealt with in turns of their own.
  for (let i = 0; i < 3; i++) await look();
  await whole.command('user delete', { jid: 'removed@capulet.lit' });
  for (let i = 0; i < 20; i++) await look();
  await whole.account('removed');
  const next = await whole.login('removed', { resource: 'next' });
  await next.iq('get', `<vCard xmlns='vcard-temp'/>`);
  assert.deepEqual((await next.drain()).filter((it) => it.name === 'message').map(String), []);
  await whole.stop();
});
