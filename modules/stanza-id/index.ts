/** XEP-0359: gives messages to accounts of this host an id that is unique and cannot be forged. */
import {
  Archive,
  defineModule,
  type Element,
  inbound,
  keeping,
  NS,
  on,
  optional,
  outbound,
  type Passage,
  type Stanza,
  StanzaIds,
  z,
} from '#api';
import { strip, stripOf } from './forged.ts';
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

    /** The message with another element in place of its own; the same when there is no other. */
    function cleaned(stanza: Stanza, honest: Element): Stanza {
      if (honest === stanza.element) return stanza;
      metrics.forged.inc();
      return stanza.replace(honest);
    }

    /** What one sends has an id of one's own archive in copies for one's devices only, and it is given there. */
    function clean(passage: Passage): void {
      const { stanza } = passage;
      if (stanza.kind !== 'message') return;
      passage.stanza = cleaned(stanza, stripOf(stanza.element, stanza.from.bare));
    }

    function rewrite(passage: Passage): void {
      if (passage.stanza.kind !== 'message') return;
      const stanza = cleaned(passage.stanza, strip(passage.stanza.element, host.domain));
      const id = idOf(passage);
      passage.stanza = id === undefined ? stanza : stanza.replace(stamp(stanza.element, stanza.to.bare, id));
    }

    return { hooks: [on(outbound, 'rewrite', clean), on(inbound, 'rewrite', rewrite)] };
  },
});
