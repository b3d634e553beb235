/** Roster pushes: RFC 6121 sections 2.1.6 and 2.6.3. */
import { type Jid, type RosterItem, randomToken, type Session, type Stanza, stanza } from '#api';
import { writeQuery } from './codec.ts';

/** Addressed by `sendTo`; `ver` is the version that the roster has with this item. */
export function rosterPush(owner: Jid, item: RosterItem, ver: string): Stanza {
  const head = { from: owner, to: owner, type: 'set', id: randomToken(6) };
  return stanza('iq', head, writeQuery(ver, [item]));
}

/** To all interested resources, the one that made the change among them. */
export function pushToInterested(sessions: readonly Session[], owner: Jid, item: RosterItem, ver: string): void {
  let push: Stanza | undefined;
  for (const session of sessions) {
    if (!session.interested) continue;
    push ??= rosterPush(owner, item, ver);
    session.sendTo(push, session.jid.full);
  }
}
