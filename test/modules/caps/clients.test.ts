/** XEP-0115 section 5.4: what the server believes of the capabilities that clients announce. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NS, query } from '#api';
import { answers, capsOf, featuresAt, isAsked, presenceWith, settled, show, starter } from './fixture.ts';

const start = starter();

const TUNE = 'http://jabber.org/protocol/tune+notify';

test('XEP-0115 6.2: the client that announces an unknown hash is asked for the node, and what fits is believed', async (t) => {
  const { server, changes, client } = await start(t);
  const { inner, ver, presence } = capsOf(NS.discoInfo, TUNE);
  const juliet = await client('juliet');
  await show(juliet, presence);
  assert.equal(featuresAt(server, juliet.jid), undefined);
  await answers(juliet, await isAsked(juliet, ver), inner);
  assert.deepEqual(featuresAt(server, juliet.jid), [NS.discoInfo, TUNE]);
  assert.deepEqual(
    changes.map(({ client, session, features }) => [client.full, session?.jid.full, features.length]),
    [[juliet.jid, juliet.jid, 2]],
  );
});

test('XEP-0115 5.4: what was verified holds for every client that announces it, without another question', async (t) => {
  const { server, changes, client } = await start(t);
  const { inner, ver, presence } = capsOf(NS.discoInfo, TUNE);
  const juliet = await client('juliet');
  await show(juliet, presence);
  await answers(juliet, await isAsked(juliet, ver), inner);
  const romeo = await client('romeo');
  await show(romeo, presence);
  await romeo.receivesNothing();
  assert.deepEqual(featuresAt(server, romeo.jid), [NS.discoInfo, TUNE]);
  assert.deepEqual(
    changes.map((it) => it.client.full),
    [juliet.jid, romeo.jid],
  );
});

test('XEP-0115 8.2: what was verified is remembered across restarts', async (t) => {
  const { server, client } = await start(t);
  const { inner, ver, presence } = capsOf(NS.discoInfo, TUNE);
  const juliet = await client('juliet');
  await show(juliet, presence);
  await answers(juliet, await isAsked(juliet, ver), inner);
  await server.restart();
  const again = await client('juliet');
  await show(again, presence);
  await settled(server, again);
  await again.receivesNothing();
  assert.deepEqual(featuresAt(server, again.jid), [NS.discoInfo, TUNE]);
});

test('clients that log in together while one is asked wait for its answer', async (t) => {
  const { server, changes, client } = await start(t);
  const { inner, ver, presence } = capsOf(NS.discoInfo, TUNE);
  const [juliet, romeo, nurse] = [await client('juliet'), await client('romeo'), await client('nurse')];
  for (const it of [juliet, romeo, nurse]) await show(it, presence);
  await romeo.receivesNothing();
  await answers(juliet, await isAsked(juliet, ver), inner);
  for (const it of [romeo, nurse]) {
    await it.receivesNothing();
    assert.deepEqual(featuresAt(server, it.jid), [NS.discoInfo, TUNE]);
  }
  assert.equal(changes.length, 3);
});

test('a client that announces nothing is asked nothing', async (t) => {
  const { server, client } = await start(t);
  const juliet = await client('juliet');
  await show(juliet, '<presence/>');
  await settled(server, juliet);
  await juliet.receivesNothing();
  assert.equal(featuresAt(server, juliet.jid), undefined);
});

test('XEP-0115 5.4 step 1 and 13: a hash of the legacy format is ignored', async (t) => {
  const { server, client } = await start(t);
  const juliet = await client('juliet');
  await show(juliet, presenceWith('1.0', ''));
  await settled(server, juliet);
  await juliet.receivesNothing();
});

test('XEP-0115 5.4 step 3.9: what does not fit the hash is not believed, and the next client is asked, later', async (t) => {
  const { server, client } = await start(t);
  const { inner, ver, presence } = capsOf(NS.discoInfo, TUNE);
  const liar = await client('tybalt');
  await show(liar, presence);
  await answers(liar, await isAsked(liar, ver), capsOf(NS.discoInfo).inner);
  assert.equal(featuresAt(server, liar.jid), undefined);
  const juliet = await client('juliet');
  await show(juliet, presence);
  await settled(server, juliet);
  await juliet.receivesNothing();
  server.clock.advance(10_000);
  await answers(juliet, await isAsked(juliet, ver), inner);
  assert.deepEqual(featuresAt(server, juliet.jid), [NS.discoInfo, TUNE]);
});

for (const [what, inner] of [
  ['an empty result', undefined],
  ['no information', ''],
  ['a feature twice', `<identity category='client' type='pc'/><feature var='a'/><feature var='a'/>`],
] as const) {
  test(`XEP-0115 5.4 step 3: ${what} is not believed`, async (t) => {
    const { server, changes, client } = await start(t);
    const juliet = await client('juliet');
    const { ver, presence } = capsOf('a');
    await show(juliet, presence);
    const question = await isAsked(juliet, ver);
    if (inner === undefined) await juliet.send(`<iq type='result' id='${question.attr('id')}' to='capulet.lit'/>`);
    else await answers(juliet, question, inner);
    await settled(server, juliet);
    assert.equal(featuresAt(server, juliet.jid), undefined);
    assert.deepEqual(changes, []);
  });
}

test('many clients with a hash that none of them can answer for are asked a few times only', async (t) => {
  const { server, client } = await start(t);
  const { presence } = capsOf(NS.discoInfo, TUNE);
  const clients = [];
  let asked = 0;
  for (let i = 0; i < 10; i++) {
    const one = await client(`client${i}`);
    clients.push(one);
    await show(one, presence);
    await settled(server, one);
    for (const it of clients) {
      for (const question of await it.drain()) {
        asked++;
        await it.send(`<iq type='result' id='${question.attr('id')}' to='capulet.lit'/>`);
      }
    }
    await settled(server, one);
    server.clock.advance(1000);
  }
  // At once, after two seconds, and after four more.
  assert.equal(asked, 3);
});

test('XEP-0115 5.4 step 2: a hash that is not known here says something of that client alone', async (t) => {
  const { server, client } = await start(t);
  const { inner } = capsOf(NS.discoInfo, TUNE);
  const [juliet, romeo] = [await client('juliet'), await client('romeo')];
  await show(juliet, presenceWith('abc', 'md5'));
  await answers(juliet, await isAsked(juliet, 'abc'), inner);
  assert.deepEqual(featuresAt(server, juliet.jid), [NS.discoInfo, TUNE]);
  await show(romeo, presenceWith('abc', 'md5'));
  await answers(romeo, await isAsked(romeo, 'abc'), capsOf('urn:other').inner);
  assert.deepEqual(featuresAt(server, romeo.jid), ['urn:other']);
  assert.deepEqual(featuresAt(server, juliet.jid), [NS.discoInfo, TUNE]);
});

test('XEP-0115 6.1: features that change in the middle of a session are learnt and told', async (t) => {
  const { server, changes, client } = await start(t);
  const [before, after] = [capsOf(NS.discoInfo), capsOf(NS.discoInfo, TUNE)];
  const juliet = await client('juliet');
  await show(juliet, before.presence);
  await answers(juliet, await isAsked(juliet, before.ver), before.inner);
  await show(juliet, after.presence);
  await answers(juliet, await isAsked(juliet, after.ver), after.inner);
  await show(juliet, before.presence);
  await juliet.receivesNothing();
  assert.deepEqual(featuresAt(server, juliet.jid), [NS.discoInfo]);
  assert.deepEqual(
    changes.map((it) => it.features.length),
    [1, 2, 1],
  );
});

test('XEP-0115 8.4: presence without capabilities leaves them as they were; unavailable presence ends them', async (t) => {
  const { server, client } = await start(t);
  const { inner, ver, presence } = capsOf(NS.discoInfo);
  const juliet = await client('juliet');
  await show(juliet, presence);
  await answers(juliet, await isAsked(juliet, ver), inner);
  await show(juliet, '<presence><show>away</show></presence>');
  assert.deepEqual(featuresAt(server, juliet.jid), [NS.discoInfo]);
  await show(juliet, `<presence type='unavailable'/>`);
  assert.equal(featuresAt(server, juliet.jid), undefined);
});

test('a client that announces one new hash after another is asked for a few of them only', async (t) => {
  const { server, client } = await start(t);
  const juliet = await client('juliet');
  for (let i = 0; i < 10; i++) await show(juliet, capsOf(`urn:${i}`).presence).catch(() => undefined);
  await settled(server, juliet);
  const questions = (await juliet.drain()).filter((it) => it.name === 'iq');
  assert.ok(questions.length <= 5, `${questions.length} questions`);
});

test('the database keeps the sets that were used last', async (t) => {
  const { server, client } = await start(t, { modules: { caps: { stored: 16, cached: 16 } } });
  for (let i = 0; i < 20; i++) {
    const { inner, ver, presence } = capsOf(`urn:${i}`);
    const one = await client('juliet');
    await show(one, presence);
    await answers(one, await isAsked(one, ver), inner);
    await one.close();
    server.clock.advance(1000);
  }
  const store = server.db.prepare({
    all: query<[], { features: string }>('select features from client_caps order by used_at'),
  });
  const kept = (await store.all()).map((it) => (JSON.parse(it.features) as string[])[0] ?? '');
  assert.ok(kept.length <= 17, `${kept.length} kept`);
  assert.equal(kept.at(-1), 'urn:19');
  assert.ok(!kept.includes('urn:0'));
});
