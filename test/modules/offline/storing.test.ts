/** Which messages wait for somebody who is offline: XEP-0160 sections 2 and 3. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { startParley } from '../../support/parley.ts';
import { count, emptied, errorOf, getsNothing, says, settled } from './support.ts';

const server = await startParley({ hosts: ['montague.lit'] });
after(() => server.stop());
const romeo = await server.login('romeo', { resource: 'orchard' });
let people = 0;

/** An account that nobody has logged in to. */
async function somebody(): Promise<string> {
  const local = `user${++people}`;
  await server.account(local);
  return local;
}

const BODY = '<body>But soft!</body>';
const STATE = `<composing xmlns='http://jabber.org/protocol/chatstates'/>`;

test('XEP-0160 4: the host announces offline messages; XEP-0013 is not announced', () => {
  const features = server.host.parts.disco.flatMap((it) => [...(it.host ?? []), ...(it.account ?? [])]);
  assert.ok(features.includes('msgoffline'));
  assert.ok(!features.includes('http://jabber.org/protocol/offline'));
});

suite('is stored, and its sender gets no error', () => {
  for (const [what, attributes, children] of [
    ['XEP-0160 3: a normal message', `type='normal'`, BODY],
    ['XEP-0160 3: a message without type', '', BODY],
    ['XEP-0160 3: a chat message', `type='chat'`, BODY],
    ['XEP-0160 3: a chat message with a chat state beside its body', `type='chat'`, BODY + STATE],
    ['a subject without a body', '', '<subject>Banns</subject>'],
    ['XEP-0184: a receipt', `type='chat'`, `<received xmlns='urn:xmpp:receipts' id='1'/>`],
    ['XEP-0333: a displayed marker', `type='chat'`, `<displayed xmlns='urn:xmpp:chat-markers:0' id='1'/>`],
    [
      'XEP-0334 4.1: a message with no-permanent-store',
      `type='chat'`,
      `${BODY}<no-permanent-store xmlns='urn:xmpp:hints'/>`,
    ],
    ['XEP-0334 4.4: a chat state with store', `type='chat'`, `${STATE}<store xmlns='urn:xmpp:hints'/>`],
  ] as const) {
    test(what, async () => {
      const local = await somebody();
      await romeo.send(`<message to='${local}@capulet.lit' ${attributes}>${children}</message>`);
      await romeo.receivesNothing();
      assert.equal((await count(server, local)).messages, 1);
    });
  }

  test('RFC 6121 8.5.3.2.1: a chat message to a resource that is gone', async () => {
    const local = await somebody();
    await says(romeo, `${local}@capulet.lit/gone`, 'hi');
    await romeo.receivesNothing();
    assert.equal((await count(server, local)).messages, 1);
  });

  test('XEP-0160 2: a message to somebody with resources of negative priority only', async () => {
    const juliet = await server.login('juliet', { available: false });
    await juliet.send('<presence><priority>-1</priority></presence>');
    await juliet.drain();
    await says(romeo, 'juliet@capulet.lit', 'hi');
    await romeo.receivesNothing();
    await getsNothing(server, juliet);
    assert.equal((await count(server, 'juliet')).messages, 1);
  });
});

suite('is not stored', () => {
  for (const [what, attributes, children, error] of [
    ['XEP-0160 3: a groupchat message', `type='groupchat'`, BODY, 'cancel service-unavailable'],
    ['XEP-0160 3: a headline', `type='headline'`, BODY, undefined],
    ['XEP-0160 3: an error', `type='error'`, BODY, undefined],
    ['XEP-0160 3, XEP-0085 5.8: a standalone chat state', `type='chat'`, STATE, undefined],
    ['XEP-0085 5.7: a chat state with a thread', `type='chat'`, `${STATE}<thread>t</thread>`, undefined],
    ['a message with an empty body', `type='chat'`, '<body/>', 'cancel service-unavailable'],
    ['a message without anything', '', '', 'cancel service-unavailable'],
    [
      'XEP-0334 4.2: a message with no-store',
      '',
      `${BODY}<no-store xmlns='urn:xmpp:hints'/>`,
      'cancel service-unavailable',
    ],
  ] as const) {
    test(`${what}; its sender gets ${error === undefined ? 'nothing' : 'an error'}`, async () => {
      const local = await somebody();
      await romeo.send(`<message to='${local}@capulet.lit' ${attributes}>${children}</message>`);
      if (error !== undefined) assert.equal(errorOf(await romeo.receive()), error);
      await romeo.receivesNothing();
      assert.equal((await count(server, local)).messages, 0);
    });
  }

  test('RFC 6121 8.5.1: a message to an account that does not exist', async () => {
    await says(romeo, 'nobody@capulet.lit', 'hi');
    assert.equal(errorOf(await romeo.receive()), 'cancel service-unavailable');
    assert.equal((await count(server, 'nobody')).messages, 0);
  });

  test('RFC 6121 8.5.2.1.1: a message that somebody takes', async () => {
    const nurse = await server.login('nurse');
    await says(romeo, 'nurse@capulet.lit', 'hi');
    await nurse.receives(`<message><body>hi</body></message>`);
    await emptied(server, 'nurse');
  });
});

suite('accounts', () => {
  test('of one name on two hosts have a queue each', async () => {
    await server.account('eve');
    await server.account('eve', 'secret', 'montague.lit');
    await says(romeo, 'eve@capulet.lit', 'here');
    await says(romeo, 'eve@montague.lit', 'there', 'and there');
    await settled(romeo);
    assert.equal((await count(server, 'eve')).messages, 1);
    const there = await server.command('offline count', { jid: 'eve@montague.lit' });
    assert.equal((there as { messages: number }).messages, 2);
    await server.command('offline purge', { jid: 'eve@montague.lit' });
    assert.equal((await count(server, 'eve')).messages, 1);
  });

  test('that are removed leave nothing to a later one of their name', async () => {
    await server.account('fay');
    await says(romeo, 'fay@capulet.lit', 'secret');
    await settled(romeo);
    await server.command('user delete', { jid: 'fay@capulet.lit' });
    assert.equal((await count(server, 'fay')).messages, 0);
    await getsNothing(server, await server.login('fay'));
  });

  test('can have what waits exported', async () => {
    const { accountData } = await import('../../../src/contracts/accounts.ts');
    const { jid } = await import('../../../src/jid/jid.ts');
    await server.account('gil');
    await says(romeo, 'gil@capulet.lit', 'one', 'two');
    await settled(romeo);
    const data = await server.host.parts.hooks.collect(accountData, jid('gil@capulet.lit'));
    const messages = data.find((it) => it.name === 'offline-messages')?.data as { received: string; stanza: string }[];
    assert.equal(messages.length, 2);
    assert.equal(messages[0]?.received, '2030-01-01T00:00:00.000Z');
    assert.match(messages[1]?.stanza ?? '', /from='romeo@capulet.lit\/orchard'.*<body>two<\/body>/);
  });
});

suite('commands', () => {
  test('offline count tells how many messages wait, their size and since when', async () => {
    await server.account('hal');
    assert.deepEqual(await count(server, 'hal'), { jid: 'hal@capulet.lit', messages: 0, bytes: 0, oldest: null });
    await says(romeo, 'hal@capulet.lit', 'ä', 'b');
    await settled(romeo);
    const { messages, bytes, oldest } = await count(server, 'hal');
    assert.equal(messages, 2);
    assert.equal(oldest, '2030-01-01T00:00:00.000Z');
    const data = (await server.host.parts.hooks.collect(
      (
        await import('../../../src/contracts/accounts.ts')
      ).accountData,
      (await import('../../../src/jid/jid.ts')).jid('hal@capulet.lit'),
    )) as { name: string; data: { stanza: string }[] }[];
    const stored = data.find((it) => it.name === 'offline-messages')?.data ?? [];
    assert.equal(
      bytes,
      stored.reduce((sum, it) => sum + Buffer.byteLength(it.stanza), 0),
    );
  });

  test('offline purge deletes them', async () => {
    await server.account('ian');
    await says(romeo, 'ian@capulet.lit', 'a', 'b', 'c');
    await settled(romeo);
    assert.deepEqual(await server.command('offline purge', { jid: 'ian@capulet.lit' }), {
      jid: 'ian@capulet.lit',
      purged: 3,
    });
    await getsNothing(server, await server.login('ian'));
  });

  test('refuse what is no account of the host', async () => {
    for (const jid of ['capulet.lit', 'ian@capulet.lit/x']) {
      await assert.rejects(server.command('offline count', { jid }), { name: 'CommandError' });
    }
  });
});
