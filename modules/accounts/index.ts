/** The accounts of a host and what proves that someone owns one (RFC 6120 section 6, XEP-0438). */
import {
  Accounts,
  accountData,
  Credentials,
  contribute,
  defineModule,
  formatDateTime,
  observe,
  Passwords,
  Sessions,
  sessionBound,
  z,
} from '#api';
import { accountCommands } from './commands.ts';
import { HostAccounts } from './host-accounts.ts';
import { HostCredentials } from './host-credentials.ts';
import { migrations, statements } from './store.ts';

export default defineModule({
  name: 'accounts',
  summary: 'Keeps accounts, their passwords as SCRAM keys only, and the commands to manage them',
  xeps: [{ number: 438, version: '0.2.0', note: 'no pepper' }],
  config: z.strictObject({
    cacheSize: z
      .int()
      .min(16)
      .default(10_000)
      .describe('Names whose existence is remembered, and as many unknown ones'),
  }),
  requires: { passwords: Passwords, sessions: Sessions },
  provides: { accounts: Accounts, credentials: Credentials },
  migrations,
  metrics: { created: 'Accounts created', removed: 'Accounts removed' },

  setup({ host, config, db, services, hooks, clock, metrics }) {
    const store = db.prepare(statements);
    const { passwords, sessions } = services;
    const accounts = new HostAccounts(
      { host, db, store, passwords, sessions, hooks, clock, metrics },
      config.cacheSize,
    );
    const credentials = new HostCredentials(host, db, store);
    return {
      services: { accounts, credentials },
      hooks: [
        observe(sessionBound, (session) => accounts.endIfBarred(session)),
        contribute(accountData, async ({ local }) => {
          const info = await accounts.info(local);
          if (info === undefined) return [];
          return [{ name: 'account', data: { created: formatDateTime(info.createdAt), locked: info.locked } }];
        }),
      ],
      commands: accountCommands({ host, accounts, credentials, passwords, sessions }),
    };
  },
});
