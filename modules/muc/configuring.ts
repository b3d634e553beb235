/** Setting a room up and taking it down: XEP-0045 sections 10.1, 10.2 and 10.9. */
import { clark, type Element, el, NS, readForm, refusals, Stanza, StanzaError, writeForm } from '#api';
import { broadcastRoleChange } from './affiliations.ts';
import { configFormFields, readConfigForm } from './config-fields.ts';
import { removeOccupant } from './leaving.ts';
import type { Muc } from './muc.ts';
import { broadcastLeaving } from './presence.ts';
import type { RoomHandlers, RoomRequest } from './requests.ts';
import type { Room } from './room.ts';
import type { RoomConfig } from './room-config.ts';
import { NS_OWNER, NS_USER, type Status, status, userX } from './vocabulary.ts';

const QUERY = clark(NS_OWNER, 'query');
const DESTROY = clark(NS_OWNER, 'destroy');
const X = clark(NS.dataForms, 'x');
export const FORM_TYPE = 'http://jabber.org/protocol/muc#roomconfig';

export const configuring: RoomHandlers = {
  [`get ${QUERY}`]: ({ room, affiliation }) => (affiliation === 'owner' ? configForm(room) : refusals.forbidden),
  [`set ${QUERY}`]: (request) => (request.affiliation === 'owner' ? change(request) : refusals.forbidden),
};

function configForm({ config, jid }: Room): Element {
  const form = writeForm({
    type: 'form',
    formType: FORM_TYPE,
    title: `Configuration of ${jid.bare}`,
    fields: configFormFields(config),
  });
  return el(NS_OWNER, 'query', null, form);
}

function change({ muc, room, payload }: RoomRequest): Promise<StanzaError | undefined> | StanzaError | undefined {
  const destroy = payload.child(DESTROY);
  if (destroy !== undefined) return destroyRoom(muc, room, destroy);
  const form = readForm(payload);
  if (payload.child(X) === undefined || form === undefined) return refusals.badRequest;
  if (form.type === 'cancel') return room.isLocked ? destroyRoom(muc, room, undefined) : undefined;
  if (form.type !== 'submit' || (form.formType !== undefined && form.formType !== FORM_TYPE))
    return refusals.badRequest;
  const config = readConfigForm(form.values, room.config);
  if ('wrong' in config) return new StanzaError('not-acceptable', `the field ${config.wrong} cannot have this value`);
  return configure(muc, room, config);
}

/** Puts a set-up in force, and tells the occupants what of it concerns them (section 10.2.1). */
export async function configure(muc: Muc, room: Room, config: RoomConfig): Promise<undefined> {
  const before = room.config;
  room.config = config;
  room.isLocked = false;
  if (room.history !== undefined && config.historyLength < room.history.length) {
    room.history.splice(0, room.history.length - config.historyLength);
  }
  await muc.store.saveConfig(room);
  for (const occupant of room.occupants.values()) occupant.forgetShown();
  tell(muc, room, changes(before, config));
  if (config.membersOnly && !before.membersOnly) removeStrangers(muc, room);
  if (config.moderated !== before.moderated) reviseVoices(muc, room);
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

function tell(muc: Muc, room: Room, statuses: readonly Status[]): void {
  if (statuses.length === 0) return;
  const element = el(NS.client, 'message', { type: 'groupchat', id: muc.ids.next() }, userX(...statuses.map(status)));
  const stanza = new Stanza(element, room.jid, room.jid);
  for (const { jid } of room.devices.values()) muc.router.routeCopy(stanza, jid);
}

/** Section 10.2: who is no member leaves a room that has become one for members only. */
function removeStrangers(muc: Muc, room: Room): void {
  for (const occupant of [...room.occupants.values()]) {
    if (room.affiliationOf(occupant.account) === 'none') removeOccupant(muc, room, occupant, { statuses: [322] });
  }
}

/** In a room that is moderated now, those without affiliation may only listen; in one that is no more, they may speak. */
function reviseVoices(muc: Muc, room: Room): void {
  for (const occupant of room.occupants.values()) {
    if (room.affiliationOf(occupant.account) !== 'none' || occupant.role === 'moderator') continue;
    const role = room.defaultRole('none');
    if (role !== occupant.role) broadcastRoleChange(muc, room, occupant, role, {});
  }
}

/** Section 10.9; `wish` is the `<destroy/>` of the owner, with the address of another room and a reason. */
export async function destroyRoom(muc: Muc, room: Room, wish: Element | undefined): Promise<undefined> {
  const reason = wish?.childText(clark(NS_OWNER, 'reason'));
  const password = wish?.childText(clark(NS_OWNER, 'password'));
  const destroy = el(
    NS_USER,
    'destroy',
    { jid: wish?.attr('jid') },
    password ? el(NS_USER, 'password', null, password) : undefined,
    reason ? el(NS_USER, 'reason', null, reason) : undefined,
  );
  room.isGone = true;
  for (const occupant of room.occupants.values()) {
    broadcastLeaving(muc, room, occupant, { affiliation: 'none', destroy });
  }
  room.occupants.clear();
  room.devices.clear();
  await muc.rooms.destroy(room);
  return undefined;
}
