/** What operators do to messages that wait: `offline count`, `offline purge`. */
import { CommandError, command, formatDateTime, type Jid, parseJid, z } from '#api';
import type { OfflineQueues } from './queues.ts';

const args = z.object({ jid: z.string().describe('Address of the account, such as juliet@example.org') });

export function offlineCommands(host: Jid, queues: OfflineQueues) {
  function localOf(text: string): string {
    const account = parseJid(text.trim());
    if (!account?.isBare || account.local === '' || account.domain !== host.domain)
      throw new CommandError(`${text} is not the address of an account of ${host.domain}`);
    return account.local;
  }

  return [
    command({
      name: 'offline count',
      summary: 'Print how many messages wait for an account, and how large they are together',
      args,
      positional: ['jid'],
      async run({ jid }) {
        const { messages, bytes, oldest } = await queues.count(localOf(jid));
        return { jid, messages, bytes, oldest: messages === 0 ? null : formatDateTime(oldest) };
      },
    }),
    command({
      name: 'offline purge',
      summary: 'Delete the messages that wait for an account',
      args,
      positional: ['jid'],
      run: async ({ jid }) => ({ jid, purged: await queues.purge(localOf(jid)) }),
    }),
  ];
}
