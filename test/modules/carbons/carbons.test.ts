/** Carbons (XEP-0280), as transcripts. */
import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import type { TestClient } from '../../support/client.ts';
import { startParley } from '../../support/parley.ts';
import type { Element } from '../../support/xml.ts';

const ENABLE = `<enable xmlns='urn:xmpp:carbons:2'/>`;
const DISABLE = `<disable xmlns='urn:xmpp:carbons:2'/>`;

/** Romeo with two devices that want copies, and Juliet. */
async function verona(t: TestContext): Promise<Record<'phone' | 'laptop' | 'juliet', TestClient>> {
  const server = await startParley();
  t.after(() => server.stop());
  const phone = await server.login('romeo', { resource: 'phone' });
  const laptop = await server.login('romeo', { resource: 'laptop' });
  const juliet = await server.login('juliet', { resource: 'balcony' });
  for (const device of [phone, laptop]) assert.equal((await device.iq('set', ENABLE)).attr('type'), 'result');
  for (const device of [phone, laptop]) await device.drain();
  return { phone, laptop, juliet };
}

const carbon = (kind: 'sent' | 'received', to: string, type: string, inner: string): string =>
  `<message from='romeo@capulet.lit' to='romeo@capulet.lit/${to}' ${type === '' ? '' : `type='${type}'`}>
     <${kind} xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>${inner}</forwarded></${kind}></message>`;

suite('carbons (XEP-0280)', () => {
  test('section 3: the host says so, rules and all', async (t) => {
    const { phone } = await verona(t);
    const info = await phone.iq('get', `<query xmlns='http://jabber.org/protocol/disco#info'/>`, 'capulet.lit');
    const features =
      info
        .firstElement()
        ?.elements()
        .map((it) => it.attr('var')) ?? [];
    assert.ok(features.includes('urn:xmpp:carbons:2') && features.includes('urn:xmpp:carbons:rules:0'));
  });

  test('section 7: a message to one device is copied to the other, and once', async (t) => {
    const { phone, laptop, juliet } = await verona(t);
    await juliet.send(
      `<message to='romeo@capulet.lit/phone' type='chat' id='1'><body>What man art thou?</body></message>`,
    );
    await phone.receives(`<message from='juliet@capulet.lit/balcony' id='1'><body>What man art thou?</body></message>`);
    await laptop.receives(
      carbon(
        'received',
        'laptop',
        'chat',
        `<message xmlns='jabber:client' from='juliet@capulet.lit/balcony' to='romeo@capulet.lit/phone' type='chat' id='1'>
           <body>What man art thou?</body></message>`,
      ),
    );
    await phone.receivesNothing();
    await laptop.receivesNothing();
  });

  test('XEP-0313 3.5: a copy of what was sent has the id of the own archive, and nobody else sees it', async (t) => {
    const { phone, laptop, juliet } = await verona(t);
    const forged = `<stanza-id xmlns='urn:xmpp:sid:0' by='romeo@capulet.lit' id='forged'/>`;
    await phone.send(
      `<message to='juliet@capulet.lit' type='chat' id='1'><body>I would I were</body>${forged}</message>`,
    );
    const idsOf = (message: Element | undefined) =>
      (message?.elements() ?? []).filter((it) => it.name === 'stanza-id').map((it) => [it.attr('by'), it.attr('id')]);
    const [[by, hers] = []] = idsOf(await juliet.receive());
    const copy = await laptop.receive();
    const [[own, his] = [], ...more] = idsOf(copy.firstElement()?.firstElement()?.firstElement());
    assert.deepEqual([by, own, his, more], ['juliet@capulet.lit', 'romeo@capulet.lit', hers, []]);
  });

  test('section 7: who gets the message to the account gets no copy of it; who is not available does', async (t) => {
    const { phone, laptop, juliet } = await verona(t);
    await laptop.send(`<presence><priority>-1</priority></presence>`);
    await laptop.drain();
    await phone.drain();
    await juliet.send(`<message to='romeo@capulet.lit' type='chat' id='2'><body>hi</body></message>`);
    await phone.receives(`<message from='juliet@capulet.lit/balcony' id='2'/>`);
    await laptop.receives(carbon('received', 'laptop', 'chat', `<message xmlns='jabber:client' id='2'/>`));
    await phone.receivesNothing();
  });

  test('section 8: what one device sends is copied to the other, whether or not the sender wants copies', async (t) => {
    const { phone, laptop, juliet } = await verona(t);
    await phone.iq('set', DISABLE);
    await phone.send(`<message to='juliet@capulet.lit' type='chat' id='3'><body>Neither, fair saint</body></message>`);
    await juliet.receives(`<message id='3'/>`);
    await laptop.receives(
      carbon(
        'sent',
        'laptop',
        'chat',
        `<message xmlns='jabber:client' from='romeo@capulet.lit/phone' to='juliet@capulet.lit' id='3'><body>Neither, fair saint</body></message>`,
      ),
    );
    await phone.receivesNothing();
  });

  test('section 6.1: what is eligible, and what is not', async (t) => {
    const { phone, laptop } = await verona(t);
    const to = `to='nobody@montague.lit'`;
    const copied = [
      `<message ${to} type='chat' id='a'><active xmlns='http://jabber.org/protocol/chatstates'/></message>`,
      `<message ${to} id='b'><body>normal</body></message>`,
      `<message ${to} id='c'><received xmlns='urn:xmpp:receipts' id='x'/></message>`,
      `<message ${to} id='d'><displayed xmlns='urn:xmpp:chat-markers:0' id='x'/></message>`,
      `<message ${to} id='e'><x xmlns='jabber:x:conference' jid='room@conference.lit'/></message>`,
      `<message ${to} id='f'><x xmlns='http://jabber.org/protocol/muc#user'><invite to='a@b'/></x></message>`,
      `<message to='room@conference.lit/nick' type='chat' id='g'><body>pm</body><x xmlns='http://jabber.org/protocol/muc#user'/></message>`,
    ];
    const others = [
      `<message ${to} type='groupchat' id='h'><body>room</body></message>`,
      `<message ${to} type='headline' id='i'><body>news</body></message>`,
      `<message ${to} id='j'><subject>no body</subject></message>`,
      `<message ${to} type='chat' id='k'><body>x</body><private xmlns='urn:xmpp:carbons:2'/></message>`,
      `<message ${to} type='chat' id='l'><body>x</body><no-copy xmlns='urn:xmpp:hints'/></message>`,
    ];
    for (const message of [...copied, ...others]) await phone.send(message);
    await phone.drain();
    const ids = (await laptop.drain())
      .flatMap((it) => it.firstElement()?.firstElement()?.firstElement() ?? [])
      .filter((it) => it.attr('type') !== 'error')
      .map((it) => it.attr('id'));
    assert.deepEqual(ids, ['a', 'b', 'c', 'd', 'e', 'f', 'g']);
  });

  test('section 6.1: a private message from a room is not copied, since the room sends it to every device', async (t) => {
    const { laptop, juliet } = await verona(t);
    const x = `<x xmlns='http://jabber.org/protocol/muc#user'/>`;
    await juliet.send(`<message to='romeo@capulet.lit/phone' type='chat' id='pm'><body>psst</body>${x}</message>`);
    await juliet.receivesNothing();
    await laptop.receivesNothing();
  });

  test('section 6.1: the error that answers a copied message is copied as well, another error is not', async (t) => {
    const { phone, laptop, juliet } = await verona(t);
    await phone.send(`<message to='juliet@capulet.lit/balcony' type='chat' id='lost'><body>?</body></message>`);
    await juliet.receives(`<message id='lost'/>`);
    await laptop.receives(carbon('sent', 'laptop', 'chat', `<message xmlns='jabber:client' id='lost'/>`));
    const error = `<error type='wait'><recipient-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`;
    for (const id of ['lost', 'other'])
      await juliet.send(`<message to='romeo@capulet.lit/phone' type='error' id='${id}'>${error}</message>`);
    await phone.receives(`<message type='error' id='lost'/>`);
    await phone.receives(`<message type='error' id='other'/>`);
    await laptop.receives(
      carbon('received', 'laptop', 'error', `<message xmlns='jabber:client' type='error' id='lost'/>`),
    );
    await laptop.receivesNothing();
  });

  test('section 9: a forged copy reaches nobody as one', async (t) => {
    const { phone, laptop, juliet } = await verona(t);
    const forged = `<received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='nurse@capulet.lit'><body>forgery</body></message></forwarded></received>`;
    await juliet.send(`<message to='romeo@capulet.lit/phone' type='chat' id='f'><body>true</body>${forged}</message>`);
    const element = await phone.receives(`<message id='f'><body>true</body></message>`);
    assert.equal(
      element.elements().some((it) => it.ns === 'urn:xmpp:carbons:2'),
      false,
    );
    assert.equal(String(await laptop.receive()).includes('forgery'), false);
  });

  test('section 10.1: enabling twice and disabling twice is no error, and a note to oneself is copied once', async (t) => {
    const { phone, laptop } = await verona(t);
    for (const request of [ENABLE, ENABLE, DISABLE, DISABLE, ENABLE]) {
      assert.equal((await phone.iq('set', request)).attr('type'), 'result');
    }
    await phone.send(`<message to='romeo@capulet.lit/phone' type='chat' id='note'><body>note to self</body></message>`);
    await phone.receives(`<message id='note'/>`);
    const copies = await laptop.drain();
    assert.equal(copies.length, 1);
    await phone.receivesNothing();
  });

  test('section 4: only for oneself', async (t) => {
    const { juliet } = await verona(t);
    const answer = await juliet.iq('set', ENABLE, 'romeo@capulet.lit');
    assert.equal(answer.attr('type'), 'error');
  });
});
