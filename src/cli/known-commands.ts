/** Commands of the standard modules, known without asking a server, so that their help is always at hand. */
import type { CommandDescription } from '../server/control.ts';

type Properties = Readonly<Record<string, object>>;

function describe(name: string, summary: string, positional: string, properties: Properties): CommandDescription {
  const words = positional.split(' ').filter((it) => it !== '');
  const required = words.filter((it) => !it.startsWith('['));
  return {
    name,
    summary,
    positional: words.map((it) => it.replace(/[[\]]/g, '')),
    args: { type: 'object', properties, required },
  };
}

const jid = { type: 'string', description: 'Address of the account, such as juliet@example.org' };
const withJid = { jid };
const withPassword = {
  jid,
  password: { type: 'string' },
  generate: { type: 'boolean', default: false, description: 'Make up a password and print it, this once' },
};

const room = { type: 'string', description: 'Address of the room, or what stands before the @ of it' };
const set = {
  type: 'array',
  items: { type: 'string' },
  description: 'Options to change: name=value; commas between several values',
};

export const KNOWN_COMMANDS: readonly CommandDescription[] = [
  describe('user add', 'Create an account', 'jid', withPassword),
  describe('user password', 'Set the password of an account', 'jid', withPassword),
  describe('user delete', 'Delete an account and all that is kept for it', 'jid', withJid),
  describe('user list', 'List accounts', '', {}),
  describe('user info', 'Show one account', 'jid', withJid),
  describe('user lock', 'Refuse logins to an account and end its sessions', 'jid', withJid),
  describe('user unlock', 'Allow logins to a locked account again', 'jid', withJid),
  describe('sessions list', 'List connected clients', '[jid]', withJid),
  describe('sessions kick', 'End the sessions of an account, or one of them', 'jid', {
    jid: { type: 'string', description: 'Address of an account, or of one of its sessions' },
  }),
  describe('room list', 'List rooms, in the order of their names', '', {
    after: { type: 'string', default: '', description: 'Begin behind the room of this name' },
    limit: { type: 'integer', default: 100, description: 'How many rooms' },
  }),
  describe('room create', 'Create a room that stays, for an owner', 'room owner', {
    room,
    owner: { type: 'string', description: 'Address of the account that owns the room' },
    set,
  }),
  describe('room destroy', 'Delete a room, its archive and its lists, and send everybody out', 'room', {
    room,
    reason: { type: 'string', description: 'What those who are there are told' },
    venue: { type: 'string', description: 'Address of a room to go to instead' },
  }),
  describe('room info', 'Show one room and who is in it', 'room', { room }),
  describe(
    'room affiliations',
    'List who owns, runs, belongs to or is banned from a room, or change that for one address',
    'room [address] [affiliation]',
    {
      room,
      address: { type: 'string', description: 'Address of an account, or a domain to ban' },
      affiliation: {
        type: 'string',
        enum: ['outcast', 'none', 'member', 'admin', 'owner'],
        description: 'What it is from now on',
      },
      reason: { type: 'string', default: '', description: 'Why; those in the room are told' },
    },
  ),
  describe('room config', 'Print how a room is set up, or change it', 'room', { room, set }),
];
