/** What operators do to accounts: `user add` and its like. */
import {
  accountAt,
  CommandError,
  type Credentials,
  command,
  formatDateTime,
  type Jid,
  type Passwords,
  type Sessions,
  StanzaError,
  z,
} from '#api';
import type { HostAccounts } from './host-accounts.ts';
import { importAccounts } from './import-accounts.ts';

const PAGE = 1000;

const address = z.string().describe('Address of the account, such as juliet@example.org');
const withJid = z.object({ jid: address });
const withPassword = z.object({
  jid: address,
  password: z.string().optional().describe('The password; asked for when it is neither given nor generated'),
  generate: z.boolean().default(false).describe('Make up a password and print it, this once'),
});

interface AccountTools {
  readonly host: Jid;
  readonly accounts: HostAccounts;
  readonly credentials: Credentials;
  readonly passwords: Passwords;
  readonly sessions: Sessions;
}

export function accountCommands(tools: AccountTools) {
  return [
    ...passwordCommands(tools),
    ...stateCommands(tools),
    listCommand(tools),
    infoCommand(tools),
    importCommand(tools),
  ];
}

/** Which password is good enough is for the operator to say: scripts bring those that people have already. */
function passwordCommands({ host, accounts, passwords }: AccountTools) {
  return [
    command({
      name: 'user add',
      summary: 'Create an account',
      args: withPassword,
      positional: ['jid'],
      async run({ jid, ...choice }) {
        const { local } = accountAt(host, jid);
        const { password, shown } = choose(choice, passwords);
        if (!(await understandable(accounts.create(local, password)))) throw new CommandError(`${jid} exists already`);
        return { jid: `${local}@${host.domain}`, ...shown };
      },
    }),
    command({
      name: 'user password',
      summary: 'Set the password of an account',
      args: withPassword,
      positional: ['jid'],
      async run({ jid, ...choice }) {
        const { local } = accountAt(host, jid);
        if (!(await accounts.exists(local))) throw missing(jid);
        const { password, shown } = choose(choice, passwords);
        await understandable(accounts.setPassword(local, password));
        return { jid: `${local}@${host.domain}`, ...shown };
      },
    }),
  ];
}

function stateCommands({ host, accounts }: AccountTools) {
  const lock = (locked: boolean) =>
    command({
      name: locked ? 'user lock' : 'user unlock',
      summary: locked ? 'Refuse logins to an account and end its sessions' : 'Allow logins to a locked account again',
      args: withJid,
      positional: ['jid'],
      async run({ jid }) {
        const { local } = accountAt(host, jid);
        if (!(await accounts.setLocked(local, locked))) throw missing(jid);
        return { jid: `${local}@${host.domain}`, locked };
      },
    });
  return [
    command({
      name: 'user delete',
      summary: 'Delete an account and all that is kept for it',
      args: withJid,
      positional: ['jid'],
      async run({ jid }) {
        const { local } = accountAt(host, jid);
        if (!(await accounts.remove(local))) throw missing(jid);
        return { jid: `${local}@${host.domain}`, deleted: true };
      },
    }),
    lock(true),
    lock(false),
  ];
}

function listCommand({ host, accounts }: AccountTools) {
  return command({
    name: 'user list',
    summary: 'List accounts',
    args: z.object({ host: z.string().optional().describe('Only those of this host') }),
    async run({ host: wanted }) {
      if (wanted !== undefined && wanted !== host.domain) return [];
      const lines: { jid: string; created: string; locked: boolean }[] = [];
      let page = await accounts.list('', PAGE);
      while (page.length > 0) {
        for (const { local, createdAt, locked } of page) {
          lines.push({ jid: `${local}@${host.domain}`, created: formatDateTime(createdAt), locked });
        }
        page = page.length < PAGE ? [] : await accounts.list((page.at(-1) as { local: string }).local, PAGE);
      }
      return lines;
    },
  });
}

function infoCommand({ host, accounts, credentials, sessions }: AccountTools) {
  return command({
    name: 'user info',
    summary: 'Show one account',
    args: withJid,
    positional: ['jid'],
    async run({ jid }) {
      const { local } = accountAt(host, jid);
      const info = await accounts.info(local);
      if (info === undefined) throw missing(jid);
      const bare = `${local}@${host.domain}`;
      return {
        jid: bare,
        created: formatDateTime(info.createdAt),
        locked: info.locked,
        keys: ((await credentials.find(local))?.keys ?? []).map((it) => `${it.hash} ${it.iterations}`),
        sessions: sessions.of(bare).map((it) => it.jid.resource),
      };
    },
  });
}

function importCommand({ host, accounts }: AccountTools) {
  return command({
    name: 'user import',
    summary: 'Create many accounts; those that exist are left as they are',
    args: z.object({
      accounts: z.array(z.object({ jid: z.string(), password: z.string() })).describe('Addresses with passwords'),
    }),
    run: ({ accounts: entries }) => importAccounts(host, accounts, entries),
  });
}

function choose(choice: { password?: string | undefined; generate: boolean }, passwords: Passwords) {
  if (choice.generate) {
    if (choice.password !== undefined) throw new CommandError('give a password or have one generated, not both');
    const password = passwords.generate();
    return { password, shown: { password } };
  }
  if (choice.password === undefined) throw new CommandError('a password is needed, or --generate');
  return { password: choice.password, shown: {} };
}

function missing(jid: string): CommandError {
  return new CommandError(`there is no account ${jid}`);
}

/** What a client would get as a stanza error, for an operator. */
async function understandable<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof StanzaError) throw new CommandError(error.text ?? error.condition);
    throw error;
  }
}
