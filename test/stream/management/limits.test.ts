/** XEP-0198 section 4: what is not acknowledged is bounded; at the bound the session ends, and nothing is lost. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { SETTINGS, startParley } from '../../support/parley.ts';
import {
  acknowledge,
  authenticated,
  back,
  bodies,
  device,
  failed,
  heard,
  isQuiet,
  message,
  REQUEST,
  resume,
  sessionsOf,
  turn,
} from './devices.ts';

const server = await startParley({
  only: ['accounts', 'offline', 'presence', 'roster'],
  settings: {
    sessionsPerAccount: 1000,
    pingIntervalMs: 86_400_000,
    cutOffBytes: 300_000,
    management: { ...SETTINGS.management, queue: { stanzas: 20, bytes: 500_000 } },
  },
});
after(() => server.stop());

let names = 0;
/** Two people, each with an account of their own. */
async function pair() {
  const [to, from] = [`juliet${++names}`, `romeo${names}`];
  const romeo = await server.login(from, { available: false });
  const juliet = await device(server, to, 'phone');
  await caughtUp(to);
  return { romeo, juliet, local: to, bare: `${to}@capulet.lit`, full: juliet.client.jid };
}
/** Nothing waits for the account any more. */
async function caughtUp(local: string): Promise<void> {
  await server.command('offline count', { jid: `${local}@capulet.lit` });
  await turn();
}
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, it) => String(from + it));
const long = (it: string) => it.padEnd(20_000, '.');

suite('XEP-0198 4 and 5: a client that is away', () => {
  test('has its stanzas kept up to the limit, and gets them when it is back', async () => {
    const { romeo, juliet, full } = await pair();
    await juliet.client.cut();
    for (const it of numbers(0, 20)) await romeo.send(message(full, it));
    await romeo.receivesNothing();
    const next = await back(server, juliet, { h: 1, handled: 1 });
    assert.deepEqual(await bodies(next, 20), numbers(0, 20));
  });

  test('has one stanza more than that: its session ends, and everything waits for it, in order, with the newest', async () => {
    const { romeo, juliet, local, bare, full } = await pair();
    await juliet.client.cut();
    for (const it of numbers(0, 21)) await romeo.send(message(full, it));
    assert.deepEqual(sessionsOf(server.host, bare).all, []);
    for (const it of numbers(21, 24)) await romeo.send(message(bare, it));
    assert.deepEqual(await heard(romeo), [], 'nothing bounces');
    const next = await authenticated(server, local);
    await next.send(resume(juliet.id, 1));
    await next.receives(failed('item-not-found', 1));
    const again = await server.login(local);
    assert.deepEqual(await bodies(again, 24), numbers(0, 24));
  });

  test('what was on its way when it was lost does not count', async () => {
    const { romeo, juliet, full } = await pair();
    for (const it of numbers(0, 50)) await romeo.send(message(full, it));
    await juliet.client.cut();
    for (const it of numbers(50, 70)) await romeo.send(message(full, it));
    await romeo.receivesNothing();
    const next = await back(server, juliet, { h: 1, handled: 1 });
    assert.deepEqual(await bodies(next, 70), numbers(0, 70));
  });

  test('the limit in bytes ends it as well', async () => {
    const { romeo, juliet, local, bare, full } = await pair();
    await juliet.client.cut();
    for (const it of numbers(0, 19)) await romeo.send(message(full, it.padEnd(30_000, '.')));
    await romeo.receivesNothing();
    assert.deepEqual(sessionsOf(server.host, bare).all, []);
    const again = await server.login(local);
    assert.deepEqual(
      (await bodies(again, 19)).map((it) => it?.replaceAll('.', '')),
      numbers(0, 19),
    );
  });

  test('with another device that has them, nothing is delivered again', async () => {
    const { romeo, juliet, local, bare } = await pair();
    const tablet = await server.login(local, { resource: 'tablet' });
    await caughtUp(local);
    await juliet.client.cut();
    for (const it of numbers(0, 25)) await romeo.send(message(bare, it));
    assert.deepEqual(
      (await heard(tablet)).filter((it) => !it.startsWith('presence')),
      numbers(0, 25),
    );
    assert.deepEqual(sessionsOf(server.host, bare).all, ['tablet']);
  });
});

suite('XEP-0198 4 and 5: a client that is there', () => {
  test('may be sent any number at once: its acknowledgements cannot be back yet', async () => {
    const { romeo, juliet, full } = await pair();
    for (const it of numbers(0, 200)) await romeo.send(message(full, it));
    assert.deepEqual(await bodies(juliet.client, 200), numbers(0, 200));
    await juliet.client.send(acknowledge(201));
    await isQuiet(juliet.client, 1);
  });

  test('and does not acknowledge: past the limit in bytes its session ends, and nothing is lost', async () => {
    const { romeo, juliet, local, full } = await pair();
    for (const it of numbers(0, 30)) {
      await romeo.send(message(full, long(it)));
      await turn();
    }
    const got: string[] = [];
    for (;;) {
      const element = await juliet.client.receive();
      if (element.name === 'error') {
        assert.match(element.toString(), /<resource-constraint /);
        break;
      }
      if (element.name === 'message') got.push(element.childText('{jabber:client}body') as string);
    }
    assert.equal(await juliet.client.ends(), undefined);
    assert.ok(got.length >= 20 && got.length < 30);
    assert.deepEqual(await heard(romeo), []);
    // It never said that it has any of them.
    const again = await server.login(local);
    assert.deepEqual(
      (await bodies(again, 30)).map((it) => it?.replaceAll('.', '')),
      numbers(0, 30),
    );
  });

  test('room comes back with each acknowledgement', async () => {
    const { romeo, juliet, full } = await pair();
    for (let round = 0; round < 5; round++) {
      for (const it of numbers(0, 10)) await romeo.send(message(full, long(it)));
      await bodies(juliet.client, 10);
      await juliet.client.send(acknowledge(1 + 10 * (round + 1)));
    }
    await isQuiet(juliet.client, 1);
  });
});

suite('XEP-0198 4 and 5: a client that comes back to a lot', () => {
  test('is not cut off for it: as much as it reads is sent, what comes meanwhile is behind', async () => {
    const { romeo, juliet, local, full } = await pair();
    await juliet.client.cut();
    // More than a client may leave unread.
    for (const it of numbers(0, 20)) await romeo.send(message(full, long(it)));
    const next = await authenticated(server, local);
    next.transport.stall();
    await next.send(resume(juliet.id, 1));
    await turn();
    const first = next.transport.bufferedBytes;
    assert.ok(first > 60_000 && first < 100_000, String(first));
    for (const it of numbers(20, 22)) await romeo.send(message(full, it));
    await romeo.receivesNothing();
    assert.equal(next.transport.bufferedBytes, first);
    next.transport.readOn();
    await next.receives(`<resumed xmlns='urn:xmpp:sm:3' previd='${juliet.id}' h='1'/>`);
    assert.deepEqual(
      (await bodies(next, 22)).map((it) => it?.replaceAll('.', '')),
      numbers(0, 22),
    );
    await next.send(acknowledge(23));
    await isQuiet(next, 1);
    await romeo.send(message(full, 'afterwards'));
    await next.receives(message(full, 'afterwards'));
    await next.receives(REQUEST);
  });

  test('and is lost again in the middle of it: the next time it gets what it has not acknowledged', async () => {
    const { romeo, juliet, local, full } = await pair();
    await juliet.client.cut();
    for (const it of numbers(0, 20)) await romeo.send(message(full, long(it)));
    const second = await authenticated(server, local);
    await second.send(resume(juliet.id, 1));
    await second.receives(`<resumed xmlns='urn:xmpp:sm:3' previd='${juliet.id}' h='1'/>`);
    await bodies(second, 4);
    second.transport.stall();
    await second.send(acknowledge(4));
    await second.cut();
    await romeo.send(message(full, '20'));
    const third = await back(server, juliet, { h: 5, handled: 1 });
    assert.deepEqual(
      (await bodies(third, 17)).map((it) => it?.replaceAll('.', '')),
      numbers(4, 21),
    );
    await third.send(acknowledge(22));
    await isQuiet(third, 1);
  });
});
