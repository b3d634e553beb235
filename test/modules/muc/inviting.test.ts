/** XEP-0045 sections 7.8.2 and 9.5: invitations through a room, and declining them. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { TestClient } from '../../support/client.ts';
import { startParley, type TestServer } from '../../support/parley.ts';
import { configure, enter, gather, MUC, ROOM } from './room.ts';

let server: TestServer;
/** The owner, somebody in the room, and one who is not. */
let crone: TestClient;
let hag: TestClient;
let hecate: TestClient;

beforeEach(async () => {
  server = await startParley({ modules: { muc: { invitationsPerHour: 5 } } });
  [crone, hag, hecate] = await Promise.all([server.login('crone'), server.login('hag'), server.login('hecate')]);
  await gather({ firstwitch: crone, secondwitch: hag });
});
afterEach(() => server.stop());

function message(inner: string, attributes = `id='nzd143v8'`): string {
  return `<message to='${ROOM}' ${attributes}><x xmlns='${MUC}#user'>${inner}</x></message>`;
}

const INVITE = `<invite to='hecate@capulet.lit'><reason>The place for all good witches!</reason></invite>`;

function error(condition: string, type = '*'): string {
  return `<message type='error' from='${ROOM}' id='nzd143v8'><error type='${type}'><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>`;
}

async function administer(item: string): Promise<void> {
  const answer = await crone.iq('set', `<query xmlns='${MUC}#admin'>${item}</query>`, ROOM);
  assert.equal(answer.attr('type'), 'result', String(answer));
}

async function members(): Promise<string> {
  return String(await crone.iq('get', `<query xmlns='${MUC}#admin'><item affiliation='member'/></query>`, ROOM));
}

/** Hag, and nobody else, is a member of a room for members only. */
async function close(fields: Readonly<Record<string, string>> = {}): Promise<void> {
  await administer(`<item affiliation='member' jid='hag@capulet.lit'/>`);
  await configure(crone, { membersonly: '1', ...fields });
  await crone.drain();
  await hag.drain();
}

test('7.8.2: the room hands an invitation on, with the account of the inviter and the reason', async () => {
  await hag.send(message(INVITE));
  const invitation = await hecate.receives(
    `<message from='${ROOM}' to='hecate@capulet.lit' id='nzd143v8'><x xmlns='${MUC}#user'><invite from='hag@capulet.lit'><reason>The place for all good witches!</reason></invite></x></message>`,
  );
  assert.doesNotMatch(String(invitation), /password|type=/);
});

test('9.5: an invitation through an open room makes nobody a member', async () => {
  await crone.send(message(INVITE));
  await hecate.receive();
  assert.doesNotMatch(await members(), /hecate/);
});

test('7.8.2: the password of the room is added, and not what the inviter says of it', async () => {
  await configure(crone, { passwordprotectedroom: '1', roomsecret: 'cauldronburn' });
  await crone.drain();
  await crone.send(message(`${INVITE}<password>wrong</password>`));
  await hecate.receives(`<message><x xmlns='${MUC}#user'><invite/><password>cauldronburn</password></x></message>`);
});

test('7.9: invitations go to several, to a resource where one is named, and say what they continue', async () => {
  await server.account('wiccarocks');
  const laptop = await server.login('wiccarocks', { resource: 'laptop' });
  await crone.send(
    message(
      `<invite to='${laptop.jid}'><continue thread='e0ffe42b'/></invite><invite to='hecate@capulet.lit'><continue/></invite>`,
    ),
  );
  await laptop.receives(
    `<message to='${laptop.jid}'><x xmlns='${MUC}#user'><invite from='crone@capulet.lit'><continue thread='e0ffe42b'/></invite></x></message>`,
  );
  await hecate.receives(`<message><x xmlns='${MUC}#user'><invite><continue/></invite></x></message>`);
});

test('7.8.2: only occupants invite', async () => {
  await hecate.send(message(`<invite to='hag@capulet.lit'/>`));
  await hecate.receives(error('not-acceptable'));
  await hag.receivesNothing();
});

test('7.8.2: an address that is none, is missing, or where nobody is, is refused, and so is all of the message', async () => {
  for (const [attributes, condition] of [
    ['', 'bad-request'],
    [`to='@'`, 'jid-malformed'],
    [`to='capulet.lit'`, 'jid-malformed'],
    [`to='nobody@capulet.lit'`, 'item-not-found'],
    [`to='${ROOM}'`, 'item-not-found'],
  ] as const) {
    await crone.send(message(`${INVITE}<invite ${attributes}/>`));
    await crone.receives(error(condition));
  }
  await hecate.receivesNothing();
});

test('7.8.2: the banned are not invited', async () => {
  await administer(`<item affiliation='outcast' jid='hecate@capulet.lit'/>`);
  await crone.drain();
  await crone.send(message(INVITE));
  await crone.receives(error('not-allowed'));
  await hecate.receivesNothing();
});

test('9.5: a member may invite to a members-only room where that is allowed, and it makes members', async () => {
  await close();
  await hag.send(message(INVITE));
  await hecate.receives(`<message><x xmlns='${MUC}#user'><invite from='hag@capulet.lit'/></x></message>`);
  assert.match(await members(), /hecate@capulet.lit/);
  await enter(hecate, 'thirdwitch');
});

test('9.5: where it is not allowed a mere member is refused, even as a moderator; an admin is not', async () => {
  await close({ allowinvites: '0' });
  await hag.send(message(INVITE));
  await hag.receives(error('forbidden', 'auth'));
  await administer(`<item role='moderator' nick='secondwitch'/>`);
  await hag.drain();
  await hag.send(message(INVITE));
  await hag.receives(error('forbidden', 'auth'));
  await hecate.receivesNothing();
  await crone.drain();
  await crone.send(message(INVITE));
  await hecate.receives(`<message><x xmlns='${MUC}#user'><invite from='crone@capulet.lit'/></x></message>`);
});

test('5.1.1: in an open room that does not allow it only moderators invite', async () => {
  await configure(crone, { allowinvites: '0' });
  await hag.drain();
  await hag.send(message(INVITE));
  await hag.receives(error('forbidden', 'auth'));
  await administer(`<item role='moderator' nick='secondwitch'/>`);
  await hag.drain();
  await hag.send(message(INVITE));
  await hecate.receives(`<message><x xmlns='${MUC}#user'><invite/></x></message>`);
});

test('9.5: who is made a member of a members-only room and is not there is invited, with the password', async () => {
  await close({ passwordprotectedroom: '1', roomsecret: 'cauldronburn' });
  await administer(`<item affiliation='member' jid='hecate@capulet.lit'/>`);
  await hecate.receives(
    `<message from='${ROOM}'><x xmlns='${MUC}#user'><invite from='crone@capulet.lit'/><password>cauldronburn</password></x></message>`,
  );
  // Affiliated already.
  await administer(`<item affiliation='admin' jid='hecate@capulet.lit'/>`);
  await hecate.receivesNothing();
});

test('7.8.2: one account invites so many in an hour, and no more', async () => {
  await crone.send(message(INVITE.repeat(4)));
  for (let i = 0; i < 4; i++) await hecate.receive();
  await crone.send(message(INVITE.repeat(2)));
  await crone.receives(error('policy-violation', 'wait'));
  await hecate.receivesNothing();
  await hag.send(message(INVITE));
  await hecate.receive();
});

test('7.8.2: a message invites 50 at most', async () => {
  await crone.send(message(INVITE.repeat(51)));
  await crone.receives(error('policy-violation', 'modify'));
});

test('7.8.2: an invitation waits for one who is not online', async () => {
  await server.account('bard');
  await crone.send(message(`<invite to='bard@capulet.lit'/>`));
  await crone.receivesNothing();
  const bard = await server.login('bard');
  await bard.receives(
    `<message from='${ROOM}'><x xmlns='${MUC}#user'><invite from='crone@capulet.lit'/></x></message>`,
  );
});

const DECLINE = `<decline to='hag@capulet.lit'><reason>Too busy right now.</reason></decline>`;

test('7.8.2: the inviter hears that an invitation was declined', async () => {
  await hag.send(message(INVITE));
  await hecate.receive();
  await hecate.send(message(DECLINE, `id='jk2vs61v'`));
  await hag.receives(
    `<message from='${ROOM}' to='${hag.jid}' id='jk2vs61v'><x xmlns='${MUC}#user'><decline from='hecate@capulet.lit'><reason>Too busy right now.</reason></decline></x></message>`,
  );
});

test('7.8.2: an inviter who has left hears of it, too', async () => {
  await hag.send(message(INVITE));
  await hecate.receive();
  await hag.send(`<presence to='${ROOM}' type='unavailable'/>`);
  await hag.drain();
  await hecate.send(message(DECLINE));
  await hag.receives(`<message from='${ROOM}' to='hag@capulet.lit'><x xmlns='${MUC}#user'><decline/></x></message>`);
});

test('7.8.2: nobody declines what they were not invited to, or twice, so that no room speaks for strangers', async () => {
  await hecate.send(message(DECLINE));
  await hecate.receives(error('item-not-found'));
  await hag.send(message(INVITE));
  await hecate.receive();
  for (const [decline, condition] of [
    [`<decline to='crone@capulet.lit'/>`, 'item-not-found'],
    [`<decline/>`, 'bad-request'],
    [`<decline to='@'/>`, 'jid-malformed'],
  ] as const) {
    await hecate.send(message(decline));
    await hecate.receives(error(condition));
  }
  await hecate.send(message(DECLINE));
  await hag.receives(`<message><x xmlns='${MUC}#user'><decline/></x></message>`);
  await hecate.send(message(DECLINE));
  await hecate.receives(error('item-not-found'));
  await crone.receivesNothing();
});

test('XEP-0249: a direct invitation goes from one to the other, with all that it says', async () => {
  const direct = `<x xmlns='jabber:x:conference' jid='${ROOM}' password='cauldronburn' reason='Come' continue='true' thread='e0'/>`;
  await crone.send(`<message to='hecate@capulet.lit'>${direct}</message>`);
  await hecate.receives(`<message from='${crone.jid}'>${direct}</message>`);
});
