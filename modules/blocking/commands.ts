/** What operators see of block lists and reports. */
import { type Accounts, CommandError, command, type Jid, parseJid, z } from '#api';
import type { BlockLists } from './block-lists.ts';
import type { Reports } from './reports.ts';

export interface BlockingTools {
  readonly host: Jid;
  readonly accounts: Accounts;
  readonly lists: BlockLists;
  readonly reports: Reports;
}

export function blockingCommands({ host, accounts, lists, reports }: BlockingTools) {
  return [
    command({
      name: 'blocking list',
      summary: 'Print the addresses that an account blocks',
      args: z.object({ jid: z.string().describe('Address of the account, such as juliet@example.org') }),
      positional: ['jid'],
      async run({ jid }) {
        const owner = parseJid(jid.trim());
        const isHere = owner !== undefined && owner.domain === host.domain && owner.local !== '' && owner.isBare;
        if (!isHere) throw new CommandError(`${jid} is not the address of an account of ${host.domain}`);
        if (!(await accounts.exists(owner.local))) throw new CommandError(`there is no account ${owner.bare}`);
        return [...(await lists.of(owner.bare)).items()];
      },
    }),
    command({
      name: 'blocking reports',
      summary: 'Print the latest reports of spam and abuse',
      args: z.object({
        limit: z.int().min(1).max(1000).default(50).describe('How many, from the newest on'),
      }),
      run: ({ limit }) => reports.latest(limit),
    }),
  ];
}
