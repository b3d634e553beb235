/** Client state indication and stream management: XEP-0352 section 5.2, XEP-0198. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { TestClient } from '../../support/client.ts';
import { sharedServer } from '../../support/shared-server.ts';
import type { Element } from '../../support/xml.ts';
import { ACTIVE, INACTIVE, settled, Verona } from './support.ts';

const SM = 'urn:xmpp:sm:3';
const body = (text: string): string => `<body>${text}</body>`;

const start = sharedServer();

/** Switches stream management on; the id by which the session can be resumed. */
async function manage(client: TestClient): Promise<string> {
  await client.send(`<enable xmlns='${SM}' resume='true'/>`);
  const enabled = await client.receives(`<enabled xmlns='${SM}' resume='true'/>`);
  return enabled.attr('id') ?? '';
}

async function resume({ server }: Verona, id: string, h: number): Promise<TestClient> {
  const client = server.connect();
  await client.open('capulet.lit');
  const plain = Buffer.from('\0juliet\0secret').toString('base64');
  client.raw(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`);
  await client.receives(`<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`);
  await client.open('capulet.lit');
  await client.send(`<resume xmlns='${SM}' previd='${id}' h='${h}'/>`);
  await client.receives(`<resumed xmlns='${SM}'/>`);
  client.jid = 'juliet@capulet.lit/phone';
  return client;
}

/** The next stanza; what stream management says besides is passed over. */
async function stanza(client: TestClient): Promise<Element> {
  for (;;) {
    const element = await client.receive();
    if (element.ns === 'jabber:client') return element;
  }
}

const STATUS = '{jabber:client}status';
const BODY = '{jabber:client}body';
const words = (element: Element): string | undefined => element.childText(STATUS) ?? element.childText(BODY);

suite('XEP-0352 5.2: a resumed stream', () => {
  test('gets first what it had not acknowledged, then what was held back, and is active', async (t) => {
    const verona = await Verona.open(await start(t));
    const id = await manage(verona.phone);
    await verona.phone.send(INACTIVE);
    await verona.romeo.send(`<message to='juliet@capulet.lit' type='chat'>${body('lost')}</message>`);
    await verona.says('one', 'two');
    await verona.phone.cut();
    await verona.says('three');
    const phone = await resume(verona, id, 0);
    assert.deepEqual([words(await stanza(phone)), words(await stanza(phone))], ['lost', 'three']);
    await verona.says('four');
    assert.equal(words(await stanza(phone)), 'four');
  });

  test('is inactive again when its client says so', async (t) => {
    const verona = await Verona.open(await start(t));
    const id = await manage(verona.phone);
    await verona.phone.send(INACTIVE);
    await settled(verona.phone);
    await verona.phone.cut();
    const phone = await resume(verona, id, 1);
    await phone.send(INACTIVE);
    const again = new Verona(verona.server, phone, verona.romeo);
    await settled(phone);
    await again.quietly(() => again.says('one', 'two'));
    await phone.send(ACTIVE);
    assert.equal(words(await stanza(phone)), 'two');
  });

  test('while the client is lost presence is held back all the same, and a message takes it along', async (t) => {
    const verona = await Verona.open(await start(t));
    const id = await manage(verona.phone);
    await verona.phone.send(INACTIVE);
    await settled(verona.phone);
    await verona.phone.cut();
    await verona.says('one', 'two');
    await verona.romeo.send(`<message to='juliet@capulet.lit' type='chat'>${body('hi')}</message>`);
    await verona.says('three');
    const phone = await resume(verona, id, 1);
    const all = [await stanza(phone), await stanza(phone), await stanza(phone)];
    assert.deepEqual(all.map(words), ['two', 'hi', 'three']);
  });
});

suite('XEP-0198 4: what is held back', () => {
  test('has not been sent, and is not counted', async (t) => {
    const verona = await Verona.open(await start(t));
    await manage(verona.phone);
    await verona.phone.send(INACTIVE);
    await verona.says('one', 'two');
    await verona.phone.send(`<a xmlns='${SM}' h='1'/>`);
    const error = await verona.phone.receives(`<error xmlns='http://etherx.jabber.org/streams'/>`);
    const details = error.child(`{${SM}}handled-count-too-high`);
    assert.deepEqual([details?.attr('h'), details?.attr('send-count')], ['1', '0']);
  });

  test('is dropped when the session ends, and no sender hears of it', async (t) => {
    const verona = await Verona.open(await start(t));
    await manage(verona.phone);
    await verona.phone.send(INACTIVE);
    await verona.says('one');
    await verona.phone.close();
    await verona.romeo.receives(`<presence from='juliet@capulet.lit/phone' type='unavailable'/>`);
    await verona.romeo.receivesNothing();
  });
});
