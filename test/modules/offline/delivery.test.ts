/** How messages that waited are delivered: XEP-0160 section 2, XEP-0203. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { jid } from '../../../src/jid/jid.ts';
import { Stanza } from '../../../src/xmpp/stanza.ts';
import { startParley } from '../../support/parley.ts';
import { parseXml } from '../../support/xml.ts';
import { bodies, count, delays, emptied, getsNothing, numbers, says, settled } from './support.ts';

const server = await startParley({ modules: { offline: { maxMessages: 2000 } } });
after(() => server.stop());
const romeo = await server.login('romeo', { resource: 'orchard' });

/** Messages that wait for a new account. */
async function waiting(local: string, ...list: readonly string[]): Promise<void> {
  await server.account(local);
  await says(romeo, `${local}@capulet.lit`, ...list);
  await settled(romeo);
}

suite('to whom', () => {
  test('XEP-0160 2: to the resource that sends available presence, in the order in which they came', async () => {
    await waiting('ann', '1', '2', '3');
    const ann = await server.login('ann');
    assert.deepEqual(await bodies(ann, 3), ['1', '2', '3']);
    await getsNothing(server, ann);
    await emptied(server, 'ann');
  });

  test('XEP-0160 2: not before there is presence, and not to a negative priority', async () => {
    await waiting('bea', '1');
    const bea = await server.login('bea', { available: false });
    await getsNothing(server, bea);
    await bea.send('<presence><priority>-5</priority></presence>');
    await bea.receives('<presence/>');
    await getsNothing(server, bea);
    assert.equal((await count(server, 'bea')).messages, 1);
  });

  test('XEP-0160 2: when a priority rises from below zero', async () => {
    await waiting('cid', '1');
    const cid = await server.login('cid', { available: false });
    await cid.send('<presence><priority>-1</priority></presence>');
    await cid.drain();
    await cid.send('<presence><priority>0</priority></presence>');
    await cid.receives('<presence/>');
    assert.deepEqual(await bodies(cid, 1), ['1']);
    // And again, after it went below.
    await cid.send('<presence><priority>-1</priority></presence>');
    await cid.drain();
    await says(romeo, 'cid@capulet.lit', '2');
    await settled(romeo);
    await getsNothing(server, cid);
    await cid.send('<presence><priority>5</priority></presence>');
    await cid.receives('<presence/>');
    assert.deepEqual(await bodies(cid, 1), ['2']);
  });

  test('XEP-0160 2: when a resource that was unavailable is available again', async () => {
    const dan = await server.login('dan');
    await dan.send(`<presence type='unavailable'/>`);
    await dan.drain();
    await says(romeo, 'dan@capulet.lit', '1');
    await settled(romeo);
    await getsNothing(server, dan);
    await dan.send('<presence/>');
    await dan.receives('<presence/>');
    assert.deepEqual(await bodies(dan, 1), ['1']);
  });

  test('later presence delivers nothing twice', async () => {
    await waiting('eve', '1');
    const eve = await server.login('eve');
    assert.deepEqual(await bodies(eve, 1), ['1']);
    await eve.send('<presence><show>away</show></presence>');
    await eve.receives('<presence><show>away</show></presence>');
    await getsNothing(server, eve);
  });

  test('to one resource only, when two come at once', async () => {
    await waiting('fay', ...numbers(1, 250));
    const [one, two] = await Promise.all([
      server.login('fay', { resource: 'one', available: false }),
      server.login('fay', { resource: 'two', available: false }),
    ]);
    await Promise.all([one.send('<presence/>'), two.send('<presence/>')]);
    const taken = async (client: typeof one) => (await client.drain()).filter((it) => it.name === 'message');
    const got = [...(await taken(one)), ...(await taken(two))];
    // The second page may still be on its way.
    while (got.length < 250) got.push(...(await taken(one)), ...(await taken(two)));
    assert.deepEqual(
      got.map((it) => it.childText('{jabber:client}body')),
      numbers(1, 250),
    );
    await emptied(server, 'fay');
    await says(romeo, 'fay@capulet.lit', 'both');
    for (const client of [one, two]) await client.receives('<message><body>both</body></message>');
  });

  test('a second resource gets what comes now, while the first gets what waited', async () => {
    await waiting('gil', '1');
    const one = await server.login('gil', { resource: 'one' });
    const two = await server.login('gil', { resource: 'two' });
    assert.deepEqual(await bodies(one, 1), ['1']);
    await one.drain();
    await two.drain();
    await says(romeo, 'gil@capulet.lit', '2');
    assert.deepEqual(await bodies(one, 1), ['2']);
    assert.deepEqual(await bodies(two, 1), ['2']);
  });
});

suite('as what', () => {
  test('XEP-0203 2: with the time at which it was received, from the host', async () => {
    await waiting('hal', '1');
    const start = new Date(server.clock.now()).toISOString();
    server.clock.advance(61_001);
    const hal = await server.login('hal');
    const message = await hal.receives(`<message from='romeo@capulet.lit/orchard' to='hal@capulet.lit' type='chat'/>`);
    const [delay, ...more] = delays(message);
    assert.equal(delay?.attr('from'), 'capulet.lit');
    assert.equal(delay?.attr('stamp'), start);
    assert.equal(delay?.text(), 'Offline Storage');
    assert.deepEqual(more, []);
  });

  test('it is what was sent, character by character, and its address stays', async () => {
    await server.account('ida');
    const children = `<body xml:lang='de'>&lt;ä&gt; &amp; 💘 "'&#13;</body><x xmlns='urn:example:x' xmlns:p='urn:example:p' p:q='1'><y xmlns=''/></x>`;
    await romeo.send(`<message to='ida@capulet.lit/garden' type='chat' id='m1' xml:lang='en'>${children}</message>`);
    await settled(romeo);
    const ida = await server.login('ida', { resource: 'hall' });
    const message = await ida.receives(`<message to='ida@capulet.lit/garden' id='m1' xml:lang='en'/>`);
    const [body, x] = message.elements();
    assert.equal(body?.text(), `<ä> & 💘 "'\r`);
    assert.equal(x?.attr('{urn:example:p}q'), '1');
    assert.equal(x?.firstElement()?.ns, '');
  });

  test('XEP-0359: with the stanza id that it got when it came', async () => {
    await waiting('jan', '1');
    const { accountData } = await import('../../../src/contracts/accounts.ts');
    const data = await server.host.parts.hooks.collect(accountData, jid('jan@capulet.lit'));
    const stored = data.find((it) => it.name === 'offline-messages')?.data as { stanza: string }[];
    const id = /<stanza-id [^>]*id='([0-9a-v]{26})'/.exec(stored[0]?.stanza ?? '')?.[1];
    const jan = await server.login('jan');
    await jan.receives(`<message><stanza-id xmlns='urn:xmpp:sid:0' by='jan@capulet.lit' id='${id}'/></message>`);
  });

  test('XEP-0203 5: a delay that claims to be the server’s is discarded; those of others stay', async () => {
    await server.account('kim');
    const delay = (from: string) => `<delay xmlns='urn:xmpp:delay' from='${from}' stamp='2002-09-10T23:08:25Z'/>`;
    const children = `<body>1</body>${delay('Capulet.lit')}${delay('room@chat.example')}${delay('capulet.lit')}`;
    await romeo.send(`<message to='kim@capulet.lit' type='chat'>${children}</message>`);
    await settled(romeo);
    const kim = await server.login('kim');
    const froms = delays(await kim.receive()).map((it) => it.attr('from'));
    assert.deepEqual(froms, ['room@chat.example', 'capulet.lit']);
  });

  test('XEP-0203 5: also from what is delivered at once, from here or from elsewhere, presence too', async () => {
    const lea = await server.login('lea');
    const forged = `<delay xmlns='urn:xmpp:delay' from='capulet.lit' stamp='2002-09-10T23:08:25Z'/>`;
    await romeo.send(`<message to='lea@capulet.lit' type='chat'><body>1</body>${forged}</message>`);
    assert.deepEqual(delays(await lea.receives('<message><body>1</body></message>')), []);
    await romeo.send(`<presence to='${lea.jid}'>${forged}</presence>`);
    assert.deepEqual(delays(await lea.receives(`<presence from='${romeo.jid}'/>`)), []);
    const element = parseXml(`<message type='chat'><body>2</body>${forged}</message>`);
    await server.engine.router.route(new Stanza(element, jid('someone@example.org'), jid('lea@capulet.lit')));
    assert.deepEqual(delays(await lea.receives('<message><body>2</body></message>')), []);
  });

  test('the server’s own delays pass', async () => {
    const may = await server.login('may', { resource: 'one' });
    await may.drain();
    server.clock.advance(1000);
    const other = await server.login('may', { resource: 'two' });
    const presence = await other.receives(`<presence from='${may.jid}'/>`);
    assert.equal(delays(presence).length, 1);
  });
});

suite('in order and once', () => {
  test('many of them go out page by page', async () => {
    await waiting('ned', ...numbers(1, 550));
    const ned = await server.login('ned');
    assert.deepEqual(await bodies(ned, 550), numbers(1, 550));
    await getsNothing(server, ned);
    await settled(ned);
    await ned.close();
    await getsNothing(server, await server.login('ned'));
  });

  test('large ones go out in smaller pages', async () => {
    await server.account('ola');
    const large = 'x'.repeat(100_000);
    await says(romeo, 'ola@capulet.lit', ...numbers(1, 7).map((it) => it + large));
    await settled(romeo);
    const ola = await server.login('ola');
    assert.deepEqual(
      (await bodies(ola, 7)).map((it) => it.slice(0, 1)),
      numbers(1, 7),
    );
    await getsNothing(server, ola);
  });

  test('RFC 6120 10.1: what comes meanwhile comes after', async () => {
    await waiting('pam', ...numbers(1, 450));
    const pam = await server.login('pam', { available: false });
    await pam.send('<presence/>');
    await pam.receives('<presence/>');
    // Some of these come while pages are under way, some later.
    await says(romeo, 'pam@capulet.lit', ...numbers(451, 500));
    await says(romeo, pam.jid, ...numbers(501, 520));
    await settled(romeo);
    await says(romeo, 'pam@capulet.lit', ...numbers(521, 530));
    assert.deepEqual(await bodies(pam, 530), numbers(1, 530));
    await getsNothing(server, pam);
    await emptied(server, 'pam');
  });

  test('a message to another resource that is connected does not wait for it', async () => {
    await waiting('quin', ...numbers(1, 250));
    const silent = await server.login('quin', { resource: 'silent', available: false });
    const quin = await server.login('quin', { available: false });
    await quin.send('<presence/>');
    await quin.receives('<presence/>');
    await says(romeo, silent.jid, 'to the silent one');
    await silent.receives('<message><body>to the silent one</body></message>');
    assert.deepEqual(await bodies(quin, 250), numbers(1, 250));
  });

  test('what waits outlives the process', async (t) => {
    const other = await startParley();
    t.after(() => other.stop());
    const benvolio = await other.login('benvolio');
    await other.account('ray');
    await says(benvolio, 'ray@capulet.lit', '1', '2');
    await settled(benvolio);
    await other.restart();
    const ray = await other.login('ray');
    assert.deepEqual(await bodies(ray, 2), ['1', '2']);
    await other.restart();
    await getsNothing(other, await other.login('ray'));
  });
});
