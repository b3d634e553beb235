/** Sessions that wait when the server ends: what their clients missed is stored before it does (XEP-0198 section 4). */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { MemoryLogger } from '../../support/memory-log.ts';
import { startParley } from '../../support/parley.ts';
import { acknowledge, authenticated, bodies, device, failed, message, nextStanza, resume, turn } from './devices.ts';

const log = new MemoryLogger();
const start = () => startParley({ only: ['accounts', 'carbons', 'offline', 'presence', 'roster'], log });
const numbers = (count: number) => Array.from({ length: count }, (_, it) => String(it));

suite('XEP-0198 4: when the server ends', () => {
  test('a session that waits is over, and its messages are there after a restart', async (t) => {
    const server = await start();
    t.after(() => server.stop());
    const [phone, romeo] = [await device(server, 'juliet', 'phone'), await server.login('romeo')];
    await phone.client.cut();
    for (const body of numbers(400)) await romeo.send(message(phone.client.jid, body));
    await romeo.receivesNothing();
    await server.restart();
    const next = await authenticated(server, 'juliet');
    await next.send(resume(phone.id, 1));
    // Of a session before the restart nothing is known.
    assert.equal((await next.receives(failed('item-not-found'))).attr('h'), undefined);
    const again = await server.login('juliet');
    assert.deepEqual(await bodies(again, 400), numbers(400));
    await again.receivesNothing();
    assert.equal(log.take(), '');
  });

  test('a session with a connection as well: with system-shutdown, and what it did not acknowledge', async (t) => {
    const server = await start();
    t.after(() => server.stop());
    const [phone, romeo] = [await device(server, 'juliet', 'phone'), await server.login('romeo')];
    for (const body of ['had and acknowledged', 'had', 'on its way']) await romeo.send(message(phone.client.jid, body));
    await nextStanza(phone.client);
    await phone.client.send(acknowledge(2));
    await server.restart();
    await bodies(phone.client, 2);
    await nextStanza(phone.client).then((error) => assert.match(error.toString(), /<system-shutdown /));
    assert.deepEqual(await bodies(await server.login('juliet'), 2), ['had', 'on its way']);
  });

  test('what all devices of an account missed is there once', async (t) => {
    const server = await start();
    t.after(() => server.stop());
    const devices = [
      await device(server, 'juliet', 'phone'),
      await device(server, 'juliet', 'tablet'),
      await device(server, 'juliet', 'desk'),
    ];
    await server.command('offline count', { jid: 'juliet@capulet.lit' });
    await turn();
    const romeo = await server.login('romeo');
    await devices[0]?.client.cut();
    await devices[1]?.client.cut();
    for (const body of numbers(20)) await romeo.send(message('juliet@capulet.lit', body));
    await romeo.receivesNothing();
    await server.restart();
    const again = await server.login('juliet');
    assert.deepEqual(await bodies(again, 20), numbers(20));
    await server.command('offline count', { jid: 'juliet@capulet.lit' });
    await turn();
    await again.receivesNothing();
  });

  test('a host that is removed ends those that wait, too', async (t) => {
    const server = await start();
    t.after(() => server.stop());
    const phone = await device(server, 'juliet', 'phone');
    await phone.client.cut();
    const { host } = server;
    await server.engine.removeHost('capulet.lit');
    assert.equal(host.sessions.count, 0);
    assert.equal(server.engine.streams.resumptions.waiting, 0);
  });

  test('an account that is removed ends its own', async (t) => {
    const server = await start();
    t.after(() => server.stop());
    const phone = await device(server, 'juliet', 'phone');
    await phone.client.cut();
    await server.command('user delete', { jid: 'juliet@capulet.lit' });
    await turn();
    assert.equal(server.host.sessions.count, 0);
    assert.equal(server.engine.streams.resumptions.waiting, 0);
  });
});
