/** XEP-0045 sections 7.3 to 7.14: what occupants do. */
import assert from 'node:assert/strict';
import { refused, SERVICE, type UseCase } from './xmppjs-room-people.ts';
import { DISCO_INFO, fields, MUC, submission, USER, xml } from './xmppjs-room-stanzas.ts';

const GONE = '-thirdwitch none/participant';
const HAG = '+thirdwitch none/participant';
const ADDRESS = ' jid=hag66/pda';
const REGISTER = 'jabber:iq:register';
const WISH = submission({ 'muc#role': 'participant' }, 'request');

export const inhabited: Readonly<Record<string, UseCase>> = {
  async '7.3'(people) {
    const room = await people.gather('7.3', ['hag'], { changesubject: '0' });
    await people.hag.setSubject(room, 'Hags');
    assert.deepEqual(await people.hag.seen(room), ['room !forbidden']);
    await people.crone.configure(room, { changesubject: '1' });
    await people.hag.setSubject(room, 'Hags');
    for (const person of [people.hag, people.crone]) await person.hears(room, 'thirdwitch# Hags');
  },

  async '7.4'(people) {
    const room = await people.gather('7.4', ['hag', 'phone', 'wicca']);
    const body = xml('body', {}, "Harpier cries: 'tis time");
    await people.hag.send(xml('message', { to: room, type: 'groupchat', id: 'hysf1v37' }, body));
    for (const person of [people.hag, people.phone, people.wicca, people.crone]) {
      const { attrs } = await person.hears(room, "thirdwitch: Harpier cries: 'tis time");
      assert.deepEqual([attrs['id'], attrs['to']], ['hysf1v37', person.jid]);
    }
    await people.hecate.say(room, 'Let me in');
    assert.deepEqual(await people.hecate.seen(room), ['room !not-acceptable']);
    await people.crone.setRole(room, 'thirdwitch', 'visitor');
    await people.settle(room, 'crone', 'hag');
    await people.hag.say(room, 'I have no voice');
    assert.deepEqual(await people.hag.seen(room), ['room !forbidden']);
    assert.deepEqual(await people.crone.seen(room), []);
  },

  async '7.5'(people) {
    const room = await people.gather('7.5', ['hag', 'wicca']);
    await people.wicca.say(`${room}/thirdwitch`, "I'll give thee a wind.", 'chat');
    const heard = await people.hag.hears(room, "secondwitch> I'll give thee a wind.");
    assert.equal(heard.attrs['type'], 'chat');
    assert.ok(heard.getChild('x', USER));
    await people.wicca.say(`${room}/thirdwitch`, 'For all');
    await people.wicca.say(`${room}/nobody`, 'Hello?', 'chat');
    assert.deepEqual(await people.wicca.seen(room), ['thirdwitch !bad-request', 'nobody !item-not-found']);
    await people.hecate.say(`${room}/thirdwitch`, 'Let me in', 'chat');
    assert.deepEqual(await people.hecate.seen(room), ['thirdwitch !not-acceptable']);
    assert.deepEqual([await people.hag.seen(room), await people.crone.seen(room)], [[], []]);
  },

  async '7.6'(people) {
    const room = await people.gather('7.6', ['hag', 'wicca']);
    await people.hag.send(xml('presence', { to: `${room}/oldhag` }));
    const there = '+oldhag none/participant';
    const mine = [`${GONE}${ADDRESS} nick=oldhag 110 303`, `${there}${ADDRESS} 110`];
    assert.deepEqual(await people.hag.seen(room), mine);
    assert.deepEqual(await people.crone.seen(room), [`${GONE}${ADDRESS} nick=oldhag 303`, `${there}${ADDRESS}`]);
    assert.deepEqual(await people.wicca.seen(room), [`${GONE} nick=oldhag 303`, there]);
    await people.hag.send(xml('presence', { to: `${room}/secondwitch` }));
    assert.deepEqual(await people.hag.seen(room), ['secondwitch !conflict']);
  },

  async '7.7'(people) {
    const room = await people.gather('7.7', ['hag', 'wicca']);
    const said = [xml('show', {}, 'xa'), xml('status', {}, 'gone where the goblins go')];
    await people.hag.send(xml('presence', { to: `${room}/thirdwitch` }, ...said));
    const words = ' xa gone where the goblins go';
    assert.deepEqual(await people.hag.seen(room), [`${HAG}${ADDRESS} 110${words}`]);
    assert.deepEqual(await people.crone.seen(room), [`${HAG}${ADDRESS}${words}`]);
    assert.deepEqual(await people.wicca.seen(room), [`${HAG}${words}`]);
  },

  async '7.8.1'(people) {
    const room = await people.gather('7.8.1', [], { passwordprotectedroom: '1', roomsecret: 'cauldronburn' });
    const offer = xml('x', { xmlns: 'jabber:x:conference', jid: room, password: 'cauldronburn', reason: 'Hey' });
    const coming = people.hecate.next((it) => it.getChild('x', 'jabber:x:conference') !== undefined, 'an invitation');
    await people.crone.note('hecate@localhost', offer);
    const { jid, password, reason } = (await coming).getChild('x', 'jabber:x:conference')?.attrs ?? {};
    assert.deepEqual([jid, reason], [room, 'Hey']);
    await people.hecate.enter(room, 'hecate', xml('password', {}, password as string));
  },

  async '7.8.2'(people) {
    const room = await people.gather('7.8.2', ['hag']);
    await people.crone.configure(room, { passwordprotectedroom: '1', roomsecret: 'burn' });
    await people.hag.invite(room, 'hecate@localhost', 'Good witches only');
    await people.hecate.hears(room, 'room invite from=hag66@localhost reason=Good witches only password=burn');
    const decline = xml('decline', { to: 'hag66@localhost' }, xml('reason', {}, 'Too busy'));
    await people.hecate.note(room, xml('x', USER, decline));
    await people.hag.hears(room, 'room decline from=hecate@localhost reason=Too busy');
    await people.hag.invite(room, 'nobody@localhost');
    await people.hag.hears(room, 'room !item-not-found');
    await people.wicca.invite(room, 'hecate@localhost');
    await people.wicca.hears(room, 'room !not-acceptable');
  },

  async '7.9'(people) {
    const thread = 'e0ffe42b28561960c6b12b944a092794b9683a38';
    const room = await people.gather('7.9', [], { whois: 'anyone' });
    const history = [xml('thread', {}, thread), xml('body', {}, 'Thrice and once the hedge-pig whined.')];
    await people.crone.send(xml('message', { to: room, type: 'groupchat' }, ...history));
    const invite = (to: string) =>
      xml('invite', { to }, xml('reason', {}, 'This coven needs both.'), xml('continue', { thread }));
    const invitations = [people.wicca.jid, 'hag66@localhost'].map(invite);
    await people.crone.note(room, xml('x', USER, ...invitations));
    for (const guest of [people.wicca, people.hag]) {
      await guest.hears(room, `room invite from=crone1@localhost reason=This coven needs both. thread=${thread}`);
      await guest.enter(room);
      const past = await guest.hears(room, 'firstwitch: Thrice and once the hedge-pig whined. late');
      assert.equal(past.getChildText('thread'), thread);
    }
  },

  async '7.10'(people) {
    const room = await people.gather('7.10', ['hag']);
    await refused(people.hag.disco(REGISTER, `no-such-room@${SERVICE}`), 'item-not-found');
    const form = fields(await people.hag.disco(REGISTER, room));
    assert.deepEqual(form['FORM_TYPE'], [`${MUC}#register`]);
    assert.ok(form['muc#register_roomnick']);
    await refused(people.hag.register(room, {}), 'bad-request');
    await people.hag.register(room, { 'muc#register_roomnick': 'thirdwitch' });
    assert.deepEqual(await people.crone.seen(room), [`+thirdwitch member/participant${ADDRESS}`]);
    await refused(people.hecate.register(room, { 'muc#register_roomnick': 'thirdwitch' }), 'conflict');
    const answer = await people.hag.disco(REGISTER, room);
    assert.ok(answer.getChild('registered'));
    assert.equal(answer.getChildText('username'), 'thirdwitch');
    await people.crone.setRank(room, 'hecate', 'outcast');
    await refused(people.hecate.disco(REGISTER, room), 'not-allowed');
  },

  async '7.11'(people) {
    const room = await people.gather('7.11', ['hag'], { whois: 'anyone', getmemberlist: 'participant' });
    await people.crone.setRank(room, 'hecate', 'member');
    await people.crone.setRank(room, 'hag66', 'member');
    assert.deepEqual(await people.hag.list(room, 'affiliation', 'member'), ['hag66', 'hecate']);
    await people.crone.configure(room, { whois: 'moderators' });
    await refused(people.hag.list(room, 'affiliation', 'member'), 'forbidden');
  },

  async '7.12'(people) {
    const room = await people.gather('7.12');
    const name = async () => {
      const info = await people.hag.disco(DISCO_INFO, room, { node: 'x-roomuser-item' });
      return info.getChild('identity')?.attrs['name'];
    };
    assert.equal(await name(), undefined);
    await people.crone.change(room, { jid: 'hag66@localhost', affiliation: 'member', nick: 'oldhag' });
    assert.equal(await name(), 'oldhag');
    await people.hag.enter(room);
    assert.equal(await name(), 'oldhag');
    await refused(people.wicca.enter(room, 'oldhag'), 'conflict');
  },

  async '7.13'(people) {
    const room = await people.gather('7.13', ['hag', 'wicca'], { moderatedroom: '1' });
    await people.hag.note(room, WISH);
    const form = fields(await people.crone.hears(room, 'room form'));
    const about = ['FORM_TYPE', 'muc#role', 'muc#jid', 'muc#roomnick'].map((it) => form[it]?.[0]);
    assert.deepEqual(about, [`${MUC}#request`, 'participant', people.hag.jid, 'thirdwitch']);
    assert.match(String(form['muc#request_allow']), /^(?:0|false)$/);
    assert.deepEqual([await people.hag.seen(room), await people.wicca.seen(room)], [[], []]);
  },

  async '7.14'(people) {
    const room = await people.gather('7.14', ['hag', 'hecate', 'wicca']);
    const leave = (nick: string) => xml('presence', { to: `${room}/${nick}`, type: 'unavailable' });
    const status = xml('status', {}, 'gone where the goblins go');
    await people.hag.send(xml('presence', leave('thirdwitch').attrs, status));
    const gone = '-thirdwitch none/none';
    assert.deepEqual(await people.hag.seen(room), [`${gone}${ADDRESS} 110 gone where the goblins go`]);
    assert.deepEqual(await people.crone.seen(room), [`${gone}${ADDRESS} gone where the goblins go`]);
    assert.deepEqual(await people.wicca.seen(room), [`${gone} gone where the goblins go`]);
    await people.hecate.send(xml('presence', { type: 'unavailable' }));
    await people.wicca.hears(room, '-hecate none/none');
    await people.hecate.send(xml('presence'));
    await people.crone.send(leave('firstwitch'));
    await people.wicca.hears(room, '-firstwitch owner/none');
    await people.wicca.send(leave('secondwitch'));
    assert.deepEqual(await people.wicca.seen(room), ['-secondwitch none/none jid=wiccarocks/laptop 110']);
    // Nobody is left, so the room is no more; who comes now founds another one.
    await people.hag.enter(room);
    assert.match(String(await people.hag.seen(room)), /^\+thirdwitch owner\/moderator.* 201,/);
  },
};
