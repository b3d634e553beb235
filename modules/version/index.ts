/** XEP-0092: the name and version of the software. */
import { release, type } from 'node:os';
import { clark, defineModule, el, iq, Program, z } from '#api';

const NS_VERSION = 'jabber:iq:version';

export default defineModule({
  name: 'version',
  summary: 'Tells which software and version this is',
  xeps: [{ number: 92, version: '1.1' }],
  config: z.strictObject({
    showOs: z.boolean().default(false).describe('Whether the operating system is told, too'),
  }),
  requires: { program: Program },
  disco: { host: [NS_VERSION] },

  setup({ config, services: { program } }) {
    const answer = el(
      NS_VERSION,
      'query',
      null,
      el(NS_VERSION, 'name', null, program.name),
      el(NS_VERSION, 'version', null, program.version),
      config.showOs ? el(NS_VERSION, 'os', null, `${type()} ${release()}`) : undefined,
    );
    return { iq: [iq('get', clark(NS_VERSION, 'query'), 'host', () => answer)] };
  },
});
