/** Archives as other modules use them: rooms, search. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { Archive, type ArchiveChange, type ArchivedMessage, type ArchivePage } from '../../../src/contracts/archive.ts';
import { StanzaIds } from '../../../src/contracts/stanza-ids.ts';
import { type Jid, jid } from '../../../src/jid/jid.ts';
import { query } from '../../../src/kernel/sql.ts';
import { Stanza } from '../../../src/xmpp/stanza.ts';
import { StanzaError } from '../../../src/xmpp/stanza-error.ts';
import { startParley } from '../../support/parley.ts';
import { parseXml } from '../../support/xml.ts';
import { forwarded, MAM, queryXml, result, say, until } from './support.ts';

const server = await startParley();
after(() => server.stop());
const archive = server.service(Archive);
const ids = server.service(StanzaIds);
const ROOM = jid('coven@conference.capulet.lit');

function inRoom(nick: string, text: string): Stanza {
  const message = parseXml(`<message type='groupchat' id='${text}'><body>${text}</body></message>`);
  return new Stanza(message, ROOM.withResource(nick) as Jid, ROOM);
}

async function keep(nick: string, text: string): Promise<string> {
  const id = ids.next();
  const stanza = inRoom(nick, text);
  await archive.append(ROOM, { id, stanza, peer: stanza.from });
  return id;
}

const page = async (promise: Promise<ArchivePage | StanzaError>): Promise<ArchivePage> => {
  const found = await promise;
  assert.ok(!(found instanceof StanzaError), JSON.stringify(found));
  return found;
};

suite('a room’s archive', () => {
  const kept: string[] = [];

  test('XEP-0313 3.3.2: is kept under the address of the room, in the order of appending', async () => {
    for (const [nick, text] of [
      ['witch', 'thrice'],
      ['hag', 'and once'],
      ['witch', 'harpier'],
    ] as const) {
      kept.push(await keep(nick, text));
    }
    const all = await page(archive.query(ROOM, {}, {}));
    assert.deepEqual(
      all.messages.map((it) => it.id),
      kept,
    );
    assert.deepEqual([all.count, all.index, all.complete], [3, 0, true]);
    const ends = await archive.ends(ROOM);
    assert.deepEqual([ends?.first.id, ends?.last.id], [kept[0], kept[2]]);
    assert.equal(ends?.first.receivedAt, server.clock.now());
  });

  test('XEP-0313 4.1.1: with finds what somebody has said', async () => {
    const by = async (nick: string) =>
      (await page(archive.query(ROOM, { with: ROOM.withResource(nick) as Jid }, {}))).messages.map((it) => it.id);
    assert.deepEqual(await by('witch'), [kept[0], kept[2]]);
    assert.deepEqual(await by('hag'), [kept[1]]);
  });

  test('XEP-0313 6.1.2: the room decides what a reader sees of a message', async () => {
    const sent: Stanza[] = [];
    const from = jid('hag66@capulet.lit/pda');
    const request = (xml: string, type: string) =>
      new Stanza(parseXml(`<iq type='${type}' id='q'>${xml}</iq>`), from, ROOM);
    const ask = (xml: string, type = 'set', present?: (message: ArchivedMessage) => string | undefined) => {
      const stanza = request(xml, type);
      const payload = stanza.element.firstElement();
      assert.ok(payload);
      return archive.answer({
        owner: ROOM,
        stanza,
        payload,
        send: (it) => void sent.push(it),
        ...(present && { present }),
      });
    };
    const fin = await ask(queryXml({ queryId: 'g27', set: '<max>2</max>' }), 'set', (message) =>
      message.id === kept[0] ? undefined : message.xml.replace(` to='${ROOM.bare}'`, ''),
    );
    assert.ok(!(fin instanceof StanzaError) && fin.name === 'fin');
    const [first, second] = sent.map((it) => parseXml(it.xml));
    assert.equal(second?.attr('from'), ROOM.bare);
    assert.equal(second?.attr('to'), from.full);
    assert.equal(result(second as never).attr('queryid'), 'g27');
    assert.equal(forwarded(second as never).attr('to'), undefined);
    assert.equal(forwarded(second as never).attr('from'), `${ROOM.bare}/hag`);
    assert.equal(
      result(first as never)
        .elements()[0]
        ?.elements().length,
      1,
      'a delay alone',
    );
    const metadata = await ask(`<metadata xmlns='${MAM}'/>`, 'get');
    assert.ok(!(metadata instanceof StanzaError) && metadata.elements().length === 2);
    const form = await ask(`<query xmlns='${MAM}'/>`, 'get');
    assert.ok(!(form instanceof StanzaError) && form.firstElement()?.ns === 'jabber:x:data');
    assert.ok((await ask(`<metadata xmlns='${MAM}'/>`, 'set')) instanceof StanzaError);
  });

  test('XEP-0313 6.1.2: for one who may not see what was before, the archive begins later', async () => {
    server.clock.advance(1000);
    const since = server.clock.now();
    const later = await keep('hag', 'when shall we three');
    const ask = async (type: string, xml: string) => {
      const stanza = new Stanza(parseXml(`<iq type='${type}' id='q'>${xml}</iq>`), jid('hag66@capulet.lit/pda'), ROOM);
      const payload = stanza.element.firstElement();
      assert.ok(payload);
      const answer = await archive.answer({ owner: ROOM, stanza, payload, send: (it) => void sent.push(it), since });
      assert.ok(!(answer instanceof StanzaError));
      return String(answer);
    };
    const sent: Stanza[] = [];
    for (const asked of [
      {},
      { fields: { start: '1970-01-01T00:00:00Z' } },
      { fields: { 'after-id': kept[0] as string } },
      { fields: { ids: [...kept, later] } },
    ]) {
      const fin = await ask('set', queryXml(asked));
      assert.match(fin, /<fin [^>]*complete='true'.*<count>1<\/count>/);
      assert.match(String(sent.pop()?.xml), new RegExp(`id='${later}'`));
      assert.equal(sent.length, 0);
    }
    const metadata = await ask('get', `<metadata xmlns='${MAM}'/>`);
    assert.match(metadata, new RegExp(`<start id='${later}'.*<end id='${later}'`));
  });

  test('XEP-0424 5: what is retracted there is for the room to say, which knows who has said it', async () => {
    const id = await keep('witch', 'fair is foul');
    const retract = parseXml(
      `<message type='groupchat'><retract xmlns='urn:xmpp:message-retract:1' id='fair is foul'/></message>`,
    );
    const stanza = new Stanza(retract, ROOM.withResource('hag') as Jid, ROOM);
    await archive.append(ROOM, { id: ids.next(), stanza, peer: stanza.from });
    const [message] = await archive.get(ROOM, [id]);
    assert.match(String(message?.xml), /<body>fair is foul</);
    const waiting = query<[], { count: number }>('select count(*) as count from archive_retraction');
    assert.deepEqual(await server.db.prepare({ waiting }).waiting(), [{ count: 0 }]);
  });

  test('is gone when it is erased', async () => {
    await archive.erase(ROOM);
    assert.equal(await archive.ends(ROOM), undefined);
    assert.deepEqual((await page(archive.query(ROOM, {}, {}))).count, 0);
  });
});

suite('what happened in all archives', () => {
  async function changes(after: number): Promise<ArchiveChange[]> {
    const all: ArchiveChange[] = [];
    for (let cursor = after; ; cursor = all.at(-1)?.cursor as number) {
      const some = await archive.since(cursor, 3);
      if (some.length === 0) return all;
      all.push(...some);
    }
  }
  const newest = async (): Promise<number> => {
    server.clock.advance(10_000);
    return (await changes(0)).at(-1)?.cursor ?? 0;
  };

  test('is told in the order of happening, once for both sides, when nothing can come between any more', async () => {
    const juliet = await server.login('juliet', { resource: 'balcony' });
    const romeo = await server.login('romeo', { resource: 'orchard' });
    const start = await newest();
    for (const text of ['one', 'two', 'three', 'four']) await say(romeo, juliet, text);
    await say(juliet, juliet, 'note');
    await archive.ends(jid('juliet@capulet.lit'));
    assert.deepEqual(await changes(start), []);
    server.clock.advance(5_001);
    const told = await changes(start);
    assert.deepEqual(
      told.map((it) => [/<body>(\w+)</.exec(it.xml)?.[1], it.owners.join(' ')]),
      [
        ...['one', 'two', 'three', 'four'].map((it) => [it, 'romeo@capulet.lit juliet@capulet.lit']),
        ['note', 'juliet@capulet.lit'],
      ],
    );
    const cursors = told.map((it) => it.cursor);
    assert.deepEqual(
      cursors,
      cursors.toSorted((a, b) => a - b),
    );
    const later = await changes(cursors[2] as number);
    assert.deepEqual(later.length, 2);
  });

  test('a retraction is a change of the message in these archives', async () => {
    const mercutio = await server.login('mercutio', { resource: 'x' });
    const benvolio = await server.login('benvolio', { resource: 'x' });
    await say(mercutio, benvolio, 'a plague', `type='chat' id='p1'`);
    const start = await newest();
    await mercutio.send(
      `<message to='benvolio@capulet.lit' id='r1'><retract xmlns='urn:xmpp:message-retract:1' id='p1'/></message>`,
    );
    await benvolio.receives(`<message id='r1'/>`);
    await until(async () => {
      server.clock.advance(5_001);
      return (await changes(start)).length === 3;
    });
    const told = await changes(start);
    assert.deepEqual(
      told.map((it) => [it.xml.includes('<retracted'), it.owners]),
      [
        [false, ['mercutio@capulet.lit', 'benvolio@capulet.lit']],
        [true, ['mercutio@capulet.lit']],
        [true, ['benvolio@capulet.lit']],
      ],
    );
  });

  test('what was removed is told no more, nor whose archive is gone', async () => {
    const paris = await server.login('paris', { resource: 'x' });
    await say(paris, paris, 'mine');
    server.clock.advance(10_000);
    const has = async () => (await changes(0)).some((it) => it.owners.includes('paris@capulet.lit'));
    assert.equal(await has(), true);
    await server.command('user delete', { jid: 'paris@capulet.lit' });
    assert.equal(await has(), false);
  });

  test('a cursor outlives the process', async () => {
    const start = await newest();
    const anna = await server.login('anna', { resource: 'x' });
    await say(anna, anna, 'before');
    await server.restart();
    const again = await server.login('anna', { resource: 'x' });
    await say(again, again, 'after');
    server.clock.advance(10_000);
    const told = await server.service(Archive).since(start, 10);
    assert.deepEqual(
      told.map((it) => /<body>(\w+)</.exec(it.xml)?.[1]),
      ['before', 'after'],
    );
  });
});
