/** Lets the operator see who is connected, and end sessions. */
import {
  CommandError,
  command,
  defineModule,
  formatDateTime,
  parseJid,
  type Session,
  Sessions,
  StreamError,
  z,
} from '#api';

const kicked = new StreamError('policy-violation', 'ended by the operator');

export default defineModule({
  name: 'sessions',
  summary: 'Lists and ends sessions from the command line',
  config: z.strictObject({}),
  requires: { sessions: Sessions },

  setup({ services: { sessions } }) {
    /** The sessions of a full address, of a bare one, or all. */
    function matching(text: string | undefined): readonly Session[] {
      if (text === undefined) return [...sessions.all()];
      const jid = parseJid(text);
      if (jid === undefined || jid.local === '') throw new CommandError(`${text} is not the address of an account`);
      return sessions.of(jid.bare).filter((it) => jid.resource === '' || it.jid.resource === jid.resource);
    }

    return {
      commands: [
        command({
          name: 'sessions list',
          summary: 'Print the sessions of a host or of one account',
          args: z.object({ jid: z.string().optional().describe('Address of an account, with or without a resource') }),
          positional: ['jid'],
          run: ({ jid }) => matching(jid).map(describe),
        }),
        command({
          name: 'sessions kick',
          summary: 'End the sessions of an account, or one of them',
          args: z.object({ jid: z.string().describe('Address of an account, with or without a resource') }),
          positional: ['jid'],
          run({ jid }) {
            const found = matching(jid);
            if (found.length === 0) throw new CommandError(`${jid} has no session`);
            for (const session of found) session.end(kicked);
            return { ended: found.length };
          },
        }),
      ],
    };
  },
});

function describe(session: Session) {
  return {
    jid: session.jid.full,
    address: session.remoteAddress,
    transport: session.transport,
    encrypted: session.secure,
    available: session.presence !== undefined,
    priority: session.priority,
    since: formatDateTime(session.since),
    lastActive: formatDateTime(session.lastActiveAt),
  };
}
