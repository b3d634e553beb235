/** Registering with a room, to be a member under a nickname of one's own: XEP-0045 sections 7.10 and 9.9. */
import {
  clark,
  type Element,
  el,
  type FormField,
  type Jid,
  jid,
  NS,
  parseJid,
  prepareResource,
  readForm,
  refusals,
  Stanza,
  StanzaError,
  writeForm,
} from '#api';
import { type AffiliationChange, applyAffiliations } from './affiliations.ts';
import { readBoolean } from './config-fields.ts';
import { inviteMember } from './inviting.ts';
import type { Muc } from './muc.ts';
import { refuseNick } from './nick.ts';
import type { Occupant } from './occupant.ts';
import { refuseOutcome } from './outcomes.ts';
import { affiliationAtLeast } from './ranks.ts';
import type { Answer, RoomHandlers, RoomRequest, Values } from './requests.ts';
import type { Room } from './room.ts';
import { NS_MUC } from './vocabulary.ts';

const QUERY = clark(NS.register, 'query');
const REMOVE = clark(NS.register, 'remove');
export const REGISTRATION_FORM = `${NS_MUC}#register`;
const NICK = 'muc#register_roomnick';
const ALLOW = 'muc#register_allow';
/** Whom an approval is about; the specification has no field for it. */
const ADDRESS = '{urn:parley:muc}jid';
/** So many admins at most are written to while none is in the room. */
const ABSENT_ADMINS = 20;

const closed = new StanzaError('not-allowed', 'this room takes no registrations');
const noNick = new StanzaError('bad-request', 'a form with the nickname is needed');
const notRegistered = new StanzaError('registration-required', 'you are not registered with this room');
const tooOften = new StanzaError('policy-violation', 'you have registered too often', { type: 'wait' });

export const registering: RoomHandlers = {
  [`get ${QUERY}`]: (request) => refuse(request) ?? show(request),
  [`set ${QUERY}`]: (request) =>
    request.payload.child(REMOVE) === undefined ? (refuse(request) ?? submit(request)) : unregister(request),
};

/** Members choose their nicknames in any room; whether others become members is for the room to say. */
function refuse({ room, affiliation }: RoomRequest): StanzaError | undefined {
  if (affiliation === 'outcast') return closed;
  if (room.isLocked && affiliation !== 'owner') return refusals.itemNotFound;
  return affiliation === 'none' && room.config.registration === 'closed' ? closed : undefined;
}

function show({ room, stanza, occupant }: RoomRequest): Element {
  const reserved = nickOf(room, stanza.from);
  const instructions = 'Choose the nickname that nobody else may have in this room.';
  const form = writeForm({
    type: 'form',
    formType: REGISTRATION_FORM,
    title: `Registration with ${room.jid.bare}`,
    instructions,
    fields: [{ ...nickField(reserved || (occupant?.nick ?? '')), required: true }],
  });
  const facts = reserved === '' ? [] : [el(NS.register, 'registered'), el(NS.register, 'username', null, reserved)];
  return el(NS.register, 'query', null, ...facts, el(NS.register, 'instructions', null, instructions), form);
}

function nickField(nick: string): FormField {
  return { var: NICK, type: 'text-single', label: 'Nickname', values: nick === '' ? [] : [nick] };
}

function submit(request: RoomRequest): Answer {
  const { muc, room, stanza, affiliation, payload } = request;
  const form = readForm(payload);
  if (form?.type !== 'submit' || (form.formType ?? REGISTRATION_FORM) !== REGISTRATION_FORM) return noNick;
  const nick = readNick(muc, form.values);
  if (nick instanceof StanzaError) return nick;
  const change = registration(room, stanza.from.bareJid, nick);
  const refusal = refuseOutcome(muc, room, [change]);
  if (refusal !== undefined) return refusal;
  if (!muc.allowances.requests.take(stanza.from.bare, 1, muc.clock.now())) return tooOften;
  return affiliation === 'none' && needsApproval(room, stanza.from) ? forward(request, nick) : apply(request, change);
}

function readNick(muc: Muc, values: Values): string | StanzaError {
  const nick = prepareResource(values.get(NICK)?.[0] ?? '');
  return nick === undefined || nick === '' ? noNick : (refuseNick(muc, nick) ?? nick);
}

/** A member at least, under that name. */
function registration(room: Room, address: Jid, nick: string): AffiliationChange {
  const { affiliation, reason } = room.memberships.get(address.bare) ?? { affiliation: 'none', reason: '' };
  return { address, affiliation: affiliation === 'none' ? 'member' : affiliation, nick, reason };
}

async function apply({ muc, room }: RoomRequest, change: AffiliationChange, actor?: Occupant): Promise<undefined> {
  await applyAffiliations(muc, room, [change], actor);
}

/** Nobody gets by registering what the room keeps from strangers: entry, its archive, or voice. */
function needsApproval(room: Room, account: Jid): boolean {
  const { registration, membersOnly, moderated, password } = room.config;
  if (registration === 'approval' || membersOnly || moderated || password !== '') return true;
  return [...room.occupantsOf(account)].some((it) => it.role === 'visitor');
}

/** XEP-0077 section 3.2: a member is none any more; admins and owners give their nicknames back. */
function unregister(request: RoomRequest): Answer {
  const { room, stanza, affiliation, payload } = request;
  if (payload.elements().length > 1) return refusals.badRequest;
  const address = stanza.from.bareJid;
  if (affiliation === 'member') return apply(request, { address, affiliation: 'none', reason: '' });
  return nickOf(room, address) === '' ? notRegistered : apply(request, registration(room, address, ''));
}

function nickOf(room: Room, account: Jid): string {
  return room.memberships.get(account.bare)?.nick ?? '';
}

/** Section 9.9. The form says all that there is to know, so that nothing has to be remembered until it comes back. */
function forward({ muc, room, stanza }: RoomRequest, nick: string): undefined {
  const form = writeForm({
    type: 'form',
    formType: REGISTRATION_FORM,
    title: 'Registration request',
    instructions: `${stanza.from.bare} would like to be a member of ${room.jid.bare}.`,
    fields: [
      { var: ADDRESS, type: 'jid-single', label: 'Address', values: [stanza.from.bare] },
      nickField(nick),
      { var: ALLOW, type: 'boolean', label: 'Allow this person to register with the room?', values: ['0'] },
    ],
  });
  const note = new Stanza(el(NS.client, 'message', { id: muc.ids.next() }, form), room.jid, room.jid);
  for (const admin of adminsOf(room)) muc.router.routeCopy(note, admin);
}

/** Those who are there, or else the accounts, where the message waits for them. */
function adminsOf(room: Room): readonly Jid[] {
  const present = [...room.devices.values()].filter(({ occupant }) =>
    affiliationAtLeast(room.affiliationOf(occupant.account), 'admin'),
  );
  if (present.length > 0) return present.map((it) => it.jid);
  const absent = [...room.holders('owner'), ...room.holders('admin')];
  return absent.slice(0, ABSENT_ADMINS).map(([address]) => jid(address));
}

/** Section 9.9: whoever may make members may say yes, to whatever form; so nothing is won by making one up. */
export function approveRegistration(request: RoomRequest, values: Values): Answer {
  const { muc, room, affiliation } = request;
  if (!affiliationAtLeast(affiliation, 'admin')) return refusals.forbidden;
  if (!readBoolean(values.get(ALLOW))) return undefined;
  const account = parseJid(values.get(ADDRESS)?.[0] ?? '')?.bareJid;
  if (account === undefined || account.local === '') return refusals.badRequest;
  const before = room.affiliationOf(account);
  if (before === 'outcast') return refusals.notAllowed;
  if (before !== 'none') return undefined; // another admin was faster
  const nick = readNick(muc, values);
  if (nick instanceof StanzaError) return nick;
  const change = registration(room, account, nick);
  return refuseOutcome(muc, room, [change]) ?? admit(request, change);
}

async function admit(request: RoomRequest, change: AffiliationChange): Promise<undefined> {
  await apply(request, change, request.occupant);
  inviteMember(request.muc, request.room, change.address, request.stanza.from);
}
