/** XEP-0199: answers pings to the server, so that clients and peers can tell a working stream from a dead one. */
import { clark, defineModule, iq, NS, refusals, z } from '#api';

const PING = clark(NS.ping, 'ping');

export default defineModule({
  name: 'ping',
  summary: 'Answers pings',
  xeps: [{ number: 199, version: '2.0.1' }],
  config: z.strictObject({}),
  disco: { host: [NS.ping], account: [NS.ping] },

  setup: () => ({
    iq: [
      iq('get', PING, ['self', 'host'], () => undefined),
      // What an address without an account gets, too: pings are no way to find accounts (RFC 6121 section 8.5.1).
      iq('get', PING, 'account', () => refusals.serviceUnavailable),
    ],
  }),
});
