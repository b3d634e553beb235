/** The archive of a room: XEP-0313 section 6.1.2, for those who may be in the room. */
import { clark, refusals, timeOfId } from '#api';
import { visibleSince } from './history.ts';
import type { Answer, RoomHandlers, RoomRequest } from './requests.ts';
import { mayRead } from './rooms.ts';

const NS_MAM = 'urn:xmpp:mam:2';
const QUERY = clark(NS_MAM, 'query');
const METADATA = clark(NS_MAM, 'metadata');

export const archive: RoomHandlers = {
  [`get ${QUERY}`]: answer,
  [`set ${QUERY}`]: answer,
  [`get ${METADATA}`]: answer,
};

function answer({ muc, room, stanza, payload, occupant, origin }: RoomRequest): Answer {
  if (muc.archive === undefined || !room.config.archive) return refusals.serviceUnavailable;
  if (occupant === undefined && !mayRead(room, stanza.from)) return refusals.forbidden;
  const since = visibleSince(room, stanza.from.bare);
  if (since === Number.POSITIVE_INFINITY) return refusals.forbidden;
  const send = origin === undefined ? muc.router.route.bind(muc.router) : origin.send.bind(origin);
  return muc.archive.answer({
    owner: room.jid,
    stanza,
    payload,
    send,
    ...(since === 0 ? {} : { present: ({ id, xml }) => ((timeOfId(id) ?? 0) < since ? undefined : xml) }),
  });
}
