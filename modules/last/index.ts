/** XEP-0012: how long the server has been running, and how long ago people were last active, or here. */
import {
  Accounts,
  type Awaitable,
  accountData,
  accountRemoved,
  becameUnavailable,
  clark,
  clientStateSaid,
  contribute,
  defineModule,
  formatDateTime,
  inbound,
  iq,
  observe,
  on,
  optional,
  outbound,
  Program,
  Roster,
  refusals,
  type Session,
  Sessions,
  sessionResumed,
  then,
  z,
} from '#api';
import { Answers, AUDIENCES } from './answers.ts';
import { lastCommands } from './commands.ts';
import { SignsOfLife } from './signs.ts';
import { farewellOf, hear } from './status.ts';
import { migrations, statements } from './store.ts';
import { Traces } from './traces.ts';

const NS_LAST = 'jabber:iq:last';
const QUERY = clark(NS_LAST, 'query');
const FLUSH_MS = 60_000;

export default defineModule({
  name: 'last',
  summary: 'Tells how long ago people were active',
  xeps: [
    { number: 12, version: '2.0' },
    { number: 319, version: '1.0.2', note: 'as a sign of activity' },
  ],
  config: z.strictObject({
    visibleTo: z
      .enum(AUDIENCES)
      .default('contacts')
      .describe('Who may ask when a user was last active, besides the user; accounts can have a choice of their own'),
    tell: z
      .enum(['activity', 'presence'])
      .default('activity')
      .describe('What is told: when users last did something, on any device, or when they were last online'),
  }),
  requires: { accounts: Accounts, program: Program, roster: optional(Roster), sessions: Sessions },
  migrations,
  disco: { host: [NS_LAST], account: [NS_LAST] },

  setup({ host, config, services, clock, db, log, signal }) {
    const { accounts, sessions } = services;
    const traces = new Traces({ host: host.domain, db, store: db.prepare(statements), log });
    const signs = new SignsOfLife({ accounts, clock, traces });
    const answers = new Answers({ clock, traces, signs, ...config, ...services });
    signal.addEventListener(
      'abort',
      clock.every(FLUSH_MS, () => void traces.flush()),
    );

    /** The last resource of an account is gone; who never had an account leaves no trace. */
    function left(session: Session): Awaitable<void> {
      signs.left(session);
      const status = farewellOf(session);
      if (sessions.of(session.account.bare).some((it) => it !== session && it.presence !== undefined)) return;
      const { local } = session.account;
      const leftAt = clock.now();
      return then(accounts.exists(local), (exists) => {
        if (exists) traces.left(local, leftAt, status);
      });
    }

    return {
      hooks: [
        on(outbound, 'record', (passage) => {
          hear(passage);
          signs.sent(passage);
        }),
        observe(clientStateSaid, (change) => signs.stateSaid(change)),
        observe(sessionResumed, (session) => signs.resumed(session)),
        observe(becameUnavailable, left),
        on(inbound, 'guard', ({ stanza }) => {
          const isQuestion = stanza.kind === 'iq' && stanza.type === 'get' && !stanza.to.isBare;
          if (!isQuestion || stanza.element.firstElement()?.key !== QUERY) return;
          return answers.mayAskClients(stanza.from, stanza.to).then((it) => (it ? undefined : refusals.forbidden));
        }),
        observe(accountRemoved, ({ bare, local }) => {
          for (const session of sessions.of(bare)) signs.forget(session);
          return traces.erase(local);
        }),
        contribute(accountData, async ({ local }) => {
          const found = await traces.find(local);
          if (found === undefined) return [];
          const { activeAt, leftAt, status, visibleTo } = found;
          const time = (ms: number): string | null => (ms === 0 ? null : formatDateTime(ms));
          return [{ name: 'last', data: { active: time(activeAt), left: time(leftAt), status, visibleTo } }];
        }),
      ],
      iq: [
        iq('get', QUERY, 'host', () => answers.ofHost()),
        iq('get', QUERY, 'account', (request) => answers.ofAccount(request)),
        // As at an account that the one who asks may not see, or that nobody has seen.
        iq('get', QUERY, 'absent', () =>
          config.visibleTo === 'everyone' ? refusals.itemNotFound : refusals.forbidden,
        ),
      ],
      commands: lastCommands({ host, accounts, traces, visibleTo: config.visibleTo }),
      close: () => traces.close(),
    };
  },
});
