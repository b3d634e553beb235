/** What becomes of stanzas from and to blocked addresses: XEP-0191 section 3.3. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { Blocking } from '../../../src/contracts/blocking.ts';
import { jid } from '../../../src/jid/jid.ts';
import { NS } from '../../../src/xmpp/ns.ts';
import { Stanza } from '../../../src/xmpp/stanza.ts';
import { startParley } from '../../support/parley.ts';
import { parseXml } from '../../support/xml.ts';
import { block, errorOf, subscribe, unblock } from './people.ts';

const server = await startParley();
after(() => server.stop());
const juliet = await server.login('juliet', { resource: 'balcony' });
const romeo = await server.login('romeo', { resource: 'orchard' });
const nurse = await server.login('nurse', { resource: 'hall' });
await block(juliet, 'romeo@capulet.lit');

/** A stanza from elsewhere, as a component or another server would bring it. */
function arrives(xml: string): void {
  const element = parseXml(xml);
  const stanza = new Stanza(element, jid(element.attr('from') ?? ''), jid(element.attr('to') ?? ''));
  void server.engine.router.route(stanza);
}

suite('from a blocked address', () => {
  for (const type of ['chat', 'normal', 'headline', 'groupchat']) {
    test(`XEP-0191 3.3: a ${type} message is answered with service-unavailable`, async () => {
      await romeo.send(`<message to='juliet@capulet.lit/balcony' id='m' type='${type}'><body>hi</body></message>`);
      const error = await romeo.receives(`<message type='error' id='m' from='juliet@capulet.lit/balcony'/>`);
      assert.equal(errorOf(error), 'cancel service-unavailable');
      await juliet.receivesNothing();
    });
  }

  test('XEP-0191 3.3: presence of every kind is dropped without an answer', async () => {
    for (const type of [
      '',
      'unavailable',
      'subscribe',
      'subscribed',
      'unsubscribe',
      'unsubscribed',
      'probe',
      'error',
    ]) {
      const attribute = type === '' ? '' : ` type='${type}'`;
      await romeo.send(`<presence to='juliet@capulet.lit'${attribute}/>`);
    }
    await romeo.receivesNothing();
    await juliet.receivesNothing();
  });

  test('XEP-0191 3.3: requests are answered with service-unavailable, also where the server would answer', async () => {
    for (const to of ['juliet@capulet.lit/balcony', 'juliet@capulet.lit']) {
      for (const type of ['get', 'set'] as const) {
        const error = await romeo.iq(type, `<vCard xmlns='vcard-temp'/>`, to);
        assert.equal(errorOf(error), 'cancel service-unavailable');
      }
    }
    await juliet.receivesNothing();
  });

  test('XEP-0191 3.3: results and errors are dropped without an answer', async () => {
    for (const type of ['result', 'error'])
      await romeo.send(`<iq to='juliet@capulet.lit/balcony' id='r' type='${type}'/>`);
    await romeo.send(`<message to='juliet@capulet.lit/balcony' type='error'><body>hi</body></message>`);
    await romeo.receivesNothing();
    await juliet.receivesNothing();
  });

  test('the answer is the one that an account gives that is offline', async () => {
    const ask = async (to: string) => {
      const error = await romeo.iq('get', `<query xmlns='jabber:iq:version'/>`, to);
      return error.elements().at(-1)?.toString();
    };
    assert.equal(await ask('juliet@capulet.lit/balcony'), await ask('juliet@capulet.lit/elsewhere'));
  });

  test('others are not affected', async () => {
    await nurse.send(`<message to='juliet@capulet.lit' type='chat'><body>hi</body></message>`);
    await juliet.receives(`<message from='nurse@capulet.lit/hall'><body>hi</body></message>`);
  });
});

suite('to a blocked address', () => {
  test('XEP-0191 3.3: a stanza is answered with not-acceptable and blocked, and goes nowhere', async () => {
    for (const stanza of [
      `<message to='romeo@capulet.lit' type='chat' id='o'><body>Can you hear me now?</body></message>`,
      `<presence to='romeo@capulet.lit' id='o'/>`,
      `<presence to='romeo@capulet.lit' id='o' type='subscribe'/>`,
      `<iq to='romeo@capulet.lit/orchard' id='o' type='get'><query xmlns='jabber:iq:version'/></iq>`,
    ]) {
      await juliet.send(stanza);
      const error = await juliet.receive();
      assert.equal(error.attr('type'), 'error');
      assert.equal(error.attr('id'), 'o');
      assert.equal(error.attr('to'), 'juliet@capulet.lit/balcony');
      assert.match(error.attr('from') ?? '', /^romeo@capulet\.lit/);
      assert.equal(errorOf(error), 'cancel not-acceptable');
      const details = error.child('{jabber:client}error')?.child('{urn:xmpp:blocking:errors}blocked');
      assert.ok(details, error.toString());
    }
    await romeo.receivesNothing();
  });

  test('RFC 6120 8.3.1: replies are dropped without an answer', async () => {
    await juliet.send(`<iq to='romeo@capulet.lit/orchard' id='o' type='result'/>`);
    await juliet.send(`<message to='romeo@capulet.lit' type='error'/>`);
    await juliet.receivesNothing();
    await romeo.receivesNothing();
  });

  test('XEP-0191 3.3: all resources are bound to the list', async (t) => {
    const hall = await server.login('juliet', { resource: 'hall', available: false });
    t.after(() => hall.close());
    await hall.send(`<message to='romeo@capulet.lit' id='o'><body>hi</body></message>`);
    assert.equal(errorOf(await hall.receive()), 'cancel not-acceptable');
  });
});

suite('kinds of addresses', () => {
  test('XEP-0191 6: a blocked resource leaves the others', async () => {
    const ann = await server.login('ann');
    const [one, two] = [await server.login('ben', { resource: 'one' }), await server.login('ben', { resource: 'two' })];
    await block(ann, 'ben@capulet.lit/one');
    await one.drain();
    await one.send(`<message to='ann@capulet.lit' type='chat'><body>1</body></message>`);
    assert.equal(errorOf(await one.receive()), 'cancel service-unavailable');
    await two.send(`<message to='ann@capulet.lit' type='chat'><body>2</body></message>`);
    await ann.receives(`<message from='ben@capulet.lit/two'/>`);
  });

  test('XEP-0191 6: a blocked domain covers everybody there', async () => {
    const cid = await server.login('cid');
    await block(cid, 'spam.example');
    for (const from of ['spam.example', 'spam.example/bot', 'x@spam.example', 'x@spam.example/bot']) {
      arrives(`<message from='${from}' to='cid@capulet.lit'><body>buy</body></message>`);
    }
    arrives(`<message from='y@other.example' to='cid@capulet.lit'><body>hi</body></message>`);
    await cid.receives(`<message from='y@other.example'/>`);
    await cid.receivesNothing();
    await cid.send(`<message to='x@spam.example' id='o'><body>hi</body></message>`);
    assert.equal(errorOf(await cid.receive()), 'cancel not-acceptable');
  });

  test('XEP-0191 5: one’s own resources are never blocked, nor is the server', async () => {
    const one = await server.login('dan', { resource: 'one' });
    const two = await server.login('dan', { resource: 'two' });
    await block(one, 'dan@capulet.lit', 'capulet.lit', 'dan@capulet.lit/two');
    for (const client of [one, two]) await client.drain();
    await two.send(`<message to='dan@capulet.lit/one' type='chat'><body>hi</body></message>`);
    await one.receives(`<message from='dan@capulet.lit/two'/>`);
    assert.equal((await one.iq('get', `<query xmlns='jabber:iq:roster'/>`)).attr('type'), 'result');
    assert.notEqual(
      errorOf(await one.iq('get', `<ping xmlns='urn:xmpp:ping'/>`, 'capulet.lit')),
      'cancel not-acceptable',
    );
    arrives(
      `<message from='capulet.lit' to='dan@capulet.lit/one'><body>The server is restarted tonight</body></message>`,
    );
    await one.receives(`<message from='capulet.lit'/>`);
    // Everybody else of the host is.
    await romeo.send(`<message to='dan@capulet.lit' type='chat' id='m'><body>hi</body></message>`);
    assert.equal(errorOf(await romeo.receive()), 'cancel service-unavailable');
    assert.equal((await unblock(one)).attr('type'), 'result');
  });
});

suite('in time', () => {
  test('XEP-0191 3.4: after unblocking stanzas are delivered again', async () => {
    const eve = await server.login('eve');
    await block(eve, 'romeo@capulet.lit');
    await romeo.send(`<message to='eve@capulet.lit' type='chat'><body>1</body></message>`);
    assert.equal(errorOf(await romeo.receive()), 'cancel service-unavailable');
    await unblock(eve, 'romeo@capulet.lit');
    await romeo.send(`<message to='eve@capulet.lit' type='chat'><body>2</body></message>`);
    await eve.receives(`<message><body>2</body></message>`);
    await eve.send(`<message to='romeo@capulet.lit' type='chat'><body>3</body></message>`);
    await romeo.receives(`<message><body>3</body></message>`);
  });

  test('XEP-0191 3.3: the block holds while the account is offline, and nothing is stored', async () => {
    const fay = await server.login('fay');
    await block(fay, 'romeo@capulet.lit');
    await fay.close();
    await romeo.send(`<message to='fay@capulet.lit' type='chat' id='m'><body>hi</body></message>`);
    assert.equal(errorOf(await romeo.receive()), 'cancel service-unavailable');
    assert.equal(
      ((await server.command('offline count', { jid: 'fay@capulet.lit' })) as { messages: number }).messages,
      0,
    );
  });

  test('XEP-0191 3.3: what waited is not delivered once its sender is blocked', async () => {
    await server.account('gil');
    for (const client of [romeo, nurse]) {
      await client.send(`<message to='gil@capulet.lit' type='chat'><body>hi</body></message>`);
      await client.receivesNothing();
    }
    const gil = await server.login('gil', { available: false });
    await block(gil, 'romeo@capulet.lit');
    await gil.send('<presence/>');
    await gil.receives(`<presence from='${gil.jid}'/>`);
    await gil.receives(`<message from='nurse@capulet.lit/hall'/>`);
    for (let i = 0; i < 3; i++) await server.command('offline count', { jid: 'gil@capulet.lit' });
    await gil.receivesNothing();
  });

  test('XEP-0191 3.3: a blocked contact hears nothing of later presence', async () => {
    await subscribe(server, 'hal', 'ida');
    const hal = await server.login('hal');
    const ida = await server.login('ida');
    await block(hal, 'ida@capulet.lit');
    for (const client of [hal, ida]) await client.drain();
    await hal.send('<presence><show>dnd</show></presence>');
    await hal.receives(`<presence from='${hal.jid}'/>`);
    await hal.close();
    await (await server.login('hal')).close();
    await ida.receivesNothing();
  });
});

test('the service tells other modules who is blocked', async () => {
  const blocking = server.service(Blocking);
  const kim = await server.login('kim');
  await block(kim, 'a@b.example', 'capulet.lit');
  for (const [peer, expected] of [
    ['a@b.example/x', true],
    ['c@b.example', false],
    ['kim@capulet.lit', false],
    ['capulet.lit', false],
    ['romeo@capulet.lit', true],
  ] as const) {
    assert.equal(await blocking.isBlocked('kim@capulet.lit', jid(peer)), expected, peer);
  }
  assert.equal(await blocking.isBlocked('nobody@capulet.lit', jid('a@b.example')), false);
  assert.equal(NS.blocking, 'urn:xmpp:blocking');
});
