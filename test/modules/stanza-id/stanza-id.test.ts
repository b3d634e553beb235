/** Unique and stable ids of messages: XEP-0359. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { startParley } from '../../support/parley.ts';
import type { Element } from '../../support/xml.ts';

const server = await startParley({ hosts: ['montague.lit'] });
after(() => server.stop());
const juliet = await server.login('juliet', { resource: 'balcony' });
const romeo = await server.login('romeo', { resource: 'orchard' });

const SID = 'urn:xmpp:sid:0';
const ID = /^[0-9a-v]{26}$/;
const BODY = '<body>But soft!</body>';

const stanzaId = (by: string, id = 'forged'): string => `<stanza-id xmlns='${SID}' by='${by}' id='${id}'/>`;

/** The ids of a message, each as `by id`. */
function idsOf(message: Element): string[] {
  const ids = message.elements().filter((it) => it.name === 'stanza-id' && it.ns === SID);
  return ids.map((it) => `${it.attr('by')} ${it.attr('id')}`);
}

/** What Juliet gets of a message that Romeo sends her. */
async function sent(children: string, attributes = `type='chat'`): Promise<Element> {
  await romeo.send(`<message to='juliet@capulet.lit/balcony' ${attributes}>${children}</message>`);
  return juliet.receive();
}

/** The id that the account gave, which must be the only one by it. */
function ownId(message: Element): string {
  const own = idsOf(message).filter((it) => it.startsWith('juliet@capulet.lit '));
  assert.equal(own.length, 1, message.toString());
  const id = (own[0] as string).split(' ')[1] as string;
  assert.match(id, ID);
  return id;
}

suite('the stamp', () => {
  test('XEP-0359 3, rule 7: the account gives a one-to-one message its id', async () => {
    ownId(await sent(BODY));
  });

  test('XEP-0359 3, rule 1: ids are unique and as unpredictable as 60 random bits', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 20; i++) ids.push(ownId(await sent(BODY)));
    assert.equal(new Set(ids).size, 20);
    assert.equal(new Set(ids.map((it) => it.slice(14))).size, 20, 'random parts that repeat');
    assert.deepEqual([...ids].sort(), ids, 'the order of time');
  });

  test('XEP-0359 3, rule 6: the element has an id, a by and nothing inside', async () => {
    const message = await sent(BODY);
    const [element] = message.elements().filter((it) => it.name === 'stanza-id');
    assert.deepEqual(element?.attrs, ['by', 'juliet@capulet.lit', 'id', ownId(message)]);
    assert.deepEqual(element?.children, []);
  });

  test('all resources get one id, and a message to a full address has one too', async (t) => {
    const hall = await server.login('juliet', { resource: 'hall' });
    t.after(async () => {
      await hall.close();
      await juliet.drain();
    });
    await juliet.drain();
    await hall.drain();
    await romeo.send(`<message to='juliet@capulet.lit' type='chat'>${BODY}</message>`);
    assert.equal(ownId(await hall.receive()), ownId(await juliet.receive()));
    await romeo.send(`<message to='juliet@capulet.lit/hall' type='chat'>${BODY}</message>`);
    ownId(await hall.receive());
    await juliet.receivesNothing();
  });

  for (const [what, children, attributes] of [
    ['a receipt', `<received xmlns='urn:xmpp:receipts' id='1'/>`, `type='chat'`],
    ['a displayed marker', `<displayed xmlns='urn:xmpp:chat-markers:0' id='1'/>`, `type='chat'`],
    ['an encrypted payload', `<encrypted xmlns='eu.siacs.conversations.axolotl'/>`, `type='chat'`],
    ['a message of type normal', BODY, ''],
    [
      'a chat state with the hint store',
      `<gone xmlns='http://jabber.org/protocol/chatstates'/><store xmlns='urn:xmpp:hints'/>`,
      '',
    ],
  ] as const) {
    test(`what an archive would keep has one: ${what}`, async () => {
      ownId(await sent(children, attributes));
    });
  }

  for (const [what, children, attributes] of [
    ['a chat state', `<composing xmlns='http://jabber.org/protocol/chatstates'/>`, `type='chat'`],
    ['a headline', BODY, `type='headline'`],
    ['an error', BODY, `type='error'`],
    ['the hint no-store', `${BODY}<no-store xmlns='urn:xmpp:hints'/>`, `type='chat'`],
    ['the hint no-permanent-store', `${BODY}<no-permanent-store xmlns='urn:xmpp:hints'/>`, `type='chat'`],
  ] as const) {
    test(`what no archive would keep has none: ${what}`, async () => {
      assert.deepEqual(idsOf(await sent(children, attributes)), []);
    });
  }

  test('XEP-0359 3, rule 7: a message of a room has the id of the room only', async () => {
    const children = BODY + stanzaId('coven@chat.example', 'r1');
    await romeo.send(`<message to='juliet@capulet.lit/balcony' type='groupchat'>${children}</message>`);
    assert.deepEqual(idsOf(await juliet.receive()), ['coven@chat.example r1']);
  });

  test('presence and requests have none', async () => {
    await romeo.send(`<presence to='juliet@capulet.lit/balcony'>${stanzaId('juliet@capulet.lit', 'kept')}</presence>`);
    const presence = await juliet.receives(`<presence from='romeo@capulet.lit/orchard'/>`);
    assert.deepEqual(idsOf(presence), ['juliet@capulet.lit kept']);
  });

  test('what was in the message stays as it was, character by character', async () => {
    const children = `<body xml:lang='de'>&lt;ä&gt; &amp; 💘 "'</body><x xmlns='urn:example:x'><y xmlns='' z='&apos;'/></x>`;
    const message = await sent(children);
    assert.equal(message.elements().length, 3);
    await romeo.receivesNothing();
    const [body, x] = message.elements();
    assert.equal(body?.text(), `<ä> & 💘 "'`);
    assert.equal(body?.attr('xml:lang'), 'de');
    assert.equal(x?.firstElement()?.attr('z'), `'`);
    assert.equal(x?.firstElement()?.ns, '');
  });

  test('a message without children gets none, and one with text only', async () => {
    assert.deepEqual(idsOf(await sent('')), []);
    assert.deepEqual(idsOf(await sent('loose text')), []);
  });
});

suite('forged ids', () => {
  for (const by of [
    'juliet@capulet.lit',
    'JULIET@Capulet.LIT',
    'juliet@capulet.lit.',
    'ｊuliet@capulet.lit',
    'juliet@capulet.lit/balcony',
    'romeo@capulet.lit',
    'capulet.lit',
    '',
    'juliet@capulet.lit/',
    ' juliet@capulet.lit',
    'juliet@@capulet.lit',
  ]) {
    test(`XEP-0359 3, rule 2: one by ‘${by}’ is deleted`, async () => {
      const message = await sent(BODY + stanzaId(by));
      assert.equal(idsOf(message).length, 1);
      assert.notEqual(ownId(message), 'forged');
    });
  }

  test('XEP-0359 3, rule 2: all of several are deleted, wherever they stand', async () => {
    const forged = stanzaId('juliet@capulet.lit') + stanzaId('Juliet@capulet.lit');
    const message = await sent(forged + BODY + forged + `<stanza-id xmlns='${SID}' id='no-by'/>`);
    assert.equal(idsOf(message).length, 1);
    ownId(message);
    assert.equal(message.childText('{jabber:client}body'), 'But soft!');
  });

  test('XEP-0359 3, rule 2: they are deleted from messages that get no id', async () => {
    for (const type of ['headline', 'error', 'groupchat']) {
      assert.deepEqual(idsOf(await sent(BODY + stanzaId('juliet@capulet.lit'), `type='${type}'`)), [], type);
    }
    const state = `<composing xmlns='http://jabber.org/protocol/chatstates'/>`;
    assert.deepEqual(idsOf(await sent(state + stanzaId('juliet@capulet.lit'))), []);
  });

  test('XEP-0359 3, rule 3: those of others stay', async () => {
    const message = await sent(BODY + stanzaId('coven@chat.example', 'r1') + stanzaId('juliet@montague.lit', 'm1'));
    ownId(message);
    assert.deepEqual(idsOf(message).slice(0, 2), ['coven@chat.example r1', 'juliet@montague.lit m1']);
  });

  test('XEP-0359 2.2: the origin id is preserved', async () => {
    const message = await sent(`${BODY}<origin-id xmlns='${SID}' id='o1'/>${stanzaId('juliet@capulet.lit')}`);
    const origin = message.child(`{${SID}}origin-id`);
    assert.deepEqual(origin?.attrs, ['id', 'o1']);
  });

  test('one inside another element is none of the message', async () => {
    const inner = `<forwarded xmlns='urn:xmpp:forward:0'>${stanzaId('juliet@capulet.lit', 'inner')}</forwarded>`;
    const message = await sent(BODY + inner);
    ownId(message);
    assert.equal(message.child('{urn:xmpp:forward:0}forwarded')?.firstElement()?.attr('id'), 'inner');
  });

  test('an element of that name in another namespace stays', async () => {
    const message = await sent(`${BODY}<stanza-id xmlns='urn:example:sid' by='juliet@capulet.lit' id='x'/>`);
    assert.equal(message.child('{urn:example:sid}stanza-id')?.attr('id'), 'x');
  });

  test('a message with thousands of them costs no more than its size', async () => {
    const message = await sent(
      BODY + Array.from({ length: 2000 }, (_, i) => stanzaId(`juliet@capulet.lit/${i}`)).join(''),
    );
    assert.equal(message.elements().length, 2);
  });
});

test('another host has other accounts: an id by one of this host is not forged there', async () => {
  const benvolio = await server.login('benvolio', { host: 'montague.lit' });
  await romeo.send(
    `<message to='benvolio@montague.lit' type='chat'>${BODY}${stanzaId('juliet@capulet.lit', 'j1')}</message>`,
  );
  const ids = idsOf(await benvolio.receive());
  assert.equal(ids.length, 2);
  assert.equal(ids[0], 'juliet@capulet.lit j1');
  assert.match(ids[1] as string, /^benvolio@montague\.lit /);
});

test('XEP-0359 5: the host and its accounts announce that forged ids are removed', async () => {
  const { disco } = server.host.parts;
  assert.ok(disco.some((it) => it.host?.includes(SID)));
  assert.ok(disco.some((it) => it.account?.includes(SID)));
});

test('XEP-0359 3, rule 2: with stamp off forged ids are removed all the same', async (t) => {
  const other = await startParley({ modules: { 'stanza-id': { stamp: false } } });
  t.after(() => other.stop());
  const nurse = await other.login('nurse');
  const peter = await other.login('peter');
  await peter.send(`<message to='nurse@capulet.lit' type='chat'>${BODY}${stanzaId('nurse@capulet.lit')}</message>`);
  const message = await nurse.receives(`<message type='chat'>${BODY}</message>`);
  assert.deepEqual(idsOf(message), []);
});
