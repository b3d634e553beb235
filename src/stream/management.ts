/** Stream management (XEP-0198): acknowledgements both ways, and sessions that survive their connections. */
import type { Jid } from '../jid/jid.ts';
import { Acknowledgements, parseCounter } from '../session/acknowledgements.ts';
import type { ClientSession, Outlet } from '../session/session.ts';
import { clark, type Element, el } from '../xml/element.ts';
import { NS } from '../xmpp/ns.ts';
import type { Condition } from '../xmpp/stanza-error.ts';
import { StreamError } from '../xmpp/stream-error.ts';
import type { Resumptions } from './resumptions.ts';
import type { StreamServices } from './services.ts';

export const ENABLE = clark(NS.sm, 'enable');
export const RESUME = clark(NS.sm, 'resume');
const REQUEST = clark(NS.sm, 'r');
const ACKNOWLEDGE = clark(NS.sm, 'a');

const badCounter = new StreamError('bad-format', 'h is not a counter');
const notDurable = new StreamError('internal-server-error', 'what was sent could not be stored');

/** The stream feature (section 3), and what SASL2 offers inline (section 9). */
export const managementFeature = el(NS.sm, 'sm');

/** A stream as this needs it. */
export interface ManagedStream extends Outlet {
  readonly services: StreamServices;
  sendElement(element: Element): void;
}

export function failed(condition: Condition, handled?: number): Element {
  return el(NS.sm, 'failed', { h: handled?.toString() }, el(NS.stanzaErrors, condition));
}

/** Switches management on for a bound session; the answer is `<enabled/>` or `<failed/>`. */
export function enable(session: ClientSession, request: Element, { settings, resumptions }: StreamServices): Element {
  if (session.acks !== undefined) return failed('unexpected-request'); // section 3: once
  session.acks = new Acknowledgements(settings.management.queue);
  if (!isTrue(request.attr('resume')) || settings.management.resumeMs === 0) return el(NS.sm, 'enabled');
  const windowMs = Math.min(settings.management.resumeMs, wish(request.attr('max')));
  const id = resumptions.allow(session, windowMs);
  return el(NS.sm, 'enabled', { id, resume: 'true', max: String(Math.round(windowMs / 1000)) });
}

/** Handles an element of stream management on a stream with a session. */
export function manage(stream: ManagedStream, session: ClientSession, element: Element): void {
  if (element.key === ENABLE) {
    stream.sendElement(enable(session, element, stream.services));
  } else if (session.acks === undefined || (element.key !== REQUEST && element.key !== ACKNOWLEDGE)) {
    // Sections 3 and 5: nothing is counted yet, and a stream with a resource resumes nothing.
    stream.sendElement(failed('unexpected-request'));
  } else if (element.key === REQUEST) {
    answer(stream, session, session.acks.handled);
  } else {
    acknowledged(stream, session, session.acks, parseCounter(element.attr('h')));
  }
}

/** Section 4: what was handled so far, once it is durable. What comes meanwhile is handled meanwhile. */
function answer(stream: ManagedStream, session: ClientSession, handled: number): void {
  const settled = (): void => {
    if (session.hasLost) stream.end(notDurable);
    else stream.sendElement(el(NS.sm, 'a', { h: String(handled) }));
  };
  if (session.unsettled === undefined) settled();
  else session.unsettled.then(settled, settled);
}

function acknowledged(
  stream: ManagedStream,
  session: ClientSession,
  acks: Acknowledgements,
  h: number | undefined,
): void {
  if (h === undefined) stream.end(badCounter);
  else if (!session.acknowledge(h)) stream.end(tooHigh(h, acks.sent));
}

/** Section 6. */
export function tooHigh(h: number, sent: number): StreamError {
  const details = el(NS.sm, 'handled-count-too-high', { h: String(h), 'send-count': String(sent) });
  return new StreamError('undefined-condition', `${h} stanzas were acknowledged, and ${sent} were sent`, details);
}

/** A stream that wants to go on with a session. */
export interface Resumer {
  readonly services: StreamServices;
  isOver(): boolean;
  /** The session is the stream's from now on; the client is to be told by `resumed`, and then gets what it missed. */
  takeOver(session: ClientSession, resumed: Element): void;
}

/**
 * Section 5. Takes the session over from wherever it is: an earlier stream that is still there is closed, what it was
 * handling is finished, and what is not durable yet is waited for, so that the counter is true. Resolves to undefined
 * when that is done, or the new stream is gone, too. A `<failed/>` leaves everything as it was; a StreamError ends the new stream, and the session waits.
 */
export async function resume(
  request: Element,
  account: Jid,
  stream: Resumer,
): Promise<Element | StreamError | undefined> {
  const id = request.attr('previd') ?? '';
  const h = parseCounter(request.attr('h'));
  if (h === undefined) return failed('bad-request');
  const { resumptions, settings } = stream.services;
  if (settings.management.resumeMs === 0) return failed('feature-not-implemented');
  const session = await resumptions.take(id, account);
  if (session === undefined) return failed('item-not-found', await resumptions.handledBefore(id, account));
  try {
    if (stream.isOver()) return undefined;
    await handOver(session, resumptions);
    if (session.hasLost) session.end(notDurable);
    const { acks } = session;
    if (acks === undefined || session.host.sessions.get(session.jid) !== session) {
      return failed('item-not-found', await resumptions.handledBefore(id, account));
    }
    if (stream.isOver()) return undefined;
    if (!session.acknowledge(h)) return tooHigh(h, acks.sent);
    stream.takeOver(session, el(NS.sm, 'resumed', { previd: id, h: String(acks.handled) }));
    return undefined;
  } finally {
    resumptions.putBack(session);
  }
}

/** Resolves when nothing that the client sent before is being handled or written any more. */
async function handOver(session: ClientSession, resumptions: Resumptions): Promise<void> {
  const before = session.outlet;
  const handled = before.yieldSession();
  // Until the new stream has it, nothing is lost: it waits like any other.
  resumptions.leave(session, before);
  await handled;
  await session.unsettled?.catch(() => undefined);
}

function isTrue(text: string | undefined): boolean {
  return text === 'true' || text === '1';
}

/** The client's preference in seconds, in milliseconds. */
function wish(max: string | undefined): number {
  const seconds = parseCounter(max);
  return seconds === undefined || seconds === 0 ? Number.POSITIVE_INFINITY : seconds * 1000;
}
