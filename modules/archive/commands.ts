/** What operators do to archives: `archive stats`, `archive purge`. */
import { type Clock, CommandError, command, duration, formatDateTime, type Jid, parseJid, z } from '#api';
import type { Journal } from './journal.ts';
import type { Reader } from './reader.ts';
import type { Removal } from './removal.ts';
import type { Retention } from './retention.ts';

export interface CommandParts {
  readonly host: Jid;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly reader: Reader;
  readonly removal: Removal;
  readonly retention: Retention;
}

export function archiveCommands({ host, clock, journal, reader, removal, retention }: CommandParts) {
  const address = z.string().describe('Address of an account or a room, such as juliet@example.org');

  function ownerOf(text: string): Jid {
    const owner = parseJid(text.trim());
    const isOurs = owner?.domain === host.domain || owner?.domain.endsWith(`.${host.domain}`);
    if (!owner?.isBare || owner.local === '' || !isOurs) {
      throw new CommandError(`${text} is not the address of an account or a room of ${host.domain}`);
    }
    return owner;
  }

  return [
    command({
      name: 'archive stats',
      summary: 'Print how much an archive holds, since when, and for how long',
      args: z.object({ jid: address }),
      positional: ['jid'],
      async run({ jid }) {
        const owner = ownerOf(jid);
        const ends = await reader.ends(owner);
        const [place] = await journal.store.findOwner(owner.bare);
        const [talks] = await journal.store.countConversations(place?.number ?? 0);
        return {
          jid: owner.bare,
          messages: await removal.countBefore(owner, clock.now() + 1),
          conversations: talks?.count ?? 0,
          oldest: ends === undefined ? null : formatDateTime(ends.first.receivedAt),
          newest: ends === undefined ? null : formatDateTime(ends.last.receivedAt),
          retention: retention.textOf(owner.bare),
        };
      },
    }),
    command({
      name: 'archive purge',
      summary: 'Delete old messages of an archive, or of all archives of the host without an address',
      args: z.object({
        jid: address.optional(),
        olderThan: duration()
          .optional()
          .describe('Delete messages of this age and older; without it the retention counts'),
        dryRun: z.boolean().default(false).describe('Only say how many messages would be deleted'),
      }),
      positional: ['jid'],
      async run({ jid, olderThan, dryRun }) {
        const timeOf = (owner: string): number =>
          olderThan === undefined ? retention.timeOf(owner) : clock.now() - olderThan + 1;
        if (jid === undefined) {
          if (dryRun) throw new CommandError('name an address for a dry run');
          return { host: host.domain, purged: await removal.sweep(host.domain, timeOf) };
        }
        const owner = ownerOf(jid);
        if (dryRun) return { jid: owner.bare, wouldPurge: await removal.countBefore(owner, timeOf(owner.bare)) };
        const purged = await removal.before(owner, timeOf(owner.bare));
        await removal.giveBack();
        return { jid: owner.bare, purged };
      },
    }),
  ];
}
