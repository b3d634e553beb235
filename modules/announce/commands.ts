/** What operators say to the people of their host. */
import { CommandError, command, formatDateTime, type Jid, type Sessions, z } from '#api';
import { announcement, type MessageType, sendToAll } from './announcement.ts';
import type { Motd } from './motd.ts';

/** Control characters, except for white space. */
const UNFIT = /[^\P{Cc}\t\n\r]|[\uFFFE\uFFFF]/u;

const text = (maxLength: number) =>
  z
    .string()
    .min(1)
    .max(maxLength)
    .refine((it) => it.isWellFormed() && !UNFIT.test(it), 'has characters that XML does not allow');

const message = z.object({
  text: text(10_000).describe('What to say'),
  subject: text(500).optional().describe('A heading'),
});

interface AnnounceTools {
  readonly host: Jid;
  readonly type: MessageType;
  readonly sessions: Sessions;
  readonly motd: Motd;
}

export function announceCommands({ host, type, sessions, motd }: AnnounceTools) {
  return [
    command({
      name: 'announce online',
      summary: 'Send a message to everybody who is online',
      args: message,
      positional: ['text'],
      async run({ text: body, subject = '' }) {
        const available = [...sessions.all()].filter((it) => it.presence !== undefined);
        await sendToAll(available, announcement(host, type, { subject, body }));
        return { host: host.domain, sessions: available.length };
      },
    }),
    command({
      name: 'announce motd set',
      summary: 'Set the message that everybody is shown once, now or at the next login',
      args: message,
      positional: ['text'],
      run: async ({ text: body, subject = '' }) => ({
        host: host.domain,
        shownNow: await motd.set({ subject, body }),
      }),
    }),
    command({
      name: 'announce motd show',
      summary: 'Print the message that people are shown at login',
      args: z.object({}),
      async run() {
        const current = await motd.current();
        if (current === undefined) throw noMotd(host);
        const { subject, body, set_at } = current;
        return { host: host.domain, set: formatDateTime(set_at), ...(subject === '' ? {} : { subject }), text: body };
      },
    }),
    command({
      name: 'announce motd delete',
      summary: 'Show people no message at login any more',
      args: z.object({}),
      async run() {
        if (!(await motd.delete())) throw noMotd(host);
        return { host: host.domain, deleted: true };
      },
    }),
  ];
}

function noMotd(host: Jid): CommandError {
  return new CommandError(`${host.domain} has no message of the day`);
}
