/** What the service and its rooms say of themselves: XEP-0045 section 6. */
import {
  clark,
  type DiscoItem,
  type Element,
  type FormField,
  NS,
  readPageRequest,
  refusals,
  type StanzaError,
  writeDiscoInfo,
  writeDiscoItems,
  writePageFacts,
} from '#api';
import type { Muc } from './muc.ts';
import { affiliationAtLeast } from './ranks.ts';
import type { RoomHandlers, RoomRequest, ServiceHandlers, ServiceRequest } from './requests.ts';
import type { Room } from './room.ts';
import { mayRead } from './rooms.ts';
import { NS_MUC, NS_OCCUPANT_ID } from './vocabulary.ts';

const INFO = clark(NS.discoInfo, 'query');
const ITEMS = clark(NS.discoItems, 'query');
const PAGE = 100;
const NS_MAM = 'urn:xmpp:mam:2';

/** Features that parts of the service bring, in every room. */
export const ROOM_FEATURES: readonly string[] = [
  NS_MUC,
  `${NS_MUC}#request`,
  `${NS_MUC}#self-ping-optimization`,
  `${NS_MUC}#stable_id`,
  NS.discoInfo,
  NS.discoItems,
  NS.registerFeature,
  NS_OCCUPANT_ID,
  NS.stanzaId,
  NS.ping,
  'vcard-temp',
  'urn:xmpp:message-moderate:1',
  'urn:xmpp:message-retract:1',
  'jabber:iq:register',
];

const SERVICE_FEATURES: readonly string[] = [
  NS_MUC,
  NS.discoInfo,
  NS.discoItems,
  NS.rsm,
  NS.ping,
  'jabber:iq:search',
  'urn:xmpp:channel-search:0:search',
  `${NS_MUC}#unique`,
];

export const serviceDisco: ServiceHandlers = {
  [`get ${INFO}`]: ({ muc, payload }) => {
    if (payload.attr('node') !== undefined) return refusals.itemNotFound;
    const identities = [{ category: 'conference', type: 'text', name: muc.options.name }];
    return writeDiscoInfo({ identities, features: [...new Set(SERVICE_FEATURES)], forms: [] });
  },
  [`get ${ITEMS}`]: listRooms,
};

/** Section 6.3: rooms that want to be found, page by page. */
async function listRooms({ muc, payload }: ServiceRequest): Promise<Element | StanzaError> {
  if (payload.attr('node') !== undefined) return writeDiscoItems([], payload.attr('node'));
  const wish = readPageRequest(payload);
  if (wish === undefined) return refusals.badRequest;
  const limit = Math.min(wish.max ?? PAGE, PAGE);
  const rooms = await publicRooms(muc, localOf(wish.after), limit);
  const answer = writeDiscoItems(rooms);
  const [first, last] = [rooms[0]?.jid, rooms.at(-1)?.jid];
  if (rooms.length < limit && wish.max === undefined) return answer;
  return answer.append(writePageFacts(first === undefined || last === undefined ? {} : { first, last }));
}

function localOf(address: string | undefined): string {
  return address?.split('@')[0] ?? '';
}

/** Persistent ones are stored; of the others those are listed that exist just now. */
export async function publicRooms(muc: Muc, after: string, limit: number): Promise<DiscoItem[]> {
  const names = new Map<string, string>();
  for (const { local, name } of await muc.store.list(muc.jid.domain, after, limit, 'listed')) names.set(local, name);
  for (const room of muc.rooms.awake()) {
    const { local } = room.jid;
    if (local > after && room.config.public && !room.config.persistent && !room.isLocked)
      names.set(local, room.config.name);
  }
  return [...names]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, limit)
    .map(([local, name]) => ({ jid: `${local}@${muc.jid.domain}`, name: name === '' ? local : name }));
}

export const roomDisco: RoomHandlers = {
  [`get ${INFO}`]: roomInfo,
  [`get ${ITEMS}`]: roomItems,
};

/** Section 6.4. */
function roomInfo(request: RoomRequest): Element | StanzaError {
  const { room, payload, muc } = request;
  const node = payload.attr('node');
  // Section 7.12.
  if (node === 'x-roomuser-item') return reservedName(request, node);
  if (node !== undefined) return refusals.itemNotFound;
  const features = [...ROOM_FEATURES, ...traits(room)];
  if (room.config.archive && muc.archive !== undefined) features.push(NS_MAM, `${NS_MAM}#extended`);
  const identities = [{ category: 'conference', type: 'text', name: room.config.name || room.jid.local }];
  const forms = [{ type: 'result' as const, formType: `${NS_MUC}#roominfo`, fields: infoFields(room) }];
  return writeDiscoInfo({ identities, features: [...new Set(features)], forms });
}

function reservedName({ room, stanza }: RoomRequest, node: string): Element {
  const nick = room.memberships.get(stanza.from.bare)?.nick ?? '';
  const identities = nick === '' ? [] : [{ category: 'conference', type: 'text', name: nick }];
  return writeDiscoInfo({ identities, features: [], forms: [] }, node);
}

/** Section 15.3: what kind of room it is. */
function traits({ config }: Room): readonly string[] {
  return [
    config.membersOnly ? 'muc_membersonly' : 'muc_open',
    config.moderated ? 'muc_moderated' : 'muc_unmoderated',
    config.whois === 'anyone' ? 'muc_nonanonymous' : 'muc_semianonymous',
    config.password === '' ? 'muc_unsecured' : 'muc_passwordprotected',
    config.persistent ? 'muc_persistent' : 'muc_temporary',
    config.public ? 'muc_public' : 'muc_hidden',
  ];
}

/** Section 15.5.4. */
function infoFields({ config, subject, occupants }: Room): FormField[] {
  const field = (name: string, value: string, type = 'text-single') => ({
    var: `muc#roominfo_${name}`,
    type,
    values: [value],
  });
  return [
    field('description', config.description),
    field('occupants', String(occupants.size)),
    field('subject', subject?.element.text() ?? ''),
    field('subjectmod', config.changeSubject ? '1' : '0', 'boolean'),
    field('lang', config.lang),
    { var: 'muc#roomconfig_roomname', type: 'text-single', values: [config.name] },
    { var: 'muc#roomconfig_changesubject', type: 'boolean', values: [config.changeSubject ? '1' : '0'] },
    { var: 'muc#roomconfig_allowinvites', type: 'boolean', values: [config.allowInvites ? '1' : '0'] },
    { var: 'muc#roomconfig_allowpm', type: 'text-single', values: [config.privateMessages] },
    { var: 'muc#maxhistoryfetch', type: 'text-single', values: [String(config.historyLength)] },
  ];
}

/** Section 6.5: who is there, for those who may see it. */
function roomItems({ room, payload, stanza, occupant, affiliation }: RoomRequest): Element {
  const node = payload.attr('node');
  const isAllowed =
    occupant !== undefined ||
    affiliationAtLeast(affiliation, 'admin') ||
    (room.config.public && !room.config.membersOnly && mayRead(room, stanza.from));
  if (node !== undefined || !isAllowed) return writeDiscoItems([], node);
  return writeDiscoItems([...room.occupants.values()].map(({ jid, nick }) => ({ jid: jid.full, name: nick })));
}
