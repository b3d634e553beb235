/** What operators set for single accounts: `last visibility`. */
import { type Accounts, CommandError, command, type Jid, parseJid, z } from '#api';
import { AUDIENCES, type Audience } from './answers.ts';
import type { Traces } from './traces.ts';

interface CommandsParts {
  readonly host: Jid;
  readonly accounts: Accounts;
  readonly traces: Traces;
  readonly visibleTo: Audience;
}

const DEFAULT = 'default';

export function lastCommands({ host, accounts, traces, visibleTo }: CommandsParts) {
  async function localOf(text: string): Promise<string> {
    const account = parseJid(text.trim());
    if (!account?.isBare || account.local === '' || account.domain !== host.domain)
      throw new CommandError(`${text} is not the address of an account of ${host.domain}`);
    if (!(await accounts.exists(account.local))) throw new CommandError(`there is no account ${account.bare}`);
    return account.local;
  }

  return [
    command({
      name: 'last visibility',
      summary: 'Print or set who may ask when an account was last active',
      args: z.object({
        jid: z.string().describe('Address of the account, such as juliet@example.org'),
        visibleTo: z
          .enum([...AUDIENCES, DEFAULT])
          .optional()
          .describe('everyone, contacts or nobody; default for what is configured'),
      }),
      positional: ['jid', 'visibleTo'],
      async run({ jid, visibleTo: wanted }) {
        const local = await localOf(jid);
        if (wanted !== undefined) await traces.show(local, wanted === DEFAULT ? '' : wanted);
        const own = (await traces.find(local))?.visibleTo ?? '';
        return { jid, visibleTo: own === '' ? visibleTo : own, own: own !== '' };
      },
    }),
  ];
}
