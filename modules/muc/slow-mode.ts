/** XEP-0500: a pause between two messages of one person, whatever it is called and wherever it comes from. */
import { clark, type Element, NS, StanzaError } from '#api';
import type { Muc } from './muc.ts';
import type { Occupant } from './occupant.ts';
import { affiliationAtLeast } from './ranks.ts';
import type { Room } from './room.ts';
import type { RoomConfig } from './room-config.ts';

const BODY = clark(NS.client, 'body');

const texts = new WeakMap<RoomConfig, StanzaError>();

/** Section 4: made once for each set-up of a room, as the text tells the duration. */
function tooSoon(config: RoomConfig): StanzaError {
  const known = texts.get(config);
  if (known !== undefined) return known;
  const text = `this room is in slow mode: wait ${config.slowModeSeconds} seconds between messages`;
  const made = new StanzaError('policy-violation', text, { type: 'wait' });
  texts.set(config, made);
  return made;
}

/** Lets somebody speak, and counts it, unless it is too soon. Only what has a body counts (section 4). */
export function takeTurn(muc: Muc, room: Room, { account }: Occupant, element: Element): StanzaError | undefined {
  const pause = room.config.slowModeSeconds * 1000;
  if (pause === 0 || element.child(BODY) === undefined) return undefined;
  if (affiliationAtLeast(room.affiliationOf(account), 'admin')) return undefined;
  const now = muc.clock.now();
  const spokeAt = (room.spokeAt ??= new Map());
  if (now - (spokeAt.get(account.bare) ?? Number.NEGATIVE_INFINITY) < pause) return tooSoon(room.config);
  spokeAt.delete(account.bare);
  spokeAt.set(account.bare, now);
  // In the order of time: what has no effect any more stands in front.
  for (const [other, at] of spokeAt) {
    if (now - at < pause) break;
    spokeAt.delete(other);
  }
  return undefined;
}
