/** Announcements and the message of the day: XEP-0133 sections 4.23 to 4.26, as commands of the operator. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Accounts, accountData, jid, type Session } from '#api';
import { announcement, sendToAll } from '../../../modules/announce/announcement.ts';
import { loginAnonymously } from '../../support/anonymous.ts';
import { startParley, type TestOptions, type TestServer } from '../../support/parley.ts';

const TEXT = { subject: '', body: 'x' };

async function start(t: TestContext, options: TestOptions = {}): Promise<TestServer> {
  const server = await startParley(options);
  t.after(() => server.stop());
  return server;
}

const message = (text: string, more = ''): string =>
  `<message from='capulet.lit' type='headline'><body>${text}</body>${more}</message>`;

const say = (server: TestServer, text: string, host = 'capulet.lit'): Promise<unknown> =>
  server.command('announce motd set', { text }, host);

test('XEP-0133 4.23: an announcement goes to every available client of the host, and to nobody else', async (t) => {
  const server = await start(t, { hosts: ['montague.lit'] });
  const balcony = await server.login('juliet', { resource: 'balcony' });
  const chamber = await server.login('juliet', { resource: 'chamber' });
  await balcony.drain();
  await chamber.drain();
  const nurse = await server.login('nurse', { available: false });
  const romeo = await server.login('romeo', { host: 'montague.lit' });
  const result = await server.command('announce online', { text: 'a <b> & c', subject: 'Hear' }, 'capulet.lit');
  assert.deepEqual(result, { host: 'capulet.lit', sessions: 2 });
  for (const it of [balcony, chamber]) {
    await it.receives(
      `<message from='capulet.lit' to='${it.jid}' type='headline'><subject>Hear</subject><body>a &lt;b> &amp; c</body></message>`,
    );
  }
  await nurse.receivesNothing();
  await romeo.receivesNothing();
});

test('many clients are served in turns, and none is left out', async () => {
  let served = 0;
  const client = { jid: jid('juliet@capulet.lit/balcony'), sendTo: () => void served++ } as unknown as Session;
  const sent = sendToAll(
    Array.from({ length: 1201 }, () => client),
    announcement(jid('capulet.lit'), 'normal', TEXT),
  );
  assert.equal(served, 500);
  await sent;
  assert.equal(served, 1201);
});

test('the kind of message is configured', async (t) => {
  const server = await start(t, { modules: { announce: { type: 'normal' } } });
  const juliet = await server.login('juliet');
  await server.command('announce online', { text: 'x' });
  await juliet.receives(`<message from='capulet.lit' type='normal'><body>x</body></message>`);
});

test('what XML does not allow is refused before it reaches anybody', async (t) => {
  const server = await start(t);
  for (const text of ['', 'a\0b', 'a\x1Bb', '\uD800', '\uFFFF', 'x'.repeat(10_001)]) {
    await assert.rejects(server.command('announce online', { text }));
    await assert.rejects(server.command('announce motd set', { text }));
  }
  await server.command('announce online', { text: 'two\nlines\tand a 🎭' });
});

test('XEP-0133 4.24: a message of the day is shown at once to who is there, once', async (t) => {
  const server = await start(t);
  const juliet = await server.login('juliet', { resource: 'balcony' });
  assert.deepEqual(await say(server, 'one'), { host: 'capulet.lit', shownNow: 1 });
  await juliet.receives(message('one'));
  await juliet.send(`<presence type='unavailable'/>`);
  await juliet.send('<presence/>');
  assert.ok((await juliet.drain()).every((it) => it.name === 'presence'));
});

test('XEP-0133 4.24: others are shown it when they become available, once for all their clients', async (t) => {
  const server = await start(t);
  await say(server, 'one');
  const quiet = await server.login('juliet', { available: false });
  await quiet.receivesNothing();
  const juliet = await server.login('juliet', { resource: 'balcony' });
  await juliet.receives(message('one'));
  await juliet.close();
  const again = await server.login('juliet', { resource: 'balcony' });
  await again.receivesNothing();
});

test('two clients that become available together are shown it once', async (t) => {
  const server = await start(t);
  await say(server, 'one');
  const clients = [
    await server.login('juliet', { available: false }),
    await server.login('juliet', { available: false }),
  ];
  for (const it of clients) it.raw('<presence/>');
  const received = [];
  for (const it of clients) received.push(...(await it.drain()));
  assert.equal(received.filter((it) => it.name === 'message').length, 1);
});

test('who has been shown the message is remembered across restarts, and so is the message', async (t) => {
  const server = await start(t);
  await server.command('announce motd set', { text: 'one', subject: 'Hear' });
  await (await server.login('juliet')).receives(message('one', '<subject>Hear</subject>'));
  await server.restart();
  await (await server.login('juliet')).receivesNothing();
  await (await server.login('romeo')).receives(message('one', '<subject>Hear</subject>'));
});

test('a new message is shown again, though it says the same', async (t) => {
  const server = await start(t);
  const juliet = await server.login('juliet');
  for (let i = 0; i < 2; i++) {
    await say(server, 'one');
    await juliet.receives(message('one'));
  }
});

test('XEP-0133 4.26: a deleted message is not shown any more; there is nothing to delete or show then', async (t) => {
  const server = await start(t);
  await say(server, 'one');
  assert.deepEqual(await server.command('announce motd show'), {
    host: 'capulet.lit',
    set: '2030-01-01T00:00:00.000Z',
    text: 'one',
  });
  assert.deepEqual(await server.command('announce motd delete'), { host: 'capulet.lit', deleted: true });
  await (await server.login('juliet')).receivesNothing();
  for (const it of ['announce motd show', 'announce motd delete']) {
    await assert.rejects(server.command(it), /capulet.lit has no message of the day/);
  }
  await server.restart();
  await assert.rejects(server.command('announce motd show'), /no message of the day/);
});

test('each host has a message of its own', async (t) => {
  const server = await start(t, { hosts: ['montague.lit'] });
  await say(server, 'one');
  await (await server.login('juliet')).receives(message('one'));
  const romeo = await server.login('juliet', { host: 'montague.lit' });
  await romeo.receivesNothing();
  await say(server, 'two', 'montague.lit');
  await romeo.receives(`<message from='montague.lit' type='headline'><body>two</body></message>`);
  await server.command('announce motd delete', {}, 'capulet.lit');
  assert.ok(await server.command('announce motd show', {}, 'montague.lit'));
});

test('that it was shown is exported with the account, and erased with it', async (t) => {
  const server = await start(t);
  await say(server, 'one');
  const juliet = await server.login('juliet');
  await juliet.receives(message('one'));
  const exported = async () =>
    (await server.host.parts.hooks.collect(accountData, jid('juliet@capulet.lit'))).filter((it) => it.name === 'motd');
  assert.equal((await exported()).length, 1);
  await server.service(Accounts).remove('juliet');
  assert.deepEqual(await exported(), []);
  await (await server.login('juliet')).receives(message('one'));
});

test('nothing is remembered of anonymous people', async (t) => {
  const server = await start(t, { anonymous: true });
  await say(server, 'one');
  const client = await loginAnonymously(server);
  await client.send('<presence/>');
  await client.receivesAll('<presence/>', message('one'));
  await say(server, 'two');
  await client.receives(message('two'));
  const data = await server.host.parts.hooks.collect(accountData, jid(client.jid).bareJid);
  assert.deepEqual(
    data.filter((it) => it.name === 'motd'),
    [],
  );
});
