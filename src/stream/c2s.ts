/** A client's stream, from its first byte to its last: RFC 6120 sections 4 to 9, over any transport. */
import type { Transport, TransportHandler, TransportKind } from '../kernel/transport.ts';
import { admit, isStanza } from '../session/lane.ts';
import type { ClientSession } from '../session/session.ts';
import { type Awaitable, isPromise } from '../util/awaitable.ts';
import { randomToken } from '../util/ids.ts';
import type { Element } from '../xml/element.ts';
import { XmlError } from '../xml/error.ts';
import { NS } from '../xmpp/ns.ts';
import { StreamError } from '../xmpp/stream-error.ts';
import { ElementReader, type ReaderOwner } from './element-reader.ts';
import { CLOSED, framingFor, HEADER, type StreamFraming } from './framing.ts';
import { type ManagedStream, manage } from './management.ts';
import { Opening } from './opening.ts';
import type { StreamServices } from './services.ts';

const misplacedHeader = new StreamError('invalid-xml', 'a stream header in the middle of the stream');
const misplacedElement = new StreamError('unsupported-stanza-type');
const internalError = new StreamError('internal-server-error');
const tooSlow = new StreamError('resource-constraint', 'the client does not read what it is sent');

const resumedElsewhere = new StreamError('conflict', 'the session was resumed over another stream'); // XEP-0198 section 5

/** What becomes of the session when its stream is over. */
type SessionFate = 'end' | 'leave';

const PATIENCE_OVER: (() => void)[] = [];

export class C2sStream implements TransportHandler, ManagedStream, ReaderOwner {
  readonly services: StreamServices;
  /** When the peer was last heard; milliseconds since 1970. */
  heardAt: number;
  /** When the stream was accepted; milliseconds since 1970. */
  readonly openedAt: number;
  /** A ping is under way since the client was last heard. */
  pinged = false;
  readonly #transport: Transport;
  readonly #framing: StreamFraming;
  /** Until a resource is bound; dropped then, with all that it needed. */
  #opening: Opening | undefined;
  #session: ClientSession | undefined = undefined;
  #headerSent = false;
  readonly #reader: ElementReader;
  #ended = false;
  /** Until when what it has sent takes its share of the rate; milliseconds since 1970. */
  #spentUntil = 0;
  /** Those who wait until it reads; `PATIENCE_OVER` when they have waited for too long. */
  #drainWaiters: (() => void)[] | undefined = undefined;
  #flushWaiters: ((taken: boolean) => void)[] | undefined = undefined;

  constructor(transport: Transport, services: StreamServices) {
    this.services = services;
    this.#transport = transport;
    this.#framing = framingFor(transport.framing, services.settings.beforeAuth);
    this.#reader = new ElementReader(transport, this.#framing, this);
    this.#opening = new Opening(this, transport);
    this.openedAt = this.heardAt = services.clock.now();
    transport.handler = this;
    services.table.add(this);
  }

  get ended(): boolean {
    return this.#ended;
  }

  get session(): ClientSession | undefined {
    return this.#session;
  }

  get transport(): TransportKind {
    return this.#transport.kind;
  }

  get secure(): boolean {
    return this.#transport.tls !== undefined;
  }

  get remoteAddress(): string {
    return this.#transport.remoteAddress;
  }

  get trusted(): boolean {
    return this.services.settings.isTrusted(this.remoteAddress);
  }

  get queuedBytes(): number {
    return this.#transport.bufferedBytes;
  }

  get congested(): boolean {
    if (this.#transport.bufferedBytes <= this.services.settings.congestedBytes) return false;
    return this.#drainWaiters !== PATIENCE_OVER;
  }

  // --- reading

  onData(chunk: Buffer): void {
    if (this.#ended) return;
    this.heardAt = this.services.clock.now();
    this.services.latency?.began();
    this.pinged = false;
    this.#throttle(chunk.length);
    this.#reader.push(chunk);
  }

  /**
   * Slows a client down that sends more than its share; it is never disconnected for that. What it sends takes time, up
   * to a burst in advance; past that, nothing is read until the time has come.
   */
  #throttle(bytes: number): void {
    const { bytesPerSecond, burstBytes } = this.services.settings;
    if (bytesPerSecond === 0) return;
    const burstMs = (1000 * burstBytes) / bytesPerSecond;
    this.#spentUntil = Math.max(this.#spentUntil, this.heardAt - burstMs) + (1000 * bytes) / bytesPerSecond;
    if (this.#spentUntil <= this.heardAt) return;
    this.#transport.pause();
    this.services.table.wakeLater(this, this.#spentUntil);
  }

  /** The throttle is over. */
  wake(): void {
    if (!this.#ended && !this.#reader.busy) this.#transport.resume();
  }

  readOn(): void {
    if (!this.services.table.isSleeping(this)) this.#transport.resume();
  }

  broken(cause: unknown): void {
    if (cause instanceof XmlError) {
      this.end(new StreamError(cause.condition, cause.message));
      return;
    }
    this.services.log.error({ err: cause }, 'a stream failed');
    this.end(internalError);
  }

  handle(element: Element): Awaitable<void> {
    if (element === CLOSED) return this.end(undefined);
    const session = this.#session;
    if (session !== undefined) return this.#bound(session, element);
    if (!this.#headerSent) return this.#opening?.begin(element, this.#framing.contentNs);
    return element.key === HEADER ? this.end(misplacedHeader) : this.#opening?.handle(element);
  }

  #bound(session: ClientSession, element: Element): Awaitable<void> {
    if (isStanza(element)) {
      session.lastActiveAt = this.heardAt;
      const { acks } = session;
      const stanza = admit(session, element);
      if (stanza instanceof StreamError) return this.end(stanza);
      const outcome = stanza && this.services.router.fromSession(session, stanza);
      if (acks === undefined) return outcome;
      if (isPromise(outcome)) return outcome.then(() => acks.countHandled());
      return acks.countHandled();
    }
    if (element.ns === NS.sm) return manage(this, session, element);
    const nonza = session.host.parts.nonzas.get(element.key);
    if (nonza !== undefined) return nonza.handle(session as never, element);
    return this.end(element.key === HEADER ? misplacedHeader : misplacedElement); // RFC 6120 section 4.9.3.24
  }

  // --- what the opening does to the stream

  sendHeader(from: string, to: string | undefined): void {
    if (this.#ended) return;
    this.#headerSent = true;
    this.#transport.write(this.#framing.open({ from, to, id: randomToken() }));
  }

  sendElement(element: Element): void {
    if (this.#ended) return;
    this.#writeElement(element);
    this.#limitQueue();
  }

  #writeElement(element: Element): void {
    const isOurs = element.ns === NS.streams;
    this.#transport.write(isOurs ? this.#framing.streamElement(element) : this.#framing.element(element));
  }

  /** The peer opens its stream anew: after TLS, after classic SASL. */
  expectHeader(): void {
    this.#headerSent = false;
    this.#framing.restart();
  }

  upgradeToTls(): void {
    this.#framing.discard();
    this.expectHeader();
    this.#transport.startTls?.();
  }

  raiseLimits(): void {
    this.#framing.limits = this.services.settings.afterAuth;
  }

  /** The opening has done its work. */
  bindTo(session: ClientSession): void {
    this.#session = session;
  }

  finishOpening(): void {
    this.#opening?.close();
    this.#opening = undefined;
  }

  // --- writing

  write(xml: string): void {
    this.services.latency?.delivered();
    this.nonza(this.#framing.stanza(xml));
  }

  nonza(xml: string): void {
    if (this.#ended) return;
    if (this.#opening !== undefined) {
      this.#opening.hold(xml);
      return;
    }
    this.#transport.write(xml);
    this.#limitQueue();
  }

  /** Until a resource is bound only answers are queued, and nobody needs much room for those. */
  #limitQueue(): void {
    const { cutOffBytes, congestedBytes } = this.services.settings;
    const limit = this.#opening === undefined ? cutOffBytes : Math.min(congestedBytes, cutOffBytes);
    if (this.#transport.bufferedBytes > limit) this.#cutOff();
  }

  #cutOff(): void {
    const { log } = this.services;
    log.warn({ session: this.#session?.jid.full }, 'a client does not read: it is cut off');
    this.lose(tooSlow);
    this.#transport.destroy();
  }

  onDrain(): void {
    this.#tellFlushed(true);
    const waiters = this.#drainWaiters;
    if (waiters === undefined) return;
    this.#drainWaiters = undefined;
    this.services.table.reads(this);
    for (const go of waiters) go();
  }

  flushed(): Promise<boolean> {
    return new Promise((resolve) => {
      if (this.#ended) resolve(false);
      else if (this.#transport.bufferedBytes === 0) resolve(true);
      else (this.#flushWaiters ??= []).push(resolve);
    });
  }

  #tellFlushed(taken: boolean): void {
    const waiters = this.#flushWaiters;
    if (waiters === undefined) return;
    this.#flushWaiters = undefined;
    for (const tell of waiters) tell(taken);
  }

  drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#ended || !this.congested) {
        resolve();
        return;
      }
      if (this.#drainWaiters === undefined) this.services.table.lags(this);
      (this.#drainWaiters ??= []).push(resolve);
    });
  }

  /** Who waits for this client has waited for long enough: they go on, and what they send is queued, up to the cut-off. */
  loosen(): void {
    const waiters = this.#drainWaiters;
    this.#drainWaiters = PATIENCE_OVER;
    for (const go of waiters ?? []) go();
  }

  onSecure(): void {
    // The client opens its stream anew; nothing to say before that.
  }

  // --- ending

  /** Sends the error, if any, and the closing tag; the session ends now. */
  end(error: StreamError | undefined): void {
    this.#end(error, 'end');
  }

  /** The connection is of no use any more; the session waits for its client to come back by another, if it may. */
  lose(error: StreamError): void {
    this.#end(error, 'leave');
  }

  yieldSession(): Promise<void> {
    this.#session = undefined;
    this.#end(resumedElsewhere, 'end');
    return this.#reader.idle();
  }

  #end(error: StreamError | undefined, then: SessionFate): void {
    if (this.#ended) return;
    const redirect = error?.condition === 'system-shutdown' && this.#headerSent ? this.#redirect() : undefined;
    if (error !== undefined && redirect === undefined) {
      // RFC 6120 section 4.9.1.2: an error that comes before the header is sent follows a header.
      if (!this.#headerSent) this.sendHeader(this.#opening?.hostName ?? this.services.router.defaultHost, undefined);
      this.#writeElement(error.element());
    }
    if (this.#headerSent) this.#transport.write(redirect ?? this.#framing.close);
    this.#over(then);
    this.#transport.end();
  }

  /** RFC 7395 section 3.6.1: another server goes on where this one stops. */
  #redirect(): string | undefined {
    const { seeOtherUri } = this.services.settings;
    return seeOtherUri === undefined ? undefined : this.#framing.redirect(seeOtherUri);
  }

  onClose(): void {
    this.#over('leave');
  }

  #over(then: SessionFate): void {
    if (this.#ended) return;
    this.#ended = true;
    this.services.table.remove(this);
    // Who has not been told of a session cannot come back to it.
    const fate = this.#opening === undefined ? then : 'end';
    this.finishOpening();
    this.#tellFlushed(false);
    this.onDrain();
    if (this.#session !== undefined) this.services.resumptions[fate](this.#session, this);
  }
}
