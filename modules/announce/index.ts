/** Operators speak to everybody who is online, and to everybody who logs in (XEP-0133 sections 4.23 to 4.26). */
import {
  Accounts,
  accountData,
  accountRemoved,
  becameAvailable,
  contribute,
  defineModule,
  observe,
  Sessions,
  z,
} from '#api';
import { announceCommands } from './commands.ts';
import { Motd } from './motd.ts';
import { migrations, statements } from './store.ts';

export default defineModule({
  name: 'announce',
  summary: 'Lets operators send messages to everybody, now or at the next login',
  config: z.strictObject({
    type: z
      .enum(['headline', 'normal'])
      .default('headline')
      .describe('Kind of message that is sent: some clients do not show headlines'),
  }),
  requires: { accounts: Accounts, sessions: Sessions },
  migrations,

  setup({ host, config, services, clock, db }) {
    const store = db.prepare(statements);
    const motd = new Motd({ host, type: config.type, ...services, clock, db, store });
    return {
      hooks: [
        observe(becameAvailable, (session) => motd.greet(session)),
        observe(accountRemoved, ({ local }) => motd.erase(local)),
        contribute(accountData, async ({ local }) => {
          const [row] = await store.seen(host.domain, local);
          return row === undefined ? [] : [{ name: 'motd', data: { seen: row.motd } }];
        }),
      ],
      commands: announceCommands({ host, type: config.type, sessions: services.sessions, motd }),
    };
  },
});
