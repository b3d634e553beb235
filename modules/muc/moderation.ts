/** XEP-0425: moderators take back what others have said. */
import { clark, type Element, el, NS, refusals, Stanza, StanzaError, timeOfId } from '#api';
import { archivesNow, remember } from './history.ts';
import { isTooFast, tooFast } from './messages.ts';
import type { Muc } from './muc.ts';
import type { Occupant } from './occupant.ts';
import type { Answer, RoomHandlers, RoomRequest } from './requests.ts';
import {
  entomb,
  findKept,
  isTombstone,
  makeTombstone,
  NS_MODERATE,
  NS_RETRACT,
  OCCUPANT_ID,
  RETRACT,
} from './retracting.ts';
import type { Room } from './room.ts';
import { NS_OCCUPANT_ID, reasonIn } from './vocabulary.ts';

const notModerator = new StanzaError('forbidden', 'only moderators may retract what others have said');
const nothingElse = new StanzaError('feature-not-implemented', 'messages can be retracted, and nothing else');
const ownWord = new StanzaError('not-allowed', 'what the room says itself stays');

export const moderation: RoomHandlers = { [`set ${clark(NS_MODERATE, 'moderate')}`]: moderate };

function moderate({ muc, room, payload, occupant }: RoomRequest): Answer {
  if (occupant?.role !== 'moderator') return notModerator;
  const id = payload.attr('id') ?? '';
  if (id === '') return refusals.badRequest;
  if (payload.child(RETRACT) === undefined) return nothingElse;
  if (isTooFast(muc, occupant)) return tooFast;
  return retractOther(muc, room, { id, moderator: occupant, reason: reasonIn(payload) });
}

interface Wish {
  readonly id: string;
  readonly moderator: Occupant;
  readonly reason: string;
}

async function retractOther(muc: Muc, room: Room, wish: Wish): Promise<StanzaError | undefined> {
  const message = await findKept(muc, room, wish.id);
  // Where nothing is archived only those who heard it can tell whether it was said.
  if (message === undefined && (archivesNow(muc, room) || timeOfId(wish.id) === undefined))
    return refusals.itemNotFound;
  if (message !== undefined && isTombstone(message)) return undefined;
  if (message !== undefined && message.child(OCCUPANT_ID) === undefined) return ownWord;
  const id = muc.ids.next();
  const { moderator, reason } = wish;
  const by = el(NS_OCCUPANT_ID, 'occupant-id', { id: moderator.id });
  const moderated = el(NS_MODERATE, 'moderated', { by: moderator.jid.full }, by);
  const why = reason === '' ? undefined : el(NS_RETRACT, 'reason', null, reason);
  await entomb(muc, room, wish.id, makeTombstone(muc, id, moderated, why));
  if (!room.isGone) await announce(muc, room, id, el(NS_RETRACT, 'retract', { id: wish.id }, moderated, why));
  return undefined;
}

/** Tells all, and those who read the archive later (XEP-0424 section 5). */
async function announce(muc: Muc, room: Room, id: string, retract: Element): Promise<void> {
  const stanzaId = el(NS.stanzaId, 'stanza-id', { by: room.jid.bare, id });
  const stanza = new Stanza(el(NS.client, 'message', { type: 'groupchat', id }, retract, stanzaId), room.jid, room.jid);
  const stored = archivesNow(muc, room) ? muc.archive?.append(room.jid, { id, stanza, peer: room.jid }) : undefined;
  remember(muc, room, { id, stanza });
  for (const { jid } of room.devices.values()) muc.router.routeCopy(stanza, jid);
  await stored;
}
