/** XEP-0313: keeps what was said, in an archive for each account, and lets its devices read it again. */
import {
  Accounts,
  Archive,
  accountAddress,
  accountData,
  accountRemoved,
  archiveRead,
  boundInfo,
  contribute,
  defineModule,
  duration,
  type IqContext,
  inbound,
  iq,
  observe,
  on,
  optional,
  outbound,
  Roster,
  Router,
  Sessions,
  StanzaError,
  StanzaIds,
  undeliverable,
  z,
} from '#api';
import { describeArchive, METADATA, QUERY, spanAsked, spanOfPage } from './answers.ts';
import { archiveCommands } from './commands.ts';
import { exportMessages } from './export.ts';
import { HostArchive } from './host-archive.ts';
import { answerPreferences, changePreferences, NS_MAM, PREFS } from './preference-requests.ts';
import { FALLBACKS, PreferenceBook } from './preferences.ts';
import { Recorder } from './recorder.ts';
import { Removal } from './removal.ts';
import { Retention, startSweeper } from './retention.ts';
import { NS_RETRACT } from './retractions.ts';
import { acquire } from './shared.ts';
import { migrations } from './store.ts';

const ACCOUNT_FEATURES = [NS_MAM, `${NS_MAM}#extended`, `${NS_MAM}#groupchat-field`, `${NS_RETRACT}#tombstone`];

export default defineModule({
  name: 'archive',
  summary: 'Keeps messages, and lets clients read them again',
  xeps: [
    { number: 313, version: '1.1.3' },
    { number: 441, version: '0.2.0' },
    { number: 424, version: '0.4.2', note: 'archives hold tombstones' },
    { number: 59, version: '1.0' },
    { number: 297, version: '1.0' },
  ],
  config: z.strictObject({
    retention: duration({ min: '1h', forever: true })
      .prefault('forever')
      .describe('How long messages are kept; older ones are deleted'),
    exceptions: z
      .record(accountAddress(), duration({ min: '1h', forever: true }))
      .prefault({})
      .describe('Accounts and rooms, by address, whose messages are kept for another time'),
    default: z
      .enum(FALLBACKS)
      .default('always')
      .describe('What is kept of accounts that have not said so: always everything, only of their contacts, or never'),
  }),
  requires: {
    accounts: Accounts,
    ids: StanzaIds,
    roster: optional(Roster),
    router: Router,
    sessions: Sessions,
  },
  provides: { archive: Archive },
  migrations,
  disco: { account: [...ACCOUNT_FEATURES, NS_RETRACT], host: [NS_RETRACT] },
  metrics: {
    archived: 'Messages given to an archive',
    refused: 'Messages refused because the database is behind',
    purged: 'Messages deleted because of their age or with their account',
  },

  async setup({ host, config, db, services, hooks, clock, log, metrics, signal }) {
    const { ids, router, roster } = services;
    const shared = await acquire({ db, clock, log, ids });
    const { journal, reader, retractions } = shared;
    const preferences = new PreferenceBook({ store: journal.store, roster, fallback: config.default });
    const removal = new Removal({ db, journal, signal });
    const retention = new Retention(config, clock);
    const sweep = startSweeper({ host, clock, removal, retention, purged: metrics.purged, log, signal });
    const archive = new HostArchive({ host, shared, removal, sweep });
    const recorder = new Recorder({ host, ...services, journal, retractions, preferences, metrics });

    async function answer({ stanza, to, payload, session }: IqContext) {
      const span = stanza.type === 'set' ? spanAsked(payload, clock.now()) : undefined;
      if (session !== undefined && span?.backwards === false) void hooks.tell(archiveRead, { session, ...span });
      const send = session === undefined ? router.route.bind(router) : session.send.bind(session);
      const fin = await archive.answer({ owner: to, stanza, payload, send });
      if (session !== undefined && span?.backwards === true && !(fin instanceof StanzaError)) {
        await hooks.tell(archiveRead, { session, ...spanOfPage(span, fin) });
      }
      return fin;
    }

    return {
      services: { archive },
      hooks: [
        on(outbound, 'record', (passage) => recorder.sent(passage)),
        on(inbound, 'rewrite', (passage) => recorder.arriving(passage), { before: ['stanza-id'] }),
        on(inbound, 'record', (passage) => recorder.received(passage)),
        // It is in the archive: that is answer enough.
        on(undeliverable, 'fallback', ({ stanza }) => (stanza.kept ? 'handled' : undefined), { after: ['offline'] }),
        contribute(boundInfo, async (session) => {
          await hooks.tell(archiveRead, { session, from: 0, until: clock.now() });
          return [await describeArchive(reader, session.account)];
        }),
        observe(accountRemoved, async (account) => {
          await preferences.erase(account);
          await archive.erase(account);
        }),
        contribute(accountData, async (account) => [{ name: 'archive', data: exportMessages(reader, account) }]),
      ],
      iq: [
        iq('get', QUERY, 'self', answer),
        iq('set', QUERY, 'self', answer),
        iq('get', METADATA, 'self', answer),
        iq('get', PREFS, 'self', (request) => answerPreferences(preferences, request)),
        iq('set', PREFS, 'self', (request) => changePreferences(preferences, request)),
      ],
      commands: archiveCommands({ host, clock, journal, reader, removal, retention }),
      close: () => shared.release(),
    };
  },
});
