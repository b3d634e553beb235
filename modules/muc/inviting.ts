/** Invitations that the room hands on, and the answers to them: XEP-0045 sections 7.8.2 and 9.5. */
import { clark, type Element, el, type Jid, NS, parseJid, refusals, Stanza, StanzaError } from '#api';
import { type AffiliationChange, applyAffiliations, refuseGrowth } from './affiliations.ts';
import { notAnOccupant } from './messages.ts';
import type { Muc } from './muc.ts';
import { affiliationAtLeast } from './ranks.ts';
import type { RoomHandlers, RoomRequest } from './requests.ts';
import type { Room } from './room.ts';
import { NS_USER, reasonIn, USER_X, userX } from './vocabulary.ts';

const INVITE = clark(NS_USER, 'invite');
const DECLINE = clark(NS_USER, 'decline');
const CONTINUE = clark(NS_USER, 'continue');
const MAX_GUESTS = 50;
const MAX_THREAD = 256;

const tooMany = new StanzaError('policy-violation', `a message may invite ${MAX_GUESTS} at most`);
const tooOften = new StanzaError('policy-violation', 'you have sent too many invitations', { type: 'wait' });
const nobody = new StanzaError('item-not-found', 'there is nobody at the address that is invited');
const isBanned = new StanzaError('not-allowed', 'who is banned from the room cannot be invited');
const notInvited = new StanzaError('item-not-found', 'the room knows of no such invitation');

export const inviting: RoomHandlers = { [INVITE]: invite, [DECLINE]: decline };

interface Invitation {
  readonly to: Jid;
  /** The account that invites. */
  readonly by: Jid;
  readonly id?: string | undefined;
  readonly details?: readonly (Element | undefined)[];
}

/** All that a message invites, or none of them. */
async function invite(request: RoomRequest): Promise<StanzaError | undefined> {
  const { muc, room, stanza, occupant } = request;
  if (occupant === undefined) return notAnOccupant;
  if (!mayInvite(request)) return refusals.forbidden;
  const invitations = readInvitations(room, stanza);
  if (invitations instanceof StanzaError) return invitations;
  // Before anything is said of who exists.
  if (!muc.allowances.invitations.take(stanza.from.bare, invitations.length, muc.clock.now())) return tooOften;
  for (const { to } of invitations) if (!(await muc.hasAccount(to))) return nobody;
  if (room.isGone) return refusals.itemNotFound;
  const strangers = strangersAmong(room, invitations);
  const refusal = refuseGrowth(muc, room, strangers.length);
  if (refusal !== undefined) return refusal;
  if (strangers.length > 0) await applyAffiliations(muc, room, strangers, occupant);
  for (const it of invitations) sendInvitation(muc, room, it);
  return undefined;
}

/** Sections 5.1.1 and 9.5: who invites to a members-only room makes members, which is for admins, or else has to be allowed. */
function mayInvite({ room: { config }, affiliation, occupant }: RoomRequest): boolean {
  if (config.allowInvites || affiliationAtLeast(affiliation, 'admin')) return true;
  return !config.membersOnly && occupant?.role === 'moderator';
}

function readInvitations(room: Room, { element, from, id }: Stanza): Invitation[] | StanzaError {
  const wishes = element
    .elements()
    .flatMap((x) => (x.key === USER_X ? x.elements().filter((it) => it.key === INVITE) : []));
  if (wishes.length > MAX_GUESTS) return tooMany;
  const invitations: Invitation[] = [];
  for (const wish of wishes) {
    const address = wish.attr('to');
    if (address === undefined) return refusals.badRequest;
    const to = parseJid(address);
    if (to === undefined || to.local === '') return refusals.jidMalformed;
    if (to.domain === room.jid.domain) return nobody;
    if (room.affiliationOf(to) === 'outcast') return isBanned;
    invitations.push({ to, by: from.bareJid, id, details: [reasonOf(wish), continuationOf(wish)] });
  }
  return invitations;
}

function reasonOf(element: Element): Element | undefined {
  const reason = reasonIn(element);
  return reason === '' ? undefined : el(NS_USER, 'reason', null, reason);
}

/** Section 7.9: the room goes on with a conversation of two. */
function continuationOf(wish: Element): Element | undefined {
  const found = wish.child(CONTINUE);
  return found && el(NS_USER, 'continue', { thread: found.attr('thread')?.slice(0, MAX_THREAD) });
}

/** Those whom the invitation makes members. */
function strangersAmong(room: Room, invitations: readonly Invitation[]): AffiliationChange[] {
  if (!room.config.membersOnly) return [];
  const strangers = new Map<string, AffiliationChange>();
  for (const { to } of invitations) {
    if (room.affiliationOf(to) !== 'none') continue;
    strangers.set(to.bare, { address: to.bareJid, affiliation: 'member', reason: '' });
  }
  return [...strangers.values()];
}

function sendInvitation(muc: Muc, room: Room, { to, by, id, details = [] }: Invitation): void {
  const { password } = room.config;
  const x = userX(
    el(NS_USER, 'invite', { from: by.bare }, ...details),
    password === '' ? undefined : el(NS_USER, 'password', null, password),
  );
  muc.invitations.set(keyOf(room, to, by), true);
  const element = el(NS.client, 'message', { id: id ?? muc.ids.next() }, x);
  void muc.router.route(new Stanza(element, room.jid, to));
}

/** What a decline has to belong to: the room speaks for strangers to nobody who has not invited them. */
function keyOf(room: Room, guest: Jid, inviter: Jid): string {
  return `${room.jid.bare}\n${guest.bare}\n${inviter.bare}`;
}

/** Section 9.5: who has become a member, and is not there, is asked in; as long as `by` may invite. */
export function inviteMember(muc: Muc, room: Room, to: Jid, by: Jid): void {
  for (const _ of room.occupantsOf(to)) return;
  if (muc.allowances.invitations.take(by.bare, 1, muc.clock.now())) sendInvitation(muc, room, { to, by: by.bareJid });
}

/** The inviter hears of it on the devices that are in the room, or else wherever it is. */
function decline({ muc, room, stanza, payload }: RoomRequest): StanzaError | undefined {
  const address = payload.attr('to');
  if (address === undefined) return refusals.badRequest;
  const inviter = parseJid(address);
  if (inviter === undefined) return refusals.jidMalformed;
  if (!muc.invitations.delete(keyOf(room, stanza.from, inviter))) return notInvited;
  const x = userX(el(NS_USER, 'decline', { from: stanza.from.bare }, reasonOf(payload)));
  const element = el(NS.client, 'message', { id: stanza.id ?? muc.ids.next() }, x);
  const note = new Stanza(element, room.jid, inviter.bareJid);
  const devices = [...room.occupantsOf(inviter)].flatMap((it) => it.devices);
  for (const { jid } of devices) muc.router.routeCopy(note, jid);
  if (devices.length === 0) void muc.router.route(note);
  return undefined;
}
