/** XEP-0045 section 6: how rooms are found. */
import assert from 'node:assert/strict';
import { refused, SERVICE, type UseCase } from './xmppjs-room-people.ts';
import { DISCO_INFO, DISCO_ITEMS, fields, MUC, type Stanza, xml } from './xmppjs-room-stanzas.ts';

const itemsOf = (answer: Stanza) => answer.getChildren('item').map((it) => it.attrs['jid'] as string);
const featuresOf = (answer: Stanza) => new Set(answer.getChildren('feature').map((it) => it.attrs['var'] as string));
const identityOf = (answer: Stanza) => {
  const { category, type, name } = answer.getChild('identity')?.attrs ?? {};
  return [category, type, name];
};

export const found: Readonly<Record<string, UseCase>> = {
  async '6.1'({ hag }) {
    assert.ok(itemsOf(await hag.disco(DISCO_ITEMS, 'localhost')).includes(SERVICE));
  },

  async '6.2'({ hag }) {
    const info = await hag.disco(DISCO_INFO, SERVICE);
    assert.deepEqual(identityOf(info).slice(0, 2), ['conference', 'text']);
    for (const it of [MUC, `${MUC}#stable_id`]) assert.ok(featuresOf(info).has(it), it);
  },

  async '6.3'(people) {
    const first = await people.gather('6.3', [], { roomname: 'A Dark Cave' });
    const second = await people.gather('6.3.1');
    const hidden = await people.gather('6.3.2', [], { publicroom: '0' });
    const answer = await people.hag.disco(DISCO_ITEMS, SERVICE);
    const all = itemsOf(answer);
    assert.ok(all.includes(first) && all.includes(second) && !all.includes(hidden), String(all));
    assert.equal(answer.getChildren('item').find((it) => it.attrs['jid'] === first)?.attrs['name'], 'A Dark Cave');
    const paged: string[] = [];
    for (;;) {
      const after = paged.length === 0 ? [] : [xml('after', {}, paged.at(-1) as string)];
      const set = xml('set', 'http://jabber.org/protocol/rsm', xml('max', {}, '1'), ...after);
      const page = itemsOf(await people.hag.disco(DISCO_ITEMS, SERVICE, {}, set));
      if (page.length === 0) break;
      assert.equal(page.length, 1);
      paged.push(...page);
    }
    assert.deepEqual(paged, all);
  },

  async '6.4'(people) {
    const room = await people.gather('6.4', [], {
      roomname: 'A Dark Cave',
      roomdesc: 'The place for all good witches!',
      lang: 'en',
      whois: 'anyone',
      publicroom: '0',
      moderatedroom: '1',
      membersonly: '1',
      passwordprotectedroom: '1',
      roomsecret: 'cauldronburn',
    });
    await people.crone.setSubject(room, 'Spells');
    await people.crone.hears(room, 'firstwitch# Spells');
    const info = await people.hag.disco(DISCO_INFO, room);
    assert.deepEqual(identityOf(info), ['conference', 'text', 'A Dark Cave']);
    const traits = ['passwordprotected', 'hidden', 'temporary', 'membersonly', 'moderated', 'nonanonymous'];
    const features = [MUC, `${MUC}#stable_id`, ...traits.map((it) => `muc_${it}`)];
    for (const it of features) assert.ok(featuresOf(info).has(it), it);
    // What it is about is for those who may know what is said there.
    const form = fields(await people.crone.disco(DISCO_INFO, room));
    assert.deepEqual(form['FORM_TYPE'], [`${MUC}#roominfo`]);
    const about = ['description', 'subject', 'occupants', 'lang'].map((it) => form[`muc#roominfo_${it}`]?.[0]);
    assert.deepEqual(about, ['The place for all good witches!', 'Spells', '1', 'en']);
  },

  async '6.5'(people) {
    const room = await people.gather('6.5', [], { membersonly: '1' });
    await people.crone.setRank(room, 'hag66', 'member');
    await people.hag.enter(room);
    const there = itemsOf(await people.hag.disco(DISCO_ITEMS, room));
    assert.deepEqual(there.sort(), [`${room}/firstwitch`, `${room}/thirdwitch`]);
    assert.deepEqual(itemsOf(await people.hecate.disco(DISCO_ITEMS, room)), []);
  },

  async '6.6'(people) {
    const room = await people.gather('6.6', ['hag']);
    const info = await people.hag.disco(DISCO_INFO, `${room}/firstwitch`);
    assert.equal(identityOf(info)[0], 'client');
    await refused(people.hecate.disco(DISCO_INFO, `${room}/firstwitch`), 'bad-request');
  },

  async '6.7'({ hag, crone }) {
    assert.ok(featuresOf(await hag.disco(DISCO_INFO, crone.jid)).has(MUC));
    const rooms = await hag.disco(DISCO_ITEMS, crone.jid, { node: `${MUC}#rooms` });
    assert.deepEqual(itemsOf(rooms), [`coven@${SERVICE}`]);
  },
};
