/** XEP-0359: gives messages to accounts of this host an id that is unique and cannot be forged. */
import { defineModule, inbound, NS, on, type Passage, TimeOrderedId, z } from '#api';
import { strip } from './forged.ts';
import { stamp } from './stamp.ts';

export default defineModule({
  name: 'stanza-id',
  summary: 'Stamps messages with ids that clients and archives can rely on, and removes forged ones',
  xeps: [{ number: 359, version: '0.7.0' }],
  config: z.strictObject({
    stamp: z
      .boolean()
      .default(true)
      .describe('Give an id to each message that is worth keeping; forged ids are removed in any case'),
  }),
  disco: { host: [NS.stanzaId], account: [NS.stanzaId] },
  metrics: { forged: 'Forged stanza ids removed' },

  setup({ host, config, clock, metrics }) {
    const ids = new TimeOrderedId(() => clock.now());

    function rewrite(passage: Passage): void {
      const { stanza } = passage;
      if (stanza.kind !== 'message') return;
      const honest = strip(stanza.element, host.domain);
      if (honest !== stanza.element) metrics.forged.inc();
      const stamped = config.stamp ? stamp(stanza.type, honest, stanza.to.bare, ids) : honest;
      if (stamped !== stanza.element) passage.stanza = stanza.replace(stamped);
    }

    return { hooks: [on(inbound, 'rewrite', rewrite)] };
  },
});
