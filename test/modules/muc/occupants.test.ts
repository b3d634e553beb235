/** XEP-0045 sections 7.6, 7.7, 7.14 and 11.1, and several devices under one nickname (7.2.8). */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TestClient } from '../../support/client.ts';
import { startParley, type TestServer } from '../../support/parley.ts';
import { administer, configure, enter, gather, listOf, MUC, SERVICE } from './room.ts';

const OCCUPANT_ID = '{urn:xmpp:occupant-id:0}occupant-id';

let server: TestServer;
let crone: TestClient;
let hag: TestClient;
/** Another device of the hag's. */
let pda: TestClient;

before(async () => {
  server = await startParley();
  crone = await server.login('crone');
  hag = await server.login('hag', { resource: 'laptop' });
  pda = await server.login('hag', { resource: 'pda' });
  await quiet();
});
after(() => server.stop());

let rooms = 0;

async function quiet(): Promise<void> {
  for (const it of [crone, hag, pda]) await it.drain();
}

async function newRoom(fields: Readonly<Record<string, string>> = {}): Promise<string> {
  const room = `occupants${++rooms}@${SERVICE}`;
  await gather({ crone, hag }, fields, room);
  return room;
}

function codes(...list: number[]): string {
  return list.map((it) => `<status code='${it}'/>`).join('');
}

test('7.6: a new nickname is an end with 303 and the name, and a beginning, for all', async () => {
  const room = await newRoom();
  await hag.send(`<presence id='nick' to='${room}/oldhag'><status>old</status></presence>`);
  await hag.receives(
    `<presence type='unavailable' from='${room}/hag'><x xmlns='${MUC}#user'><item nick='oldhag' role='participant' affiliation='none'/>${codes(303, 110)}</x></presence>`,
  );
  await hag.receives(
    `<presence id='nick' from='${room}/oldhag'><status>old</status><x xmlns='${MUC}#user'><item role='participant'/>${codes(110)}</x></presence>`,
  );
  const gone = await crone.receives(
    `<presence type='unavailable' from='${room}/hag'><x xmlns='${MUC}#user'><item nick='oldhag' jid='${hag.jid}'/>${codes(303)}</x></presence>`,
  );
  assert.ok(!gone.toString().includes(`code='110'`));
  const come = await crone.receives(`<presence from='${room}/oldhag'><status>old</status></presence>`);
  assert.equal(come.attr('id'), undefined);
  assert.equal(come.child(OCCUPANT_ID)?.attr('id'), gone.child(OCCUPANT_ID)?.attr('id'));
  await quiet();
});

test('7.6: a nickname that somebody has or has reserved, or that cannot be one, is refused', async () => {
  const room = await newRoom();
  await administer(crone, `<item affiliation='member' jid='other@capulet.lit' nick='mine'/>`, room);
  await quiet();
  for (const [nick, condition] of [
    ['crone', 'conflict'],
    ['mine', 'conflict'],
    ['  ', 'jid-malformed'],
    ['h'.repeat(200), 'policy-violation'],
  ] as const) {
    await hag.send(`<presence id='n' to='${room}/${nick}'/>`);
    await hag.receives(
      `<presence type='error' id='n' from='${room}/${nick}'><error by='${room}'><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>`,
    );
  }
  await Promise.all([crone.receivesNothing(), hag.receivesNothing()]);
});

test('7.6: nobody takes the name under which another of their devices is there', async () => {
  const room = await newRoom();
  await enter(pda, 'pda', '', room);
  await quiet();
  await hag.send(`<presence id='n' to='${room}/pda'/>`);
  await hag.receives(`<presence type='error' id='n'><error type='cancel'/></presence>`);
  await pda.receivesNothing();
  await quiet();
});

test('7.7: others see what one says of oneself, and one sees its id', async () => {
  const room = await newRoom();
  await hag.send(
    `<presence id='xa' xml:lang='de' to='${room}/hag'><show>xa</show><status>weg</status><priority>3</priority></presence>`,
  );
  const seen = await crone.receives(
    `<presence xml:lang='de' from='${room}/hag'><show>xa</show><status>weg</status><priority>3</priority><x xmlns='${MUC}#user'><item jid='${hag.jid}'/></x></presence>`,
  );
  assert.equal(seen.attr('id'), undefined);
  await hag.receives(
    `<presence id='xa' from='${room}/hag'><show>xa</show><x xmlns='${MUC}#user'>${codes(110)}</x></presence>`,
  );
  await Promise.all([crone.receivesNothing(), hag.receivesNothing()]);
});

test('17.3: what only rooms say is taken out of presence', async () => {
  const room = await newRoom();
  await hag.send(
    `<presence to='${room}/hag'><x xmlns='${MUC}#user'><item affiliation='owner' role='moderator' jid='a@b'/><status code='307'/></x>` +
      `<occupant-id xmlns='urn:xmpp:occupant-id:0' id='forged'/><c xmlns='http://jabber.org/protocol/caps' ver='1'/></presence>`,
  );
  const seen = await crone.receives(
    `<presence from='${room}/hag'><c xmlns='http://jabber.org/protocol/caps' ver='1'/></presence>`,
  );
  assert.equal(seen.elements().filter((it) => it.key === `{${MUC}#user}x`).length, 1);
  assert.equal(seen.elements().filter((it) => it.key === OCCUPANT_ID).length, 1);
  assert.ok(!/forged|307|owner|a@b/.test(String(seen)), String(seen));
  await quiet();
});

test('7.14: who goes sees it with 110, others with the words of the leaver and without a role', async () => {
  const room = await newRoom();
  await hag.send(
    `<presence id='bye' type='unavailable' to='${room}/hag'><status>gone where the goblins go</status></presence>`,
  );
  await hag.receives(
    `<presence id='bye' type='unavailable' from='${room}/hag'><status>gone where the goblins go</status><x xmlns='${MUC}#user'><item role='none' affiliation='none'/>${codes(110)}</x></presence>`,
  );
  const seen = await crone.receives(
    `<presence type='unavailable' from='${room}/hag'><status>gone where the goblins go</status><x xmlns='${MUC}#user'><item role='none'/></x></presence>`,
  );
  assert.ok(seen.child(OCCUPANT_ID) && !seen.toString().includes(`code='110'`));
  await hag.send(`<presence type='unavailable' to='${room}/hag'/>`); // section 17.3: silently ignored
  await Promise.all([crone.receivesNothing(), hag.receivesNothing()]);
});

test('7.14: who goes offline, or whose stream ends, leaves', async () => {
  const room = await newRoom();
  const guest = await server.login('guest');
  await enter(guest, 'guest', '', room);
  await guest.send(`<presence type='unavailable'><status>off</status></presence>`);
  await crone.receives(`<presence from='${room}/guest'/>`);
  await crone.receives(`<presence type='unavailable' from='${room}/guest'><status>off</status></presence>`);
  await enter(guest, 'guest', '', room);
  await guest.close();
  await crone.receives(`<presence from='${room}/guest'/>`);
  await crone.receives(`<presence type='unavailable' from='${room}/guest'/>`);
  await quiet();
});

test('7.2.8: a second device under the nickname is let in, others see one occupant, and both hear all', async () => {
  const room = await newRoom();
  await pda.send(`<presence id='two' to='${room}/hag'><x xmlns='${MUC}'/><show>chat</show></presence>`);
  await pda.receives(`<presence from='${room}/crone'/>`);
  await pda.receives(
    `<presence id='two' from='${room}/hag'><show>chat</show><x xmlns='${MUC}#user'>${codes(110)}</x></presence>`,
  );
  await pda.receives(`<message from='${room}'><subject/></message>`);
  const other = await hag.receives(
    `<presence from='${room}/hag'><show>chat</show><x xmlns='${MUC}#user'>${codes(110)}</x></presence>`,
  );
  assert.equal(other.attr('id'), undefined);
  await crone.receives(`<presence from='${room}/hag'><x xmlns='${MUC}#user'><item jid='${pda.jid}'/></x></presence>`);
  await crone.receivesNothing();
  await pda.send(`<message id='m' type='groupchat' to='${room}'><body>from the pda</body></message>`);
  for (const it of [crone, hag, pda])
    await it.receives(`<message id='m' from='${room}/hag'><body>from the pda</body></message>`);
});

test('7.2.8: the nickname of all devices changes, and the last one takes the occupant along', async () => {
  const room = await newRoom();
  await enter(pda, 'hag', '', room);
  await quiet();
  await pda.send(`<presence id='n' to='${room}/witch'/>`);
  for (const it of [hag, pda]) {
    await it.receives(
      `<presence type='unavailable' from='${room}/hag'><x xmlns='${MUC}#user'>${codes(303, 110)}</x></presence>`,
    );
    await it.receives(`<presence from='${room}/witch'><x xmlns='${MUC}#user'>${codes(110)}</x></presence>`);
  }
  await quiet();
  await pda.send(`<presence id='bye' type='unavailable' to='${room}/witch'/>`);
  const bye = await pda.receives(
    `<presence id='bye' type='unavailable' from='${room}/witch'><x xmlns='${MUC}#user'><item role='none'/>${codes(110)}</x></presence>`,
  );
  assert.ok(bye.child(OCCUPANT_ID));
  const stays = await crone.receives(
    `<presence from='${room}/witch'><x xmlns='${MUC}#user'><item jid='${hag.jid}'/></x></presence>`,
  );
  assert.equal(stays.attr('type'), undefined);
  await crone.receivesNothing();
  await hag.drain();
  await hag.send(`<presence type='unavailable' to='${room}/witch'/>`);
  await crone.receives(`<presence type='unavailable' from='${room}/witch'/>`);
  await quiet();
});

test('7.2.8: a device that was not the last to speak of itself goes unnoticed', async () => {
  const room = await newRoom();
  await enter(pda, 'hag', '', room);
  await quiet();
  await hag.send(`<presence type='unavailable' to='${room}/hag'/>`);
  await hag.receives(`<presence type='unavailable' from='${room}/hag'/>`);
  await Promise.all([crone.receivesNothing(), pda.receivesNothing()]);
});

test('10.2: roles that are not broadcast are seen by themselves alone', async () => {
  const room = await newRoom({ moderatedroom: '1', presencebroadcast: 'moderator' });
  const guest = await server.login('guest');
  await guest.send(`<presence to='${room}/guest'><x xmlns='${MUC}'/></presence>`);
  await guest.receives(`<presence from='${room}/crone'/>`);
  await guest.receives(
    `<presence from='${room}/guest'><x xmlns='${MUC}#user'><item role='visitor'/>${codes(110)}</x></presence>`,
  );
  await Promise.all([crone.receivesNothing(), hag.receivesNothing()]);
  await administer(crone, `<item nick='guest' role='moderator'/>`, room);
  for (const it of [crone, hag])
    await it.receives(`<presence from='${room}/guest'><x xmlns='${MUC}#user'><item role='moderator'/></x></presence>`);
  await administer(crone, `<item nick='guest' role='visitor'/>`, room);
  for (const it of [crone, hag]) {
    await it.receives(
      `<presence type='unavailable' from='${room}/guest'><x xmlns='${MUC}#user'><item role='none'/></x></presence>`,
    );
  }
  await guest.drain();
  await guest.send(`<presence type='unavailable' to='${room}/guest'/>`);
  await guest.receives(
    `<presence type='unavailable' from='${room}/guest'><x xmlns='${MUC}#user'>${codes(110)}</x></presence>`,
  );
  await Promise.all([crone.receivesNothing(), hag.receivesNothing()]);
});

test('10.2: roles that cease to be broadcast go for the others, and come back', async () => {
  const room = await newRoom({ moderatedroom: '1' });
  await quiet();
  await configure(crone, { presencebroadcast: 'moderator' }, room);
  const gone = await crone.drain();
  assert.ok(
    gone.some((it) => it.attr('from') === `${room}/hag` && it.attr('type') === 'unavailable'),
    String(gone),
  );
  await configure(crone, { presencebroadcast: 'visitor' }, room);
  const back = await crone.drain();
  assert.ok(
    back.some((it) => it.attr('from') === `${room}/hag` && it.attr('type') === undefined),
    String(back),
  );
  await quiet();
});

test('8: who becomes a moderator is shown the addresses of those who are there', async () => {
  const room = await newRoom();
  const guest = await server.login('guest');
  await enter(guest, 'guest', '', room);
  await Promise.all([quiet(), guest.drain()]);
  await administer(crone, `<item nick='guest' role='moderator'/>`, room);
  await guest.receives(`<presence from='${room}/guest'><x xmlns='${MUC}#user'>${codes(110)}</x></presence>`);
  await guest.receivesAll(
    `<presence from='${room}/crone'><x xmlns='${MUC}#user'><item jid='${crone.jid}'/></x></presence>`,
    `<presence from='${room}/hag'><x xmlns='${MUC}#user'><item jid='${hag.jid}'/></x></presence>`,
  );
  await guest.receivesNothing();
  await guest.close();
  await quiet();
});

test('7.11: members see who the members are where addresses are shown, inside or not, and nobody else does', async () => {
  const stranger = await server.login('stranger');
  const member = await server.login('member');
  for (const [whois, isAllowed] of [
    ['anyone', true],
    ['moderators', false],
  ] as const) {
    const room = `members${++rooms}@${SERVICE}`;
    await gather({ crone }, { membersonly: '1', whois }, room);
    for (const it of ['hag', 'member'])
      await administer(crone, `<item affiliation='member' jid='${it}@capulet.lit'/>`, room);
    await enter(hag, 'hag', '', room);
    for (const it of [hag, member]) {
      const list = await listOf(it, `affiliation='member'`, room);
      assert.equal(list.join().includes('member@capulet.lit'), isAllowed, `${whois}: ${list}`);
    }
    assert.deepEqual(await listOf(hag, `affiliation='outcast'`, room), ['forbidden']);
    assert.deepEqual(await listOf(stranger, `affiliation='member'`, room), ['forbidden']);
    await quiet();
  }
});

test('11.1, 18.1.2: a device that is gone before it is inside is taken out again', async () => {
  const room = await newRoom();
  await hag.send(`<message to='${room}' type='groupchat'><body>hi</body></message>`);
  await quiet();
  for (let i = 0; i < 3; i++) {
    const guest = await server.login('ghost');
    await guest.send(`<presence to='${room}/ghost'><x xmlns='${MUC}'/></presence></stream:stream>`);
    await guest.cut();
  }
  const items = await crone.iq('get', `<query xmlns='http://jabber.org/protocol/disco#items'/>`, room);
  assert.ok(!String(items).includes('ghost'), String(items));
  await quiet();
});

test('11.1, 18.1.2: an error does not throw out a device that is there', async () => {
  const room = await newRoom();
  const error = `<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`;
  await hag.send(`<message type='error' to='${room}/crone'>${error}</message>`);
  await hag.send(`<presence type='error' to='${room}/crone'>${error}</presence>`);
  await Promise.all([crone.receivesNothing(), hag.receivesNothing()]);
  assert.equal((await hag.iq('get', `<ping xmlns='urn:xmpp:ping'/>`, `${room}/hag`)).attr('type'), 'result');
});

test('XEP-0421 4: the id is the same for all devices and visits, another one in another room, and tells nothing', async () => {
  const [one, other] = [await newRoom(), await newRoom()];
  const idIn = async (client: TestClient, room: string): Promise<string> => {
    await client.send(`<presence to='${room}/hag'><x xmlns='${MUC}'/></presence>`);
    const all = await client.drain();
    const self = all.find((it) => it.attr('from') === `${room}/hag`);
    return self?.child(OCCUPANT_ID)?.attr('id') ?? '';
  };
  const first = await idIn(hag, one);
  assert.ok(first.length >= 32 && first.length <= 128);
  assert.equal(await idIn(pda, one), first);
  for (const it of [hag, pda]) await it.send(`<presence type='unavailable' to='${one}/hag'/>`);
  await quiet();
  assert.equal(await idIn(pda, one), first);
  assert.notEqual(await idIn(hag, other), first);
  await quiet();
});
