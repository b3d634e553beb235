/** What archives keep: XEP-0313 sections 3 and 6.1. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { query } from '../../../src/kernel/sql.ts';
import { startParley } from '../../support/parley.ts';
import { ask, say } from './support.ts';

const server = await startParley({ hosts: ['montague.lit'] });
after(() => server.stop());
const juliet = await server.login('juliet', { resource: 'balcony' });
const romeo = await server.login('romeo', { resource: 'orchard' });
const BODY = '<body>But soft!</body>';

/** The bodies of the archive since a moment ago, and the ids. */
async function since(client: typeof juliet, work: () => Promise<unknown>) {
  const last = (await ask(client, { set: '<max>1</max><before/>' })).last;
  await work();
  await client.drain();
  return ask(client, last === undefined ? {} : { set: `<after>${last}</after>` });
}

/** Sends to the other side, and makes sure that it is through. */
async function send(children: string, attributes = `type='chat'`, to = 'juliet@capulet.lit'): Promise<void> {
  await romeo.send(`<message to='${to}' ${attributes}>${children}</message>`);
  await romeo.drain();
}

suite('user archives', () => {
  test('XEP-0313 6.1.1: what is sent is in the archives of both sides, with the addresses of the stanza', async () => {
    const sent = await since(romeo, () => say(romeo, juliet, 'But soft!', `type='chat' id='m1'`));
    const received = await ask(juliet, { set: '<max>1</max><before/>' });
    for (const [message] of [sent.messages, received.messages]) {
      assert.deepEqual(
        ['from', 'to', 'type', 'id'].map((it) => message?.attr(it)),
        ['romeo@capulet.lit/orchard', 'juliet@capulet.lit', 'chat', 'm1'],
      );
    }
    assert.deepEqual([sent.bodies, received.bodies], [['But soft!'], ['But soft!']]);
  });

  test('XEP-0313 3: all of the stanza is kept', async () => {
    const extra = `<active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/><thread>t1</thread><own xmlns='urn:example' a='&lt;&amp;'>x<in/>y</own>`;
    const { messages } = await since(juliet, () => send(`${BODY}${extra}`, `type='chat' xml:lang='en' id='m2'`));
    assert.equal(messages[0]?.attr('xml:lang'), 'en');
    assert.equal(messages[0]?.innerXml(), `${BODY}${extra}`);
  });

  for (const type of [`type='chat'`, `type='normal'`, '']) {
    test(`XEP-0313 6.1.1: a message with a body is kept (${type || 'no type'})`, async () => {
      assert.deepEqual((await since(juliet, () => send(BODY, type))).bodies, ['But soft!']);
    });
  }

  const kept: readonly (readonly [string, string])[] = [
    ['XEP-0184: a receipt', `<received xmlns='urn:xmpp:receipts' id='m1'/>`],
    ['XEP-0333: a marker', `<displayed xmlns='urn:xmpp:chat-markers:0' id='m1'/>`],
    ['XEP-0444: a reaction', `<reactions xmlns='urn:xmpp:reactions:0' id='m1'><reaction>x</reaction></reactions>`],
    ['XEP-0308: a correction', `${BODY}<replace xmlns='urn:xmpp:message-correct:0' id='m1'/>`],
    ['XEP-0384: an encrypted payload', `<encrypted xmlns='eu.siacs.conversations.axolotl'><header/></encrypted>`],
    ['XEP-0334 4.4: a message with the hint store', `<store xmlns='urn:xmpp:hints'/>`],
  ];
  for (const [what, children] of kept) {
    test(`${what} is kept`, async () => {
      const { messages } = await since(juliet, () => send(children));
      assert.deepEqual(
        messages.map((it) => it.innerXml()),
        [children],
      );
    });
  }

  const left: readonly (readonly [string, string, string?])[] = [
    ['XEP-0313 3: a chat state', `<composing xmlns='http://jabber.org/protocol/chatstates'/>`],
    ['XEP-0313 6.1.1: a headline', BODY, `type='headline'`],
    ['XEP-0313 6.1.1: what is said in a room', BODY, `type='groupchat'`],
    ['an error', `${BODY}<error type='cancel'/>`, `type='error'`],
    ['XEP-0334 4.1: a message with the hint no-permanent-store', `${BODY}<no-permanent-store xmlns='urn:xmpp:hints'/>`],
    ['XEP-0334 4.2: a message with the hint no-store', `${BODY}<no-store xmlns='urn:xmpp:hints'/>`],
  ];
  for (const [what, children, attributes] of left) {
    test(`${what} is not kept, by either side`, async () => {
      const sent = await since(romeo, async () => {
        assert.deepEqual((await since(juliet, () => send(children, attributes))).ids, []);
      });
      assert.deepEqual(sent.ids, []);
    });
  }

  test('XEP-0313 6.1.1: a message to several devices is kept once', async (t) => {
    const hall = await server.login('juliet', { resource: 'hall' });
    t.after(() => hall.close());
    await juliet.drain();
    const { bodies } = await since(juliet, () => send(BODY));
    assert.deepEqual(bodies, ['But soft!']);
  });

  test('XEP-0313 6.1.1: a note to oneself is kept once, and its id is the one that is stamped', async () => {
    const found = await since(romeo, async () => {
      await romeo.send(`<message to='romeo@capulet.lit' type='chat'><body>note</body></message>`);
    });
    assert.deepEqual(found.bodies, ['note']);
  });

  test('XEP-0313 6.1, RFC 6121 8.5.3.2.1: what no resource takes is in the archive of the sender alone', async () => {
    const received = await since(juliet, async () => {
      await romeo.send(`<message to='juliet@capulet.lit/gone' type='normal' id='lost'>${BODY}</message>`);
      await romeo.receives(`<message type='error' id='lost'/>`);
    });
    assert.deepEqual(received.ids, []);
    const chat = await since(juliet, () => send(BODY, `type='chat'`, 'juliet@capulet.lit/gone'));
    assert.deepEqual(chat.bodies, ['But soft!']);
  });

  test('nobody without an account has an archive', async () => {
    await romeo.send(`<message to='nobody@capulet.lit' type='chat' id='n1'>${BODY}</message>`);
    await romeo.receives(`<message type='error' id='n1'/>`);
    await server.account('nobody');
    const nobody = await server.login('nobody');
    assert.deepEqual((await ask(nobody)).ids, []);
    await nobody.close();
  });

  test('accounts of another host have archives of their own', async () => {
    const bea = await server.login('bea', { host: 'montague.lit', resource: 'one' });
    await romeo.send(`<message to='bea@montague.lit' type='chat'>${BODY}</message>`);
    await bea.receives(`<message>${BODY}</message>`);
    assert.deepEqual((await ask(bea)).bodies, ['But soft!']);
    await bea.close();
  });
});

suite('the archive id', () => {
  test('XEP-0313 3.5: what the recipient gets carries the id that its archive has', async () => {
    let stamped = '';
    const { ids } = await since(juliet, async () => {
      const message = await say(romeo, juliet, 'stamped');
      const child = message.child('{urn:xmpp:sid:0}stanza-id');
      assert.equal(child?.attr('by'), 'juliet@capulet.lit');
      stamped = child?.attr('id') ?? '';
    });
    assert.deepEqual(ids, [stamped]);
  });

  test('XEP-0313 3.5: what is not kept is not stamped', async () => {
    await romeo.send(`<message to='${juliet.jid}' type='headline'>${BODY}</message>`);
    const message = await juliet.receives(`<message type='headline'/>`);
    assert.equal(message.child('{urn:xmpp:sid:0}stanza-id'), undefined);
  });

  test('XEP-0313 3.5: the recipient never sees the id of the archive of the sender', async () => {
    const message = await say(romeo, juliet, 'mine');
    const by = message.elements().filter((it) => it.name === 'stanza-id');
    assert.deepEqual(
      by.map((it) => it.attr('by')),
      ['juliet@capulet.lit'],
    );
  });

  test('XEP-0359 3, rule 2: an id that the sender forged is in nobody else’s archive', async () => {
    const forged = `<stanza-id xmlns='urn:xmpp:sid:0' by='juliet@capulet.lit' id='forged'/>`;
    const { messages } = await since(juliet, () => send(`${BODY}${forged}`));
    assert.equal(messages[0]?.innerXml(), BODY);
  });

  test('XEP-0313 3.1: the order of the archive is that of arriving, within one moment too', async () => {
    const { bodies, ids } = await since(juliet, async () => {
      for (let i = 0; i < 30; i++) await (i % 3 === 0 ? say(juliet, romeo, `n${i}`) : say(romeo, juliet, `n${i}`));
    });
    assert.deepEqual(
      bodies,
      Array.from({ length: 30 }, (_, i) => `n${i}`),
    );
    assert.deepEqual(ids, ids.toSorted());
    assert.equal(new Set(ids).size, 30);
  });
});

test('the text of a message is stored once, for both sides', async () => {
  const { count } = server.db.prepare({
    count: query<[], { count: number }>('select count(*) as count from archive_body'),
  });
  await ask(juliet);
  const [before] = await count();
  for (let i = 0; i < 5; i++) await say(romeo, juliet, `once ${i}`);
  await Promise.all([ask(juliet), ask(romeo)]);
  const [after] = await count();
  assert.equal((after?.count ?? 0) - (before?.count ?? 0), 5);
});
