/** Asking for voice, and giving it to those who ask: XEP-0045 sections 7.13 and 8.6. */
import { el, NS, parseJid, refusals, Stanza, StanzaError, writeForm } from '#api';
import { broadcastRoleChange } from './affiliations.ts';
import { readBoolean } from './config-fields.ts';
import { notAnOccupant } from './messages.ts';
import type { Occupant } from './occupant.ts';
import type { Answer, RoomRequest, Values } from './requests.ts';
import type { Room } from './room.ts';
import { NS_MUC } from './vocabulary.ts';

export const VOICE_FORM = `${NS_MUC}#request`;
const ROLE = 'muc#role';
const ADDRESS = 'muc#jid';
const NICK = 'muc#roomnick';
const ALLOW = 'muc#request_allow';

const notHere = new StanzaError('forbidden', 'nobody may ask for voice in this room');
const hasVoice = new StanzaError('not-allowed', 'you may speak already');
const noModerator = new StanzaError('recipient-unavailable', 'no moderator is in the room');
const tooOften = new StanzaError('policy-violation', 'you have asked too often', { type: 'wait' });

/** A form of this kind is a visitor's wish, or what a moderator makes of it. */
export function handleVoiceForm(request: RoomRequest, values: Values): Answer {
  const { occupant } = request;
  if (occupant === undefined) return notAnOccupant;
  if (values.get(ROLE)?.[0] !== 'participant') return refusals.badRequest;
  return values.has(ALLOW) ? grant(request, occupant, values) : ask(request, occupant);
}

function ask({ muc, room, stanza }: RoomRequest, visitor: Occupant): StanzaError | undefined {
  if (visitor.role !== 'visitor') return hasVoice;
  if (!room.config.voiceRequests) return notHere;
  const moderators = [...room.devices.values()].filter(({ occupant }) => occupant.role === 'moderator');
  if (moderators.length === 0) return noModerator;
  if (!muc.allowances.requests.take(visitor.account.bare, 1, muc.clock.now())) return tooOften;
  const form = writeForm({
    type: 'form',
    formType: VOICE_FORM,
    title: 'Voice request',
    instructions: `${visitor.nick} would like to speak in ${room.jid.bare}.`,
    fields: [
      {
        var: ROLE,
        type: 'list-single',
        label: 'Requested role',
        values: ['participant'],
        options: [{ value: 'participant' }],
      },
      { var: ADDRESS, type: 'jid-single', label: 'Address', values: [stanza.from.full] },
      { var: NICK, type: 'text-single', label: 'Nickname', values: [visitor.nick] },
      { var: ALLOW, type: 'boolean', label: 'Grant voice to this person?', values: ['0'] },
    ],
  });
  const note = new Stanza(el(NS.client, 'message', { id: muc.ids.next() }, form), room.jid, room.jid);
  for (const { jid } of moderators) muc.router.routeCopy(note, jid);
  return undefined;
}

function grant({ muc, room }: RoomRequest, moderator: Occupant, values: Values): StanzaError | undefined {
  if (moderator.role !== 'moderator') return refusals.forbidden;
  if (!readBoolean(values.get(ALLOW))) return undefined;
  const visitor = visitorOf(room, values);
  if (visitor === undefined) return refusals.itemNotFound;
  // Another moderator may have been faster.
  if (visitor.role === 'visitor') broadcastRoleChange(muc, room, visitor, 'participant', { actor: moderator });
  return undefined;
}

/** By the device that asked, which may have another name by now; or by the name, where it is still of that account. */
function visitorOf(room: Room, values: Values): Occupant | undefined {
  const address = parseJid(values.get(ADDRESS)?.[0] ?? '');
  const asker = address && room.occupantAt(address);
  if (asker !== undefined) return asker;
  const namesake = room.occupants.get(values.get(NICK)?.[0] ?? '');
  return address === undefined || namesake?.account.bare === address.bare ? namesake : undefined;
}
