/** XEP-0045 sections 8 and 9: what moderators and admins do. */
import assert from 'node:assert/strict';
import { type People, refused, type UseCase } from './xmppjs-room-people.ts';
import { answerTo, submission, xml } from './xmppjs-room-stanzas.ts';

const ADDRESS = ' jid=hag66/pda';
const BY = ' by=firstwitch';
const MUTE = ['room !forbidden'];

/** The crone, a moderator, sees the address, too; the hag knows that it is her. */
export async function allSee({ crone, wicca, hag }: People, room: string, rank: string, how = BY): Promise<void> {
  const change = (address: string) => `+thirdwitch ${rank}${address}${how}`;
  assert.deepEqual(await crone.seen(room), [change(ADDRESS)]);
  assert.deepEqual(await wicca.seen(room), [change('')]);
  const [own, ...others] = await hag.seen(room);
  assert.equal(own, `${change(ADDRESS)} 110`);
  // Who becomes a moderator is shown who the others are.
  assert.ok(
    others.every((it) => it.includes(' jid=')),
    others.join(),
  );
}

export const ruled: Readonly<Record<string, UseCase>> = {
  async '8.1'(people) {
    const room = await people.gather('8.1', ['hag', 'wicca']);
    for (const subject of ['Fire Burn and Cauldron Bubble!', '']) {
      await people.crone.setSubject(room, subject);
      for (const person of [people.crone, people.hag]) await person.hears(room, `firstwitch# ${subject}`);
    }
    await people.hag.setSubject(room, 'Hags');
    assert.deepEqual(await people.hag.seen(room), ['room !forbidden']);
    const both = [xml('subject', {}, 'No subject'), xml('body', {}, 'but a message')];
    await people.crone.send(xml('message', { to: room, type: 'groupchat' }, ...both));
    await people.wicca.hears(room, 'firstwitch: but a message');
    await people.hecate.enter(room);
    assert.match((await people.hecate.seen(room)).at(-1) ?? '', /^firstwitch# (?: late)?$/);
  },

  async '8.2'(people) {
    const room = await people.gather('8.2', ['hag', 'wicca']);
    await people.crone.setRole(room, 'secondwitch', 'moderator');
    await people.settle(room, 'crone', 'hag', 'wicca');
    await people.crone.change(room, { nick: 'thirdwitch', role: 'none', reason: 'Avaunt!' });
    const gone = `-thirdwitch none/none${ADDRESS}${BY} reason=Avaunt!`;
    assert.deepEqual(await people.hag.seen(room), [`${gone} 110 307`]);
    for (const witness of [people.wicca, people.crone]) assert.deepEqual(await witness.seen(room), [`${gone} 307`]);
    await refused(people.wicca.setRole(room, 'firstwitch', 'none'), 'not-allowed');
    await people.hag.enter(room);
    await refused(people.hag.setRole(room, 'secondwitch', 'none'), 'forbidden');
  },

  async '8.3'(people) {
    const room = await people.gather('8.3', ['hag', 'wicca'], { moderatedroom: '1' });
    await people.hag.say(room, 'mute');
    assert.deepEqual(await people.hag.seen(room), MUTE);
    await people.crone.change(room, { nick: 'thirdwitch', role: 'participant', reason: 'A worthy witch indeed!' });
    await allSee(people, room, 'none/participant', `${BY} reason=A worthy witch indeed!`);
    await people.hag.say(room, 'no more');
    await people.wicca.hears(room, 'thirdwitch: no more');
  },

  async '8.4'(people) {
    const room = await people.gather('8.4', ['hag', 'wicca']);
    await people.crone.setRole(room, 'thirdwitch', 'visitor');
    await allSee(people, room, 'none/visitor');
    await people.hag.say(room, 'mute');
    assert.deepEqual(await people.hag.seen(room), MUTE);
    await people.crone.setRank(room, 'wiccarocks', 'admin');
    await refused(people.crone.setRole(room, 'secondwitch', 'visitor'), 'not-allowed');
    await refused(people.wicca.setRole(room, 'firstwitch', 'visitor'), 'not-allowed');
    // Nor is it for a moderator of lower standing to silence a member.
    await people.hecate.enter(room);
    await people.crone.setRole(room, 'hecate', 'moderator');
    await people.crone.setRank(room, 'hag66', 'member');
    await refused(people.hecate.setRole(room, 'thirdwitch', 'visitor'), 'not-allowed');
  },

  async '8.5'(people) {
    const room = await people.gather('8.5', ['hag', 'wicca', 'hecate'], { moderatedroom: '1' });
    const change = (nick: string, role: string) => ({ nick, role });
    await people.crone.change(room, change('thirdwitch', 'participant'), change('hecate', 'participant'));
    assert.deepEqual(await people.crone.list(room, 'role', 'participant'), ['hecate', 'thirdwitch']);
    await people.wicca.seen(room);
    await people.crone.change(room, change('thirdwitch', 'visitor'), change('secondwitch', 'participant'));
    const mine = `+secondwitch none/participant jid=wiccarocks/laptop${BY} 110`;
    assert.deepEqual(await people.wicca.seen(room), [`+thirdwitch none/visitor${BY}`, mine]);
    const tooMuch = [change('hecate', 'visitor'), change('firstwitch', 'visitor')];
    await refused(people.crone.change(room, ...tooMuch), 'not-allowed');
    assert.deepEqual(await people.wicca.seen(room), []);
    await refused(people.hag.list(room, 'role', 'participant'), 'forbidden');
  },

  async '8.6'(people) {
    const room = await people.gather('8.6', ['hag', 'wicca'], { moderatedroom: '1' });
    await people.hag.note(room, submission({ 'muc#role': 'participant' }, 'request'));
    const yes = answerTo(await people.crone.hears(room, 'room form'), 'muc#request_allow', 'true');
    await people.wicca.note(room, yes);
    assert.deepEqual(await people.wicca.seen(room), ['room !forbidden']);
    await people.crone.note(room, yes);
    await people.wicca.hears(room, `+thirdwitch none/participant${BY}`);
    await people.hag.say(room, 'I have a voice');
    await people.wicca.hears(room, 'thirdwitch: I have a voice');
  },

  async '9.1'(people) {
    const room = await people.gather('9.1', ['hag', 'wicca']);
    await people.crone.setRank(room, 'wiccarocks', 'admin');
    await people.settle(room, 'crone', 'hag', 'wicca');
    await people.wicca.change(room, { jid: 'hag66@localhost', affiliation: 'outcast', reason: 'Treason' });
    const gone = `-thirdwitch outcast/none${ADDRESS} by=secondwitch reason=Treason`;
    assert.deepEqual(await people.hag.seen(room), [`${gone} 110 301`]);
    assert.deepEqual(await people.crone.seen(room), [`${gone} 301`]);
    await refused(people.hag.enter(room), 'forbidden');
    await refused(people.wicca.setRank(room, 'crone1', 'outcast'), 'not-allowed');
    await refused(people.wicca.setRank(room, 'wiccarocks', 'outcast'), 'conflict');
    await people.hecate.enter(room);
    await refused(people.hecate.setRank(room, 'crone1', 'outcast'), 'forbidden');
  },

  async '9.2'(people) {
    const room = await people.gather('9.2', ['hag', 'wicca']);
    const { wicca, hag } = people;
    await people.crone.setRank(room, 'wiccarocks', 'admin');
    const change = (name: string, affiliation: string) => ({ jid: `${name}@localhost`, affiliation });
    await wicca.change(room, change('hag66', 'outcast'), change('hecate', 'outcast'));
    assert.deepEqual(await wicca.list(room, 'affiliation', 'outcast'), ['hag66', 'hecate']);
    assert.equal((await hag.seen(room)).at(-1), `-thirdwitch outcast/none${ADDRESS} by=secondwitch 110 301`);
    const tooMuch = wicca.change(room, change('hag66', 'none'), change('crone1', 'outcast'));
    await refused(tooMuch, 'not-allowed');
    assert.deepEqual(await wicca.list(room, 'affiliation', 'outcast'), ['hag66', 'hecate']);
    await wicca.change(room, change('hag66', 'none'));
    await hag.enter(room);
    await refused(hag.list(room, 'affiliation', 'outcast'), 'forbidden');
  },

  async '9.3'(people) {
    const room = await people.gather('9.3', ['hag', 'wicca']);
    await people.crone.change(room, { jid: 'hag66@localhost', affiliation: 'member', reason: 'Worthy' });
    await allSee(people, room, 'member/participant', `${BY} reason=Worthy`);
    await refused(people.hag.setRank(room, 'wiccarocks', 'member'), 'forbidden');
  },

  async '9.4'(people) {
    const room = await people.gather('9.4', ['hag', 'wicca']);
    for (const affiliation of ['member', 'none']) {
      await people.crone.setRank(room, 'hag66', affiliation);
      await allSee(people, room, `${affiliation}/participant`);
    }
    for (const name of ['hag66', 'wiccarocks']) await people.crone.setRank(room, name, 'member');
    await people.crone.configure(room, { membersonly: '1' });
    await people.settle(room, 'hag', 'wicca');
    await people.crone.setRank(room, 'hag66', 'none');
    assert.deepEqual(await people.hag.seen(room), [`-thirdwitch none/none${ADDRESS}${BY} 110 321`]);
    assert.deepEqual(await people.wicca.seen(room), [`-thirdwitch none/none${BY} 321`]);
  },

  async '9.5'(people) {
    const { crone, hecate, wicca } = people;
    const room = await people.gather('9.5', [], { membersonly: '1', passwordprotectedroom: '1', roomsecret: 'burn' });
    const password = xml('password', {}, 'burn');
    await crone.setRank(room, 'hecate', 'member');
    await hecate.hears(room, 'room invite from=crone1@localhost password=burn');
    assert.deepEqual(await crone.list(room, 'affiliation', 'member'), ['hecate']);
    await hecate.enter(room, 'hecate', password);
    await crone.configure(room, { allowinvites: '0' });
    await hecate.invite(room, 'wiccarocks@localhost');
    await hecate.hears(room, 'room !forbidden');
    await crone.configure(room, { allowinvites: '1' });
    await hecate.invite(room, 'wiccarocks@localhost');
    await wicca.hears(room, 'room invite from=hecate@localhost password=burn');
    await wicca.enter(room, 'secondwitch', password);
    await crone.setRank(room, 'hecate', 'none');
    await hecate.hears(room, `-hecate none/none jid=hecate/broom${BY} 110 321`);
    await refused(hecate.enter(room, 'hecate', password), 'registration-required');
  },

  async '9.6'(people) {
    const room = await people.gather('9.6', ['hag', 'wicca']);
    await refused(people.hag.setRole(room, 'thirdwitch', 'moderator'), 'forbidden');
    await people.crone.setRole(room, 'thirdwitch', 'moderator');
    await allSee(people, room, 'none/moderator');
    await refused(people.hag.setRole(room, 'secondwitch', 'moderator'), 'forbidden');
  },

  async '9.7'(people) {
    const room = await people.gather('9.7', ['hag', 'wicca']);
    await people.crone.setRole(room, 'thirdwitch', 'moderator');
    await people.settle(room, 'crone', 'hag', 'wicca');
    await people.crone.setRole(room, 'thirdwitch', 'participant');
    await allSee(people, room, 'none/participant');
    await people.crone.setRank(room, 'wiccarocks', 'admin');
    await refused(people.wicca.setRole(room, 'firstwitch', 'participant'), 'not-allowed');
    await refused(people.crone.setRole(room, 'secondwitch', 'participant'), 'not-allowed');
  },

  async '9.8'(people) {
    const { wicca, hag } = people;
    const room = await people.gather('9.8', ['hag', 'hecate', 'wicca']);
    await people.crone.setRank(room, 'wiccarocks', 'admin');
    const change = (nick: string, role: string) => ({ nick, role });
    await wicca.setRole(room, 'thirdwitch', 'moderator');
    await wicca.change(room, change('thirdwitch', 'participant'), change('hecate', 'moderator'));
    assert.deepEqual(await wicca.list(room, 'role', 'moderator'), ['firstwitch', 'hecate', 'secondwitch']);
    await people.hecate.hears(room, '+hecate none/moderator jid=hecate/broom by=secondwitch 110');
    const tooMuch = [change('hecate', 'participant'), change('firstwitch', 'participant')];
    await refused(wicca.change(room, ...tooMuch), 'not-allowed');
    await refused(hag.list(room, 'role', 'moderator'), 'forbidden');
  },

  async '9.9'(people) {
    const { crone, hag } = people;
    const room = await people.gather('9.9', [], { membersonly: '1' });
    await hag.register(room, { 'muc#register_roomnick': 'thirdwitch' });
    const yes = answerTo(await crone.hears(room, 'room form'), 'muc#register_allow', '1');
    await refused(hag.enter(room), 'registration-required');
    await hag.note(room, yes);
    await hag.hears(room, 'room !forbidden');
    await crone.note(room, yes);
    await hag.hears(room, 'room invite from=crone1@localhost');
    await hag.enter(room);
  },
};
