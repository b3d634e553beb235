/** Carbons (XEP-0280), as transcripts. */
import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import { bind, login, plain } from '../../stream/sasl2-login.ts';
import type { TestClient } from '../../support/client.ts';
import { conditionOf } from '../../support/condition.ts';
import { startParley, type TestServer } from '../../support/parley.ts';
import type { Element } from '../../support/xml.ts';

const ENABLE = `<enable xmlns='urn:xmpp:carbons:2'/>`;
const DISABLE = `<disable xmlns='urn:xmpp:carbons:2'/>`;

/** Romeo with two devices that want copies, and Juliet. */
async function verona(
  t: TestContext,
  modules: Readonly<Record<string, false>> = {},
): Promise<{ server: TestServer } & Record<'phone' | 'laptop' | 'juliet', TestClient>> {
  const server = await startParley({ modules });
  t.after(() => server.stop());
  const phone = await server.login('romeo', { resource: 'phone' });
  const laptop = await server.login('romeo', { resource: 'laptop' });
  const juliet = await server.login('juliet', { resource: 'balcony' });
  for (const device of [phone, laptop]) assert.equal((await device.iq('set', ENABLE)).attr('type'), 'result');
  for (const device of [phone, laptop]) await device.drain();
  return { server, phone, laptop, juliet };
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

  const x = (inner = ''): string => `<x xmlns='http://jabber.org/protocol/muc#user'>${inner}</x>`;
  const copied = [
    `type='chat' id='a'><active xmlns='http://jabber.org/protocol/chatstates'/>`, // section 10.2
    `id='b'><body>normal</body>`,
    `id='c'><received xmlns='urn:xmpp:receipts' id='x'/>`,
    `id='d'><displayed xmlns='urn:xmpp:chat-markers:0' id='x'/>`,
    `id='e'><x xmlns='jabber:x:conference' jid='room@conference.lit'/>`,
    `id='f'>${x(`<invite to='a@b'/>`)}`,
    `type='headline' id='g'><composing xmlns='http://jabber.org/protocol/chatstates'/>`,
    `type='chat' id='h'>`,
  ];
  const left = [
    `type='groupchat' id='i'><body>room</body>`,
    `type='headline' id='j'><body>news</body>`,
    `id='k'><subject>no body</subject>`,
    `type='chat' id='l'><body>x</body><private xmlns='urn:xmpp:carbons:2'/>`,
    `type='chat' id='m'><body>x</body><no-copy xmlns='urn:xmpp:hints'/>`,
  ];
  /** The ids of the messages that a device had copies of, errors apart. */
  async function copiesAt(client: TestClient): Promise<string> {
    return (await client.drain())
      .flatMap((it) => it.firstElement()?.firstElement()?.firstElement() ?? [])
      .filter((it) => it.attr('type') !== 'error')
      .map((it) => it.attr('id'))
      .join('');
  }

  test('sections 6.1 and 6.2: exactly what is eligible is copied of what a device sends', async (t) => {
    const { phone, laptop } = await verona(t);
    for (const it of [...copied, ...left]) await phone.send(`<message to='nobody@montague.lit' ${it}</message>`);
    // A private message to somebody in a room.
    await phone.send(`<message to='room@conference.lit/nick' type='chat' id='z'><body>pm</body>${x()}</message>`);
    await phone.drain();
    assert.equal(await copiesAt(laptop), 'abcdefghz');
  });

  test('sections 6.1 and 6.2: exactly what is eligible is copied of what a device gets', async (t) => {
    const { phone, laptop, juliet } = await verona(t);
    for (const it of [...copied, ...left]) await juliet.send(`<message to='romeo@capulet.lit/phone' ${it}</message>`);
    await juliet.drain();
    assert.deepEqual((await phone.drain()).map((it) => it.attr('id')).join(''), 'abcdefghijklm');
    assert.equal(await copiesAt(laptop), 'abcdefgh');
  });

  test('section 9: what is private reaches no other device of either side, and says so to whom it is for', async (t) => {
    const { server, phone, laptop, juliet } = await verona(t);
    const chamber = await server.login('juliet', { resource: 'chamber' });
    await chamber.iq('set', ENABLE);
    await chamber.drain();
    await juliet.drain();
    const hidden = `<private xmlns='urn:xmpp:carbons:2'/><no-copy xmlns='urn:xmpp:hints'/>`;
    await phone.send(`<message to='${juliet.jid}' type='chat' id='p'><body>psst</body>${hidden}</message>`);
    await juliet.receives(`<message id='p'><body>psst</body>${hidden}</message>`);
    await laptop.receivesNothing();
    await chamber.receivesNothing();
  });

  test('section 6.1: a private message from a room is not copied, since the room sends it to every device', async (t) => {
    const { laptop, juliet } = await verona(t);
    await juliet.send(`<message to='romeo@capulet.lit/phone' type='chat' id='pm'><body>psst</body>${x()}</message>`);
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

  test('section 10.3: when a copy comes back as an error, its sender hears nothing of it', async (t) => {
    const { phone, laptop, juliet } = await verona(t);
    await juliet.send(`<message to='romeo@capulet.lit/phone' type='chat' id='1'><body>hi</body></message>`);
    await phone.receives(`<message id='1'/>`);
    await laptop.receive();
    const error = `<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`;
    await laptop.send(`<message to='romeo@capulet.lit' type='error' id='1'>${error}</message>`);
    for (const it of [laptop, phone, juliet]) await it.receivesNothing();
  });

  test('section 10.3: nor when the device is gone before it had its copy (XEP-0198 section 4)', async (t) => {
    const { server, phone, laptop, juliet } = await verona(t, { archive: false, offline: false });
    await laptop.close();
    const tablet = await server.login('romeo', { resource: 'tablet', available: false });
    await tablet.iq('set', ENABLE);
    await tablet.send(`<enable xmlns='urn:xmpp:sm:3'/>`);
    await tablet.receives(`<enabled xmlns='urn:xmpp:sm:3'/>`);
    await phone.drain();
    await juliet.send(`<message to='romeo@capulet.lit/phone' type='chat' id='1'><body>hi</body></message>`);
    await phone.receives(`<message id='1'/>`);
    await phone.close();
    await tablet.cut();
    await juliet.receivesNothing();
  });

  test('section 11: a forged copy reaches nobody as one', async (t) => {
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

  test('section 5: when copies are switched off none comes, and the next session begins without', async (t) => {
    const { server, phone, laptop } = await verona(t);
    const speak = async (id: string): Promise<void> => {
      await phone.send(`<message to='juliet@capulet.lit' type='chat' id='${id}'><body>x</body></message>`);
      await phone.drain();
    };
    assert.equal((await laptop.iq('set', DISABLE)).attr('type'), 'result');
    await speak('off');
    await laptop.receivesNothing();
    await laptop.iq('set', ENABLE);
    await speak('on');
    assert.equal(await copiesAt(laptop), 'on');
    await laptop.close();
    const again = await server.login('romeo', { resource: 'laptop' });
    await again.drain();
    await speak('new');
    await again.receivesNothing();
  });

  test('XEP-0386 3: copies are switched on while a resource is bound', async (t) => {
    const { server, phone } = await verona(t);
    const request = bind('Test').replace('</bind>', `${ENABLE}</bind>`);
    const { client } = await login(server, plain('romeo', request));
    await client.receives(`<features xmlns='http://etherx.jabber.org/streams'/>`);
    await phone.send(`<message to='juliet@capulet.lit' type='chat' id='bound'><body>x</body></message>`);
    const [carbon] = (await client.receive()).elements();
    assert.equal(carbon?.firstElement()?.firstElement()?.attr('id'), 'bound');
  });

  test('section 4.1: nobody switches copies on or off for anybody else', async (t) => {
    const { juliet } = await verona(t);
    for (const request of [ENABLE, DISABLE]) {
      assert.equal(conditionOf(await juliet.iq('set', request, 'romeo@capulet.lit')), 'forbidden');
    }
  });
});

test('section 6.1, XEP-0160 2: a message that nobody takes waits, and comes once', async (t) => {
  const { server, phone, laptop, juliet } = await verona(t);
  for (const device of [phone, laptop]) await device.send(`<presence type='unavailable'/>`);
  for (const device of [phone, laptop]) await device.drain();
  await juliet.send(`<message to='romeo@capulet.lit' type='chat'><body>hello</body></message>`);
  await juliet.iq('get', `<query xmlns='http://jabber.org/protocol/disco#info'/>`, server.hostName);
  await phone.receivesNothing();
  await phone.send('<presence/>');
  await phone.receives(`<presence from='${phone.jid}'/>`);
  await phone.receives(`<message from='${juliet.jid}'><body>hello</body></message>`);
  await phone.receivesNothing();
});
