/** External components (XEP-0114): a program of its own serves a domain, over a stream that it opens. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { type Jid, parseJid, prepareDomain } from '../jid/jid.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { Transport, TransportHandler } from '../kernel/transport.ts';
import type { DomainService, StanzaRouter } from '../router/router.ts';
import { isSound, isStanza } from '../session/lane.ts';
import type { Awaitable } from '../util/awaitable.ts';
import { randomToken } from '../util/ids.ts';
import { clark, type Element, el } from '../xml/element.ts';
import { XmlError, type XmlLimits } from '../xml/error.ts';
import { NS } from '../xmpp/ns.ts';
import { errorReply, Stanza } from '../xmpp/stanza.ts';
import { refusals, StanzaError } from '../xmpp/stanza-error.ts';
import { StreamError } from '../xmpp/stream-error.ts';
import { ElementReader, type ReaderOwner } from './element-reader.ts';
import { CLOSED, framingFor, type StreamFraming } from './framing.ts';
import { checkRoot } from './header.ts';

/** Components are the operator's own programs: they get more room than clients. */
const LIMITS: XmlLimits = { maxBytes: 1_048_576, maxElements: 65_536, maxDepth: 64, maxAttributes: 64 };
/** Before the handshake nobody gets much. */
const LIMITS_BEFORE: XmlLimits = { maxBytes: 4096, maxElements: 4, maxDepth: 4, maxAttributes: 16 };

const HANDSHAKE_MS = 30_000;
/** Text that waits for a component: past that it is cut off. */
const CUT_OFF_BYTES = 16_777_216;

const HANDSHAKE = clark(NS.client, 'handshake');

const hostUnknown = new StreamError('host-unknown');
const conflict = new StreamError('conflict', 'this component is connected already');
const notAuthorized = new StreamError('not-authorized');
const invalidFrom = new StreamError('invalid-from');
const improperAddressing = new StreamError('improper-addressing');
const timedOut = new StreamError('connection-timeout');
const tooSlow = new StreamError('resource-constraint', 'the component does not read what it is sent');
const unsupported = new StreamError('unsupported-stanza-type');
const internalError = new StreamError('internal-server-error');
const unavailable = new StanzaError('service-unavailable', 'this component is not connected', { type: 'wait' });

/** A domain that is reserved for a component, whether that is connected or not. */
export class ComponentDomain implements DomainService {
  readonly domain: string;
  readonly secret: string;
  link: ComponentStream | undefined = undefined;
  readonly #router: StanzaRouter;

  constructor(domain: string, secret: string, router: StanzaRouter) {
    this.domain = domain;
    this.secret = secret;
    this.#router = router;
  }

  receive(stanza: Stanza): Awaitable<void> {
    if (this.link !== undefined) return this.link.send(stanza);
    return stanza.isReply || stanza.kind === 'presence'
      ? undefined
      : this.#router.route(errorReply(stanza, unavailable));
  }
}

interface ComponentServices {
  readonly router: StanzaRouter;
  readonly clock: Clock;
  readonly log: Logger;
  readonly domains: ReadonlyMap<string, ComponentDomain>;
}

export class ComponentStream implements TransportHandler, ReaderOwner {
  readonly #transport: Transport;
  readonly #services: ComponentServices;
  readonly #framing: StreamFraming;
  readonly #reader: ElementReader;
  readonly #id = randomToken();
  /** Ends the wait for the handshake. */
  readonly #expected: () => void;
  #headerSent = false;
  #domain: ComponentDomain | undefined = undefined;
  #proven = false;
  ended = false;

  constructor(transport: Transport, services: ComponentServices) {
    this.#transport = transport;
    this.#services = services;
    this.#framing = framingFor('stream', LIMITS_BEFORE, NS.component);
    this.#reader = new ElementReader(transport, this.#framing, this);
    this.#expected = services.clock.every(HANDSHAKE_MS, () => this.end(timedOut));
    transport.handler = this;
  }

  /** A stanza for the component's domain. */
  send(stanza: Stanza): void {
    this.#transport.write(this.#framing.stanza(stanza.xml));
    if (this.#transport.bufferedBytes <= CUT_OFF_BYTES) return;
    this.#services.log.warn({ component: this.#domain?.domain }, 'a component does not read: it is cut off');
    this.end(tooSlow);
    this.#transport.destroy();
  }

  onData(chunk: Buffer): void {
    if (!this.ended) this.#reader.push(chunk);
  }

  onDrain(): void {}

  onSecure(): void {}

  onClose(): void {
    this.#over();
  }

  readOn(): void {
    this.#transport.resume();
  }

  handle(element: Element): Awaitable<void> {
    if (element === CLOSED) return this.end(undefined);
    if (this.#proven) return this.#route(element);
    if (this.#domain === undefined) return this.#open(element);
    if (element.key === HANDSHAKE) return this.#handshake(this.#domain, element.text().trim());
    return this.end(notAuthorized);
  }

  broken(cause: unknown): void {
    if (!(cause instanceof XmlError)) {
      this.#services.log.error({ err: cause, component: this.#domain?.domain }, 'a component stream failed');
    }
    this.end(cause instanceof XmlError ? new StreamError(cause.condition, cause.message) : internalError);
  }

  end(error: StreamError | undefined): void {
    if (this.ended) return;
    if (!this.#headerSent) this.#header(this.#services.router.defaultHost);
    if (error !== undefined) this.#transport.write(this.#framing.streamElement(error.element()));
    this.#transport.write(this.#framing.close);
    this.#over();
    this.#transport.end();
  }

  /** Section 3: the header's `to` names the component. */
  #open(element: Element): void {
    const name = prepareDomain(element.attr('to') ?? '');
    const domain = name === undefined ? undefined : this.#services.domains.get(name);
    const wrong = checkRoot(element, this.#framing.contentNs, NS.component);
    if (wrong !== undefined || domain === undefined) {
      this.end(wrong ?? hostUnknown);
      return;
    }
    this.#domain = domain;
    this.#header(domain.domain);
  }

  #header(from: string): void {
    this.#headerSent = true;
    this.#transport.write(this.#framing.open({ from, to: undefined, id: this.#id }));
  }

  #handshake(domain: ComponentDomain, given: string): void {
    const wrong = this.#knows(domain.secret, given) ? domain.link && conflict : notAuthorized;
    if (wrong !== undefined) {
      this.end(wrong);
      return;
    }
    domain.link = this;
    this.#proven = true;
    this.#expected();
    this.#framing.limits = LIMITS;
    this.#services.log.info({ component: domain.domain }, 'component connected');
    this.#transport.write(this.#framing.element(el(NS.component, 'handshake')));
  }

  /** Section 3: the hex of the SHA-1 of stream id and secret. */
  #knows(secret: string, given: string): boolean {
    const expected = Buffer.from(createHash('sha1').update(this.#id).update(secret).digest('hex'));
    const proof = Buffer.from(given.toLowerCase());
    return proof.length === expected.length && timingSafeEqual(proof, expected);
  }

  #route(element: Element): Awaitable<void> {
    if (!isStanza(element)) return this.end(unsupported);
    const from = parseJid(element.attr('from') ?? '');
    // Section 4: a component speaks for its own domain alone.
    if (from === undefined || from.domain !== this.#domain?.domain) return this.end(invalidFrom);
    const text = element.attr('to');
    if (text === undefined) return this.end(improperAddressing);
    const to = parseJid(text);
    if (to === undefined)
      return this.#refuse(new Stanza(element, from, parseJid(from.domain) as Jid), refusals.jidMalformed);
    const stanza = new Stanza(element, from, to);
    if (isSound(stanza)) return this.#services.router.route(stanza);
    return this.#refuse(stanza, refusals.badRequest);
  }

  #refuse(stanza: Stanza, error: StanzaError): void {
    if (!stanza.isReply) this.send(errorReply(stanza, error));
  }

  #over(): void {
    if (this.ended) return;
    this.ended = true;
    this.#expected();
    if (this.#domain?.link !== this) return;
    this.#domain.link = undefined;
    this.#services.log.info({ component: this.#domain.domain }, 'component disconnected');
  }
}
