/** The archive of a room: XEP-0313 section 6.1.2, for those who may be in the room. */
import { clark, refusals } from '#api';
import { archivesNow, visibleSince } from './history.ts';
import { affiliationAtLeast } from './ranks.ts';
import type { Answer, RoomHandlers, RoomRequest } from './requests.ts';
import { mayRead } from './rooms.ts';
import { presentKept, type Sight } from './senders.ts';

const NS_MAM = 'urn:xmpp:mam:2';
const QUERY = clark(NS_MAM, 'query');
const METADATA = clark(NS_MAM, 'metadata');

export const archive: RoomHandlers = {
  [`get ${QUERY}`]: answer,
  [`set ${QUERY}`]: answer,
  [`get ${METADATA}`]: answer,
};

function answer(request: RoomRequest): Answer {
  const { muc, room, stanza, payload, occupant, origin } = request;
  if (muc.archive === undefined || !archivesNow(muc, room)) return refusals.serviceUnavailable;
  if (occupant === undefined && !mayRead(room, stanza.from)) return refusals.forbidden;
  const since = visibleSince(room, stanza.from);
  if (since === Number.POSITIVE_INFINITY) return refusals.forbidden;
  const sight = sightOf(request);
  return muc.archive.answer({
    owner: room.jid,
    stanza,
    payload,
    send: origin === undefined ? muc.router.route.bind(muc.router) : origin.send.bind(origin),
    since,
    present: ({ xml }) => presentKept(xml, sight),
  });
}

/** Moderators see who it was, and those who would be some inside; what was said behind a veil stays behind it for others. */
function sightOf({ room, occupant, affiliation }: RoomRequest): Sight {
  if (occupant?.role === 'moderator' || affiliationAtLeast(affiliation, 'admin')) return 'all';
  return room.config.whois === 'anyone' ? 'open' : 'none';
}
