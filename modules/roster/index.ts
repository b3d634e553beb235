/** Contact lists: RFC 6121 sections 2 and 3, with versioning (2.6, XEP-0237) and pre-approval (3.4). */
import {
  Accounts,
  accountData,
  accountRemoved,
  contribute,
  defineModule,
  el,
  iq,
  NS,
  observe,
  Roster,
  Router,
  Sessions,
  sessionBound,
  sessionEnded,
  z,
} from '#api';
import { QUERY } from './codec.ts';
import { rosterCommands } from './commands.ts';
import { deny, sayFarewell } from './farewell.ts';
import { RosterQueries } from './roster-query.ts';
import { Rosters } from './rosters.ts';
import { migrations, statements } from './store.ts';

const versioning = el(NS.rosterVersion, 'ver');
const preApproval = el(NS.preApproval, 'sub');

export default defineModule({
  name: 'roster',
  summary: 'Keeps contact lists and presence subscriptions',
  xeps: [{ number: 237, version: '1.3' }],
  config: z.strictObject({
    maxItems: z.int().min(1).max(100_000).default(10_000).describe('Contacts of one account'),
    maxRequests: z.int().min(1).max(100_000).default(500).describe('Unanswered subscription requests to one account'),
    maxNameBytes: z.int().min(1).max(65_536).default(1023).describe('Length of the name of a contact'),
    maxGroupBytes: z.int().min(1).max(65_536).default(1023).describe('Length of the name of a group'),
    maxGroups: z.int().min(1).max(1000).default(100).describe('Groups of one contact'),
    idleItems: z
      .int()
      .min(100)
      .default(100_000)
      .describe('Contacts kept in memory for accounts that are offline, all together'),
  }),
  requires: { accounts: Accounts, router: Router, sessions: Sessions },
  provides: { roster: Roster },
  migrations,
  disco: { host: [NS.roster] },

  setup({ host, config, db, hooks, services }) {
    const { accounts, router, sessions } = services;
    const store = db.prepare(statements);
    const limits = { items: config.maxItems, requests: config.maxRequests, idleItems: config.idleItems };
    const rosters = new Rosters({ db, store, sessions, hooks, limits });
    const queries = new RosterQueries(rosters, store, services, {
      items: config.maxItems,
      nameBytes: config.maxNameBytes,
      groupBytes: config.maxGroupBytes,
      groups: config.maxGroups,
    });
    return {
      services: { roster: rosters },
      hooks: [
        // Loaded before it is asked for: presence and the roster get are what a client sends first.
        observe(sessionBound, async ({ account }) => {
          await rosters.of(account.bare);
        }),
        observe(sessionEnded, ({ account }) => rosters.release(account.bare)),
        observe(accountRemoved, async (owner) => {
          const roster = await rosters.erase(owner.bare);
          await Promise.all([
            ...Array.from(roster.items(), (item) => sayFarewell(services, owner, item)),
            ...Array.from(roster.requests(), ({ contact }) => deny(services, owner, contact)),
          ]);
        }),
        contribute(accountData, async (owner) => {
          const items = [...(await rosters.of(owner.bare)).items()];
          const data = items.map(({ contact, name, groups, subscription }) => ({
            contact: contact.bare,
            name,
            groups,
            subscription,
          }));
          return [{ name: 'roster', data }];
        }),
      ],
      iq: [
        iq('get', QUERY, 'self', (request) => queries.get(request)),
        iq('set', QUERY, 'self', (request) => queries.set(request)),
      ],
      streamFeatures: [
        { name: 'roster versioning', needs: ['authenticated'], forbids: ['bound'], element: () => versioning },
        { name: 'pre-approval', needs: ['authenticated'], forbids: ['bound'], element: () => preApproval },
      ],
      commands: rosterCommands({ host, accounts, router, rosters, queries }),
    };
  },
});
