/** The session request of RFC 3921 section 3, which old clients still send after binding a resource; it does nothing. */
import { clark, defineModule, el, iq, NS, refusals, z } from '#api';

const SESSION = clark(NS.session, 'session');
const BIND = clark(NS.bind, 'bind');

export default defineModule({
  name: 'legacy-session',
  summary: 'Accepts the session request of older clients',
  config: z.strictObject({}),

  setup: () => ({
    streamFeatures: [
      {
        name: 'session',
        needs: ['authenticated'],
        forbids: ['bound'],
        // Clients that know better see that they need not ask.
        element: () => el(NS.session, 'session', null, el(NS.session, 'optional')),
      },
    ],
    iq: [
      iq('set', SESSION, ['self', 'host'], () => undefined),
      // RFC 6120 section 7.1: one resource a stream.
      iq('set', BIND, ['self', 'host'], () => refusals.notAllowed),
    ],
  }),
});
