/** What the service and its rooms say of themselves: XEP-0045 section 6. */
import { type Awaitable, clark, type Element, NS, refusals, type StanzaError, then, writeDiscoInfo } from '#api';
import { NS_COMMANDS } from './ad-hoc.ts';
import { photoHashes } from './avatar.ts';
import { commandsFor } from './hat-commands.ts';
import { NS_HATS } from './hats.ts';
import type { RoomHandlers, RoomRequest, ServiceHandlers } from './requests.ts';
import { NS_MODERATE, NS_RETRACT } from './retracting.ts';
import { roomInfoForm, traitsOf } from './room-info.ts';
import { listOccupants, listRooms } from './room-list.ts';
import { NS_MUC, NS_OCCUPANT_ID } from './vocabulary.ts';

const INFO = clark(NS.discoInfo, 'query');
const ITEMS = clark(NS.discoItems, 'query');
const NS_MAM = 'urn:xmpp:mam:2';

/** Features that parts of the service bring, in every room. */
export const ROOM_FEATURES: readonly string[] = [
  NS_MUC,
  `${NS_MUC}#register`,
  `${NS_MUC}#request`,
  `${NS_MUC}#self-ping-optimization`,
  `${NS_MUC}#stable_id`,
  NS.discoInfo,
  NS.discoItems,
  NS.rsm,
  NS.registerFeature,
  NS_OCCUPANT_ID,
  NS.stanzaId,
  NS.ping,
  'vcard-temp',
  NS_MODERATE,
  NS_RETRACT,
  'jabber:iq:register',
  NS_COMMANDS,
  NS_HATS,
];

const SERVICE_FEATURES: readonly string[] = [
  NS_MUC,
  'vcard-temp',
  `${NS_MUC}#stable_id`,
  NS_OCCUPANT_ID,
  NS.discoInfo,
  NS.discoItems,
  NS.rsm,
  NS.ping,
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

export const roomDisco: RoomHandlers = {
  [`get ${INFO}`]: roomInfo,
  [`get ${ITEMS}`]: listOccupants,
};

/** Section 6.4. */
function roomInfo(request: RoomRequest): Awaitable<Element | StanzaError> {
  const { room, payload, muc, affiliation } = request;
  const node = payload.attr('node');
  // Section 7.12.
  if (node === 'x-roomuser-item') return reservedName(request, node);
  // Section 18.1.1: whatever people say is passed on.
  if (node === `${NS_MUC}#traffic`) return refusals.serviceUnavailable;
  if (node !== undefined) return commandInfo(request, node);
  // Section 10.1.1: nobody else knows of it yet.
  if (room.isLocked && affiliation !== 'owner') return refusals.itemNotFound;
  return then(photoHashes(muc, room), (hashes) => describeRoom(request, hashes));
}

function describeRoom(request: RoomRequest, hashes: readonly string[]): Element {
  const { muc, room } = request;
  const features = [...ROOM_FEATURES, ...traitsOf(room)];
  if (room.config.archive && muc.archive !== undefined)
    features.push(NS_MAM, `${NS_MAM}#extended`, `${NS_RETRACT}#tombstone`);
  const identities = [{ category: 'conference', type: 'text', name: room.config.name || room.jid.local }];
  return writeDiscoInfo({ identities, features: [...new Set(features)], forms: [roomInfoForm(request, hashes)] });
}

/** XEP-0050 section 2.3. */
function commandInfo(request: RoomRequest, node: string): Element | StanzaError {
  const command = commandsFor(request).find((it) => it.node === node);
  if (command === undefined) return refusals.itemNotFound;
  const identities = [{ category: 'automation', type: 'command-node', name: command.name }];
  return writeDiscoInfo({ identities, features: [NS_COMMANDS, NS.dataForms], forms: [] }, node);
}

function reservedName({ room, stanza }: RoomRequest, node: string): Element {
  const nick = room.memberships.get(stanza.from.bare)?.nick ?? '';
  const identities = nick === '' ? [] : [{ category: 'conference', type: 'text', name: nick }];
  return writeDiscoInfo({ identities, features: [], forms: [] }, node);
}
