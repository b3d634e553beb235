/** XEP-0045 sections 7.1 and 7.2: how rooms are entered. */
import assert from 'node:assert/strict';
import { type People, type Person, refused, SERVICE, type UseCase } from './xmppjs-room-people.ts';
import { describe, MUC, xml } from './xmppjs-room-stanzas.ts';

const CRONE = '+firstwitch owner/moderator';
const WICCA = '+secondwitch none/participant';
const ARRIVAL = '+thirdwitch none/participant';
const ADDRESS = ' jid=hag66/pda';
const HAG = `${ARRIVAL}${ADDRESS} 110 170`;

const password = (secret: string) => xml('password', {}, secret);

async function gatherHistory(people: People, section: string): Promise<string> {
  const room = await people.gather(section, ['wicca']);
  const { crone, wicca } = people;
  const verses: [Person, string][] = [
    [crone, 'one'],
    [wicca, 'two'],
    [crone, 'three'],
  ];
  for (const [person, verse] of verses) {
    await person.say(room, verse);
    await person.hears(room, `${person.nick}: ${verse}`);
  }
  return room;
}

export const entered: Readonly<Record<string, UseCase>> = {
  async '7.1'(people) {
    const room = await people.gather('7.1', ['wicca']);
    await people.crone.setSubject(room, 'Fire Burn');
    await people.crone.say(room, "Thrice the brinded cat hath mew'd.");
    await people.crone.hears(room, "firstwitch: Thrice the brinded cat hath mew'd.");
    await people.hag.enter(room);
    const seen = await people.hag.seen(room);
    assert.deepEqual(new Set(seen.slice(0, 2)), new Set([CRONE, WICCA]));
    const rest = [HAG, "firstwitch: Thrice the brinded cat hath mew'd. late", 'firstwitch# Fire Burn late'];
    assert.deepEqual(seen.slice(2), rest);
  },

  async '7.2.1'(people) {
    const room = await people.gather('7.2.1');
    await people.hag.send(xml('presence', { to: room }, xml('x', MUC)));
    assert.deepEqual(await people.hag.seen(room), ['room !jid-malformed']);
    for (let times = 0; times < 2; times++) {
      await people.hag.enter(room);
      assert.deepEqual(await people.hag.seen(room), [CRONE, HAG, 'room# ']);
    }
  },

  async '7.2.2'(people) {
    const room = await people.gather('7.2.2', ['wicca']);
    await people.hag.enter(room);
    assert.deepEqual(await people.crone.seen(room), [`${ARRIVAL}${ADDRESS}`]);
    assert.deepEqual(await people.wicca.seen(room), [ARRIVAL]);
    const seen = await people.hag.seen(room);
    assert.deepEqual(new Set(seen.slice(0, 2)), new Set([CRONE, WICCA]));
    assert.deepEqual(seen.slice(2), [HAG, 'room# ']);
  },

  async '7.2.3'(people) {
    const room = await people.gather('7.2.3', ['wicca'], { whois: 'anyone' });
    await people.hag.enter(room);
    for (const witness of [people.crone, people.wicca]) {
      assert.deepEqual(await witness.seen(room), [`${ARRIVAL}${ADDRESS}`]);
    }
    const seen = await people.hag.seen(room);
    const others = [`${CRONE} jid=crone1/desktop`, `${WICCA} jid=wiccarocks/laptop`];
    assert.deepEqual(new Set(seen.slice(0, 2)), new Set(others));
    assert.equal(seen[2], `${ARRIVAL}${ADDRESS} 100 110 170`);
  },

  async '7.2.4'(people) {
    const room = await people.gather('7.2.4', ['wicca'], { whois: 'moderators' });
    await people.hag.enter(room);
    assert.deepEqual(await people.crone.seen(room), [`${ARRIVAL}${ADDRESS}`]);
    assert.deepEqual(await people.wicca.seen(room), [ARRIVAL]);
    assert.deepEqual(
      (await people.hag.seen(room)).filter((it) => it.includes('jid=')),
      [HAG],
    );
  },

  async '7.2.5'(people) {
    const room = await people.gather('7.2.5', [], { passwordprotectedroom: '1', roomsecret: 'cauldronburn' });
    await refused(people.hag.enter(room), 'not-authorized');
    await refused(people.hag.enter(room, 'thirdwitch', password('cauldron')), 'not-authorized');
    await people.hag.enter(room, 'thirdwitch', password('cauldronburn'));
  },

  async '7.2.6'(people) {
    const room = await people.gather('7.2.6', [], { membersonly: '1' });
    await refused(people.hag.enter(room), 'registration-required');
    await people.crone.setRank(room, 'hag66', 'member');
    await people.hag.enter(room);
  },

  async '7.2.7'(people) {
    const room = await people.gather('7.2.7');
    await people.crone.setRank(room, 'hag66', 'outcast');
    await refused(people.hag.enter(room), 'forbidden');
  },

  async '7.2.8'(people) {
    const room = await people.gather('7.2.8', ['hag']);
    await refused(people.hecate.enter(room, 'thirdwitch'), 'conflict');
    await people.phone.enter(room);
    await people.phone.say(room, 'Two of me');
    await people.crone.say(`${room}/thirdwitch`, 'Which one?', 'chat');
    for (const device of [people.hag, people.phone]) {
      await device.hears(room, 'thirdwitch: Two of me');
      await device.hears(room, 'firstwitch> Which one?');
    }
    await people.crone.change(room, { jid: 'wiccarocks@localhost', affiliation: 'member', nick: 'blackwitch' });
    await refused(people.hecate.enter(room, 'blackwitch'), 'conflict');
  },

  async '7.2.9'(people) {
    const room = await people.gather('7.2.9', ['hag'], { maxusers: '2' });
    await refused(people.wicca.enter(room), 'service-unavailable');
    await people.crone.setRank(room, 'wiccarocks', 'admin');
    await people.wicca.enter(room);
  },

  async '7.2.10'({ crone, hag }) {
    const room = `locked@${SERVICE}`;
    await crone.enter(room);
    await refused(hag.enter(room), 'item-not-found');
    await crone.configure(room, {});
    await hag.enter(room);
  },

  async '7.2.11'({ hag }) {
    const room = `nonexistent@${SERVICE}`;
    await hag.enter(room);
    assert.deepEqual(await hag.seen(room), [`+thirdwitch owner/moderator${ADDRESS} 110 170 201`, 'room# ']);
  },

  async '7.2.12'(people) {
    const room = await people.gather('7.2.12', [], { enablelogging: '0' });
    await people.hag.enter(room);
    assert.ok((await people.hag.seen(room)).includes(`${ARRIVAL}${ADDRESS} 110`));
    await people.crone.configure(room, { enablelogging: '1' });
    await people.wicca.enter(room);
    assert.ok((await people.wicca.seen(room)).includes(`${WICCA} jid=wiccarocks/laptop 110 170`));
  },

  async '7.2.13'(people) {
    const room = await gatherHistory(people, '7.2.13');
    await people.hag.enter(room);
    const past = (await people.hag.received(room)).filter((it) => it.getChildText('body') !== null);
    const words = ['firstwitch: one late', 'secondwitch: two late', 'firstwitch: three late'];
    assert.deepEqual(past.map(describe), words);
    const delays = past.map((it) => it.getChild('delay', 'urn:xmpp:delay')?.attrs ?? {});
    assert.deepEqual(new Set(delays.map((it) => it['from'])), new Set([room]));
    const times = delays.map((it) => Date.parse(it['stamp'] ?? ''));
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
    for (const it of times) assert.ok(it <= Date.now() && it > Date.now() - 20_000);
  },

  async '7.2.14'(people) {
    const room = await gatherHistory(people, '7.2.14');
    const gets = async (wish: Record<string, string>) => {
      await people.hag.enter(room, 'thirdwitch', xml('history', wish));
      return (await people.hag.seen(room)).filter((it) => it.includes(': ')).map((it) => it.split(' ')[1]);
    };
    const all = ['one', 'two', 'three'];
    assert.deepEqual(await gets({ maxstanzas: '2' }), ['two', 'three']);
    assert.deepEqual(await gets({ maxstanzas: '0' }), []);
    assert.deepEqual(await gets({ maxchars: '0' }), []);
    assert.deepEqual(await gets({ maxchars: '65000' }), all);
    assert.deepEqual(await gets({ maxchars: '65000', maxstanzas: '1' }), ['three']);
    assert.deepEqual(await gets({ seconds: '180' }), all);
    assert.deepEqual(await gets({ since: '1970-01-01T00:00:00Z' }), all);
    assert.deepEqual(await gets({ since: new Date(Date.now() + 60_000).toISOString() }), []);
  },

  async '7.2.15'(people) {
    const room = await people.gather('7.2.15');
    await people.hag.enter(room);
    assert.equal((await people.hag.seen(room)).at(-1), 'room# ');
    await people.crone.setSubject(room, 'Fire Burn and Cauldron Bubble!');
    await people.crone.hears(room, 'firstwitch# Fire Burn and Cauldron Bubble!');
    await people.wicca.enter(room);
    const last = (await people.wicca.received(room)).at(-1);
    assert.equal(last && describe(last), 'firstwitch# Fire Burn and Cauldron Bubble! late');
    assert.equal(last?.getChild('delay', 'urn:xmpp:delay')?.attrs['from'], room);
  },

  async '7.2.16'(people) {
    const room = await people.gather('7.2.16', ['wicca']);
    const saying = Array.from({ length: 100 }, (_, number) => people.wicca.say(room, String(number)));
    await people.hag.enter(room);
    await Promise.all(saying);
    await people.wicca.hears(room, 'secondwitch: 99');
    const seen = (await people.hag.seen(room)).slice(3);
    const at = seen.indexOf('room# ');
    const late = seen.map((it) => it.endsWith(' late'));
    assert.deepEqual([late.lastIndexOf(true) < at, late.slice(0, at).includes(false)], [true, false]);
    const numbers = seen.flatMap((it) => /^secondwitch: (\d+)/.exec(it)?.[1] ?? []);
    // No more than the last 20 of what was said before are history.
    const expected = Array.from(numbers, (_, index) => String(100 - numbers.length + index));
    assert.deepEqual(numbers, expected);
  },

  async '7.2.17'({ hag }) {
    const room = 'coven@conference.closed.localhost';
    await hag.send(xml('presence', { to: `${room}/thirdwitch`, id: 'enter-1' }, xml('x', MUC)));
    const answer = await hag.hears(room, 'thirdwitch !not-allowed');
    assert.equal(answer.attrs['id'], 'enter-1');
    assert.ok(answer.getChild('x', MUC));
  },

  async '7.2.18'(people) {
    const room = await people.gather('7.2.18');
    await people.hag.send(xml('presence', { to: `${room}/thirdwitch` }));
    const told = '-thirdwitch none/none reason=You are not in the room. 110 307 333';
    assert.deepEqual(await people.hag.seen(room), [told]);
    assert.deepEqual(await people.crone.seen(room), []);
  },
};
