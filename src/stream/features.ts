/** Which stream features a client is shown (RFC 6120 section 4.3.2). */
import type { StreamFacts, StreamFeature } from '../kernel/stream-feature.ts';
import type { Awaitable } from '../util/awaitable.ts';
import { isPromise, then } from '../util/awaitable.ts';
import { Element, el } from '../xml/element.ts';
import { NS } from '../xmpp/ns.ts';

/** `<features/>` with what the modules offer in this state, after what the stream itself offers. */
export function collectFeatures(
  own: readonly Element[],
  declared: readonly StreamFeature[],
  facts: StreamFacts,
): Awaitable<Element> {
  const found = declared.filter((it) => isOffered(it, facts)).map((it) => it.element(facts));
  const present = found.some((it) => isPromise(it)) ? Promise.all(found) : (found as (Element | undefined)[]);
  return then(present, (list) => {
    const kept = list.filter((it): it is Element => it !== undefined);
    return new Element(NS.streams, 'features', [], [...own, ...kept]);
  });
}

function isOffered(feature: StreamFeature, { states }: StreamFacts): boolean {
  return feature.needs.every((it) => states.has(it)) && !feature.forbids.some((it) => states.has(it));
}

/** XEP-0478: the largest element that is taken, and the silence after which the server asks or ends the stream. */
export function limitsFeature(maxBytes: number, idleMs: number): Element {
  return el(
    NS.limits,
    'limits',
    null,
    el(NS.limits, 'max-bytes', null, String(maxBytes)),
    el(NS.limits, 'idle-seconds', null, String(Math.ceil(idleMs / 1000))),
  );
}

/** RFC 6120 section 5.4.1. */
export function startTlsFeature(required: boolean): Element {
  return el(NS.tls, 'starttls', null, required ? el(NS.tls, 'required') : undefined);
}
