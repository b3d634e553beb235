/** XEP-0202: the time at the server. */
import { clark, defineModule, el, formatDateTime, iq, z } from '#api';

const NS_TIME = 'urn:xmpp:time';

export default defineModule({
  name: 'time',
  summary: 'Tells the time',
  xeps: [{ number: 202, version: '2.0' }],
  config: z.strictObject({}),
  disco: { host: [NS_TIME] },

  setup: ({ clock }) => ({
    iq: [
      iq('get', clark(NS_TIME, 'time'), 'host', () =>
        el(
          NS_TIME,
          'time',
          null,
          // A server speaks of UTC alone: its time zone would tell where it stands (section 6).
          el(NS_TIME, 'tzo', null, '+00:00'),
          el(NS_TIME, 'utc', null, formatDateTime(clock.now())),
        ),
      ),
    ],
  }),
});
