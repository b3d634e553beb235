/** XEP-0297: a stanza within another. */
import { clark, Element, el } from '../xml/element.ts';
import { writeElement } from '../xml/writer.ts';
import { parseDateTime } from './datetime.ts';
import { DELAY } from './delay.ts';
import { NS } from './ns.ts';
import type { Stanza } from './stanza.ts';

const NS_FORWARD = 'urn:xmpp:forward:0';
export const FORWARDED = clark(NS_FORWARD, 'forwarded');

const STANZAS = new Set(['message', 'presence', 'iq'].map((name) => clark(NS.client, name)));

/** `<forwarded/>` around a stanza, with its true addresses; section 3.2 rule 2 wants a delay in it where time has passed. */
export function forward(stanza: Stanza, delay?: Element): Element {
  return el(NS_FORWARD, 'forwarded', null, delay, stanza.toElement());
}

/**
 * The same around a stanza that is there as text alone, as `Stanza.xml` writes it. The text is not read: the element has
 * the delay for its only child, and all of it when it is written.
 */
export function forwardText(xml: string, delay?: Element): Element {
  const end = xml.indexOf(' ');
  // Section 3.2 rule 3: without its namespace it would be in that of the forward.
  const stanza = `${xml.slice(0, end)} xmlns='${NS.client}'${xml.slice(end)}`;
  if (delay === undefined) return new Element(NS_FORWARD, 'forwarded', [], [], stanza, FORWARDED);
  return new Element(NS_FORWARD, 'forwarded', [], [delay], writeElement(delay, NS_FORWARD) + stanza, FORWARDED);
}

/** What a `<forwarded/>` holds; undefined where it is none, or holds no stanza. */
export function readForwarded(
  element: Element,
): { readonly stanza: Element /** Milliseconds since 1970. */; readonly delayedMs: number | undefined } | undefined {
  if (element.key !== FORWARDED) return undefined;
  const stanza = element.elements().find((it) => STANZAS.has(it.key));
  if (stanza === undefined) return undefined;
  return { stanza, delayedMs: parseDateTime(element.child(DELAY)?.attr('stamp') ?? '') };
}
