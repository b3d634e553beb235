/** The lists of a room: nicknames are found without a walk through them, and never another's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Membership, Memberships } from '../../../modules/muc/memberships.ts';
import type { Affiliation } from '../../../modules/muc/ranks.ts';

function membership(affiliation: Affiliation, nick: string): Membership {
  return { affiliation, nick, reason: '', since: 0 };
}

/** What a walk through the lists finds. */
function holders(memberships: Memberships): Record<string, string> {
  const members = [...memberships].filter(([, it]) => it.nick !== '' && it.affiliation !== 'outcast');
  return Object.fromEntries(members.map(([address, { nick }]) => [nick, address]));
}

test('7.10: whatever is set and taken away, a nickname is found with who has it, and only so long', () => {
  const memberships = new Memberships();
  const addresses = ['crone@a.lit', 'hag@a.lit', 'witch@b.lit', 'hecate@b.lit'];
  const nicks = ['', 'first', 'second', 'third'];
  const affiliations: readonly Affiliation[] = ['member', 'admin', 'owner', 'outcast'];
  let seed = 1;
  const pick = <T>(list: readonly T[]): T => {
    seed = (seed * 48_271) % 2_147_483_647;
    return list[seed % list.length] as T;
  };
  for (let i = 0; i < 5_000; i++) {
    const address = pick(addresses);
    const nick = pick(nicks);
    const holder = holders(memberships)[nick];
    if (pick([true, false, false])) memberships.delete(address);
    else if (holder === undefined || holder === address) memberships.set(address, membership(pick(affiliations), nick));
    const expected = holders(memberships);
    for (const it of nicks.slice(1)) assert.equal(memberships.holderOf(it), expected[it]);
  }
});

test('one request gives a nickname to another and takes it from its holder, in either order', () => {
  for (const order of ['giving first', 'taking first']) {
    const memberships = new Memberships().set('crone@a.lit', membership('member', 'first'));
    const take = () => memberships.set('crone@a.lit', membership('member', ''));
    const give = () => memberships.set('hag@a.lit', membership('member', 'first'));
    for (const step of order === 'giving first' ? [give, take] : [take, give]) step();
    assert.equal(memberships.holderOf('first'), 'hag@a.lit', order);
  }
});
