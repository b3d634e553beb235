/** XEP-0359: gives messages to accounts of this host an id that is unique and cannot be forged. */
import { Archive, defineModule, inbound, keeping, NS, on, optional, type Passage, StanzaIds, z } from '#api';
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
  requires: { archive: optional(Archive), ids: StanzaIds },
  disco: { host: [NS.stanzaId], account: [NS.stanzaId] },
  metrics: { forged: 'Forged stanza ids removed' },

  setup({ host, config, services: { archive, ids }, metrics }) {
    /**
     * A client takes the last id that it has seen to ask the archive for what came after: where there is an archive, what
     * it does not keep has no id.
     */
    function idOf({ stanza, stanzaId }: Passage): string | undefined {
      if (!config.stamp) return undefined;
      if (archive !== undefined) return stanzaId;
      return keeping(stanza.type, stanza.element) === 'lasting' ? ids.next() : undefined;
    }

    function rewrite(passage: Passage): void {
      const { stanza } = passage;
      if (stanza.kind !== 'message') return;
      const honest = strip(stanza.element, host.domain);
      if (honest !== stanza.element) metrics.forged.inc();
      const id = idOf(passage);
      const stamped = id === undefined ? honest : stamp(honest, stanza.to.bare, id);
      if (stamped !== stanza.element) passage.stanza = stanza.replace(stamped);
    }

    return { hooks: [on(inbound, 'rewrite', rewrite)] };
  },
});
