/** Setting a room up and taking it down: XEP-0045 sections 10.1, 10.2 and 10.9. */
import { clark, type Element, el, NS, parseJid, readForm, refusals, Stanza, StanzaError, writeForm } from '#api';
import { applyAffiliations } from './affiliations.ts';
import { configFormFields, readConfigForm } from './config-fields.ts';
import { reviseHistory } from './history.ts';
import { removeOccupant } from './leaving.ts';
import type { Muc } from './muc.ts';
import { refuseOutcome } from './outcomes.ts';
import { broadcastLeaving, reviseBroadcast } from './presence.ts';
import { rankFields, readRankFields } from './rank-fields.ts';
import type { RoomHandlers, RoomRequest, Values } from './requests.ts';
import type { Room } from './room.ts';
import type { RoomConfig } from './room-config.ts';
import { NS_OWNER, NS_USER, reasonIn, type Status, status, userX } from './vocabulary.ts';

const QUERY = clark(NS_OWNER, 'query');
const DESTROY = clark(NS_OWNER, 'destroy');
const X = clark(NS.dataForms, 'x');
export const FORM_TYPE = 'http://jabber.org/protocol/muc#roomconfig';

export const configuring: RoomHandlers = {
  [`get ${QUERY}`]: ({ room, affiliation }) => (affiliation === 'owner' ? configForm(room) : refusals.forbidden),
  [`set ${QUERY}`]: (request) => (request.affiliation === 'owner' ? change(request) : refusals.forbidden),
};

function configForm(room: Room): Element {
  const form = writeForm({
    type: 'form',
    formType: FORM_TYPE,
    title: `Configuration of ${room.jid.bare}`,
    fields: [...configFormFields(room.config), ...rankFields(room)],
  });
  return el(NS_OWNER, 'query', null, form);
}

function change(request: RoomRequest): Promise<StanzaError | undefined> | StanzaError | undefined {
  const { muc, room, payload } = request;
  const [wish, ...more] = payload.elements();
  if (wish?.key === DESTROY && more.length === 0) return destroyAsWished(muc, room, wish);
  const form = readForm(payload);
  if (wish?.key !== X || more.length > 0 || form === undefined) return refusals.badRequest;
  if (form.type === 'cancel') return room.isLocked ? destroyRoom(muc, room) : undefined;
  const isOurs = form.formType === undefined || form.formType === FORM_TYPE;
  return form.type === 'submit' && isOurs ? submit(request, form.values) : refusals.badRequest;
}

function submit({ muc, room, occupant }: RoomRequest, values: Values): Promise<undefined> | StanzaError {
  const config = readConfigForm(values, room.config);
  if ('wrong' in config) return notAcceptable(config.wrong);
  const affiliations = readRankFields(values, room);
  if ('wrong' in affiliations) return notAcceptable(affiliations.wrong);
  const refusal = refuseOutcome(muc, room, affiliations);
  if (refusal !== undefined) return refusal;
  if (affiliations.length === 0) return configure(muc, room, config);
  // First: those who become admins may stay when strangers have to go.
  return applyAffiliations(muc, room, affiliations, occupant).then(() => {
    // Another owner may have changed it meanwhile.
    const now = readConfigForm(values, room.config);
    return configure(muc, room, 'wrong' in now ? config : now);
  });
}

function notAcceptable(field: string): StanzaError {
  return new StanzaError('not-acceptable', `the field ${field} cannot have this value`);
}

/**
 * Puts a set-up in force, and tells the occupants what of it concerns them (section 10.2.1). Those who are there keep the
 * voice that they have when the room becomes moderated: to change all roles would tell everybody of everybody.
 */
export async function configure(muc: Muc, room: Room, config: RoomConfig): Promise<undefined> {
  const { config: before, isLocked } = room;
  room.config = config;
  room.isLocked = false;
  try {
    await muc.store.saveConfig(room);
  } catch (cause) {
    room.config = before;
    room.isLocked = isLocked;
    throw cause;
  }
  reviseHistory(muc, room, before);
  for (const occupant of room.occupants.values()) occupant.forgetShown();
  tell(muc, room, changes(before, config));
  if (config.membersOnly && !before.membersOnly) removeStrangers(muc, room);
  reviseBroadcast(muc, room, before);
  return undefined;
}

function changes(before: RoomConfig, now: RoomConfig): readonly Status[] {
  const statuses: Status[] = [];
  if (before.archive !== now.archive) statuses.push(now.archive ? 170 : 171);
  if (before.whois !== now.whois) statuses.push(now.whois === 'anyone' ? 172 : 173);
  const { whois: _, archive: __, ...others } = now;
  const hasChanged = Object.entries(others).some(
    ([name, it]) => String(before[name as keyof RoomConfig]) !== String(it),
  );
  return hasChanged ? [...statuses, 104] : statuses;
}

/** Section 10.2.1: what has changed about the room. */
export function tell(muc: Muc, room: Room, statuses: readonly Status[]): void {
  if (statuses.length === 0) return;
  const element = el(NS.client, 'message', { type: 'groupchat', id: muc.ids.next() }, userX(...statuses.map(status)));
  const stanza = new Stanza(element, room.jid, room.jid);
  for (const { jid } of room.devices.values()) muc.router.routeCopy(stanza, jid);
}

/** Section 10.2: who is no member leaves a room that has become one for members only, and is told of no others who do. */
function removeStrangers(muc: Muc, room: Room): void {
  const strangers = [...room.occupants.values()].filter(({ account }) => room.affiliationOf(account) === 'none');
  for (const { devices } of strangers) for (const { jid } of devices) room.devices.delete(jid.full);
  for (const stranger of strangers) removeOccupant(muc, room, stranger, { statuses: [322] });
}

/** Section 10.9: `<destroy/>` of an owner may name another room, its password and a reason. */
function destroyAsWished(muc: Muc, room: Room, wish: Element): Promise<undefined> | StanzaError {
  const venue = wish.attr('jid');
  if (venue !== undefined && parseJid(venue) === undefined) return refusals.jidMalformed;
  const password = wish.childText(clark(NS_OWNER, 'password')) ?? '';
  const reason = reasonIn(wish);
  const destroy = el(
    NS_USER,
    'destroy',
    { jid: venue },
    password === '' ? undefined : el(NS_USER, 'password', null, password),
    reason === '' ? undefined : el(NS_USER, 'reason', null, reason),
  );
  return destroyRoom(muc, room, destroy);
}

/** Everybody is told of the end, and of no others who go. */
export async function destroyRoom(muc: Muc, room: Room, destroy = el(NS_USER, 'destroy')): Promise<undefined> {
  room.isGone = true;
  room.devices.clear();
  for (const occupant of room.occupants.values()) {
    broadcastLeaving(muc, room, occupant, { affiliation: 'none', destroy });
  }
  room.occupants.clear();
  await muc.rooms.destroy(room);
  return undefined;
}
