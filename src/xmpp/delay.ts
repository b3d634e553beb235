/** XEP-0203: when a stanza that arrives late was sent. */
import type { Jid } from '../jid/jid.ts';
import { clark, type Element, el } from '../xml/element.ts';
import { formatDateTime } from './datetime.ts';
import { NS } from './ns.ts';

export const DELAY = clark(NS.delay, 'delay');

/** `<delay/>`; `from` is who vouches for the time, `ms` milliseconds since 1970. */
export function delay(from: Jid, ms: number, reason?: string): Element {
  return el(NS.delay, 'delay', { from: from.full, stamp: formatDateTime(ms) }, reason);
}
