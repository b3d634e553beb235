/** A server with accounts and hardly anything else: what it answers comes from streams, sessions and the router. */
import { defineModule, on, outbound, type Session, z } from '#api';
import { startParley, type TestOptions, type TestServer } from './parley.ts';

/** Keeps the presence and priority that clients broadcast, and tells nobody but the client itself. */
const plainPresence = defineModule({
  name: 'plain-presence',
  summary: 'Notes presence',
  config: z.strictObject({}),
  setup: () => ({
    hooks: [
      on(outbound, 'handle', ({ stanza, origin }) => {
        if (stanza.kind !== 'presence' || stanza.addressed) return undefined;
        const session = origin as Session;
        session.presence = stanza.type === '' ? stanza : undefined;
        if (stanza.type === '') session.send(stanza);
        session.priority = Number(stanza.element.childText('{jabber:client}priority') ?? 0);
        return 'handled' as const;
      }),
    ],
  }),
});

/** `modules` names those to have besides `accounts`, with their options. */
export async function startCore(options: TestOptions = {}): Promise<TestServer> {
  const modules = { accounts: {}, ...options.modules };
  const extra = [plainPresence, ...(options.extra ?? [])];
  return startParley({ ...options, modules, only: Object.keys(modules), extra });
}
