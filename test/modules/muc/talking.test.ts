/** XEP-0045 sections 7.4, 7.5, 8.1 and 17.2: what is said to all, to one, and as the subject. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TestClient } from '../../support/client.ts';
import { startParley, type TestServer } from '../../support/parley.ts';
import type { Element } from '../../support/xml.ts';
import { administer, enter, gather, MUC, SERVICE } from './room.ts';

const OCCUPANT_ID = '{urn:xmpp:occupant-id:0}occupant-id';
const STANZA_ID = '{urn:xmpp:sid:0}stanza-id';

let server: TestServer;
let crone: TestClient;
let hag: TestClient;
let stranger: TestClient;

before(async () => {
  server = await startParley();
  crone = await server.login('crone');
  hag = await server.login('hag');
  stranger = await server.login('stranger');
});
after(() => server.stop());

let rooms = 0;

async function quiet(): Promise<void> {
  for (const it of [crone, hag, stranger]) await it.drain();
}

/** A room of the crone's that the hag is in, too. */
async function newRoom(fields: Readonly<Record<string, string>> = {}): Promise<string> {
  await quiet();
  const room = `talking${++rooms}@${SERVICE}`;
  await gather({ crone, hag }, fields, room);
  return room;
}

async function refused(client: TestClient, id: string, type: string, condition: string): Promise<void> {
  await client.receives(
    `<message type='error' id='${id}'><error type='${type}' by='*'><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`,
  );
}

function all(element: Element, key: string): readonly Element[] {
  return element.elements().filter((it) => it.key === key);
}

test('7.4: all get what one says, the sender too, with its id, from the nickname', async () => {
  const room = await newRoom();
  await hag.send(
    `<message id='hysf1v37' xml:lang='en' to='${room}' type='groupchat'><body>Harpier cries</body></message>`,
  );
  const seen: string[] = [];
  for (const it of [crone, hag]) {
    const message = await it.receives(
      `<message id='hysf1v37' xml:lang='en' type='groupchat' from='${room}/hag' to='${it.jid}'><body>Harpier cries</body><occupant-id xmlns='urn:xmpp:occupant-id:0'/><stanza-id xmlns='urn:xmpp:sid:0' by='${room}' id='*'/></message>`,
    );
    seen.push(message.child(STANZA_ID)?.attr('id') ?? '');
  }
  assert.equal(seen[0], seen[1]);
});

test('7.4: chat states, markers and reactions pass, and what does not last has no id of the archive', async () => {
  const room = await newRoom();
  for (const [payload, lasts] of [
    [`<composing xmlns='http://jabber.org/protocol/chatstates'/>`, false],
    [`<displayed xmlns='urn:xmpp:chat-markers:0' id='x'/><store xmlns='urn:xmpp:hints'/>`, true],
    [
      `<reactions xmlns='urn:xmpp:reactions:0' id='x'><reaction>👋</reaction></reactions><store xmlns='urn:xmpp:hints'/>`,
      true,
    ],
  ] as const) {
    await hag.send(`<message to='${room}' type='groupchat'>${payload}</message>`);
    const seen = await crone.receives(`<message from='${room}/hag'>${payload}</message>`);
    assert.equal(seen.child(STANZA_ID) !== undefined, lasts, String(seen));
  }
});

test('17.3, XEP-0359, XEP-0421: what only rooms and servers say is taken out', async () => {
  const room = await newRoom();
  const forged =
    `<x xmlns='${MUC}#user'><item affiliation='owner'/><status code='104'/></x>` +
    `<occupant-id xmlns='urn:xmpp:occupant-id:0' id='forged'/>` +
    `<stanza-id xmlns='urn:xmpp:sid:0' by='${room.toUpperCase()}' id='forged'/>` +
    `<stanza-id xmlns='urn:xmpp:sid:0' by='crone@capulet.lit' id='forged'/>` +
    `<delay xmlns='urn:xmpp:delay' from='${room}' stamp='2002-10-13T23:58:37Z'/>` +
    `<x xmlns='jabber:x:delay' from='${room}' stamp='20021013T23:58:37'/>` +
    `<addresses xmlns='http://jabber.org/protocol/address'><address type='ofrom' jid='crone@capulet.lit'/></addresses>`;
  const honest = `<body>hi</body><origin-id xmlns='urn:xmpp:sid:0' id='o'/>`;
  for (const to of [room, `${room}/crone`]) {
    const type = to === room ? 'groupchat' : 'chat';
    await hag.send(`<message from='${hag.jid}' odd='1' to='${to}' type='${type}'>${honest}${forged}</message>`);
    const seen = await crone.receives(`<message from='${room}/hag' type='${type}'>${honest}</message>`);
    assert.ok(!/forged|2002|ofrom|hag@|owner|104|odd/.test(String(seen)), String(seen));
    assert.equal(all(seen, OCCUPANT_ID).length, 1);
    assert.ok(all(seen, STANZA_ID).length <= 1);
  }
});

test('7.4, 7.5: who is not inside is not-acceptable', async () => {
  const room = await newRoom();
  await stranger.send(`<message id='a' to='${room}' type='groupchat'><body>hi</body></message>`);
  await refused(stranger, 'a', 'modify', 'not-acceptable');
  await stranger.send(`<message id='b' to='${room}/crone' type='chat'><body>hi</body></message>`);
  await refused(stranger, 'b', 'modify', 'not-acceptable');
  await crone.receivesNothing();
});

test('7.4: a visitor is forbidden to speak to all, and may whisper', async () => {
  const room = await newRoom({ moderatedroom: '1' });
  await hag.send(`<message id='a' to='${room}' type='groupchat'><body>hi</body></message>`);
  await refused(hag, 'a', 'auth', 'forbidden');
  await crone.receivesNothing();
  await hag.send(`<message id='b' to='${room}/crone' type='chat'><body>hi</body></message>`);
  await crone.receives(`<message id='b' from='${room}/hag'/>`);
});

test('17.2: a room that is not there, or no more, is item-not-found', async () => {
  const room = await newRoom();
  await crone.iq('set', `<query xmlns='${MUC}#owner'><destroy/></query>`, room);
  await quiet();
  for (const to of [room, `${room}/hag`, `never@${SERVICE}`]) {
    await crone.send(
      `<message id='a' to='${to}' type='${to === `${room}/hag` ? 'chat' : 'groupchat'}'><body>hi</body></message>`,
    );
    await refused(crone, 'a', 'cancel', 'item-not-found');
  }
});

test('17.2: a message to the room that is not for all, and nothing that the room knows, is a bad-request', async () => {
  const room = await newRoom();
  for (const type of ['chat', 'normal', 'headline']) {
    await hag.send(`<message id='a' to='${room}' type='${type}'><body>hi</body></message>`);
    await refused(hag, 'a', 'modify', 'bad-request');
  }
  await crone.receivesNothing();
});

test('messagesPerSecond: who floods the room has to wait', async () => {
  const slow = await startParley({ modules: { muc: { messagesPerSecond: 2 } } });
  try {
    const client = await slow.login('crone');
    await gather({ crone: client });
    const room = `coven@${SERVICE}`;
    for (const id of ['a', 'b', 'c'])
      await client.send(`<message id='${id}' to='${room}' type='groupchat'><body>x</body></message>`);
    for (const id of ['a', 'b']) await client.receives(`<message id='${id}' type='groupchat'/>`);
    await refused(client, 'c', 'wait', 'policy-violation');
    slow.clock.advance(1000);
    await client.send(`<message id='d' to='${room}' type='groupchat'><body>x</body></message>`);
    await client.receives(`<message id='d' type='groupchat'/>`);
  } finally {
    await slow.stop();
  }
});

test('7.5: a private message reaches all devices of the other, from the nickname, with <x/>', async () => {
  const room = await newRoom();
  const pda = await server.login('crone', { resource: 'pda' });
  await enter(pda, 'crone', '', room);
  await Promise.all([quiet(), pda.drain()]);
  await hag.send(
    `<message id='hgn27af1' to='${room}/crone' type='chat'><body>I'll give thee a wind.</body><x xmlns='${MUC}#user'/></message>`,
  );
  for (const it of [crone, pda]) {
    const seen = await it.receives(
      `<message id='hgn27af1' type='chat' from='${room}/hag' to='${it.jid}'><body>I'll give thee a wind.</body><occupant-id xmlns='urn:xmpp:occupant-id:0' id='*'/></message>`,
    );
    assert.equal(all(seen, `{${MUC}#user}x`).length, 1);
    assert.equal(seen.child(`{${MUC}#user}x`)?.children.length, 0);
  }
  await Promise.all([crone.receivesNothing(), pda.receivesNothing(), hag.receivesNothing()]);
  await pda.close();
});

test('XEP-0280 6.1: what one device whispers is copied to the others, what it hears is not', async () => {
  const room = await newRoom();
  const pda = await server.login('hag', { resource: 'pda' });
  await pda.iq('set', `<enable xmlns='urn:xmpp:carbons:2'/>`);
  await Promise.all([quiet(), pda.drain()]);
  await hag.send(`<message to='${room}/crone' type='chat'><body>out</body><x xmlns='${MUC}#user'/></message>`);
  await crone.receives(`<message from='${room}/hag'/>`);
  await pda.receives(`<message from='hag@capulet.lit'><sent xmlns='urn:xmpp:carbons:2'/></message>`);
  await crone.send(`<message to='${room}/hag' type='chat'><body>in</body></message>`);
  await hag.receives(`<message from='${room}/crone'/>`);
  await pda.receivesNothing();
  await pda.close();
});

test('XEP-0313: whispers are in the archives of both accounts, once, and not in that of the room', async () => {
  const room = await newRoom();
  await hag.send(`<message to='${room}/crone' type='chat'><body>psst</body></message>`);
  await crone.receives(
    `<message from='${room}/hag'><stanza-id xmlns='urn:xmpp:sid:0' by='crone@capulet.lit'/></message>`,
  );
  const query = (partner: string): string =>
    `<query xmlns='urn:xmpp:mam:2'><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>urn:xmpp:mam:2</value></field><field var='with'><value>${partner}</value></field></x></query>`;
  for (const [client, partner] of [
    [crone, 'hag'],
    [hag, 'crone'],
  ] as const) {
    const fin = await client.iq('set', query(`${room}/${partner}`));
    assert.equal(fin.attr('type'), 'result');
    assert.equal((await client.drain()).length, 1);
  }
  await crone.iq('set', `<query xmlns='urn:xmpp:mam:2'/>`, room);
  assert.ok(!String(await crone.drain()).includes('psst'));
});

test('7.5: a message of type groupchat to one is a bad-request, one to nobody item-not-found', async () => {
  const room = await newRoom();
  await hag.send(`<message id='a' to='${room}/crone' type='groupchat'><body>hi</body></message>`);
  await refused(hag, 'a', 'modify', 'bad-request');
  await hag.send(`<message id='b' to='${room}/nobody' type='chat'><body>hi</body></message>`);
  await refused(hag, 'b', 'cancel', 'item-not-found');
  await crone.receivesNothing();
});

test('7.5: muc#roomconfig_allowpm says who may whisper', async () => {
  for (const [allowpm, mayVisitor, mayModerator] of [
    ['anyone', true, true],
    ['participants', false, true],
    ['none', false, false],
  ] as const) {
    const room = await newRoom({ moderatedroom: '1', allowpm });
    for (const [client, to, other, may] of [
      [hag, 'crone', crone, mayVisitor],
      [crone, 'hag', hag, mayModerator],
    ] as const) {
      await client.send(`<message id='w' to='${room}/${to}' type='chat'><body>hi</body></message>`);
      if (may) await other.receives(`<message id='w' type='chat'/>`);
      else await refused(client, 'w', 'auth', 'forbidden');
    }
  }
  const room = await newRoom({ allowpm: 'moderators' });
  await enter(stranger, 'stranger', '', room);
  await quiet();
  await hag.send(`<message id='w' to='${room}/stranger' type='chat'><body>hi</body></message>`);
  await refused(hag, 'w', 'auth', 'forbidden');
  await hag.send(`<message id='w' to='${room}/crone' type='chat'><body>hi</body></message>`);
  await crone.receives(`<message id='w' from='${room}/hag'/>`);
});

test('7.5: an error for a whisper goes back, without addresses; one for what was said to all does not', async () => {
  const room = await newRoom();
  await hag.send(`<message id='w' to='${room}/crone' type='chat'><body>hi</body></message>`);
  await hag.send(`<message id='g' to='${room}' type='groupchat'><body>hi</body></message>`);
  await quiet();
  for (const id of ['w', 'g', 'w']) {
    await crone.send(
      `<message id='${id}' type='error' to='${room}/hag'><error type='cancel' by='crone@capulet.lit'><not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`,
    );
  }
  const error = await hag.receives(
    `<message id='w' type='error' from='${room}/crone'><error type='cancel'><not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`,
  );
  assert.ok(!String(error).includes('crone@'), String(error));
  await hag.receivesNothing();
});

test('8.1: a moderator changes the subject, and empties it', async () => {
  const room = await newRoom();
  for (const text of ['Fire Burn and Cauldron Bubble!', '']) {
    await crone.send(
      `<message id='s' to='${room}' type='groupchat'><subject>${text}</subject><subject xml:lang='de'>${text}</subject></message>`,
    );
    for (const it of [crone, hag]) {
      const seen = await it.receives(
        `<message id='s' type='groupchat' from='${room}/crone'><subject/><subject xml:lang='de'/></message>`,
      );
      assert.equal(seen.childText('{jabber:client}subject'), text);
    }
    await enter(stranger, 'stranger', '', room);
    await stranger.send(`<presence to='${room}/stranger'><x xmlns='${MUC}'/></presence>`);
    const subject = (await stranger.drain()).at(-1);
    assert.equal(subject?.childText('{jabber:client}subject'), text);
    assert.equal(subject?.elements().filter((it) => it.name === 'subject').length, 2);
    await quiet();
  }
});

test('8.1: a participant is forbidden to change it, unless muc#roomconfig_changesubject lets it', async () => {
  const room = await newRoom();
  await hag.send(`<message id='s' to='${room}' type='groupchat'><subject>mine</subject></message>`);
  await refused(hag, 's', 'auth', 'forbidden');
  await crone.receivesNothing();
  const open = await newRoom({ changesubject: '1' });
  await hag.send(`<message id='s' to='${open}' type='groupchat'><subject>mine</subject></message>`);
  await crone.receives(`<message id='s' from='${open}/hag'><subject>mine</subject></message>`);
});

test('8.1: a message with a subject and a body, or a thread, changes nothing', async () => {
  const room = await newRoom();
  for (const more of ['<body>hi</body>', '<thread>t</thread>']) {
    await hag.send(`<message id='s' to='${room}' type='groupchat'><subject>no</subject>${more}</message>`);
    for (const it of [crone, hag])
      await it.receives(`<message id='s' from='${room}/hag'><subject>no</subject>${more}</message>`);
  }
  await hag.send(`<presence to='${room}/hag'><x xmlns='${MUC}'/></presence>`);
  assert.equal((await hag.drain()).at(-1)?.childText('{jabber:client}subject'), '');
});

test('7.2.4: in a semi-anonymous room no stanza whatever tells a participant an address of others', async () => {
  const room = await newRoom({ moderatedroom: '1', changesubject: '1' });
  const pda = await server.login('crone', { resource: 'pda' });
  await administer(crone, `<item affiliation='member' jid='hag@capulet.lit'/>`, room);
  await quiet();
  await enter(pda, 'crone', '', room);
  await crone.send(`<presence to='${room}/crone'><show>away</show></presence>`);
  await crone.send(`<message from='${crone.jid}' to='${room}' type='groupchat'><subject>s</subject></message>`);
  await crone.send(`<message from='${crone.jid}' to='${room}' type='groupchat'><body>b</body></message>`);
  await crone.send(`<message from='${crone.jid}' to='${room}/hag' type='chat'><body>w</body></message>`);
  await crone.send(`<iq id='i' type='get' to='${room}/hag'><query xmlns='jabber:iq:version'/></iq>`);
  await enter(stranger, 'stranger', '', room);
  await stranger.send(`<presence to='${room}/odd'/>`);
  await administer(crone, `<item nick='odd' role='participant'><reason>r</reason></item>`, room);
  await administer(crone, `<item affiliation='admin' jid='stranger@capulet.lit'/>`, room);
  await administer(crone, `<item affiliation='none' jid='stranger@capulet.lit'/>`, room);
  await administer(crone, `<item affiliation='outcast' jid='stranger@capulet.lit'/>`, room);
  await administer(crone, `<item affiliation='member' jid='absent@capulet.lit'/>`, room);
  await hag.send(`<presence to='${room}/hag'><x xmlns='${MUC}'><history maxstanzas='20'/></x></presence>`);
  await hag.iq('get', `<query xmlns='http://jabber.org/protocol/disco#items'/>`, room);
  await hag.iq('get', `<vCard xmlns='vcard-temp'/>`, `${room}/crone`);
  await hag.iq('set', `<query xmlns='urn:xmpp:mam:2'/>`, room);
  await pda.close();
  await crone.send(`<presence type='unavailable' to='${room}/crone'><status>bye</status></presence>`);
  await Promise.all([crone.drain(), hag.drain()]);
  const start = hag.texts.findIndex((it) => it.includes(room));
  const told = hag.texts.slice(start).join('').split(room).slice(1).join(room);
  assert.ok(told.length > 3000, 'the scene was played');
  assert.doesNotMatch(told, /(crone|stranger|absent)@capulet/);
});
