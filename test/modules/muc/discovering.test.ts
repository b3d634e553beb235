/** XEP-0045 section 6: rooms are found, and say what they are, before anybody enters. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TestClient } from '../../support/client.ts';
import { startParley, type TestServer } from '../../support/parley.ts';
import type { Element } from '../../support/xml.ts';
import { configure, enter, gather, MUC, ROOM, SERVICE } from './room.ts';

const INFO = 'http://jabber.org/protocol/disco#info';
const ITEMS = 'http://jabber.org/protocol/disco#items';
const RSM = 'http://jabber.org/protocol/rsm';

let server: TestServer;
/** Owns the rooms. */
let crone: TestClient;
/** Has never sent presence. */
let hag: TestClient;

before(async () => {
  server = await startParley();
  crone = await server.login('crone');
  hag = await server.login('hag', { available: false });
});
after(() => server.stop());

const info = (client: TestClient, to: string, node?: string): Promise<Element> =>
  client.iq('get', `<query xmlns='${INFO}'${node === undefined ? '' : ` node='${node}'`}/>`, to);

const items = (client: TestClient, to: string, set?: string): Promise<Element> =>
  client.iq(
    'get',
    `<query xmlns='${ITEMS}'>${set === undefined ? '' : `<set xmlns='${RSM}'>${set}</set>`}</query>`,
    to,
  );

const query = (answer: Element): Element => answer.firstElement() as Element;
const features = (answer: Element): string[] =>
  query(answer)
    .elements()
    .filter((it) => it.name === 'feature')
    .map((it) => it.attr('var') as string);
const locals = (answer: Element): string[] =>
  query(answer)
    .elements()
    .filter((it) => it.name === 'item')
    .map((it) => it.attr('jid')?.split('@')[0] as string);

/** The fields of the form in an answer. */
function fields(answer: Element): Map<string, string> {
  const form = query(answer).child('{jabber:x:data}x');
  return new Map(
    form?.elements().map((it) => [
      it.attr('var') as string,
      it
        .elements()
        .map((value) => value.text())
        .join(','),
    ]),
  );
}

/** What is said of a page: first, its index, last and count, where they are told. */
function page(answer: Element): readonly (string | undefined)[] {
  const set = query(answer).child(`{${RSM}}set`);
  const first = set?.child(`{${RSM}}first`);
  const local = (it: string | undefined): string | undefined => it?.split('@')[0];
  const text = (name: string): string | undefined => set?.childText(`{${RSM}}${name}`);
  return [local(first?.text()), first?.attr('index'), local(text('last')), text('count')];
}

function condition(answer: Element): string | undefined {
  return answer.child('{jabber:client}error')?.elements()[0]?.name;
}

test('6.1 and 6.2: the host lists the service, and the service says what it is', async () => {
  const services = await items(hag, 'capulet.lit');
  assert.ok(
    query(services)
      .elements()
      .some((it) => it.attr('jid') === SERVICE),
  );
  const answer = await info(hag, SERVICE);
  assert.equal(query(answer).elements()[0]?.attr('category'), 'conference');
  const said = features(answer);
  for (const feature of [MUC, INFO, ITEMS, RSM, 'vcard-temp', 'urn:xmpp:channel-search:0:search']) {
    assert.ok(said.includes(feature), feature);
  }
  assert.equal(new Set(said).size, said.length);
  assert.equal(condition(await info(hag, SERVICE, 'nothing')), 'item-not-found');
});

test('6.3: public rooms are listed while they exist, hidden and locked ones are not', async () => {
  assert.equal((await items(hag, SERVICE)).toString().includes(RSM), false);
  await gather({ a: crone }, { roomname: 'Macbeth', persistentroom: '1' }, `inverness@${SERVICE}`);
  await gather({ a: crone }, { publicroom: '0' }, `forres@${SERVICE}`);
  await enter(crone, 'a', '', `heath@${SERVICE}`);
  const answer = await items(hag, SERVICE);
  assert.deepEqual(locals(answer), ['inverness']);
  assert.equal(query(answer).elements()[0]?.attr('name'), 'Macbeth');
  assert.equal(condition(await info(hag, `heath@${SERVICE}`)), 'item-not-found');
  await configure(crone, {}, `heath@${SERVICE}`);
  await configure(crone, { publicroom: '1' }, `forres@${SERVICE}`);
  await configure(crone, { publicroom: '0' }, `inverness@${SERVICE}`);
  assert.deepEqual(locals(await items(hag, SERVICE)), ['forres', 'heath']);
  for (const room of ['forres', 'heath', 'inverness']) {
    await crone.iq('set', `<query xmlns='${MUC}#owner'><destroy/></query>`, `${room}@${SERVICE}`);
  }
  assert.deepEqual(locals(await items(hag, SERVICE)), []);
  await crone.drain();
});

test('6.4: a room tells its features and its set-up to one who was never there', async () => {
  await gather({ firstwitch: crone }, { roomname: 'A Dark Cave', roomdesc: 'The place', lang: 'en', membersonly: '0' });
  await crone.send(`<message to='${ROOM}' type='groupchat'><subject>Spells</subject></message>`);
  await crone.drain();
  const answer = await info(hag, ROOM);
  assert.equal(query(answer).elements()[0]?.attr('name'), 'A Dark Cave');
  const said = features(answer);
  const traits = ['muc_public', 'muc_temporary', 'muc_open', 'muc_unmoderated', 'muc_semianonymous', 'muc_unsecured'];
  for (const feature of [
    MUC,
    `${MUC}#stable_id`,
    'vcard-temp',
    'urn:xmpp:sid:0',
    'urn:xmpp:occupant-id:0',
    ...traits,
  ]) {
    assert.ok(said.includes(feature), feature);
  }
  const form = fields(answer);
  assert.equal(form.get('FORM_TYPE'), `${MUC}#roominfo`);
  assert.equal(form.get('muc#roominfo_description'), 'The place');
  assert.equal(form.get('muc#roominfo_occupants'), '1');
  assert.equal(form.get('muc#roominfo_subject'), 'Spells');
  assert.equal(form.get('muc#roominfo_lang'), 'en');
  assert.equal(form.get('muc#roomconfig_roomname'), 'A Dark Cave');
  assert.equal(form.get('muc#roominfo_contactjid'), undefined);
  assert.equal(condition(await info(hag, ROOM, 'nothing')), 'item-not-found');
  assert.equal(condition(await info(hag, `none@${SERVICE}`)), 'item-not-found');
});

test('6.4: other set-ups have other features', async () => {
  const set = { membersonly: '1', moderatedroom: '1', whois: 'anyone', persistentroom: '1', publicroom: '0' };
  await configure(crone, { ...set, passwordprotectedroom: '1', roomsecret: 'cauldronburn' });
  const said = features(await info(hag, ROOM));
  const traits = ['muc_hidden', 'muc_persistent', 'muc_membersonly', 'muc_moderated', 'muc_nonanonymous'];
  for (const feature of [...traits, 'muc_passwordprotected']) assert.ok(said.includes(feature), feature);
});

test('14.4: what a hidden room is about is told to those alone who may read there', async () => {
  const strangers = fields(await info(hag, ROOM));
  for (const name of ['description', 'subject', 'occupants', 'contactjid']) {
    assert.equal(strangers.has(`muc#roominfo_${name}`), false, name);
  }
  const owners = fields(await info(crone, ROOM));
  assert.equal(owners.get('muc#roominfo_subject'), 'Spells');
  assert.equal(owners.get('muc#roominfo_contactjid'), 'crone@capulet.lit');
});

test('6.5: those who may not enter are told of no occupants, others of those who are shown', async () => {
  assert.deepEqual(locals(await items(hag, ROOM)), []);
  assert.equal((await items(crone, ROOM)).toString().includes(`${ROOM}/firstwitch`), true);
  const open = { membersonly: '0', passwordprotectedroom: '0', roomsecret: '', publicroom: '1' };
  await configure(crone, open);
  const answer = await items(hag, ROOM);
  assert.equal(query(answer).elements()[0]?.attr('jid'), `${ROOM}/firstwitch`);
  await configure(crone, { publicroom: '0' });
  assert.deepEqual(locals(await items(hag, ROOM)), []);
  await crone.drain();
});

test('6.6: who is not there is refused when it asks an occupant; who is there is answered by it', async () => {
  assert.equal(condition(await info(hag, `${ROOM}/firstwitch`)), 'bad-request');
  assert.equal(condition(await items(hag, `${ROOM}/firstwitch`)), 'bad-request');
  const wiccarocks = await server.login('wiccarocks');
  await configure(crone, { moderatedroom: '0' });
  await enter(wiccarocks, 'thirdwitch');
  await crone.drain();
  await wiccarocks.send(`<iq type='get' id='d1' to='${ROOM}/firstwitch'><query xmlns='${INFO}'/></iq>`);
  const asked = await crone.receives(`<iq type='get' from='${ROOM}/thirdwitch'><query xmlns='${INFO}'/></iq>`);
  await crone.send(
    `<iq type='result' id='${asked.attr('id')}' to='${ROOM}/thirdwitch'><query xmlns='${INFO}'><feature var='x'/></query></iq>`,
  );
  await wiccarocks.receives(
    `<iq type='result' id='d1' from='${ROOM}/firstwitch'><query xmlns='${INFO}'><feature var='x'/></query></iq>`,
  );
  await wiccarocks.send(`<presence type='unavailable' to='${ROOM}/thirdwitch'/>`);
  await crone.drain();
});

test('XEP-0059: the list is paged by address, stored and temporary rooms alike', async () => {
  for (const [at, name] of ['alps', 'bath', 'crete', 'dover', 'essex', 'fife'].entries()) {
    await gather({ a: crone }, { persistentroom: at % 2 === 0 ? '1' : '0' }, `${name}@${SERVICE}`);
  }
  const all = ['alps', 'bath', 'crete', 'dover', 'essex', 'fife'];
  const whole = await items(hag, SERVICE, '');
  assert.deepEqual([locals(whole), page(whole)], [all, ['alps', '0', 'fife', '6']]);
  const pages = [
    ['<max>2</max>', ['alps', 'bath'], ['alps', '0', 'bath', '6']],
    [`<max>2</max><after>bath@${SERVICE}</after>`, ['crete', 'dover'], ['crete', '2', 'dover', '6']],
    [`<max>9</max><after>dover@${SERVICE}</after>`, ['essex', 'fife'], ['essex', '4', 'fife', '6']],
    [`<after>fife@${SERVICE}</after>`, [], [undefined, undefined, undefined, '6']],
    [`<max>2</max><before/>`, ['essex', 'fife'], ['essex', '4', 'fife', '6']],
    [`<max>2</max><before>crete@${SERVICE}</before>`, ['alps', 'bath'], ['alps', '0', 'bath', '6']],
    [`<max>3</max><before>bath@${SERVICE}</before>`, ['alps'], ['alps', '0', 'alps', '6']],
    [`<max>2</max><index>3</index>`, ['dover', 'essex'], ['dover', '3', 'essex', '6']],
    [`<max>2</max><index>6</index>`, [], [undefined, undefined, undefined, '6']],
    [`<max>0</max>`, [], [undefined, undefined, undefined, '6']],
    // Section 2.2: a room that is gone has left its place.
    [`<max>2</max><after>cork@${SERVICE}</after>`, ['crete', 'dover'], ['crete', '2', 'dover', '6']],
  ] as const;
  for (const [set, found, facts] of pages) {
    const answer = await items(hag, SERVICE, set);
    assert.deepEqual([locals(answer), page(answer)], [found, facts], set);
  }
  assert.equal(condition(await items(hag, SERVICE, '<max>many</max>')), 'bad-request');
});

test('XEP-0059 section 2.2: a walk through the pages misses no room that stays', async () => {
  const first = await items(hag, SERVICE, '<max>3</max>');
  assert.deepEqual(locals(first), ['alps', 'bath', 'crete']);
  await crone.iq('set', `<query xmlns='${MUC}#owner'><destroy/></query>`, `crete@${SERVICE}`);
  const second = await items(hag, SERVICE, `<max>3</max><after>crete@${SERVICE}</after>`);
  assert.deepEqual(
    [locals(second), page(second)],
    [
      ['dover', 'essex', 'fife'],
      ['dover', '2', 'fife', '5'],
    ],
  );
  await crone.drain();
});

test('6.3: ten thousand rooms are found after a restart, page by page', async () => {
  for (const room of ['alps', 'bath', 'dover', 'essex', 'fife']) {
    await crone.iq('set', `<query xmlns='${MUC}#owner'><destroy/></query>`, `${room}@${SERVICE}`);
  }
  const db = server.db.prepare({
    add: {
      text: `insert into muc_room (domain, local, config, listed, name, creator, created, subject_at)
        values ($1, $2, $3, 1, '', '', 0, 0)`,
    } as { text: string; types?: { params: [string, string, string]; row: never } },
  });
  const config = JSON.stringify({ persistent: true });
  const name = (n: number): string => `room${String(n).padStart(5, '0')}`;
  await server.db.atomically(Array.from({ length: 10_000 }, (_, n) => db.add.bind(SERVICE, name(n), config)));
  await server.restart();
  const reader = await server.login('hag', { available: false });
  const owner = await server.login('crone');
  const start = await items(reader, SERVICE);
  assert.equal(page(start)[3], '10000');
  await gather({ a: owner }, {}, `room05000a@${SERVICE}`);
  const middle = await items(reader, SERVICE, `<max>2</max><after>${name(5000)}@${SERVICE}</after>`);
  assert.deepEqual(page(middle), ['room05000a', '5001', 'room05001', '10001']);
  let seen = 0;
  let answer = start;
  while (locals(answer).length > 0) {
    seen += locals(answer).length;
    answer = await items(reader, SERVICE, `<after>${query(answer).elements().at(-2)?.attr('jid')}</after>`);
  }
  assert.equal(seen, 10_001);
});
