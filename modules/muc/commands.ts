/** What operators do with rooms: `room list`, `create`, `destroy`, `info`, `affiliations` and `config`. */
import { CommandError, command, el, formatDateTime, type Jid, jid, parseJid, StanzaError, z } from '#api';
import { type AffiliationChange, applyAffiliations } from './affiliations.ts';
import { configFormFields, readConfigForm } from './config-fields.ts';
import { configure, destroyRoom } from './configuring.ts';
import type { Muc } from './muc.ts';
import { refuseOutcome } from './outcomes.ts';
import { AFFILIATIONS } from './ranks.ts';
import type { Room } from './room.ts';
import type { RoomConfig } from './room-config.ts';
import { readConfig } from './store.ts';
import { NS_USER } from './vocabulary.ts';

const PREFIX = 'muc#roomconfig_';
const roomArgument = z.string().describe('Address of the room, or what stands before the @ of it');

export function roomCommands(muc: Muc) {
  return [list(muc), create(muc), destroy(muc), info(muc), affiliations(muc), config(muc)];
}

function list(muc: Muc) {
  return command({
    name: 'room list',
    summary: 'List rooms, in the order of their names',
    args: z.object({
      after: z.string().default('').describe('Begin behind the room of this name'),
      limit: z.int().min(1).max(10_000).default(100).describe('How many rooms'),
    }),
    async run({ after, limit }) {
      const { domain } = muc.jid;
      const rooms = await muc.overview.rooms(after, limit);
      return rooms.map(({ local, config: stored }) => {
        const { name, persistent, public: isPublic } = readConfig(stored);
        const occupants = muc.rooms.peek(local)?.occupants.size ?? 0;
        return { room: `${local}@${domain}`, name, occupants, persistent, public: isPublic };
      });
    },
  });
}

function create(muc: Muc) {
  return command({
    name: 'room create',
    summary: 'Create a room that stays, for an owner',
    args: z.object({
      room: roomArgument,
      owner: z.string().describe('Address of the account that owns the room'),
      set: z.array(z.string()).optional().describe('Options, as `room config` has them: name=value'),
    }),
    positional: ['room', 'owner'],
    async run({ room: text, owner, set = [] }) {
      const address = addressOf(muc, text);
      const account = accountOf(owner);
      if ((await muc.rooms.find(address)) !== undefined)
        throw new CommandError(`there is a room ${address.bare} already`);
      if (!(await muc.hasAccount(account))) throw new CommandError(`there is no account ${account.bare}`);
      const wanted = changed(muc.rooms.newConfig({ persistent: true }), set);
      await muc.rooms.found(address, account, wanted);
      return { room: address.bare, owner: account.bare };
    },
  });
}

function destroy(muc: Muc) {
  return command({
    name: 'room destroy',
    summary: 'Delete a room, its archive and its lists, and send everybody out',
    args: z.object({
      room: roomArgument,
      reason: z.string().optional().describe('What those who are there are told'),
      venue: z.string().optional().describe('Address of a room to go to instead'),
    }),
    positional: ['room'],
    async run({ room: text, reason, venue }) {
      const room = await roomOf(muc, text);
      if (venue !== undefined && parseJid(venue) === undefined) throw new CommandError(`${venue} is no address`);
      const occupants = room.occupants.size;
      const why = reason === undefined ? undefined : el(NS_USER, 'reason', null, reason);
      await destroyRoom(muc, room, el(NS_USER, 'destroy', { jid: venue }, why));
      return { room: room.jid.bare, destroyed: true, occupants };
    },
  });
}

function info(muc: Muc) {
  return command({
    name: 'room info',
    summary: 'Show one room and who is in it',
    args: z.object({ room: roomArgument }),
    positional: ['room'],
    async run({ room: text }) {
      const room = await roomOf(muc, text);
      const { subject } = room;
      return {
        room: room.jid.bare,
        name: room.config.name,
        description: room.config.description,
        subject:
          subject?.element
            .elements()
            .find((it) => it.name === 'subject')
            ?.text() ?? '',
        'subject since': subject === undefined ? null : formatDateTime(subject.at),
        persistent: room.config.persistent,
        public: room.config.public,
        configured: !room.isLocked,
        owners: room.holders('owner').map(([address]) => address),
        affiliations: room.memberships.size,
        occupants: [...room.occupants.values()].map((it) => `${it.nick} (${it.account.bare}, ${it.role})`),
      };
    },
  });
}

function affiliations(muc: Muc) {
  return command({
    name: 'room affiliations',
    summary: 'List who owns, runs, belongs to or is banned from a room, or change that for one address',
    args: z.object({
      room: roomArgument,
      address: z.string().optional().describe('Address of an account, or a domain to ban'),
      affiliation: z.enum(AFFILIATIONS).optional().describe('What it is from now on'),
      reason: z.string().default('').describe('Why; those in the room are told'),
    }),
    positional: ['room', 'address', 'affiliation'],
    async run({ room: text, address, affiliation, reason }) {
      const room = await roomOf(muc, text);
      if (address === undefined) return listAffiliations(room);
      const whom = parseJid(address.trim())?.bareJid;
      if (whom === undefined) throw new CommandError(`${address} is no address`);
      if (affiliation === undefined) throw new CommandError('say which affiliation it is to have');
      if (whom.local === '' && affiliation !== 'outcast' && affiliation !== 'none') {
        throw new CommandError('a domain can be banned, and nothing else');
      }
      const change: AffiliationChange = { address: whom, affiliation, reason };
      refuse(refuseOutcome(muc, room, [change]));
      await applyAffiliations(muc, room, [change], undefined);
      return { room: room.jid.bare, address: whom.bare, affiliation };
    },
  });
}

function listAffiliations(room: Room): object[] {
  const order = ([, it]: (typeof entries)[number]): number => -AFFILIATIONS.indexOf(it.affiliation);
  const entries = [...room.memberships];
  return entries
    .sort((a, b) => order(a) - order(b) || (a[0] < b[0] ? -1 : 1))
    .map(([address, { affiliation, nick, reason, since }]) => ({
      address,
      affiliation,
      nick,
      reason,
      since: formatDateTime(since),
    }));
}

function config(muc: Muc) {
  return command({
    name: 'room config',
    summary: 'Print how a room is set up, or change it',
    args: z.object({
      room: roomArgument,
      set: z.array(z.string()).optional().describe('Options to change: name=value; commas between several values'),
    }),
    positional: ['room'],
    async run({ room: text, set = [] }) {
      const room = await roomOf(muc, text);
      if (set.length > 0) await configure(muc, room, changed(room.config, set));
      return Object.fromEntries(
        configFormFields(room.config)
          .filter((it) => it.var !== undefined && it.type !== 'fixed')
          .map((it) => [shortName(it.var ?? ''), (it.values ?? []).join(',')]),
      );
    },
  });
}

function shortName(name: string): string {
  return name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name;
}

/** The set-up with options as an operator writes them: `name=value`, without the prefix that most names have. */
function changed(before: RoomConfig, options: readonly string[]): RoomConfig {
  const fields = new Map(configFormFields(before).map((it) => [shortName(it.var ?? ''), it]));
  const values = new Map<string, readonly string[]>();
  for (const option of options) {
    const at = option.indexOf('=');
    const name = shortName(option.slice(0, at));
    const field = at === -1 ? undefined : fields.get(name);
    if (field?.var === undefined)
      throw new CommandError(`${option} sets nothing; there are ${[...fields.keys()].join(', ')}`);
    const value = option.slice(at + 1);
    values.set(field.var, field.type === 'list-multi' ? value.split(',').filter((it) => it !== '') : [value]);
  }
  // A password is protection enough: it need not be said twice.
  const secret = values.get(`${PREFIX}roomsecret`)?.[0] ?? '';
  if (secret !== '') values.set(`${PREFIX}passwordprotectedroom`, ['1']);
  const config = readConfigForm(values, before);
  if ('wrong' in config) throw new CommandError(`${shortName(config.wrong)} cannot have this value`);
  return config;
}

function refuse(error: StanzaError | undefined): void {
  if (error instanceof StanzaError) throw new CommandError(error.text ?? error.condition);
}

function addressOf(muc: Muc, text: string): Jid {
  const typed = text.trim();
  const address = parseJid(typed.includes('@') ? typed : `${typed}@${muc.jid.domain}`);
  if (address === undefined || !address.isBare || address.local === '' || address.domain !== muc.jid.domain) {
    throw new CommandError(`${text} is no address of a room at ${muc.jid.domain}`);
  }
  return address;
}

async function roomOf(muc: Muc, text: string): Promise<Room> {
  const address = addressOf(muc, text);
  const room = await muc.rooms.find(address);
  if (room === undefined) throw new CommandError(`there is no room ${address.bare}`);
  return room;
}

function accountOf(text: string): Jid {
  const account = parseJid(text.trim());
  if (account === undefined || account.local === '') throw new CommandError(`${text} is no address of an account`);
  return jid(account.bare);
}
