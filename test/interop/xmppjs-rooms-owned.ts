/** XEP-0045 section 10: what owners do. */
import assert from 'node:assert/strict';
import { refused, SERVICE, type UseCase } from './xmppjs-room-people.ts';
import { DISCO_INFO, fields, MUC, OWNER, xml } from './xmppjs-room-stanzas.ts';
import { allSee } from './xmppjs-rooms-ruled.ts';

const empty = (type: string) => xml('query', OWNER, xml('x', { xmlns: 'jabber:x:data', type }));
const FORM = xml('query', OWNER);

export const owned: Readonly<Record<string, UseCase>> = {
  async '10.1.1'({ crone, hag }) {
    const room = `created@${SERVICE}`;
    const founded = ['+firstwitch owner/moderator jid=crone1/desktop 110 170 201', 'room# '];
    await crone.enter(room);
    assert.deepEqual(await crone.seen(room), founded);
    await crone.ask('set', room, empty('cancel'));
    assert.match(String(await crone.seen(room)), /^-firstwitch none\/none[^,]* destroy[^,]*$/);
    await crone.enter(room);
    assert.deepEqual(await crone.seen(room), founded);
    // Who goes before the room is set up does not want it.
    await crone.send(xml('presence', { to: `${room}/firstwitch`, type: 'unavailable' }));
    assert.match(String(await crone.seen(room)), /^-firstwitch [a-z]+\/none[^,]*$/);
    await hag.enter(room);
    assert.equal((await hag.seen(room))[0], '+thirdwitch owner/moderator jid=hag66/pda 110 170 201');
  },

  async '10.1.2'({ crone, hag }) {
    const room = `instant@${SERVICE}`;
    await crone.enter(room);
    await crone.ask('set', room, empty('submit'));
    await hag.enter(room);
    assert.ok((await hag.seen(room)).includes('+firstwitch owner/moderator'));
  },

  async '10.1.3'({ crone, hag }) {
    const room = `reserved@${SERVICE}`;
    await crone.enter(room);
    const form = fields((await crone.ask('get', room, FORM)).getChild('query', OWNER));
    assert.deepEqual(form['FORM_TYPE'], [`${MUC}#roomconfig`]);
    await refused(crone.configure(room, { passwordprotectedroom: '1', roomsecret: '' }), 'not-acceptable');
    await refused(hag.enter(room), 'item-not-found');
    const answers = {
      'muc#roomconfig_roomname': 'A Dark Cave',
      'muc#roomconfig_roomdesc': 'The place for all good witches!',
      'muc#roomconfig_changesubject': '1',
      'muc#roomconfig_allowinvites': '0',
      'muc#roomconfig_allowpm': 'participants',
      'muc#roomconfig_maxusers': '10',
      'muc#roomconfig_publicroom': '0',
      'muc#roomconfig_moderatedroom': '1',
      'muc#roomconfig_passwordprotectedroom': '1',
      'muc#roomconfig_roomsecret': 'cauldronburn',
      'muc#roomconfig_whois': 'anyone',
      'muc#maxhistoryfetch': '50',
    };
    for (const name of Object.keys(answers)) assert.ok(form[name], name);
    await crone.configure(room, answers);
    const kept = fields((await crone.ask('get', room, FORM)).getChild('query', OWNER));
    for (const [name, value] of Object.entries(answers)) assert.deepEqual(kept[name], [value], name);
    await hag.enter(room, 'thirdwitch', xml('password', {}, 'cauldronburn'));
  },

  async '10.2'(people) {
    const { crone, hag, wicca } = people;
    const room = await people.gather('10.2', ['hag', 'wicca']);
    await refused(hag.ask('get', room, FORM), 'forbidden');
    await refused(hag.configure(room, { roomname: 'Mine' }), 'forbidden');
    await crone.configure(room, { roomname: 'A Dark Cave' });
    await crone.ask('set', room, empty('cancel'));
    const form = fields((await crone.ask('get', room, FORM)).getChild('query', OWNER));
    assert.deepEqual(form['muc#roomconfig_roomname'], ['A Dark Cave']);
    await people.settle(room, 'crone', 'hag', 'wicca');
    await crone.configure(room, { roomadmins: 'hag66@localhost' });
    await allSee(people, room, 'admin/moderator');
    // The field holds all of them, so it is the hag no more; who was an admin stays a member.
    await crone.configure(room, { roomadmins: 'wiccarocks@localhost' });
    assert.deepEqual(await crone.list(room, 'affiliation', 'admin'), ['wiccarocks']);
    await crone.hears(room, '+thirdwitch member/participant jid=hag66/pda by=firstwitch');
    await crone.setRank(room, 'hag66', 'none');
    await crone.configure(room, { membersonly: '1' });
    assert.equal((await hag.seen(room)).at(-1), '-thirdwitch none/none jid=hag66/pda 110 322');
    assert.equal((await wicca.seen(room)).at(-1), '-thirdwitch none/none jid=hag66/pda 322');
  },

  async '10.2.1'(people) {
    const room = await people.gather('10.2.1', ['hag']);
    const changes: [Record<string, string>, string][] = [
      [{ enablelogging: '0' }, '171'],
      [{ enablelogging: '1' }, '170'],
      [{ whois: 'anyone' }, '172'],
      [{ whois: 'moderators' }, '173'],
      [{ roomname: 'A Dark Cave' }, '104'],
      [{ whois: 'anyone', roomdesc: 'For all' }, '104 172'],
    ];
    for (const [change, codes] of changes) {
      await people.crone.configure(room, change);
      const told = (await people.hag.seen(room)).filter((it) => it.startsWith('room '));
      assert.deepEqual(told, [`room ${codes}`]);
    }
  },

  async '10.3'(people) {
    const room = await people.gather('10.3', ['hag', 'wicca']);
    await refused(people.hag.setRank(room, 'hag66', 'owner'), 'forbidden');
    // A full address stands for the account.
    await people.crone.change(room, { jid: 'hag66@localhost/pda', affiliation: 'owner' });
    await allSee(people, room, 'owner/moderator');
    assert.deepEqual(await people.hag.list(room, 'affiliation', 'owner'), ['crone1', 'hag66']);
  },

  async '10.4'(people) {
    const { crone, hag } = people;
    const room = await people.gather('10.4', ['hag', 'wicca']);
    await refused(crone.setRank(room, 'crone1', 'admin'), 'conflict');
    await crone.setRank(room, 'hag66', 'owner');
    await people.settle(room, 'crone', 'hag', 'wicca');
    await crone.setRank(room, 'hag66', 'admin');
    await allSee(people, room, 'admin/moderator');
    await crone.setRank(room, 'hag66', 'owner');
    await crone.setRank(room, 'crone1', 'none');
    assert.deepEqual(await hag.list(room, 'affiliation', 'owner'), ['hag66']);
  },

  async '10.5'(people) {
    const { crone, hag } = people;
    const room = await people.gather('10.5', ['hag']);
    const change = (name: string, affiliation: string) => ({ jid: `${name}@localhost`, affiliation });
    await crone.setRank(room, 'hag66', 'admin');
    await refused(hag.list(room, 'affiliation', 'owner'), 'forbidden');
    await refused(hag.setRank(room, 'hag66', 'owner'), 'forbidden');
    await crone.change(room, change('hag66', 'owner'), change('hecate', 'owner'));
    assert.deepEqual(await crone.list(room, 'affiliation', 'owner'), ['crone1', 'hag66', 'hecate']);
    const [self, ...others] = ['crone1', 'hag66', 'hecate'].map((it) => change(it, 'none'));
    await refused(crone.change(room, self as ReturnType<typeof change>, ...others), 'conflict');
    await crone.change(room, ...others);
    assert.deepEqual(await crone.list(room, 'affiliation', 'owner'), ['crone1']);
  },

  async '10.6'(people) {
    const room = await people.gather('10.6', ['hag', 'wicca']);
    await people.crone.setRank(room, 'hag66', 'admin');
    await allSee(people, room, 'admin/moderator');
    await refused(people.hag.setRank(room, 'wiccarocks', 'admin'), 'forbidden');
  },

  async '10.7'(people) {
    const room = await people.gather('10.7', ['hag', 'wicca']);
    await people.crone.setRank(room, 'hag66', 'admin');
    await people.settle(room, 'crone', 'hag', 'wicca');
    await people.crone.setRank(room, 'hag66', 'none');
    await allSee(people, room, 'none/participant');
  },

  async '10.8'(people) {
    const { crone, hag } = people;
    const room = await people.gather('10.8', ['hag']);
    const change = (name: string, affiliation: string) => ({ jid: `${name}@localhost`, affiliation });
    await crone.change(room, change('hag66', 'admin'), change('hecate', 'admin'));
    assert.deepEqual(await crone.list(room, 'affiliation', 'admin'), ['hag66', 'hecate']);
    await refused(hag.list(room, 'affiliation', 'admin'), 'forbidden');
    await refused(hag.setRank(room, 'wiccarocks', 'admin'), 'forbidden');
    await crone.change(room, change('hag66', 'none'), change('wiccarocks', 'admin'));
    assert.deepEqual(await crone.list(room, 'affiliation', 'admin'), ['hecate', 'wiccarocks']);
  },

  async '10.9'(people) {
    const room = await people.gather('10.9', ['hag', 'wicca'], { persistentroom: '1' });
    const reason = xml('reason', {}, 'Macbeth doth come.');
    const wish = xml('query', OWNER, xml('destroy', { jid: `coven@${SERVICE}` }, reason));
    await refused(people.hag.ask('set', room, wish), 'forbidden');
    await people.crone.ask('set', room, wish);
    for (const person of [people.crone, people.hag, people.wicca]) {
      const [gone = '', ...more] = await person.seen(room);
      assert.deepEqual(more, []);
      assert.ok(gone.startsWith(`-${person.nick} none/none`), gone);
      assert.ok(gone.includes(` destroy jid=coven@${SERVICE} reason=Macbeth doth come.`), gone);
    }
    await refused(people.hag.disco(DISCO_INFO, room), 'item-not-found');
  },
};
