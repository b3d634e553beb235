/** XEP-0045 section 5: who may give whom which roles and affiliations, in all combinations. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import type { Affiliation, Role } from '../../../modules/muc/ranks.ts';
import type { TestClient } from '../../support/client.ts';
import { startParley, type TestServer } from '../../support/parley.ts';
import { lookInto } from './insight.ts';
import { administer, enter, gather, MUC, ROOM } from './room.ts';

/** Owns the room. */
let crone: TestClient;
/** Does something to the other. */
let wiccarocks: TestClient;
let hag: TestClient;
let server: TestServer;

before(async () => {
  server = await startParley({ modules: { muc: { presencePerSecond: 1e6, creationsPerHour: 1000 } } });
  [crone, wiccarocks, hag] = (await Promise.all(['crone', 'wiccarocks', 'hag'].map((it) => server.login(it)))) as [
    TestClient,
    TestClient,
    TestClient,
  ];
});
after(() => server.stop());

afterEach(async () => {
  await crone.iq('set', `<query xmlns='${MUC}#owner'><destroy/></query>`, ROOM);
  for (const client of [crone, wiccarocks, hag]) await client.drain();
});

const ROLES: readonly Role[] = ['none', 'visitor', 'participant', 'moderator'];
const TARGETS: readonly (readonly [Affiliation, Role])[] = [
  ['none', 'visitor'],
  ['none', 'participant'],
  ['none', 'moderator'],
  ['member', 'visitor'],
  ['member', 'participant'],
  ['member', 'moderator'],
  ['admin', 'moderator'],
  ['owner', 'moderator'],
];
const NOTHING = 'FFFF FFFF FFFF FFFF FFFF FFFF FFFF FFFF';
/**
 * By actor, and by target in the order above: what comes of giving it the roles none, visitor, participant, moderator.
 * F is forbidden, N not-allowed, and a dot means that it is done. A role of none is for one who is not in the room.
 */
const PRIVILEGES: readonly (readonly [Affiliation, Role, string])[] = [
  ['none', 'none', NOTHING],
  ['none', 'visitor', NOTHING],
  ['none', 'participant', NOTHING],
  ['none', 'moderator', '...F ...F FFFF NN.F NN.F NNFF NNNF NNNF'],
  ['member', 'none', NOTHING],
  ['member', 'visitor', NOTHING],
  ['member', 'participant', NOTHING],
  ['member', 'moderator', '...F ...F FFFF .N.F .N.F FNFF NNNF NNNF'],
  ['admin', 'none', '.... .... .... .... .... .... .NN. NNN.'],
  ['admin', 'moderator', '.... .... .... .... .... .... .NN. NNN.'],
  ['owner', 'none', '.... .... .... .... .... .... .NN. .NN.'],
  ['owner', 'moderator', '.... .... .... .... .... .... .NN. .NN.'],
];
const OUTCOMES: Readonly<Record<string, string>> = { F: 'forbidden', N: 'not-allowed', '.': 'result' };

for (const [affiliation, role, row] of PRIVILEGES) {
  test(`5.1: what one with the affiliation ${affiliation} and the role ${role} may do to roles`, async () => {
    await gather({ firstwitch: crone, thirdwitch: hag }, { moderatedroom: '1' });
    const room = lookInto(server);
    const rank = (client: TestClient, it: Affiliation) =>
      room.memberships.set(client.jid.split('/')[0] as string, { affiliation: it, nick: '', reason: '', since: 0 });
    rank(wiccarocks, affiliation);
    if (role !== 'none') {
      await enter(wiccarocks, 'actor');
      (room.occupants.get('actor') as { role: Role }).role = role;
    }
    for (const [index, outcomes] of row.split(' ').entries()) {
      const [targetRank, targetRole] = TARGETS[index] as readonly [Affiliation, Role];
      for (const [at, wanted] of ROLES.entries()) {
        if (!room.occupants.has('thirdwitch')) await enter(hag, 'thirdwitch');
        rank(hag, targetRank);
        const target = room.occupants.get('thirdwitch') as { role: Role };
        target.role = targetRole;
        const expected = OUTCOMES[outcomes[at] as string] as string;
        const what = `${targetRank} ${targetRole} to ${wanted}`;
        assert.equal(await administer(wiccarocks, `<item nick='thirdwitch' role='${wanted}'/>`), expected, what);
        assert.equal(target.role, expected === 'result' ? wanted : targetRole, what);
        assert.equal(room.occupants.has('thirdwitch'), target.role !== 'none', what);
      }
    }
  });
}

const RANKS: readonly Affiliation[] = ['outcast', 'none', 'member', 'admin', 'owner'];
const NO_CHANGE = 'FFFFF FFFFF FFFFF FFFFF FFFFF';
/**
 * By actor, and by what the target is: what comes of making it outcast, none, member, admin and owner.
 * F is forbidden, N not-allowed, and a dot means that it is done.
 */
const CHANGES: Readonly<Record<Affiliation, string>> = {
  outcast: NO_CHANGE,
  none: NO_CHANGE,
  member: NO_CHANGE,
  admin: '...FF ...FF ...FF NFFFF NFFFF',
  owner: '..... ..... ..... ..... .....',
};

/** Section 5.1.2, in a room that is not moderated. */
const FIRST_ROLES: Readonly<Record<Affiliation, Role>> = {
  outcast: 'none',
  none: 'participant',
  member: 'participant',
  admin: 'moderator',
  owner: 'moderator',
};

for (const isThere of [true, false]) {
  for (const [rank, row] of Object.entries(CHANGES)) {
    test(`5.2: what an affiliation of ${rank} lets one do to those of ${isThere ? 'occupants' : 'absent users'}`, async () => {
      await gather({ firstwitch: crone });
      const room = lookInto(server);
      const put = (who: string, it: Affiliation) =>
        room.memberships.set(`${who}@capulet.lit`, { affiliation: it, nick: '', reason: '', since: 0 });
      for (const [index, outcomes] of row.split(' ').entries()) {
        const before = RANKS[index] as Affiliation;
        if (isThere && before === 'outcast') continue;
        for (const [at, wanted] of RANKS.entries()) {
          put('hag', 'none');
          if (isThere && !room.occupants.has('thirdwitch')) await enter(hag, 'thirdwitch');
          put('hag', before);
          const target = room.occupants.get('thirdwitch') as { role: Role } | undefined;
          if (target !== undefined) target.role = FIRST_ROLES[before];
          put('wiccarocks', rank as Affiliation);
          const expected = OUTCOMES[outcomes[at] as string] as string;
          const item = `<item jid='hag@capulet.lit' affiliation='${wanted}'/>`;
          assert.equal(await administer(wiccarocks, item), expected, `${before} to ${wanted}`);
          const now = expected === 'result' ? wanted : before;
          assert.equal(room.memberships.get('hag@capulet.lit')?.affiliation ?? 'none', now, `${before} to ${wanted}`);
          assert.equal(room.occupants.has('thirdwitch'), isThere && now !== 'outcast');
          if (target !== undefined) assert.equal(target.role, FIRST_ROLES[now], `${before} to ${wanted}`);
        }
      }
    });
  }
}
