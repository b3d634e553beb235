/** XEP-0425 and XEP-0424 in rooms: what was said is taken back. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { TestClient } from '../../support/client.ts';
import { conditionOf } from '../../support/condition.ts';
import { startParley, type TestServer } from '../../support/parley.ts';
import type { Element } from '../../support/xml.ts';
import { ask, until } from '../archive/support.ts';
import { configure, enter, gather, MUC, ROOM } from './room.ts';

const RETRACT = 'urn:xmpp:message-retract:1';
const MODERATE = 'urn:xmpp:message-moderate:1';
const STANZA_ID = '{urn:xmpp:sid:0}stanza-id';
const OCCUPANT_ID = '{urn:xmpp:occupant-id:0}occupant-id';

let server: TestServer;
let crone: TestClient;
let hag: TestClient;

beforeEach(async () => {
  server = await startParley();
  [crone, hag] = await Promise.all([server.login('crone'), server.login('hag')]);
  await gather({ firstwitch: crone, secondwitch: hag }, { persistentroom: '1' });
});
afterEach(() => server.stop());

/** Says it to the room, and returns what all are sent. */
async function say(client: TestClient, inner: string, id = 'm'): Promise<Element> {
  await client.send(`<message to='${ROOM}' type='groupchat' id='${id}'>${inner}</message>`);
  const heard = await client.receives(`<message from='*' type='groupchat' id='${id}'/>`);
  for (const other of [crone, hag])
    if (other !== client) await other.receives(`<message type='groupchat' id='${id}'/>`);
  return heard;
}

function idOf(message: Element): string {
  return message.child(STANZA_ID)?.attr('id') ?? '';
}

function moderate(client: TestClient, id: string, inner = `<retract xmlns='${RETRACT}'/>`): Promise<Element> {
  return client.iq('set', `<moderate id='${id}' xmlns='${MODERATE}'>${inner}</moderate>`, ROOM);
}

async function archived(client: TestClient, id: string): Promise<Element> {
  const { messages } = await ask(client, { to: ROOM, fields: { ids: id } });
  assert.equal(messages.length, 1);
  return messages[0] as Element;
}

/** The tombstone of what its author has retracted, which takes a moment. */
async function tombstoneOf(client: TestClient, id: string): Promise<Element> {
  await until(async () => (await archived(client, id)).child(`{${RETRACT}}retracted`) !== undefined);
  return archived(client, id);
}

/** What somebody is sent who comes in now. */
async function historyFor(local: string): Promise<readonly Element[]> {
  const client = await server.login(local);
  await client.send(`<presence to='${ROOM}/${local}'><x xmlns='${MUC}'/></presence>`);
  const past: Element[] = [];
  for (;;) {
    const element = await client.receive();
    if (element.child('{jabber:client}subject') !== undefined) break;
    if (element.name === 'message') past.push(element);
  }
  await Promise.all([crone.drain(), hag.drain()]);
  return past;
}

test('XEP-0425 3.1: all are told, by the room, what a moderator has retracted, who and why', async () => {
  const id = idOf(await say(hag, '<body>DM me for free magic potions!</body>'));
  const answer = await moderate(crone, id, `<retract xmlns='${RETRACT}'/><reason>Spam</reason>`);
  assert.equal(answer.attr('type'), 'result');
  assert.equal(answer.firstElement(), undefined);
  for (const client of [crone, hag]) {
    const told = await client.receives(
      `<message type='groupchat' from='${ROOM}' id='*'><retract id='${id}' xmlns='${RETRACT}'><moderated by='${ROOM}/firstwitch' xmlns='${MODERATE}'><occupant-id xmlns='urn:xmpp:occupant-id:0' id='*'/></moderated><reason>Spam</reason></retract><stanza-id xmlns='urn:xmpp:sid:0' by='${ROOM}' id='*'/></message>`,
    );
    assert.doesNotMatch(told.innerXml(), /crone@/);
  }
});

test('XEP-0425 4: the archive has a tombstone with the author’s occupant-id, and XEP-0424 5: the retraction besides', async () => {
  const said = await say(hag, '<body>free magic potions</body>', 'spam-1');
  await moderate(crone, idOf(said), `<retract xmlns='${RETRACT}'/><reason>Spam</reason>`);
  const [told] = await crone.drain();
  const tombstone = await archived(hag, idOf(said));
  assert.equal(tombstone.attr('id'), 'spam-1');
  assert.equal(tombstone.attr('from'), `${ROOM}/secondwitch`);
  assert.equal(tombstone.child(OCCUPANT_ID)?.attr('id'), said.child(OCCUPANT_ID)?.attr('id'));
  assert.equal(tombstone.childText('{jabber:client}body'), undefined);
  const retracted = tombstone.child(`{${RETRACT}}retracted`);
  assert.equal(retracted?.attr('id'), told?.attr('id'));
  assert.ok(retracted?.attr('stamp'));
  assert.equal(retracted?.childText(`{${RETRACT}}reason`), 'Spam');
  assert.equal(retracted?.child(`{${MODERATE}}moderated`)?.attr('by'), `${ROOM}/firstwitch`);
  assert.ok(retracted?.child(`{${MODERATE}}moderated`)?.child(OCCUPANT_ID));
  const announced = await archived(hag, idOf(told as Element));
  assert.equal(announced.child(`{${RETRACT}}retract`)?.attr('id'), idOf(said));
});

test('XEP-0425 5: newcomers are not sent what was retracted, whether the history is in memory or read anew', async () => {
  const id = idOf(await say(hag, '<body>free magic potions</body>'));
  await moderate(crone, id);
  await Promise.all([crone.drain(), hag.drain()]);
  for (const local of ['wiccarocks', 'hecate']) {
    const past = await historyFor(local);
    assert.equal(past.length, 2);
    assert.ok(past[0]?.child(`{${RETRACT}}retracted`));
    assert.ok(past[0]?.child('{urn:xmpp:delay}delay'));
    assert.equal(past[1]?.child(`{${RETRACT}}retract`)?.attr('id'), id);
    assert.doesNotMatch(past.join(''), /potions/);
    await server.restart();
    [crone, hag] = await Promise.all([server.login('crone'), server.login('hag')]);
  }
});

test('XEP-0425 3.2: none but moderators may do it', async () => {
  const id = idOf(await say(crone, '<body>fair is foul</body>'));
  const stranger = await server.login('wiccarocks');
  for (const client of [hag, stranger]) assert.equal(conditionOf(await moderate(client, id)), 'forbidden');
  assert.equal((await archived(hag, id)).childText('{jabber:client}body'), 'fair is foul');
  await Promise.all([crone.receivesNothing(), hag.receivesNothing()]);
});

test('XEP-0425 3.2: what is not there cannot be retracted, nor what is no request', async () => {
  const said = await say(hag, '<body>fair is foul</body>', 'by-its-sender');
  for (const id of ['nothing', 'by-its-sender', `${idOf(said).slice(0, -1)}!`]) {
    assert.equal(conditionOf(await moderate(crone, id)), 'item-not-found');
  }
  assert.equal(conditionOf(await moderate(crone, idOf(said), '')), 'feature-not-implemented');
  assert.equal(conditionOf(await moderate(crone, '')), 'bad-request');
  await hag.receivesNothing();
});

test('XEP-0425 6: a subject that is retracted is told to nobody any more, and who is there sees that there is none', async () => {
  await configure(crone, { changesubject: '1' });
  await Promise.all([crone.drain(), hag.drain()]);
  const subject = await say(hag, '<subject>slander</subject>', 's');
  assert.equal((await moderate(crone, idOf(subject))).attr('type'), 'result');
  await hag.receives(`<message from='${ROOM}'><subject/></message>`);
  await Promise.all([crone.drain(), hag.drain()]);
  const newcomer = await server.login('macbeth');
  await enter(newcomer, 'macbeth');
  assert.ok(!String(await newcomer.drain()).includes('slander'));
  await server.restart();
  const later = await server.login('later');
  await later.send(`<presence to='${ROOM}/later'><x xmlns='${MUC}'/></presence>`);
  assert.doesNotMatch(String(await later.drain()), /slander/);
});

test('XEP-0425 5: the word of a moderator stays, and what was retracted once is not retracted again', async () => {
  const id = idOf(await say(hag, '<body>fair is foul</body>'));
  await moderate(crone, id);
  const [told] = await crone.drain();
  await hag.drain();
  assert.equal(conditionOf(await moderate(crone, idOf(told as Element))), 'not-allowed');
  assert.equal((await moderate(crone, id)).attr('type'), 'result');
  await Promise.all([crone.receivesNothing(), hag.receivesNothing()]);
});

test('XEP-0425: there is an end to a reason', async () => {
  const id = idOf(await say(hag, '<body>fair is foul</body>'));
  await moderate(crone, id, `<retract xmlns='${RETRACT}'/><reason>${'x'.repeat(5000)}</reason>`);
  const told = await hag.receive();
  assert.equal(told.child(`{${RETRACT}}retract`)?.childText(`{${RETRACT}}reason`)?.length, 1024);
});

test('XEP-0425 5: occupants cannot speak of a moderator’s doing, nor make up tombstones', async () => {
  const id = idOf(await say(hag, '<body>fair is foul</body>'));
  const moderated = `<moderated xmlns='${MODERATE}' by='${ROOM}/firstwitch'/>`;
  const forged = await say(
    hag,
    `<body>x</body><retract xmlns='${RETRACT}' id='${id}'>${moderated}</retract><retracted xmlns='${RETRACT}' id='y'>${moderated}</retracted>`,
    'forged',
  );
  assert.doesNotMatch(String(forged), /retract|moderated/);
});

test('XEP-0425 in a room without an archive: the history is cleaned, and all are told', async () => {
  await configure(crone, { enablearchiving: '0' });
  await Promise.all([crone.drain(), hag.drain()]);
  const id = idOf(await say(hag, '<body>free magic potions</body>'));
  assert.equal((await moderate(crone, id)).attr('type'), 'result');
  await hag.receives(`<message from='${ROOM}'><retract xmlns='${RETRACT}' id='${id}'/></message>`);
  assert.equal(conditionOf(await moderate(crone, 'nothing')), 'item-not-found');
  await crone.drain();
  assert.doesNotMatch((await historyFor('wiccarocks')).join(''), /potions/);
});

test('XEP-0424 4: the author takes it back, from another name, too: a tombstone stays in archive and history', async () => {
  const said = await say(hag, '<body>the wrong window</body>', 'wrong-1');
  await hag.send(`<presence to='${ROOM}/hag66'/>`);
  await Promise.all([crone.drain(), hag.drain()]);
  await say(hag, `<retract xmlns='${RETRACT}' id='${idOf(said)}'/>`, 'retract-1');
  const tombstone = await tombstoneOf(crone, idOf(said));
  assert.equal(tombstone.attr('id'), 'wrong-1');
  assert.equal(tombstone.child(`{${RETRACT}}retracted`)?.attr('id'), 'retract-1');
  assert.equal(tombstone.childText('{jabber:client}body'), undefined);
  const { messages } = await ask(crone, { to: ROOM });
  assert.equal(messages.at(-1)?.child(`{${RETRACT}}retract`)?.attr('id'), idOf(said));
  const past = await historyFor('wiccarocks');
  assert.ok(past[0]?.child(`{${RETRACT}}retracted`));
  assert.doesNotMatch(past.join(''), /window/);
});

test('XEP-0424 5: what others have said stays, for moderators, too, and by whatever id they speak of it', async () => {
  const said = await say(hag, '<body>fair is foul</body>', 'said-1');
  await say(crone, `<retract xmlns='${RETRACT}' id='${idOf(said)}'/>`, 'r1');
  await say(crone, `<retract xmlns='${RETRACT}' id='said-1'/>`, 'r2');
  await say(hag, `<retract xmlns='${RETRACT}' id='said-1'/>`, 'r3'); // section 5.1: in a room its own id counts
  await say(hag, `<retract xmlns='${RETRACT}' id='nothing'/>`, 'r4');
  await say(hag, `<retract xmlns='${RETRACT}'/>`, 'r5');
  assert.match((await historyFor('wiccarocks')).join(''), /fair is foul/);
  assert.equal((await archived(crone, idOf(said))).childText('{jabber:client}body'), 'fair is foul');
});

test('XEP-0424 5: what was said before the room slept is retracted, too, and is not in the history that is read then', async () => {
  const said = await say(hag, '<body>the wrong window</body>');
  await server.restart();
  [crone, hag] = await Promise.all([server.login('crone'), server.login('hag')]);
  await enter(crone, 'firstwitch');
  await enter(hag, 'secondwitch');
  await Promise.all([crone.drain(), hag.drain()]);
  await say(hag, `<retract xmlns='${RETRACT}' id='${idOf(said)}'/>`);
  await tombstoneOf(crone, idOf(said));
  assert.doesNotMatch((await historyFor('wiccarocks')).join(''), /window/);
});

test('XEP-0425 2 and XEP-0424 2: rooms say that they know of it, and of tombstones where there is an archive', async () => {
  const info = `<query xmlns='http://jabber.org/protocol/disco#info'/>`;
  const features = async () => String(await hag.iq('get', info, ROOM));
  for (const feature of [MODERATE, RETRACT, `${RETRACT}#tombstone`])
    assert.match(await features(), new RegExp(`'${feature}'`));
  await configure(crone, { enablearchiving: '0' });
  assert.doesNotMatch(await features(), /#tombstone|urn:xmpp:mam/);
});
