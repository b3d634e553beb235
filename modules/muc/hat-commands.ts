/** How hats are made, given and taken: the commands of XEP-0317 sections 3.2 to 3.7. */
import { type Form, type FormField, type Jid, parseJid, StanzaError } from '#api';
import { type AdHoc, COMMAND, stepCommand, writeTable } from './ad-hoc.ts';
import { tell } from './configuring.ts';
import { addHat, type Hat, type Hats, putOn, removeHat, takeOff, undress, wearersOf } from './hats.ts';
import type { Muc } from './muc.ts';
import { broadcastChange } from './presence.ts';
import { affiliationAtLeast } from './ranks.ts';
import type { RoomHandlers, RoomRequest, Values } from './requests.ts';
import { mayRead } from './rooms.ts';

const FORM_TYPE = 'urn:xmpp:hats:commands';
/** Bounds of one room. */
const MAX_HATS = 64;
const MAX_WORN = 8;
const MAX_WEARERS = 1000;
const MAX_TITLE = 100;
const MAX_URI = 500;

const noHat = new StanzaError('item-not-found', 'there is no such hat');
const notWorn = new StanzaError('item-not-found', 'nobody there wears this hat');
const noTitle = new StanzaError('bad-request', 'a hat has a title, of 100 characters at most');
const noUri = new StanzaError('bad-request', 'a hat has a URI, of 500 characters at most');
const noHue = new StanzaError('bad-request', 'a hue is an angle of 0 to 360');
const noAddress = new StanzaError('bad-request', 'say whose hat it is, as an address');
const tooMany = new StanzaError('resource-constraint', 'there are too many hats in this room', { type: 'cancel' });

const field = (name: string, type: string, label: string): FormField => ({ var: `hats#${name}`, type, label });
const mayManage = ({ affiliation }: RoomRequest): boolean => affiliationAtLeast(affiliation, 'admin');

function form(title: string, ...fields: readonly FormField[]): Form {
  return { type: 'form', formType: FORM_TYPE, title, fields };
}

function choice({ room }: RoomRequest): FormField {
  const options = [...room.hats.hats.values()].map(({ title, uri }) => ({ label: title, value: uri }));
  return { ...field('uri', 'list-single', 'The hat'), options };
}

const WHO: FormField = { ...field('jid', 'jid-single', 'Address'), required: true };

const NODES: Readonly<Record<string, AdHoc>> = {
  [`${FORM_TYPE}:create`]: {
    name: 'Create or update a hat',
    isFor: mayManage,
    form: () =>
      form(
        'Creating a hat',
        { ...field('title', 'text-single', 'Title'), required: true },
        { ...field('uri', 'text-single', 'URI'), required: true },
        field('hue', 'text-single', 'Hue'),
      ),
    run: create,
  },
  [`${FORM_TYPE}:destroy`]: {
    name: 'Destroy a hat',
    isFor: mayManage,
    form: (request) => form('Destroying a hat', choice(request)),
    run: destroy,
  },
  [`${FORM_TYPE}:list`]: {
    name: 'List hats',
    isFor: ({ room, stanza, occupant }) => occupant !== undefined || mayRead(room, stanza.from),
    run: async ({ room }) => {
      const rows = [...room.hats.hats.values()].map(({ title, uri, hue }) => [title, uri, hue]);
      return writeTable('Hats', ['hats#title', 'hats#uri', 'hats#hue'], rows);
    },
  },
  [`${FORM_TYPE}:assign`]: {
    name: 'Give somebody a hat',
    isFor: mayManage,
    form: (request) => form('Giving a hat', WHO, choice(request)),
    run: assign,
  },
  [`${FORM_TYPE}:unassign`]: {
    name: 'Take a hat from somebody',
    isFor: mayManage,
    form: (request) => form('Taking a hat', WHO, choice(request)),
    run: unassign,
  },
  [`${FORM_TYPE}:list-assigned`]: {
    name: 'List who wears which hat',
    isFor: mayManage,
    run: async ({ room: { hats } }) => {
      const rows = [...hats.wearers].flatMap(([address, worn]) =>
        worn.map((uri) => [address, uri, hats.hats.get(uri)?.title ?? '', hats.hats.get(uri)?.hue ?? '']),
      );
      return writeTable('Hats and who wears them', ['hats#jid', 'hats#uri', 'hats#title', 'hats#hue'], rows);
    },
  },
};

export const hatCommands: RoomHandlers = { [`set ${COMMAND}`]: (request) => stepCommand(request, NODES) };

/** The commands that somebody may use, for disco#items. */
export function commandsFor(request: RoomRequest): readonly { readonly node: string; readonly name: string }[] {
  return Object.entries(NODES)
    .filter(([, it]) => it.isFor(request))
    .map(([node, { name }]) => ({ node, name }));
}

const valueIn = (values: Values, name: string): string => values.get(`hats#${name}`)?.[0]?.trim() ?? '';

function readHat(values: Values, lang: string): Hat | StanzaError {
  const [title, uri, hue] = ['title', 'uri', 'hue'].map((it) => valueIn(values, it)) as [string, string, string];
  if (title === '' || title.length > MAX_TITLE) return noTitle;
  if (uri.length > MAX_URI || !/^[a-z][a-z\d+.-]*:\S+$/i.test(uri)) return noUri;
  if (hue !== '' && !(/^\d{1,3}(\.\d{1,9})?$/.test(hue) && Number(hue) <= 360)) return noHue;
  return { title, uri, hue, lang };
}

async function create(request: RoomRequest, values: Values): Promise<StanzaError | undefined> {
  const { hats } = request.room;
  const hat = readHat(values, request.stanza.element.attr('xml:lang') ?? '');
  if (hat instanceof StanzaError) return hat;
  if (!hats.hats.has(hat.uri) && hats.hats.size >= MAX_HATS) return tooMany;
  return put(request, addHat(hats, hat), wearersOf(hats, hat.uri), true);
}

async function destroy(request: RoomRequest, values: Values): Promise<StanzaError | undefined> {
  const { hats } = request.room;
  // The form of section 3.3 calls the field otherwise than what is submitted.
  const uri = valueIn(values, 'uri') || (values.get('hat')?.[0] ?? '');
  return hats.hats.has(uri) ? put(request, removeHat(hats, uri), wearersOf(hats, uri), true) : noHat;
}

async function assign(request: RoomRequest, values: Values): Promise<StanzaError | undefined> {
  const { hats } = request.room;
  const address = parseJid(valueIn(values, 'jid'))?.bare;
  const uri = valueIn(values, 'uri');
  if (address === undefined || !address.includes('@')) return noAddress;
  if (!hats.hats.has(uri)) return noHat;
  const worn = hats.wearers.get(address);
  if (worn?.includes(uri)) return undefined;
  if ((worn?.length ?? 0) >= MAX_WORN || (worn === undefined && hats.wearers.size >= MAX_WEARERS)) return tooMany;
  return put(request, putOn(hats, address, uri), [address], false);
}

async function unassign(request: RoomRequest, values: Values): Promise<StanzaError | undefined> {
  const { hats } = request.room;
  const address = parseJid(valueIn(values, 'jid'))?.bare;
  const uri = valueIn(values, 'uri');
  if (address === undefined) return noAddress;
  if (!hats.wearers.get(address)?.includes(uri)) return notWorn;
  return put(request, takeOff(hats, address, uri), [address], false);
}

/** An account that is no more wears nothing. */
export async function forgetWearer(muc: Muc, account: Jid): Promise<void> {
  for (const { local } of await muc.store.hats.wornBy(account, muc.jid.domain)) {
    const room = muc.rooms.peek(local);
    if (room !== undefined) room.hats = undress(room.hats, account.bare);
  }
  await muc.store.hats.undress(account, muc.jid.domain);
}

/** In which rooms it wears which hats, for its owner. */
export async function describeHats(
  { store, jid: { domain } }: Muc,
  account: Jid,
): Promise<{ name: string; data: object }[]> {
  const worn = await store.hats.wornBy(account, domain);
  if (worn.length === 0) return [];
  return [{ name: 'hats', data: worn.map(({ local, uris }) => ({ room: `${local}@${domain}`, uris })) }];
}

/** Stores it, and shows those whose hats have changed anew. */
async function put(
  { muc, room }: RoomRequest,
  hats: Hats,
  wearers: readonly string[],
  hasListChanged: boolean,
): Promise<undefined> {
  room.hats = hats;
  await muc.store.hats.save(room.jid, hats, wearers);
  if (hasListChanged) tell(muc, room, [104]);
  const changed = new Set(wearers);
  for (const occupant of room.occupants.values()) {
    if (changed.has(occupant.account.bare)) broadcastChange(muc, room, occupant, {}, false);
  }
  return undefined;
}
