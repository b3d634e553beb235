/** Stream management (XEP-0198): acknowledgements both ways, and sessions that survive their connections. */
import type { Jid } from '../jid/jid.ts';
import { Acknowledgements, parseCounter } from '../session/acknowledgements.ts';
import type { ClientSession, Outlet } from '../session/session.ts';
import { clark, type Element, el } from '../xml/element.ts';
import { NS } from '../xmpp/ns.ts';
import type { Condition } from '../xmpp/stanza-error.ts';
import { StreamError } from '../xmpp/stream-error.ts';
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
function answer(stream: ManagedStream, { unsettled }: ClientSession, handled: number): void {
  const send = (): void => stream.sendElement(el(NS.sm, 'a', { h: String(handled) }));
  if (unsettled === undefined) send();
  else unsettled.then(send, () => stream.end(notDurable));
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

/** A session that is ready to go on over another stream. */
export interface Resumption {
  readonly session: ClientSession;
  readonly resumed: Element;
  /** Puts the stream in place of the old one; what was not acknowledged is to be sent after `resumed`. */
  attach(stream: Outlet): void;
}

/**
 * Section 5. Takes the session over from wherever it is: an earlier stream that is still there is closed, what it was
 * handling is finished, and what is not durable yet is waited for, so that the counter is true. A `<failed/>` leaves
 * everything as it was; a StreamError ends the new stream, and the session waits on.
 */
export async function resume(
  request: Element,
  account: Jid,
  { services, isOver }: { services: StreamServices; isOver: () => boolean },
): Promise<Resumption | Element | StreamError> {
  const id = request.attr('previd') ?? '';
  const h = parseCounter(request.attr('h'));
  if (h === undefined) return failed('bad-request');
  const { resumptions } = services;
  const session = resumptions.take(id, account);
  if (session === undefined) return failed('item-not-found', resumptions.handledBefore(id, account));
  await handOver(session, services);
  if (session.host.sessions.get(session.jid) !== session || session.acks === undefined) {
    return failed('item-not-found', resumptions.handledBefore(id, account));
  }
  if (isOver()) {
    resumptions.putBack(session, false);
    return failed('item-not-found');
  }
  if (!session.acknowledge(h)) {
    resumptions.putBack(session, false);
    return tooHigh(h, session.acks.sent);
  }
  const resumed = el(NS.sm, 'resumed', { previd: id, h: String(session.acks.handled) });
  return {
    session,
    resumed,
    attach(stream) {
      resumptions.putBack(session, true);
      session.attach(stream);
    },
  };
}

async function handOver(session: ClientSession, { resumptions }: StreamServices): Promise<void> {
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
