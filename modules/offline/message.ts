/** Messages as they are stored, and as they are delivered late: XEP-0160 section 2, XEP-0203. */
import { DELAY, delay, type Element, type Jid, type Node, parseDocument, parseJid, Stanza, type XmlLimits } from '#api';
import type { MessageRow } from './store.ts';

/** It was let in once, by whatever limits held then. */
const LIMITS: XmlLimits = { maxBytes: 16_777_216, maxElements: 1_000_000, maxDepth: 1024, maxAttributes: 10_000 };

/**
 * The message, with the time at which the host received it where it was late; undefined when the row is damaged. One that
 * was on its way to a lost client before it came here says so already: forged delays do not get this far.
 */
export function readMessage({ stanza, received_at }: MessageRow, lateAt: Jid | undefined): Stanza | undefined {
  try {
    const element = parseDocument(stanza, LIMITS);
    const from = parseJid(element.attr('from') ?? '');
    const to = parseJid(element.attr('to') ?? '');
    if (from === undefined || to === undefined) return undefined;
    const isDated = lateAt === undefined || element.children.some((it) => isDelayBy(it, lateAt));
    const message = new Stanza(
      isDated ? element : element.append(delay(lateAt, received_at, 'Offline Storage')),
      from,
      to,
    );
    message.queued = true;
    return message;
  } catch {
    return undefined;
  }
}

/** Without delays that claim to be the server's (XEP-0203 section 5); the same element where there is none. */
export function withoutForgedDelay(element: Element, host: Jid): Element {
  if (element.child(DELAY) === undefined) return element;
  return element.filter((child) => !isDelayBy(child, host));
}

function isDelayBy(child: Node, host: Jid): boolean {
  if (typeof child === 'string' || child.key !== DELAY) return false;
  return parseJid(child.attr('from') ?? '')?.full === host.full;
}
