/** XEP-0486: a room has a card with a picture in it (XEP-0054), which its owners set and others see. */
import { createHash } from 'node:crypto';
import { type Awaitable, clark, type Element, el, parseStored, refusals, StanzaError } from '#api';
import { tell } from './configuring.ts';
import type { Muc } from './muc.ts';
import type { RoomHandlers, RoomRequest, ServiceHandlers } from './requests.ts';
import type { Room } from './room.ts';
import { maySee } from './rooms.ts';

const NS_VCARD = 'vcard-temp';
const CARD = clark(NS_VCARD, 'vCard');
const PHOTO = clark(NS_VCARD, 'PHOTO');
const BINVAL = clark(NS_VCARD, 'BINVAL');

/** Section 5.1: the same picture in several formats. */
const MAX_PHOTOS = 8;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

const notOwner = new StanzaError('forbidden', 'only owners of the room set its card');
const tooLarge = new StanzaError('policy-violation', 'the card is too large to be stored');
const noPicture = new StanzaError('not-acceptable', 'the picture is not in base64');

export const avatar: RoomHandlers = {
  [`get ${CARD}`]: readCard,
  [`set ${CARD}`]: writeCard,
};

/** Of the service itself. */
export const serviceCard: ServiceHandlers = {
  [`get ${CARD}`]: ({ muc }) => el(NS_VCARD, 'vCard', null, el(NS_VCARD, 'FN', null, muc.options.name)),
};

/** Section 3.4; without a card the answer is an empty one. */
async function readCard({ muc, room, stanza, occupant }: RoomRequest): Promise<Element | StanzaError> {
  const mayAsk = occupant !== undefined || muc.isAdmin(stanza.from) || maySee(room, stanza.from);
  if (!mayAsk) return refusals.forbidden;
  const card = await muc.avatars.card(room.jid);
  return card === undefined ? el(NS_VCARD, 'vCard') : parseStored(card);
}

/** Section 3.2; an empty card takes the old one away. */
async function writeCard({ muc, room, stanza, payload, affiliation }: RoomRequest): Promise<StanzaError | undefined> {
  if (affiliation !== 'owner' && !muc.isAdmin(stanza.from)) return notOwner;
  const xml = payload.toString();
  if (Buffer.byteLength(xml) > muc.options.maxCardSize) return tooLarge;
  const hashes = hashesIn(payload);
  if (hashes instanceof StanzaError) return hashes;
  await muc.avatars.save(room.jid, payload.elements().length === 0 ? undefined : xml, hashes);
  room.photoHashes = hashes;
  tell(muc, room, [104]);
  return undefined;
}

/** XEP-0153 section 3.1: the hash of a picture is that of its bytes. */
function hashesIn(card: Element): readonly string[] | StanzaError {
  const hashes: string[] = [];
  for (const photo of card.elements()) {
    const data = photo.key === PHOTO ? photo.childText(BINVAL)?.replace(/\s+/g, '') : undefined;
    if (data === undefined || data === '') continue;
    if (!BASE64.test(data)) return noPicture;
    if (hashes.length === MAX_PHOTOS) return tooLarge;
    hashes.push(createHash('sha1').update(data, 'base64').digest('hex'));
  }
  return hashes;
}

/** The hashes of the pictures of a room; they stay in memory with it. */
export function photoHashes(muc: Muc, room: Room): Awaitable<readonly string[]> {
  return room.photoHashes ?? readHashes(muc, room);
}

async function readHashes(muc: Muc, room: Room): Promise<readonly string[]> {
  const hashes = await muc.avatars.hashes(room.jid);
  room.photoHashes ??= hashes;
  return room.photoHashes;
}
