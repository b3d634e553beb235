/** Last activity of people, as opposed to their clients: messages, XEP-0319 and XEP-0352, over all devices. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { accountData, jid, Sessions } from '#api';
import { loginAnonymously } from '../../support/anonymous.ts';
import { startParley, type TestServer } from '../../support/parley.ts';
import { sharedServer } from '../../support/shared-server.ts';
import { JULIET, pair, secondsAt } from './support.ts';

const ACTIVE = `<active xmlns='urn:xmpp:csi:0'/>`;
const INACTIVE = `<inactive xmlns='urn:xmpp:csi:0'/>`;
const NO_MESSAGES = '<body/>';

const start = sharedServer();
const presence = sharedServer({ modules: { last: { tell: 'presence' } } });

function chat(content: string): string {
  return `<message to='romeo@capulet.lit' type='chat'>${content}</message>`;
}

/** Idle since so many seconds. */
function idle(server: TestServer, seconds: number): string {
  const since = new Date(server.clock.now() - 1000 * seconds).toISOString();
  return `<presence><show>away</show><idle xmlns='urn:xmpp:idle:1' since='${since}'/></presence>`;
}

suite('a message that somebody wrote', () => {
  test('is activity, while its sender is online and afterwards', async (t) => {
    const server = await start(t);
    const { juliet, romeo } = await pair(server);
    await juliet.send(chat('<body>Good night</body>'));
    await romeo.receives('<message><body>Good night</body></message>');
    server.clock.advance(600_000);
    assert.deepEqual(await secondsAt(romeo, JULIET), ['600', '']);
    await juliet.cut();
    server.clock.advance(100_000);
    assert.deepEqual(await secondsAt(romeo, JULIET), ['700', '']);
  });

  for (const [what, content] of [
    ['a reaction', `<reactions xmlns='urn:xmpp:reactions:0' id='1'><reaction>+</reaction></reactions>`],
    ['a message encrypted by OMEMO', `<encrypted xmlns='urn:xmpp:omemo:2'><payload>AAAA</payload></encrypted>`],
    [
      'a message encrypted by the older OMEMO',
      `<encrypted xmlns='eu.siacs.conversations.axolotl'><payload/></encrypted>`,
    ],
    ['a message encrypted by OpenPGP', `<openpgp xmlns='urn:xmpp:openpgp:0'>AAAA</openpgp>`],
    ['a call', `<propose xmlns='urn:xmpp:jingle-message:0' id='1'/>`],
    ['a call that is taken', `<proceed xmlns='urn:xmpp:jingle-message:0' id='1'/>`],
  ] as const) {
    test(`so is ${what}`, async (t) => {
      const server = await start(t);
      const { juliet, romeo } = await pair(server);
      await juliet.send(chat(content));
      await romeo.receives('<message/>');
      server.clock.advance(5000);
      assert.deepEqual(await secondsAt(romeo, JULIET), ['5', '']);
    });
  }

  test('what clients send by themselves is not', async (t) => {
    const server = await start(t);
    const { juliet, romeo } = await pair(server);
    await juliet.send(chat('<body>hi</body>'));
    server.clock.advance(60_000);
    const sent = [
      `<received xmlns='urn:xmpp:receipts' id='1'/>`,
      `<received xmlns='urn:xmpp:chat-markers:0' id='1'/>`,
      `<active xmlns='http://jabber.org/protocol/chatstates'/>`,
      `<encrypted xmlns='urn:xmpp:omemo:2'><header sid='1'/></encrypted>`,
      `<ringing xmlns='urn:xmpp:jingle-message:0' id='1'/>`,
      NO_MESSAGES,
    ];
    for (const it of sent) await juliet.send(chat(it));
    await juliet.send(`<message to='romeo@capulet.lit' type='error'><body>hi</body><error type='cancel'/></message>`);
    await juliet.send(`<presence><show>away</show></presence>`);
    await juliet.send(`<iq type='get' id='1' to='capulet.lit'><ping xmlns='urn:xmpp:ping'/></iq>`);
    await juliet.drain();
    await romeo.drain();
    assert.deepEqual(await secondsAt(romeo, JULIET), ['60', '']);
  });

  test('by a client that is not available gives nobody away', async (t) => {
    const server = await start(t);
    const { juliet, romeo } = await pair(server);
    await juliet.send(`<presence type='unavailable'/>`);
    server.clock.advance(60_000);
    await juliet.send(chat('<body>hi</body>'));
    await juliet.drain();
    await romeo.drain();
    assert.deepEqual(await secondsAt(romeo, JULIET), ['60', '']);
  });
});

suite('XEP-0319: a presence that is idle', () => {
  test('2.1: says when its user was last there', async (t) => {
    const server = await start(t);
    const { juliet, romeo } = await pair(server);
    await juliet.send(idle(server, 300));
    await juliet.drain();
    await romeo.drain();
    assert.deepEqual(await secondsAt(romeo, JULIET), ['300', '']);
    server.clock.advance(60_000);
    assert.deepEqual(await secondsAt(romeo, JULIET), ['360', '']);
  });

  test('2.2: and then is not any more: somebody is there', async (t) => {
    const server = await start(t);
    const { juliet, romeo } = await pair(server);
    await juliet.send(idle(server, 300));
    await juliet.send('<presence/>');
    server.clock.advance(60_000);
    for (const it of [juliet, romeo]) await it.drain();
    assert.deepEqual(await secondsAt(romeo, JULIET), ['0', '']);
  });

  test('on one device says nothing of what is done on another', async (t) => {
    const server = await start(t);
    const { juliet, romeo } = await pair(server);
    const phone = await server.login('juliet', { resource: 'phone' });
    await phone.send(chat('<body>hi</body>'));
    server.clock.advance(100_000);
    await juliet.send(idle(server, 500));
    for (const it of [phone, juliet, romeo]) await it.drain();
    assert.deepEqual(await secondsAt(romeo, JULIET), ['100', '']);
    await juliet.send(idle(server, 40));
    for (const it of [phone, juliet, romeo]) await it.drain();
    assert.deepEqual(await secondsAt(romeo, JULIET), ['40', '']);
  });

  test('since a time that is to come, or none: as if it had just become so, or not at all', async (t) => {
    const server = await start(t);
    const { juliet, romeo } = await pair(server);
    await juliet.send(idle(server, -3600));
    server.clock.advance(10_000);
    await juliet.send(`<presence><idle xmlns='urn:xmpp:idle:1' since='yesterday'/></presence>`);
    for (const it of [juliet, romeo]) await it.drain();
    assert.deepEqual(await secondsAt(romeo, JULIET), ['10', '']);
  });

  test('as the first one, of a client that has just connected', async (t) => {
    const server = await start(t);
    const { romeo } = await pair(server);
    await server.account('nurse');
    const nurse = await server.login('nurse', { available: false });
    await nurse.send(idle(server, 50));
    await nurse.drain();
    assert.deepEqual(await secondsAt(nurse, 'nurse@capulet.lit'), ['50', '']);
    await romeo.receivesNothing();
  });
});

suite('XEP-0352: a client', () => {
  test('that is looked at means that somebody is there; one that is put away, that somebody was', async (t) => {
    const server = await start(t);
    const { juliet, romeo } = await pair(server);
    await juliet.send(ACTIVE);
    await juliet.drain();
    server.clock.advance(60_000);
    assert.deepEqual(await secondsAt(romeo, JULIET), ['0', '']);
    await juliet.send(INACTIVE);
    await juliet.drain();
    server.clock.advance(30_000);
    assert.deepEqual(await secondsAt(romeo, JULIET), ['30', '']);
    await juliet.send(INACTIVE);
    await juliet.drain();
    assert.deepEqual(await secondsAt(romeo, JULIET), ['30', '']);
  });

  test('that connects by itself and says at once that it is inactive says nothing of people', async (t) => {
    const server = await start(t);
    const { juliet, romeo } = await pair(server);
    await juliet.send(chat('<body>hi</body>'));
    await juliet.cut();
    server.clock.advance(60_000);
    const phone = await server.login('juliet', { resource: 'phone' });
    await phone.send(INACTIVE);
    for (const it of [phone, romeo]) await it.drain();
    assert.deepEqual(await secondsAt(romeo, JULIET), ['60', '']);
  });

  test('that is looked at, and idle all the same, is not attended', async (t) => {
    const server = await start(t);
    const { juliet, romeo } = await pair(server);
    await juliet.send(ACTIVE);
    server.clock.advance(200_000);
    await juliet.send(idle(server, 120));
    for (const it of [juliet, romeo]) await it.drain();
    assert.deepEqual(await secondsAt(romeo, JULIET), ['120', '']);
  });

  test('that was looked at and is lost: its last stanza is the last sign', async (t) => {
    const server = await start(t);
    const { juliet, romeo } = await pair(server);
    await juliet.send(ACTIVE);
    server.clock.advance(40_000);
    await juliet.receivesNothing();
    server.clock.advance(10_000);
    await juliet.cut();
    assert.deepEqual(await secondsAt(romeo, JULIET), ['10', '']);
  });

  test('XEP-0198: that is lost and may come back: the same as long as it is away, and it is not looked at when it is back', async (t) => {
    const server = await start(t);
    const { juliet, romeo } = await pair(server);
    await juliet.send(`<enable xmlns='urn:xmpp:sm:3' resume='true'/>`);
    const id = (await juliet.receives(`<enabled xmlns='urn:xmpp:sm:3'/>`)).attr('id') ?? '';
    await juliet.send(ACTIVE);
    server.clock.advance(30_000);
    await juliet.drain();
    await juliet.cut();
    server.clock.advance(20_000);
    assert.deepEqual(await secondsAt(romeo, JULIET), ['20', '']);
    const back = server.connect();
    await back.open('capulet.lit');
    const plain = Buffer.from('\0juliet\0secret').toString('base64');
    back.raw(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`);
    await back.receives(`<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`);
    await back.open('capulet.lit');
    await back.send(`<resume xmlns='urn:xmpp:sm:3' previd='${id}' h='1'/>`);
    await back.receives(`<resumed xmlns='urn:xmpp:sm:3'/>`);
    server.clock.advance(10_000);
    assert.deepEqual(await secondsAt(romeo, JULIET), ['30', '']);
  });
});

suite('what is known', () => {
  test('outlives a kill but for the last minute, at one write a minute', async (t) => {
    const server = await startParley();
    t.after(() => server.stop());
    const { juliet, romeo } = await pair(server);
    await juliet.send(chat('<body>one</body>'));
    await romeo.receives('<message/>');
    const at = server.clock.now();
    server.clock.advance(60_000);
    await secondsAt(romeo, JULIET);
    await juliet.send(chat('<body>two</body>'));
    await romeo.receives('<message/>');
    // What a server would find that starts on the same database now.
    const rows = await server.db
      .prepare({ all: { text: 'select local, active_at from last_activity order by local' } })
      .all();
    assert.deepEqual(
      rows.map((it) => ({ ...(it as object) })),
      [{ local: 'juliet', active_at: at }],
    );
  });

  test('is not written for guests, who have no account', async (t) => {
    const server = await startParley({ anonymous: true });
    t.after(() => server.stop());
    const guest = await loginAnonymously(server);
    await guest.send('<presence/>');
    await guest.send(chat('<body>hi</body>'));
    await guest.drain();
    await guest.close();
    const found = await server.host.parts.hooks.collect(accountData, jid(guest.jid).bareJid);
    assert.deepEqual(
      found.filter((it) => it.name === 'last'),
      [],
    );
  });

  test('goes with the account, though a session of it still sends', async (t) => {
    const server = await start(t);
    const { juliet } = await pair(server);
    await juliet.send(chat('<body>hi</body>'));
    await juliet.drain();
    const session = server.service(Sessions).of(JULIET)[0];
    assert.ok(session);
    await server.command('user delete', { jid: JULIET });
    const found = await server.host.parts.hooks.collect(accountData, jid(JULIET));
    assert.deepEqual(
      found.filter((it) => it.name === 'last'),
      [],
    );
  });
});

suite('tell: presence (XEP-0012 3, to the letter)', () => {
  test('who is online is told with 0 seconds, whatever was last done', async (t) => {
    const server = await presence(t);
    const { juliet, romeo } = await pair(server);
    await juliet.send(chat('<body>hi</body>'));
    await juliet.send(idle(server, 300));
    for (const it of [juliet, romeo]) await it.drain();
    server.clock.advance(60_000);
    assert.deepEqual(await secondsAt(romeo, JULIET), ['0', '']);
  });

  test('and who is not, with the time since the last resource left', async (t) => {
    const server = await presence(t);
    const { juliet, romeo } = await pair(server);
    await juliet.send(chat('<body>hi</body>'));
    await juliet.drain();
    server.clock.advance(60_000);
    await juliet.cut();
    server.clock.advance(5000);
    await romeo.drain();
    assert.deepEqual(await secondsAt(romeo, JULIET), ['5', '']);
  });

  test('the owner is told of resources that are not available, too', async (t) => {
    const server = await presence(t);
    const { juliet, romeo } = await pair(server);
    await juliet.send(`<presence type='unavailable'/>`);
    await juliet.drain();
    server.clock.advance(7000);
    assert.deepEqual(await secondsAt(juliet, JULIET), ['0', '']);
    await romeo.drain();
    assert.deepEqual(await secondsAt(romeo, JULIET), ['7', '']);
  });
});
