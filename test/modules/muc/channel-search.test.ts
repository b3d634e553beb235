/** XEP-0433: looking for rooms by words. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TestClient } from '../../support/client.ts';
import { startParley, type TestServer } from '../../support/parley.ts';
import type { Element } from '../../support/xml.ts';
import { configure, enter, gather, SERVICE } from './room.ts';

const NS = 'urn:xmpp:channel-search:0:search';
const ERRORS = 'urn:xmpp:channel-search:0:error';
const RSM = 'http://jabber.org/protocol/rsm';
const BY_ADDRESS = '{urn:xmpp:channel-search:0:order}address';
const BY_USERS = '{urn:xmpp:channel-search:0:order}nusers';
const STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas';

type Fields = Readonly<Record<string, string>>;

let server: TestServer;
/** Has never sent presence. */
let romeo: TestClient;

before(async () => {
  server = await startParley();
  romeo = await server.login('romeo', { available: false });
  const juliet = await server.login('juliet');
  const nurse = await server.login('nurse');
  const rooms: readonly (readonly [string, Fields, people: number])[] = [
    ['balcony', { roomname: 'Balcony', roomdesc: 'Capulet garden, at night', lang: 'en' }, 1],
    ['crypt', { roomname: 'Crypt', roomdesc: 'Quiet', persistentroom: '1', membersonly: '1' }, 0],
    ['garden', { roomname: 'Café du Jardin', persistentroom: '1', whois: 'anyone' }, 2],
    ['orchard', { roomdesc: 'Garden of trees' }, 2],
    ['secret', { roomname: 'Secret garden', publicroom: '0' }, 2],
  ];
  for (const [local, fields, people] of rooms) {
    const room = `${local}@${SERVICE}`;
    await gather({ juliet }, fields, room);
    if (people === 2) await enter(nurse, 'nurse', '', room);
    if (people === 0) await juliet.send(`<presence type='unavailable' to='${room}/juliet'/>`);
  }
  await enter(juliet, 'juliet', '', `locked-garden@${SERVICE}`);
  await juliet.drain();
});
after(() => server.stop());

const form = (fields: Fields): string => {
  const list = Object.entries({ FORM_TYPE: 'urn:xmpp:channel-search:0:search-params', ...fields });
  const xml = list.map(([name, value]) => `<field var='${name}'><value>${value}</value></field>`);
  return `<x xmlns='jabber:x:data' type='submit'>${xml.join('')}</x>`;
};

function search(fields: Fields, set = '', client = romeo): Promise<Element> {
  const page = set === '' ? '' : `<set xmlns='${RSM}'>${set}</set>`;
  return client.iq('get', `<search xmlns='${NS}'>${page}${form(fields)}</search>`, SERVICE);
}

const result = (answer: Element): Element => answer.child(`{${NS}}result`) as Element;
const found = (answer: Element): string[] =>
  result(answer)
    .elements()
    .filter((it) => it.name === 'item')
    .map((it) => it.attr('address')?.split('@')[0] as string);
const facts = (answer: Element): (string | undefined)[] => {
  const set = result(answer).child(`{${RSM}}set`);
  const first = set?.child(`{${RSM}}first`);
  return [first?.text(), first?.attr('index'), set?.childText(`{${RSM}}last`), set?.childText(`{${RSM}}count`)];
};

test('4.2.1: the form has every field that is supported, with its default', async () => {
  const answer = await romeo.iq('get', `<search xmlns='${NS}'/>`, SERVICE);
  const x = answer.child(`{${NS}}search`)?.child('{jabber:x:data}x');
  assert.equal(x?.attr('type'), 'form');
  const fields = new Map(
    x?.elements().map((it) => [it.attr('var'), [it.attr('type'), it.childText('{jabber:x:data}value')]]),
  );
  assert.deepEqual(Object.fromEntries(fields), {
    FORM_TYPE: ['hidden', 'urn:xmpp:channel-search:0:search-params'],
    q: ['text-single', undefined],
    all: ['boolean', undefined],
    sinname: ['boolean', 'true'],
    sindescription: ['boolean', 'true'],
    sinaddress: ['boolean', 'true'],
    min_users: ['text-single', '0'],
    types: ['list-multi', 'xep-0045'],
    key: ['list-single', BY_USERS],
  });
});

test('6.2: an item tells what is known of a room; hidden and locked rooms are not found', async () => {
  const answer = await search({ q: 'garden', key: BY_ADDRESS });
  assert.deepEqual(found(answer), ['balcony', 'garden', 'orchard']);
  const [balcony, garden] = result(answer).elements();
  const told = Object.fromEntries(balcony?.elements().map((it) => [it.name, it.text()]) ?? []);
  assert.deepEqual(told, {
    name: 'Balcony',
    description: 'Capulet garden, at night',
    language: 'en',
    nusers: '1',
    'service-type': 'xep-0045',
    'is-open': 'true',
    'anonymity-mode': 'muc_semianonymous',
  });
  assert.equal(garden?.childText(`{${NS}}anonymity-mode`), '{urn:xmpp:channel-search:0:anonymity}none');
  const [crypt] = result(await search({ q: 'crypt' })).elements();
  assert.equal(crypt?.child(`{${NS}}is-open`), undefined);
});

test('6.1: words are looked for where it is asked for, all of them, whatever their case and accents', async () => {
  const cases: readonly (readonly [Fields, readonly string[]])[] = [
    [{ q: 'garden', sindescription: '0', sinaddress: '0' }, []],
    [{ q: 'garden', sinname: 'false', sinaddr: 'false' }, ['balcony', 'orchard']],
    [{ q: 'garden', sinname: '0', sindescription: '0' }, ['garden']],
    [{ q: 'CAFE jardin' }, ['garden']],
    [{ q: 'trees garden' }, ['orchard']],
    [{ q: 'trees night' }, []],
    [{ q: `  &quot;balcony@${SERVICE}  - ` }, []],
    [{ q: `balcony@${SERVICE} -` }, ['balcony']],
    [{ q: 'garden', sinname: '0', sindescription: '0', sinaddress: '0' }, []],
    [{ q: 'garden', min_users: '2' }, ['garden', 'orchard']],
    [{ q: 'garden', types: 'xep-0369' }, []],
    [{ q: 'garden', types: 'xep-0045', colour: 'green' }, ['balcony', 'garden', 'orchard']],
  ];
  for (const [fields, rooms] of cases) {
    assert.deepEqual(found(await search({ key: BY_ADDRESS, ...fields })), rooms, JSON.stringify(fields));
  }
});

test('6.1: rooms are ordered by address, or by the number of those in them', async () => {
  assert.deepEqual(found(await search({ all: 'true', key: BY_ADDRESS })), ['balcony', 'crypt', 'garden', 'orchard']);
  assert.deepEqual(found(await search({ all: '1' })), ['garden', 'orchard', 'balcony', 'crypt']);
});

test('XEP-0059: both orders are paged, and nothing is remembered between pages', async () => {
  const address = (local: string): string => `${local}@${SERVICE}`;
  const all = { all: 'true', key: BY_ADDRESS };
  const first = await search(all, '<max>2</max>');
  assert.deepEqual(found(first), ['balcony', 'crypt']);
  assert.deepEqual(facts(first), [address('balcony'), '0', address('crypt'), '4']);
  assert.deepEqual(found(await search(all, `<max>2</max><after>${address('crypt')}</after>`)), ['garden', 'orchard']);
  assert.deepEqual(facts(await search(all, '<max>0</max>')), [undefined, undefined, undefined, '4']);
  const busiest = await search({ all: 'true' }, '<max>1</max>');
  const next = await search({ all: 'true' }, `<max>2</max><after>${facts(busiest)[2]}</after>`);
  assert.deepEqual([found(busiest), found(next)], [['garden'], ['orchard', 'balcony']]);
  const back = await search({ all: 'true' }, `<max>1</max><before>${facts(next)[0]}</before>`);
  assert.deepEqual(found(back), ['garden']);
  assert.deepEqual(found(await search({ all: 'true' }, '<max>2</max><before/>')), ['balcony', 'crypt']);
});

test('4.2.2: what is wrong with a search is said as the section says', async () => {
  const cases: readonly (readonly [Fields, type: string, condition: string, application: string])[] = [
    [{ q: 'garden', key: 'size' }, 'modify', 'feature-not-implemented', 'invalid-sort-key'],
    [{ q: '' }, 'modify', 'bad-request', 'invalid-search-terms'],
    [{ q: '!? -' }, 'modify', 'bad-request', 'invalid-search-terms'],
    [{ q: 'a'.repeat(300) }, 'modify', 'bad-request', 'invalid-search-terms'],
    [{ q: 'a '.repeat(17) }, 'modify', 'bad-request', 'invalid-search-terms'],
    [{ q: 'garden', all: 'true' }, 'modify', 'bad-request', 'conflicting-fields'],
    [{ key: BY_ADDRESS }, 'cancel', 'bad-request', 'no-search-conditions'],
    [{ all: '0' }, 'cancel', 'bad-request', 'no-search-conditions'],
  ];
  for (const [fields, type, condition, application] of cases) {
    const answer = await search(fields);
    const error = answer.child('{jabber:client}error');
    assert.equal(error?.attr('type'), type, application);
    assert.ok(error?.child(`{${STANZAS}}${condition}`), application);
    assert.ok(error?.child(`{${ERRORS}}${application}`), application);
  }
  const malformed = [
    { all: 'perhaps' },
    { q: 'a', min_users: '-1' },
    { FORM_TYPE: 'x', q: 'a' },
    { q: 'a', sinname: '2' },
  ];
  for (const fields of malformed) {
    assert.ok((await search(fields)).child('{jabber:client}error')?.child(`{${STANZAS}}bad-request`));
  }
  assert.ok((await search({ all: '1' }, '<max>x</max>')).child('{jabber:client}error'));
  const lost = await search({ all: '1' }, '<after>nowhere</after>');
  assert.ok(lost.child('{jabber:client}error')?.child(`{${STANZAS}}item-not-found`));
});

test('4.2.2.4: who searches too often has to wait, and is told how long', async (t) => {
  const strict = await startParley({ modules: { muc: { searchesPerHour: 60 } } });
  t.after(() => strict.stop());
  const hasty = await strict.login('hasty', { available: false });
  const ask = (): Promise<Element> => hasty.iq('get', `<search xmlns='${NS}'>${form({ all: '1' })}</search>`, SERVICE);
  for (let n = 0; n < 60; n++) assert.equal((await ask()).attr('type'), 'result');
  const error = (await ask()).child('{jabber:client}error');
  assert.equal(error?.attr('type'), 'wait');
  assert.ok(error?.child(`{${STANZAS}}resource-constraint`));
  assert.equal(error?.child(`{${ERRORS}}rate-limit`)?.attr('retry-after'), '60');
  strict.clock.advance(60_000);
  assert.equal((await ask()).attr('type'), 'result');
});

test('a room that is renamed is found by its new name', async () => {
  const juliet = await server.login('juliet', { resource: 'phone', available: false });
  await configure(juliet, { roomname: 'Friar’s cell' }, `crypt@${SERVICE}`);
  assert.deepEqual(found(await search({ q: 'friar' })), ['crypt']);
  assert.deepEqual(found(await search({ q: 'crypt', sinaddress: '0' })), []);
});
