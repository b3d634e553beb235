/** Keeps messages for accounts that are offline, and delivers them later: XEP-0160, with the delays of XEP-0203. */
import {
  Archive,
  accountData,
  accountRemoved,
  archiveRead,
  Blocking,
  becameAvailable,
  becameUnavailable,
  bytes,
  contribute,
  defineModule,
  duration,
  inbound,
  type Jid,
  Ledger,
  observe,
  on,
  optional,
  outbound,
  type Passage,
  presenceChanged,
  Router,
  Sessions,
  sessionEnded,
  sessionResumed,
  undeliverable,
  z,
} from '#api';
import { noteReading } from './archived.ts';
import { offlineCommands } from './commands.ts';
import { Delivery } from './delivery.ts';
import { startExpiry } from './expiry.ts';
import { Intake } from './intake.ts';
import { withoutForgedDelay } from './message.ts';
import { OfflineQueues } from './queues.ts';
import { migrations, statements } from './store.ts';

export default defineModule({
  name: 'offline',
  summary: 'Keeps messages for users who are offline',
  xeps: [
    { number: 160, version: '1.0.1' },
    { number: 203, version: '2.0' },
    { number: 334, version: '1.0.0', note: 'the hints about storing' },
  ],
  config: z.strictObject({
    maxMessages: z.int().min(1).max(10_000_000).default(1000).describe('Messages that may wait for one account'),
    maxBytes: bytes({ min: '1 KiB' }).prefault('10 MiB').describe('Size of the messages that wait for one account'),
    retention: duration({ min: '1h', forever: true })
      .prefault('30d')
      .describe('How long a message waits at most; it is deleted then'),
  }),
  requires: {
    archive: optional(Archive),
    blocking: optional(Blocking),
    ledger: optional(Ledger),
    router: Router,
    sessions: Sessions,
  },
  migrations,
  disco: { host: ['msgoffline'] },
  metrics: {
    stored: 'Messages kept for later',
    delivered: 'Messages delivered later',
    refused: 'Messages refused because too many wait',
    expired: 'Messages deleted because nobody came for them',
  },

  setup({ host, config, db, services, clock, log, metrics, signal }) {
    const store = db.prepare(statements);
    const queues = new OfflineQueues({ host: host.domain, db, store, clock, limits: config });
    const { router } = services;
    const { delivered } = metrics;
    const delivery = new Delivery({ ...services, host, queues, log, delivered, signal });

    const intake = new Intake({ queues, delivery, metrics });
    startExpiry({ queues, clock, log, expired: metrics.expired, retention: config.retention, signal });

    return {
      hooks: [
        on(undeliverable, 'fallback', (passage) => intake.undelivered(passage)),
        on(inbound, 'fallback', (passage) => intake.behind(passage)),
        // XEP-0203 section 5. What comes from here may have delays of the server's own; forged ones go on the way out.
        on(outbound, 'rewrite', (passage) => unforge(passage, host)),
        on(inbound, 'rewrite', (passage) => {
          if (!router.isLocal(passage.stanza.from.domain)) unforge(passage, host);
        }),
        observe(becameAvailable, (session) => delivery.showed(session)),
        observe(presenceChanged, (session) => delivery.showed(session)),
        observe(becameUnavailable, (session) => delivery.left(session)),
        observe(sessionResumed, (session) => delivery.showed(session)),
        observe(sessionEnded, (session) => delivery.ended(session)),
        observe(archiveRead, noteReading),
        observe(accountRemoved, ({ local }) => queues.erase(local)),
        contribute(accountData, async ({ local }) => [
          { name: 'offline-messages', data: await queues.describe(local) },
        ]),
      ],
      commands: offlineCommands(host, queues),
    };
  },
});

function unforge(passage: Passage, host: Jid): void {
  const { stanza } = passage;
  if (stanza.kind === 'iq') return;
  const honest = withoutForgedDelay(stanza.element, host);
  if (honest !== stanza.element) passage.stanza = stanza.replace(honest);
}
