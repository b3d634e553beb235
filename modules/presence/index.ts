/** Presence: who is available, who is told, who may ask (RFC 6121 sections 3 and 4). */
import {
  Accounts,
  type Awaitable,
  Blocking,
  defineModule,
  inbound,
  observe,
  on,
  optional,
  outbound,
  type Passage,
  Roster,
  Router,
  type Session,
  Sessions,
  StanzaError,
  sessionEnded,
  type Verdict,
  z,
} from '#api';
import { Absences } from './absences.ts';
import { Availability } from './availability.ts';
import { Broadcast } from './broadcast.ts';
import type { PresenceContext } from './context.ts';
import { deliver } from './deliver.ts';
import { noteDirected } from './directed.ts';
import { Probes } from './probes.ts';
import { Subscriptions } from './subscriptions.ts';

const unknownType = new StanzaError('bad-request', 'there is no such type of presence');
const needsAddress = new StanzaError('bad-request', 'a presence of this type needs an address');

export default defineModule({
  name: 'presence',
  summary: 'Tells contacts who is available, and manages who may know',
  config: z.strictObject({
    maxDirected: z
      .int()
      .min(1)
      .max(100_000)
      .default(1000)
      .describe('Addresses (rooms, strangers) that one session may send directed presence to'),
    tellAbsence: z
      .boolean()
      .default(true)
      .describe('Answer for contacts that are offline, too; otherwise clients take no answer for one'),
    rememberedAbsences: z
      .int()
      .min(1)
      .default(10_000)
      .describe('Accounts whose contacts can be told since when they are offline, from memory'),
  }),
  requires: {
    accounts: Accounts,
    blocking: optional(Blocking),
    roster: Roster,
    router: Router,
    sessions: Sessions,
  },

  setup({ host, clock, config, hooks, services }) {
    const absences = new Absences(host, config.rememberedAbsences);
    const context: PresenceContext = { host, clock, hooks, options: config, absences, services };
    const broadcast = new Broadcast(context);
    const availability = new Availability(context, broadcast);
    const subscriptions = new Subscriptions(context, broadcast);
    const probes = new Probes(context);

    function sent({ stanza, origin }: Passage): Awaitable<Verdict | undefined> {
      if (stanza.kind !== 'presence') return undefined;
      const session = origin as Session;
      switch (stanza.type) {
        case '':
          return stanza.addressed ? noteDirected(context, session, stanza) : availability.available(session, stanza);
        case 'unavailable':
          return stanza.addressed ? noteDirected(context, session, stanza) : availability.unavailable(session, stanza);
        case 'error':
          return stanza.addressed ? noteDirected(context, session, stanza) : 'handled';
        case 'probe':
          return stanza.addressed ? undefined : needsAddress;
        case 'subscribe':
        case 'subscribed':
        case 'unsubscribe':
        case 'unsubscribed':
          return stanza.addressed ? subscriptions.outbound(session, stanza) : needsAddress;
        default:
          return unknownType;
      }
    }

    function received({ stanza }: Passage): Awaitable<Verdict | undefined> {
      if (stanza.kind !== 'presence') return undefined;
      switch (stanza.type) {
        case '':
        case 'unavailable':
        case 'error':
          return deliver(services.sessions, stanza);
        case 'probe':
          return probes.answer(stanza);
        case 'subscribe':
        case 'subscribed':
        case 'unsubscribe':
        case 'unsubscribed':
          return subscriptions.inbound(stanza);
        default:
          return unknownType;
      }
    }

    return {
      hooks: [
        on(outbound, 'handle', sent),
        on(inbound, 'handle', received),
        observe(sessionEnded, (session) => availability.ended(session)),
      ],
    };
  },
});
