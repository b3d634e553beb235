/** What rooms keep of an account: given to its owner, and forgotten with it. */
import { formatDateTime, type Jid } from '#api';
import { applyAffiliations } from './affiliations.ts';
import type { Muc } from './muc.ts';

/** Takes an account that is no more off the lists of all rooms, with its reserved names. */
export async function forgetAccount(muc: Muc, account: Jid): Promise<void> {
  const change = { address: account, affiliation: 'none', reason: '' } as const;
  for (const { room: local } of await muc.overview.memberships(account.bare)) {
    const room = muc.rooms.peek(local);
    if (room !== undefined) await applyAffiliations(muc, room, [change], undefined);
  }
  await muc.overview.forget(account.bare);
}

/** In which rooms it is what, and under which name. */
export async function describeMemberships({ overview, jid: { domain } }: Muc, account: Jid): Promise<object[]> {
  return (await overview.memberships(account.bare)).map(({ room, affiliation, nick, reason, since }) => ({
    room: `${room}@${domain}`,
    affiliation,
    nick,
    reason,
    since: formatDateTime(since),
  }));
}
