/** Client state indication (XEP-0352), as transcripts. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { sharedServer } from '../../support/shared-server.ts';
import { ACTIVE, event, headline, INACTIVE, item, status, Verona } from './support.ts';

const ROMEO = 'romeo@capulet.lit/orchard';
const PING = `<ping xmlns='urn:xmpp:ping'/>`;
const MOOD = 'http://jabber.org/protocol/mood';
const BOOKMARKS = 'urn:xmpp:bookmarks:1';
const DEVICES = 'urn:xmpp:omemo:2:devices';
const STICKERS = 'urn:xmpp:stickers:0';
const STATES = 'http://jabber.org/protocol/chatstates';
const composing = `<composing xmlns='${STATES}'/>`;

const start = sharedServer();

suite('XEP-0352 4: indicating state', () => {
  test('4.1: the feature is shown after authentication, and not before', async (t) => {
    const server = await start(t);
    await server.account('juliet');
    const client = server.connect();
    const before = await client.open('capulet.lit');
    assert.equal(before.features.child('{urn:xmpp:csi:0}csi'), undefined);
    const plain = Buffer.from('\0juliet\0secret').toString('base64');
    client.raw(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`);
    await client.receives(`<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`);
    const after = await client.open('capulet.lit');
    assert.ok(after.features.child('{urn:xmpp:csi:0}csi'));
  });

  test('4.2: neither element is answered', async (t) => {
    const verona = await Verona.open(await start(t));
    await verona.quietly(async () => {
      for (const it of [INACTIVE, INACTIVE, ACTIVE, ACTIVE]) await verona.phone.send(it);
    });
  });

  test('5: a client is active until it says otherwise', async (t) => {
    const verona = await Verona.open(await start(t));
    await verona.says('one');
    await verona.phone.receives(status('one'));
    await verona.arrives(`<message from='${ROMEO}' type='chat'>${composing}</message>`);
    await verona.phone.receives(`<message>${composing}</message>`);
  });

  test('5: the state is not the presence: who is inactive is available, and gets messages', async (t) => {
    const verona = await Verona.inactive(await start(t));
    await verona.romeo.send(`<message to='juliet@capulet.lit' type='chat'><body>hi</body></message>`);
    await verona.phone.receives('<message><body>hi</body></message>');
    await verona.romeo.receivesNothing();
  });

  test('6: nobody is told', async (t) => {
    const verona = await Verona.inactive(await start(t));
    await verona.phone.send(ACTIVE);
    await verona.phone.receivesNothing();
    await verona.romeo.receivesNothing();
  });

  test('XEP-0386 3.2: a session begins in the state that is asked for while it is bound', async (t) => {
    const server = await start(t);
    const { romeo } = await Verona.open(server);
    const client = server.connect();
    const { features } = await client.open('capulet.lit');
    assert.match(features.toString(), /<feature var='urn:xmpp:csi:0'\/>/);
    const plain = Buffer.from('\0juliet\0secret').toString('base64');
    client.raw(
      `<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'><initial-response>${plain}</initial-response>
         <bind xmlns='urn:xmpp:bind:0'>${INACTIVE}</bind></authenticate><presence/>`,
    );
    const success = await client.receives(`<success xmlns='urn:xmpp:sasl:2'/>`);
    client.jid = success.childText('{urn:xmpp:sasl:2}authorization-identifier') ?? '';
    await client.receives(`<features xmlns='http://etherx.jabber.org/streams'/>`);
    await client.receives(`<presence from='${client.jid}'/>`);
    await romeo.drain();
    const verona = new Verona(server, client, romeo);
    await verona.quietly(() => verona.says('one', 'two'));
    await client.send(ACTIVE);
    const from = [await client.receive(), await client.receive()].map((it) => it.attr('from'));
    assert.deepEqual(from, ['juliet@capulet.lit/phone', ROMEO]);
  });
});

suite('XEP-0352 3.2: presence', () => {
  test('is held back, and the last of each contact is sent when the client is active', async (t) => {
    const verona = await Verona.inactive(await start(t));
    await verona.quietly(async () => {
      await verona.says('one', 'two');
      await verona.arrives(`<presence from='nurse@capulet.lit/hall' type='unavailable'/>`);
      await verona.says('three');
    });
    await verona.phone.send(ACTIVE);
    await verona.phone.receives(`<presence from='nurse@capulet.lit/hall' type='unavailable'/>`);
    await verona.phone.receives(`<presence from='${ROMEO}'><status>three</status></presence>`);
    await verona.phone.receivesNothing();
  });

  test('available takes the place of unavailable, and the other way round', async (t) => {
    const verona = await Verona.inactive(await start(t));
    await verona.quietly(async () => {
      await verona.says('one');
      await verona.romeo.send(`<presence type='unavailable'><status>off</status></presence>`);
      await verona.arrives(`<presence from='nurse@capulet.lit/hall' type='unavailable'/>`);
      await verona.arrives(`<presence from='nurse@capulet.lit/hall'/>`);
    });
    await verona.phone.send(ACTIVE);
    await verona.phone.receives(`<presence from='${ROMEO}' type='unavailable'><status>off</status></presence>`);
    const back = await verona.phone.receives(`<presence from='nurse@capulet.lit/hall'/>`);
    assert.equal(back.attr('type'), undefined);
    await verona.phone.receivesNothing();
  });

  test('each resource of a contact has its own', async (t) => {
    const verona = await Verona.inactive(await start(t));
    await verona.quietly(async () => {
      await verona.arrives(`<presence from='nurse@capulet.lit/hall'/>`);
      await verona.arrives(`<presence from='nurse@capulet.lit/garden'/>`);
    });
    await verona.phone.send(ACTIVE);
    await verona.phone.receives(`<presence from='nurse@capulet.lit/hall'/>`);
    await verona.phone.receives(`<presence from='nurse@capulet.lit/garden'/>`);
  });

  test('subscription requests and errors pass, behind what is held back', async (t) => {
    for (const type of ['subscribe', 'error']) {
      const verona = await Verona.inactive(await start(t));
      await verona.says('one');
      await verona.arrives(`<presence from='tybalt@capulet.lit' type='${type}'/>`);
      await verona.phone.receives(status('one'));
      await verona.phone.receives(`<presence type='${type}'/>`);
      for (const it of [verona.phone, verona.romeo]) await it.close();
    }
  });

  test('one’s own is answered at once, that of other devices is not', async (t) => {
    const verona = await Verona.inactive(await start(t));
    await verona.quietly(async () => {
      await verona.server
        .login('juliet', { resource: 'tablet', available: false })
        .then((it) => it.send('<presence/>'));
    });
    await verona.phone.send(status('away'));
    await verona.phone.receives(`<presence from='juliet@capulet.lit/tablet'/>`);
    await verona.phone.receives(`<presence from='${verona.phone.jid}'><status>away</status></presence>`);
  });

  test('of the client itself in a room passes, so that it knows where it is', async (t) => {
    const verona = await Verona.inactive(await start(t));
    const room = (nick: string, content: string, type = '') =>
      `<presence from='hall@rooms.capulet.lit/${nick}' ${type}>
         <x xmlns='http://jabber.org/protocol/muc#user'><item role='participant'/>${content}</x></presence>`;
    await verona.quietly(() => verona.arrives(room('romeo', '')));
    await verona.arrives(room('juliet', `<status code='110'/>`));
    await verona.phone.receives(`<presence from='hall@rooms.capulet.lit/romeo'/>`);
    await verona.phone.receives(`<presence from='hall@rooms.capulet.lit/juliet'/>`);
    await verona.arrives(room('juliet', '<destroy/>', `type='unavailable'`));
    await verona.phone.receives(`<presence from='hall@rooms.capulet.lit/juliet' type='unavailable'/>`);
  });
});

suite('XEP-0352 3.2: chat states', () => {
  test('are dropped', async (t) => {
    const verona = await Verona.inactive(await start(t));
    await verona.quietly(async () => {
      for (const type of ['chat', 'normal', 'groupchat'])
        for (const state of ['active', 'composing', 'paused', 'inactive', 'gone'])
          await verona.arrives(`<message from='${ROMEO}' type='${type}'><${state} xmlns='${STATES}'/></message>`);
      await verona.arrives(
        `<message from='${ROMEO}' type='chat'>${composing}<thread>t</thread><no-store xmlns='urn:xmpp:hints'/></message>`,
      );
    });
    await verona.phone.send(ACTIVE);
    await verona.phone.receivesNothing();
  });

  test('and so are copies of them (XEP-0280), sent and received', async (t) => {
    const verona = await Verona.open(await start(t));
    const tablet = await verona.server.login('juliet', { resource: 'tablet' });
    await verona.phone.iq('set', `<enable xmlns='urn:xmpp:carbons:2'/>`);
    for (const it of [verona.phone, verona.romeo]) await it.drain();
    await verona.phone.send(INACTIVE);
    await verona.quietly(async () => {
      await tablet.send(`<message to='${ROMEO}' type='chat'>${composing}</message>`);
      await verona.romeo.receives(`<message>${composing}</message>`);
      await verona.romeo.send(`<message to='${tablet.jid}' type='chat'>${composing}</message>`);
    });
    await tablet.send(`<message to='${ROMEO}' type='chat'><body>hi</body>${composing}</message>`);
    await verona.phone.receives(`<message><sent xmlns='urn:xmpp:carbons:2'/></message>`);
  });

  test('a message that says more is sent at once, chat state and all', async (t) => {
    const verona = await Verona.inactive(await start(t));
    for (const content of [
      '<body>hi</body>',
      `<received xmlns='urn:xmpp:receipts' id='1'/>`,
      `<displayed xmlns='urn:xmpp:chat-markers:0' id='1'/>`,
      `<propose xmlns='urn:xmpp:jingle-message:0' id='1'/>`,
      `<encrypted xmlns='urn:xmpp:omemo:2'/>`,
      `<reactions xmlns='urn:xmpp:reactions:0' id='1'/>`,
      `<store xmlns='urn:xmpp:hints'/>`,
    ]) {
      await verona.arrives(`<message from='${ROMEO}' type='chat'>${content}${composing}</message>`);
      await verona.phone.receives(`<message>${content}${composing}</message>`);
    }
  });

  test('an error is sent at once, whatever it answers', async (t) => {
    const verona = await Verona.inactive(await start(t));
    await verona.arrives(`<message from='${ROMEO}' type='error'>${composing}<error type='cancel'/></message>`);
    await verona.phone.receives(`<message type='error'>${composing}</message>`);
  });
});

suite('XEP-0352 3.2: personal events', () => {
  test('are held back, and the last of each node is sent when the client is active', async (t) => {
    const verona = await Verona.inactive(await start(t));
    await verona.quietly(async () => {
      await verona.arrives(headline('romeo@capulet.lit', event(MOOD, item('sad', 'a'))));
      await verona.arrives(headline('romeo@capulet.lit', event(DEVICES, item('1', 'current'))));
      await verona.arrives(headline('nurse@capulet.lit', event(MOOD, item('angry', 'c'))));
      await verona.arrives(headline('romeo@capulet.lit', event(MOOD, item('happy', 'b'))));
    });
    await verona.phone.send(ACTIVE);
    await verona.phone.receives(headline('romeo@capulet.lit', event(DEVICES)));
    await verona.phone.receives(headline('nurse@capulet.lit', event(MOOD)));
    await verona.phone.receives(headline('romeo@capulet.lit', event(MOOD, item('happy', 'b'))));
    await verona.phone.receivesNothing();
  });

  test('of a node that may have several items none is lost: the last of each item is sent', async (t) => {
    const verona = await Verona.inactive(await start(t));
    const retract = `<retract id='a'/>`;
    await verona.quietly(async () => {
      await verona.arrives(headline('romeo@capulet.lit', event(STICKERS, item('one', 'a'))));
      await verona.arrives(headline('romeo@capulet.lit', event(STICKERS, item('two', 'b'))));
      await verona.arrives(headline('romeo@capulet.lit', event(STICKERS, retract)));
    });
    await verona.phone.send(ACTIVE);
    await verona.phone.receives(headline('romeo@capulet.lit', event(STICKERS, item('two', 'b'))));
    await verona.phone.receives(headline('romeo@capulet.lit', event(STICKERS, retract)));
    await verona.phone.receivesNothing();
  });

  test('what is no such event is sent at once, behind what is held back', async (t) => {
    const verona = await Verona.inactive(await start(t));
    for (const [from, content] of [
      ['pubsub.capulet.lit', event(MOOD, item('a service', 'a'))],
      [ROMEO, event(MOOD, item('a client', 'a'))],
      ['romeo@capulet.lit', event(BOOKMARKS, item('a node that matters', 'a'))],
      ['romeo@capulet.lit', `${event(MOOD, item('with words', 'a'))}<body>hi</body>`],
      ['romeo@capulet.lit', `<event xmlns='http://jabber.org/protocol/pubsub#event'><delete node='${MOOD}'/></event>`],
      ['romeo@capulet.lit', `<event xmlns='http://jabber.org/protocol/pubsub#event'><items/></event>`],
    ] as const) {
      await verona.arrives(headline('nurse@capulet.lit', event(MOOD, item('held back', 'a'))));
      await verona.arrives(headline(from, content));
      await verona.phone.receives(headline('nurse@capulet.lit', event(MOOD)));
      await verona.phone.receives(headline(from, content));
    }
  });
});

suite('XEP-0352 5.1: order', () => {
  test('XEP-0352 5.1: what was held back is sent before the answer to what the client asks next', async (t) => {
    const verona = await Verona.inactive(await start(t));
    await verona.says('one');
    verona.phone.raw(`${ACTIVE}<iq type='get' id='ping1' to='capulet.lit'>${PING}</iq>`);
    await verona.phone.receives(status('one'));
    await verona.phone.receives(`<iq type='result' id='ping1'/>`);
    await verona.says('two');
    await verona.phone.receives(status('two'));
  });

  test('everything that is held back comes before a message that matters, and the client stays inactive', async (t) => {
    const verona = await Verona.inactive(await start(t));
    await verona.says('one');
    await verona.arrives(headline('romeo@capulet.lit', event(MOOD, item('sad'))));
    await verona.romeo.send(`<message to='juliet@capulet.lit' type='chat'><body>hi</body></message>`);
    await verona.phone.receives(status('one'));
    await verona.phone.receives(headline('romeo@capulet.lit', event(MOOD)));
    await verona.phone.receives('<message><body>hi</body></message>');
    await verona.quietly(() => verona.says('two'));
  });

  test('a request to the client comes behind what is held back, too', async (t) => {
    const verona = await Verona.inactive(await start(t));
    await verona.says('one');
    await verona.romeo.send(`<iq type='get' id='1' to='${verona.phone.jid}'>${PING}</iq>`);
    await verona.phone.receives(status('one'));
    await verona.phone.receives(`<iq type='get' id='1'>${PING}</iq>`);
  });
});
