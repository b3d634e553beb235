/** XEP-0012: how long the server has been running, and how long ago people were last here. */
import {
  Accounts,
  type Awaitable,
  accountData,
  accountRemoved,
  becameUnavailable,
  clark,
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
  then,
  z,
} from '#api';
import { Answers } from './answers.ts';
import { Departures } from './departures.ts';
import { farewellOf, hear } from './status.ts';
import { migrations, statements } from './store.ts';

const NS_LAST = 'jabber:iq:last';
const QUERY = clark(NS_LAST, 'query');
const FLUSH_MS = 5_000;

export default defineModule({
  name: 'last',
  summary: 'Tells how long ago people were online',
  xeps: [{ number: 12, version: '2.0' }],
  config: z.strictObject({}),
  requires: { accounts: Accounts, program: Program, roster: optional(Roster), sessions: Sessions },
  migrations,
  disco: { host: [NS_LAST], account: [NS_LAST] },

  setup({ host, services, clock, db, log, signal }) {
    const { accounts, sessions } = services;
    const departures = new Departures({ host: host.domain, db, store: db.prepare(statements), log });
    const answers = new Answers({ clock, departures, ...services });
    signal.addEventListener(
      'abort',
      clock.every(FLUSH_MS, () => void departures.flush()),
    );

    /** The last resource of an account is gone; who never had an account leaves no trace. */
    function left(session: Session): Awaitable<void> {
      const status = farewellOf(session);
      if (sessions.of(session.account.bare).some((it) => it !== session && it.presence !== undefined)) return;
      const { local } = session.account;
      const leftAt = clock.now();
      return then(accounts.exists(local), (exists) => {
        if (exists) departures.note(local, { leftAt, status });
      });
    }

    return {
      hooks: [
        on(outbound, 'record', hear),
        observe(becameUnavailable, left),
        on(inbound, 'guard', ({ stanza }) => {
          const isQuestion = stanza.kind === 'iq' && stanza.type === 'get' && !stanza.to.isBare;
          if (!isQuestion || stanza.element.firstElement()?.key !== QUERY) return;
          return then(answers.maySee(stanza.from, stanza.to), (it) => (it ? undefined : refusals.forbidden));
        }),
        observe(accountRemoved, ({ local }) => departures.erase(local)),
        contribute(accountData, async ({ local }) => {
          const found = await departures.find(local);
          return found ? [{ name: 'last', data: { left: formatDateTime(found.leftAt), status: found.status } }] : [];
        }),
      ],
      iq: [
        iq('get', QUERY, 'host', () => answers.ofHost()),
        iq('get', QUERY, 'account', (request) => answers.ofAccount(request)),
        // As at an account that the one who asks may not see.
        iq('get', QUERY, 'absent', () => refusals.forbidden),
      ],
      close: () => departures.close(),
    };
  },
});
