/** Whom users do not want to hear from (XEP-0191), and what they report to the operator of it (XEP-0377). */
import {
  Accounts,
  accountData,
  accountRemoved,
  Blocking,
  contribute,
  defineModule,
  inbound,
  iq,
  NS,
  observe,
  on,
  optional,
  outbound,
  Roster,
  Router,
  Sessions,
  sessionBound,
  shortcut,
  z,
} from '#api';
import { EMPTY } from './block-list.ts';
import { BlockLists } from './block-lists.ts';
import { BLOCK, BLOCKLIST, UNBLOCK } from './codec.ts';
import { blockingCommands } from './commands.ts';
import { Guard } from './guard.ts';
import { Reports } from './reports.ts';
import { BlockingRequests } from './requests.ts';
import { migrations, statements } from './store.ts';

export default defineModule({
  name: 'blocking',
  summary: 'Lets users block other addresses, and report spam and abuse',
  xeps: [
    { number: 191, version: '1.3' },
    { number: 377, version: '0.4.1', note: 'reports are kept for the operator, and forwarded to nobody' },
  ],
  config: z.strictObject({
    maxItems: z.int().min(1).max(100_000).default(2000).describe('Addresses that one account may block'),
    cacheSize: z
      .int()
      .min(1)
      .default(100_000)
      .describe('Blocked addresses kept in memory, all accounts together; lists beyond it are read when needed'),
    maxReports: z.int().min(1).max(1_000_000).default(10_000).describe('Reports that are kept; the oldest make room'),
  }),
  requires: {
    accounts: Accounts,
    roster: optional(Roster),
    router: Router,
    sessions: Sessions,
  },
  provides: { blocking: Blocking },
  migrations,
  disco: { host: [NS.blocking, NS.reporting] },
  metrics: { refused: 'Stanzas refused because of a block list', reports: 'Reports of spam and abuse' },

  setup({ host, config, db, services, clock, log, metrics, signal }) {
    const store = db.prepare(statements);
    const lists = new BlockLists({ host: host.domain, store, limit: config.cacheSize, signal });
    const guard = new Guard({ host, lists, refused: metrics.refused });
    const reports = new Reports({ host: host.domain, store, clock, limit: config.maxReports });
    const { maxItems } = config;
    const about = { host: host.domain, db, store, clock, lists, reports, counter: metrics.reports, maxItems };
    const requests = new BlockingRequests({ ...about, ...services });
    const learn = (): void => {
      lists.learn().catch((cause) => log.warn({ err: cause }, 'the accounts with block lists could not be read'));
    };
    learn();

    return {
      services: { blocking: guard },
      hooks: [
        on(inbound, 'guard', (passage) => guard.inbound(passage)),
        on(outbound, 'guard', (passage) => guard.outbound(passage)),
        on(shortcut, 'guard', ({ account }) => (lists.of(account.bare) === EMPTY ? undefined : 'passage')),
        // Loaded before it is asked for, or the first stanza would wait.
        observe(sessionBound, async ({ account }) => {
          learn();
          await lists.of(account.bare);
        }),
        observe(accountRemoved, async ({ local, bare }) => {
          const erase = [store.clear.bind(host.domain, local), store.clearReports.bind(host.domain, local)];
          await lists.change(
            bare,
            async () => {
              await db.atomically(erase);
              return EMPTY;
            },
            () => {},
          );
        }),
        contribute(accountData, async ({ local, bare }) => [
          { name: 'blocked', data: [...(await lists.of(bare)).items()] },
          { name: 'reports', data: await reports.of(local) },
        ]),
      ],
      iq: [
        iq('get', BLOCKLIST, 'self', (request) => requests.list(request)),
        iq('set', BLOCK, 'self', (request) => requests.block(request)),
        iq('set', UNBLOCK, 'self', (request) => requests.unblock(request)),
      ],
      commands: blockingCommands({ host, accounts: services.accounts, lists, reports }),
    };
  },
});
