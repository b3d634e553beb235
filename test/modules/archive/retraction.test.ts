/** Tombstones in archives: XEP-0424 sections 4 and 5. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { Archive } from '../../../src/contracts/archive.ts';
import { jid } from '../../../src/jid/jid.ts';
import { query } from '../../../src/kernel/sql.ts';
import { Stanza } from '../../../src/xmpp/stanza.ts';
import type { TestClient } from '../../support/client.ts';
import { startParley } from '../../support/parley.ts';
import { type Element, parseXml } from '../../support/xml.ts';
import { ask, say, until } from './support.ts';

const RETRACT = 'urn:xmpp:message-retract:1';
const server = await startParley();
after(() => server.stop());
const juliet = await server.login('juliet', { resource: 'balcony' });
const romeo = await server.login('romeo', { resource: 'orchard' });

const { pending, bodies } = server.db.prepare({
  pending: query<[], { count: number }>('select count(*) as count from archive_retraction'),
  bodies: query<[], { xml: string }>('select xml from archive_body'),
});

async function retract(from: TestClient, to: TestClient, target: string, id: string): Promise<void> {
  const bare = to.jid.split('/')[0];
  await from.send(
    `<message to='${bare}' type='chat' id='${id}'><retract xmlns='${RETRACT}' id='${target}'/></message>`,
  );
  await to.receives(`<message id='${id}'/>`);
  await settled();
}

/** No retraction waits to be carried out. */
async function settled(): Promise<void> {
  await Promise.all([ask(juliet), ask(romeo)]);
  await until(async () => (await pending())[0]?.count === 0);
}

async function find(client: TestClient, id: string): Promise<Element | undefined> {
  for (let page = await ask(client); ; page = await ask(client, { set: `<after>${page.last}</after>` })) {
    const found = page.messages.find((it) => it.attr('id') === id);
    if (found !== undefined || page.complete) return found;
  }
}

const tombstone = (message: Element | undefined) => message?.child(`{${RETRACT}}retracted`);

suite('retractions', () => {
  test('XEP-0424 4: a tombstone takes the place of what was said, in the archives of both sides', async () => {
    await say(romeo, juliet, 'Have not saints lips?', `type='chat' id='wrong-1' xml:lang='en'`);
    server.clock.advance(5000);
    await retract(romeo, juliet, 'wrong-1', 'retract-1');
    for (const client of [romeo, juliet]) {
      const message = await find(client, 'wrong-1');
      assert.deepEqual(
        ['from', 'to', 'type', 'xml:lang'].map((it) => message?.attr(it)),
        [romeo.jid, 'juliet@capulet.lit', 'chat', 'en'],
      );
      assert.equal(message?.elements().length, 1);
      assert.equal(tombstone(message)?.attr('id'), 'retract-1');
      assert.equal(tombstone(message)?.attr('stamp'), new Date(server.clock.now()).toISOString());
    }
  });

  test('XEP-0424 5: the retraction is in the archives, too', async () => {
    for (const client of [romeo, juliet]) {
      assert.equal((await find(client, 'retract-1'))?.child(`{${RETRACT}}retract`)?.attr('id'), 'wrong-1');
    }
  });

  test('what was said is nowhere in the database any more', async () => {
    assert.ok(!(await bodies()).some((it) => it.xml.includes('Have not saints lips?')));
  });

  test('XEP-0313 3.2: queries find the same as before: ids, order, numbers', async () => {
    for (let i = 0; i < 4; i++) await say(romeo, juliet, `q${i}`, `type='chat' id='q${i}'`);
    const before = await ask(juliet, { set: '<max>250</max>' });
    await retract(romeo, juliet, 'q1', 'retract-q1');
    const after = await ask(juliet, { set: '<max>250</max>' });
    assert.deepEqual(after.ids.slice(0, -1), before.ids);
    assert.equal(after.count, String(Number(before.count) + 1));
    const id = before.ids[before.messages.findIndex((it) => it.attr('id') === 'q1')] as string;
    const single = await ask(juliet, { fields: { ids: id, with: 'romeo@capulet.lit' } });
    assert.ok(tombstone(single.messages[0]));
  });

  test('XEP-0424 5: only who has said something can retract it', async () => {
    await say(romeo, juliet, 'mine', `type='chat' id='mine-1'`);
    await retract(juliet, romeo, 'mine-1', 'retract-mine');
    for (const client of [romeo, juliet]) assert.equal(tombstone(await find(client, 'mine-1')), undefined);
    const tybalt = await server.login('tybalt', { resource: 'street' });
    await retract(tybalt, juliet, 'mine-1', 'retract-tybalt');
    assert.equal(tombstone(await find(juliet, 'mine-1')), undefined);
    assert.equal(tombstone(await find(romeo, 'mine-1')), undefined);
    await tybalt.close();
  });

  test('XEP-0424 5: the bare address counts: another device may retract', async () => {
    await say(romeo, juliet, 'from the orchard', `type='chat' id='orchard-1'`);
    const garden = await server.login('romeo', { resource: 'garden', available: false });
    await retract(garden, juliet, 'orchard-1', 'retract-garden');
    assert.ok(tombstone(await find(juliet, 'orchard-1')));
    await garden.close();
    await romeo.drain();
  });

  test('of several messages with one id the newest is retracted', async () => {
    await romeo.drain();
    await say(romeo, juliet, 'older', `type='chat' id='twice'`);
    await say(romeo, juliet, 'newer', `type='chat' id='twice'`);
    await retract(romeo, juliet, 'twice', 'retract-twice');
    const { bodies: left } = await ask(juliet, { set: '<max>3</max><before/>' });
    assert.deepEqual(left, ['older', '', '']);
  });

  test('a retraction of what never was, or of a retraction without an id, hurts nobody', async () => {
    await retract(romeo, juliet, 'never-said', 'retract-nothing');
    await romeo.send(`<message to='juliet@capulet.lit'><retract xmlns='${RETRACT}'/></message>`);
    await juliet.receives('<message/>');
    await settled();
  });

  test('XEP-0424 5: in a room only the same occupant retracts a private message', async () => {
    const muc = `<x xmlns='http://jabber.org/protocol/muc#user'/>`;
    const to = jid('juliet@capulet.lit/balcony');
    const whisper = async (nick: string, inner: string) => {
      const from = jid(`room@muc.example.com/${nick}`);
      const id = inner.includes('retract') ? `by-${nick}` : `said-${nick}`;
      await server.engine.router.route(
        new Stanza(parseXml(`<message type='chat' id='${id}'>${inner}${muc}</message>`), from, to),
      );
      await juliet.receives(`<message id='${id}'/>`);
    };
    await whisper('witch', '<body>secret</body>');
    await whisper('hag', `<retract xmlns='${RETRACT}' id='said-witch'/>`);
    await settled();
    assert.equal(tombstone(await find(juliet, 'said-witch')), undefined);
    await whisper('witch', `<retract xmlns='${RETRACT}' id='said-witch'/>`);
    await settled();
    assert.ok(tombstone(await find(juliet, 'said-witch')));
  });

  test('a retraction that a restart came before is carried out after it', async (t) => {
    const other = await startParley();
    t.after(() => other.stop());
    const first = await other.login('romeo', { resource: 'x' });
    await first.send(`<message to='romeo@capulet.lit' id='note'><body>note</body></message>`);
    await first.receive();
    const [, id = ''] = [0, (await ask(first)).ids[0]];
    const rows = other.db.prepare({
      wait: query<[string, string]>(
        `insert into archive_retraction (owner, id, conversation, resource, sent, target, stanza)
         select owner, $1, conversation, '', 1, 'note', 'later' from archive_entry where id = $2`,
      ),
      count: query<[], { count: number }>('select count(*) as count from archive_retraction'),
    });
    await rows.wait(`${id}0`, id);
    await other.restart();
    await until(async () => (await rows.count())[0]?.count === 0);
    const again = await other.login('romeo', { resource: 'x' });
    assert.equal(tombstone((await ask(again)).messages[0])?.attr('id'), 'later');
  });
});

test('XEP-0425 4: a moderator’s tombstone may say more, and leaves the ids of the message', async () => {
  const archive = server.service(Archive);
  const kept = `<occupant-id xmlns='urn:xmpp:occupant-id:0' id='dd72'/>`;
  await romeo.send(`<message to='romeo@capulet.lit' id='bad-1'><body>potions!</body>${kept}</message>`);
  await romeo.receive();
  const { last = '' } = await ask(romeo, { set: '<max>1</max><before/>' });
  const retracted = parseXml(`<retracted xmlns='${RETRACT}'><reason>spam</reason></retracted>`);
  assert.equal(await archive.retract(jid('romeo@capulet.lit'), last, retracted), true);
  const message = await find(romeo, 'bad-1');
  assert.equal(message?.innerXml(), `${kept}${retracted}`);
  assert.equal(await archive.retract(jid('romeo@capulet.lit'), 'nothing', retracted), false);
  assert.equal(await archive.retract(jid('nobody@capulet.lit'), last, retracted), false);
});
