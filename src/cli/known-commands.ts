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
];
