/** XEP-0352: clients that nobody looks at are left alone until something matters. */
import {
  bindInline,
  bytes,
  clark,
  clientStateSaid,
  defineModule,
  el,
  Ledger,
  nonza,
  observe,
  optional,
  type Session,
  Sessions,
  sessionEnded,
  sessionResumed,
  slot,
  z,
} from '#api';
import { Holding } from './holding.ts';

const CSI = 'urn:xmpp:csi:0';
const ACTIVE = clark(CSI, 'active');
const INACTIVE = clark(CSI, 'inactive');
const FEATURE = el(CSI, 'csi');

/** Where something is read on another device, a notification of it goes away; bookmarks say which rooms to join. */
const URGENT_NODES: readonly string[] = ['urn:xmpp:mds:displayed:0', 'urn:xmpp:bookmarks:1', 'storage:bookmarks'];

/** Set while the client is inactive. */
const inactive = slot<Holding>('csi');

export default defineModule({
  name: 'csi',
  summary: 'Spares clients that nobody looks at what can wait',
  xeps: [{ number: 352, version: '1.0.0' }],
  config: z.strictObject({
    presence: z
      .boolean()
      .default(true)
      .describe('Hold presence back while a client is inactive; it gets the last one of each contact later'),
    events: z
      .boolean()
      .default(true)
      .describe('Hold notifications of personal events (PEP) back; a client gets the last one of each node later'),
    chatStates: z.boolean().default(true).describe('Drop messages that only say that somebody is typing and the like'),
    urgentNodes: z
      .array(z.string())
      .default([...URGENT_NODES])
      .describe('Nodes of personal events whose notifications are not held back'),
    maxStanzas: z
      .int()
      .min(1)
      .max(100_000)
      .default(256)
      .describe('Stanzas held back for one client; when there are more, all are sent'),
    maxBytes: bytes({ min: '1 KiB', max: '64 MiB' }).prefault('256 KiB').describe('Their size together'),
  }),
  requires: { ledger: optional(Ledger), sessions: Sessions },
  metrics: {
    held: 'Stanzas held back from inactive clients',
    replaced: 'Stanzas held back and replaced by later ones',
    dropped: 'Chat states dropped because nobody looked',
  },

  setup({ config, services: { ledger, sessions }, hooks, metrics }) {
    const { maxStanzas, maxBytes, presence, events, chatStates } = config;
    const importance = { presence, events, chatStates, urgentNodes: new Set(config.urgentNodes) };
    const parts = { importance, maxStanzas, maxBytes, ledger, metrics };

    /** Section 5.1: all that is held back is sent before anything else that the client asks for is handled. */
    function activate(session: Session): void {
      session.slots.get(inactive)?.release();
      session.slots.set(inactive, undefined);
    }

    function said(session: Session, isActive: boolean): undefined {
      if (isActive) activate(session);
      else if (session.slots.get(inactive) === undefined) session.slots.set(inactive, new Holding(parts, session));
      void hooks.tell(clientStateSaid, { session, isActive });
    }

    return {
      streamFeatures: [{ name: 'csi', needs: ['authenticated'], forbids: [], element: () => FEATURE }],
      nonzas: [nonza(ACTIVE, (session) => said(session, true)), nonza(INACTIVE, (session) => said(session, false))],
      // XEP-0386 section 3.2: the session begins in that state.
      bindInline: [
        bindInline(CSI, ACTIVE, (session) => said(session, true)),
        bindInline(CSI, INACTIVE, (session) => said(session, false)),
      ],
      hooks: [
        observe(sessionResumed, activate), // section 5.2
        observe(sessionEnded, (session) => session.slots.get(inactive)?.drop()),
      ],
      /** Whoever takes over holds nothing back until clients say so again, and nobody might take over. */
      close() {
        for (const session of sessions.all()) if (session.slots.get(inactive) !== undefined) activate(session);
      },
    };
  },
});
