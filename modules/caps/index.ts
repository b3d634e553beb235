/** XEP-0115: the host announces its capabilities, and learns those of clients from their presence. */
import {
  becameAvailable,
  becameUnavailable,
  ClientCaps,
  clark,
  defineModule,
  HostDisco,
  inbound,
  NS,
  nodeInfo,
  observe,
  on,
  presenceChanged,
  Router,
  ServerCaps,
  Sessions,
  sessionEnded,
  z,
} from '#api';
import { Clients } from './clients.ts';
import { HostCaps } from './host-caps.ts';
import { Lookup } from './lookup.ts';
import { migrations, statements } from './store.ts';

const OCCUPANT = clark(NS.mucUser, 'x');
const TICK_MS = 5_000;

export default defineModule({
  name: 'caps',
  summary: 'Announces what the server can do, and knows what clients can do',
  xeps: [{ number: 115, version: '1.6.0' }],
  config: z.strictObject({
    node: z
      .string()
      .min(1)
      .max(256)
      .default('urn:parley:server')
      .describe('URI that names this software to clients, such as that of a website about it'),
    cached: z.int().min(16).max(100_000).default(1000).describe('Sets of client features kept in memory'),
    stored: z.int().min(16).max(1_000_000).default(5000).describe('Sets of client features kept in the database'),
    remembered: z
      .int()
      .min(16)
      .max(1_000_000)
      .default(50_000)
      .describe('Clients on other servers whose features are remembered while they are online'),
  }),
  requires: { disco: HostDisco, router: Router, sessions: Sessions },
  provides: { clientCaps: ClientCaps, serverCaps: ServerCaps },
  migrations,
  disco: { host: [NS.caps] },
  metrics: {
    asked: 'Clients asked what they can do',
    verified: 'Sets of client features that were new, and fit their hash',
    rejected: 'Clients that gave no answer, or one that does not fit the hash they announce',
  },

  setup({ host, config, services, clock, db, hooks, log, metrics, signal }) {
    const { disco, router, sessions } = services;
    const own = new HostCaps({ host, node: config.node, clock, disco, log });
    const store = db.prepare(statements);
    const lookup = new Lookup({ host, clock, db, store, router, log, metrics, stored: config.stored });
    const { cached, remembered } = config;
    const clients = new Clients({ host, clock, hooks, log, sessions, lookup, cached, remembered });
    signal.addEventListener(
      'abort',
      clock.every(TICK_MS, () => clients.tick()),
    );
    return {
      services: { clientCaps: clients, serverCaps: own },
      streamFeatures: [{ name: 'caps', needs: ['authenticated'], forbids: [], element: () => own.feature() }],
      hooks: [
        on(nodeInfo, 'handle', ({ to, node }) => (to.isDomain ? own.answer(node) : undefined)),
        observe(becameAvailable, (session) => clients.present(session)),
        observe(presenceChanged, (session) => clients.present(session)),
        observe(becameUnavailable, (session) => clients.absent(session)),
        observe(sessionEnded, (session) => clients.absent(session)),
        on(inbound, 'record', ({ stanza }) => {
          if (stanza.kind !== 'presence' || stanza.from.domain === host.domain) return;
          // Occupants of rooms are not contacts; nobody is notified by what they can do.
          if (stanza.element.child(OCCUPANT) === undefined) clients.presentElsewhere(stanza);
        }),
      ],
    };
  },
});
