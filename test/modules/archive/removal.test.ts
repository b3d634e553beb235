/** What leaves the archives, and how: XEP-0313 section 3.2. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { accountData } from '../../../src/contracts/accounts.ts';
import { Archive } from '../../../src/contracts/archive.ts';
import { jid } from '../../../src/jid/jid.ts';
import { type Database, query } from '../../../src/kernel/sql.ts';
import { startParley } from '../../support/parley.ts';
import { ask, refused, say, until } from './support.ts';

const HOUR = 3_600_000;
/** Streams do not die of silence here. */
const PATIENT = { pingIntervalMs: 10 ** 12 };

/** Rows in each table. */
async function rows(db: Database): Promise<Record<string, number>> {
  const count = (table: string) => query<[], { count: number }>(`select count(*) as count from archive_${table}`);
  const tables = db.prepare({
    owner: count('owner'),
    conversation: count('conversation'),
    entry: count('entry'),
    body: count('body'),
    retraction: count('retraction'),
  });
  const found = Object.entries(tables).map(async ([name, read]) => [name, (await read())[0]?.count ?? 0] as const);
  return Object.fromEntries(await Promise.all(found));
}

async function scene(t: { after(task: () => Promise<void>): void }, options: object = {}) {
  const server = await startParley({ modules: { archive: options }, settings: PATIENT });
  t.after(() => server.stop());
  const juliet = await server.login('juliet', { resource: 'balcony' });
  const romeo = await server.login('romeo', { resource: 'orchard' });
  const nurse = await server.login('nurse', { resource: 'chamber' });
  return { server, juliet, romeo, nurse };
}

suite('retention', () => {
  test('XEP-0313 3.2: the oldest messages go when their time is over; what is left keeps its ids, places and number', async (t) => {
    const { server, juliet, romeo } = await scene(t, { retention: '7h' });
    const ids: string[] = [];
    for (let hour = 0; hour < 10; hour++) {
      const message = await say(romeo, juliet, `h${hour}`);
      ids.push(message.child('{urn:xmpp:sid:0}stanza-id')?.attr('id') ?? '');
      server.clock.advance(HOUR);
    }
    await server.command('archive purge');
    const after = await ask(juliet);
    assert.deepEqual(after.bodies.join(' '), 'h3 h4 h5 h6 h7 h8 h9');
    assert.deepEqual(after.ids, ids.slice(3));
    assert.deepEqual([after.count, after.index, after.complete], ['7', '0', true]);
    assert.equal(await refused(juliet, { set: `<after>${ids[1]}</after>` }), 'item-not-found');
    const page = await ask(juliet, { fields: { with: 'romeo@capulet.lit' }, set: '<max>2</max><before/>' });
    assert.deepEqual([page.bodies.join(' '), page.index, page.count], ['h8 h9', '5', '7']);
    const { entry, body } = await rows(server.db);
    assert.deepEqual([entry, body], [14, 7]);
  });

  test('messages go by themselves within an hour', async (t) => {
    const { server, juliet } = await scene(t, { retention: '2h' });
    await say(juliet, juliet, 'old');
    server.clock.advance(3_600_000);
    await say(juliet, juliet, 'new');
    server.clock.advance(3_600_001);
    await until(async () => (await ask(juliet)).bodies.join(' ') === 'new');
  });

  test('exceptions hold for single archives, longer and shorter', async (t) => {
    const exceptions = { 'juliet@capulet.lit': 'forever', 'nurse@capulet.lit': '2h' };
    const { server, juliet, romeo, nurse } = await scene(t, { retention: '7h', exceptions });
    await say(romeo, juliet, 'one');
    await say(romeo, nurse, 'two');
    server.clock.advance(3 * HOUR);
    await server.command('archive purge');
    assert.deepEqual([(await ask(nurse)).bodies, (await ask(romeo)).bodies], [[], ['one', 'two']]);
    server.clock.advance(5 * HOUR);
    await server.command('archive purge');
    assert.deepEqual([(await ask(juliet)).bodies, (await ask(romeo)).bodies], [['one'], []]);
  });

  test('the text goes with the last archive that keeps it, and not before', async (t) => {
    const { server, juliet, romeo } = await scene(t, { exceptions: { 'juliet@capulet.lit': '1h' } });
    for (let i = 0; i < 5; i++) await say(romeo, juliet, `m${i}`);
    server.clock.advance(2 * HOUR);
    await server.command('archive purge', { jid: 'juliet@capulet.lit' });
    assert.equal((await ask(juliet)).count, '0');
    assert.deepEqual((await ask(romeo)).bodies.join(' '), 'm0 m1 m2 m3 m4');
    assert.equal((await rows(server.db))['body'], 5);
    await server.command('archive purge', { jid: 'romeo@capulet.lit', olderThan: '1h' });
    const { entry, body, conversation } = await rows(server.db);
    assert.deepEqual([entry, body, conversation], [0, 0, 0]);
  });

  test('an archive that was emptied goes on, counting from what it has', async (t) => {
    const { server, juliet, romeo } = await scene(t);
    for (let i = 0; i < 3; i++) await say(romeo, juliet, `old ${i}`);
    server.clock.advance(1000);
    await server.command('archive purge', { jid: 'juliet@capulet.lit', olderThan: '1s' });
    for (let i = 0; i < 3; i++) await say(romeo, juliet, `new ${i}`);
    for (const fields of [{}, { with: 'romeo@capulet.lit' }]) {
      const found = await ask(juliet, { fields });
      assert.deepEqual([found.bodies.join(' '), found.count, found.index], ['new 0 new 1 new 2', '3', '0']);
    }
    await server.restart();
    const again = await server.login('juliet');
    const found = await ask(again, { fields: { with: 'romeo@capulet.lit' }, set: '<max>1</max><before/>' });
    assert.deepEqual([found.bodies, found.index, found.count], [['new 2'], '2', '3']);
  });

  test('hundreds of messages go in several steps, and all of them', async (t) => {
    const { server, juliet } = await scene(t);
    for (let i = 0; i < 620; i++) await juliet.send(`<message to='juliet@capulet.lit'><body>${i}</body></message>`);
    await juliet.drain();
    server.clock.advance(HOUR);
    await say(juliet, juliet, 'stays');
    const told = await server.command('archive purge', { jid: 'juliet@capulet.lit', olderThan: '1h', dryRun: true });
    assert.deepEqual(told, { jid: 'juliet@capulet.lit', wouldPurge: 620 });
    const done = await server.command('archive purge', { jid: 'juliet@capulet.lit', olderThan: '1h' });
    assert.deepEqual(done, { jid: 'juliet@capulet.lit', purged: 620 });
    assert.deepEqual((await ask(juliet)).bodies, ['stays']);
    const { entry, body } = await rows(server.db);
    assert.deepEqual([entry, body], [1, 1]);
  });
});

suite('removal of accounts', () => {
  test('an archive goes with its account, and the next account of that name begins anew', async (t) => {
    const { server, juliet, romeo } = await scene(t);
    for (let i = 0; i < 3; i++) await say(romeo, juliet, `m${i}`);
    await server.command('user delete', { jid: 'juliet@capulet.lit' });
    const anew = await server.login('juliet', { resource: 'other' });
    assert.deepEqual((await ask(anew)).ids, []);
    await say(romeo, anew, 'welcome');
    assert.deepEqual((await ask(anew)).bodies, ['welcome']);
    assert.deepEqual((await ask(romeo)).bodies, ['m0', 'm1', 'm2', 'welcome']);
    await server.command('archive purge');
    assert.deepEqual(await rows(server.db), { owner: 2, conversation: 2, entry: 5, body: 4, retraction: 0 });
  });

  test('nothing is left when all who had it are gone', async (t) => {
    const { server, juliet, romeo } = await scene(t);
    await say(romeo, juliet, 'secret', `type='chat' id='s1'`);
    await romeo.send(
      `<message to='juliet@capulet.lit' id='r1'><retract xmlns='urn:xmpp:message-retract:1' id='nothing'/></message>`,
    );
    await juliet.receive();
    for (const name of ['juliet', 'romeo']) await server.command('user delete', { jid: `${name}@capulet.lit` });
    await server.command('archive purge');
    await until(async () => Object.values(await rows(server.db)).every((it) => it === 0));
  });

  test('what a restart came before goes after it', async (t) => {
    const { server, juliet } = await scene(t);
    await say(juliet, juliet, 'note');
    await ask(juliet);
    const { retire } = server.db.prepare({ retire: query<[]>('update archive_owner set address = null') });
    await retire();
    await server.restart();
    server.clock.advance(3_600_000);
    await until(async () => Object.values(await rows(server.db)).every((it) => it === 0));
  });

  test('the archive of a room goes with the room', async (t) => {
    const { server } = await scene(t);
    const archive = server.service(Archive);
    await archive.erase(jid('room@conference.capulet.lit'));
    assert.equal(await archive.ends(jid('room@conference.capulet.lit')), undefined);
  });
});

suite('operators', () => {
  test('archive stats says how much there is, since when, and for how long', async (t) => {
    const { server, juliet, romeo, nurse } = await scene(t, { retention: '30h' });
    const start = new Date(server.clock.now()).toISOString();
    await say(romeo, juliet, 'one');
    server.clock.advance(HOUR);
    await say(nurse, juliet, 'two');
    assert.deepEqual(await server.command('archive stats', { jid: 'juliet@capulet.lit' }), {
      jid: 'juliet@capulet.lit',
      messages: 2,
      conversations: 2,
      oldest: start,
      newest: new Date(server.clock.now()).toISOString(),
      retention: '1d6h',
    });
    assert.deepEqual(await server.command('archive stats', { jid: 'nobody@capulet.lit' }), {
      jid: 'nobody@capulet.lit',
      messages: 0,
      conversations: 0,
      oldest: null,
      newest: null,
      retention: '1d6h',
    });
  });

  test('addresses that have no archive here are refused', async (t) => {
    const { server } = await scene(t);
    for (const address of ['juliet@capulet.lit/balcony', 'capulet.lit', 'juliet@example.com', '@']) {
      for (const name of ['archive stats', 'archive purge']) {
        await assert.rejects(async () => server.command(name, { jid: address }, 'capulet.lit'), /is not the address/);
      }
    }
    await assert.rejects(async () => server.command('archive purge', { dryRun: true }), /name an address/);
  });

  test('without an age the retention counts, and forever deletes nothing', async (t) => {
    const { server, juliet } = await scene(t);
    await say(juliet, juliet, 'note');
    server.clock.advance(100 * HOUR);
    assert.deepEqual(await server.command('archive purge', { jid: 'juliet@capulet.lit' }), {
      jid: 'juliet@capulet.lit',
      purged: 0,
    });
    assert.deepEqual(await server.command('archive purge'), { host: 'capulet.lit', purged: 0 });
  });
});

test('the data of an account has all of its archive, page by page', async (t) => {
  const { server, juliet } = await scene(t);
  for (let i = 0; i < 260; i++) await juliet.send(`<message to='juliet@capulet.lit'><body>${i}</body></message>`);
  await juliet.drain();
  const data = await server.host.parts.hooks.collect(accountData, jid('juliet@capulet.lit'));
  const archive = data.find((it) => it.name === 'archive')?.data as AsyncIterable<{ id: string; stanza: string }>;
  const stanzas: string[] = [];
  for await (const { stanza } of archive) stanzas.push(stanza);
  assert.equal(stanzas.length, 260);
  assert.match(
    stanzas[259] as string,
    /^<message from='juliet@capulet.lit\/balcony' to='juliet@capulet.lit'><body>259</,
  );
});
