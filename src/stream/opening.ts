/** A stream before it has a resource: header, TLS, authentication, binding (RFC 6120 sections 4.3 to 7). */
import { Credentials, type ScramHash } from '../contracts/credentials.ts';
import { sessionBound, sessionResumed } from '../contracts/session.ts';
import { type Jid, jid as makeJid, parseJid } from '../jid/jid.ts';
import type { StreamFacts, StreamState } from '../kernel/stream-feature.ts';
import type { Transport } from '../kernel/transport.ts';
import type { LocalHost } from '../session/local-host.ts';
import type { ClientSession } from '../session/session.ts';
import { type Awaitable, then } from '../util/awaitable.ts';
import { clark, type Element, el } from '../xml/element.ts';
import { NS } from '../xmpp/ns.ts';
import { errorReply, iqResult, Stanza } from '../xmpp/stanza.ts';
import { refusals, StanzaError } from '../xmpp/stanza-error.ts';
import { StreamError } from '../xmpp/stream-error.ts';
import { BIND, bindResource, bindResult, requestedResource } from './bind.ts';
import type { C2sStream } from './c2s.ts';
import { collectFeatures, limitsFeature, startTlsFeature } from './features.ts';
import { SERVER_LANG } from './framing.ts';
import { checkRoot, readHeader } from './header.ts';
import { enable, failed, managementFeature, RESUME, resume } from './management.ts';
import { type Negotiator, outOfTurn, type ResumptionAnswer, type StreamControl } from './negotiation.ts';
import type { StreamSettings } from './settings.ts';

const STARTTLS = clark(NS.tls, 'starttls');
const IQ = clark(NS.client, 'iq');

const hostUnknown = new StreamError('host-unknown');
const hostChanged = new StreamError('host-unknown', 'another host than before');
const notAuthorized = new StreamError('not-authorized'); // RFC 6120 section 4.9.3.12
const unsupported = new StreamError('unsupported-stanza-type');
const identityChanged = new StreamError('invalid-from', 'another account than before');
const hostGone = new StreamError('host-gone');

export class Opening implements StreamControl {
  readonly transport: Transport;
  readonly facts: StreamFacts;
  claimed: Jid | undefined = undefined;
  accountHashes: readonly ScramHash[] | undefined = undefined;
  readonly #stream: C2sStream;
  readonly #states = new Set<StreamState>();
  #host: LocalHost | undefined = undefined;
  #account: Jid | undefined = undefined;
  #lang: string | undefined = undefined;
  #negotiators: readonly Negotiator[] | undefined = undefined;
  readonly #held: string[] = [];

  constructor(stream: C2sStream, transport: Transport) {
    this.#stream = stream;
    this.transport = transport;
    this.facts = {
      states: this.#states,
      remoteAddress: transport.remoteAddress,
      trusted: stream.trusted,
      host: '',
    };
  }

  get settings(): StreamSettings {
    return this.#stream.services.settings;
  }

  get host(): LocalHost {
    if (this.#host === undefined) throw new Error('the stream has no host yet');
    return this.#host;
  }

  get hostName(): string | undefined {
    return this.#host?.name.domain;
  }

  get ended(): boolean {
    return this.#stream.ended;
  }

  /** RFC 6120 section 5.3.1: without TLS nothing else is offered, unless the address is exempted. */
  get mayAuthenticate(): boolean {
    return this.transport.tls !== undefined || this.settings.allowsPlaintext(this.transport.remoteAddress);
  }

  /** The client's header: answers with ours and with the features of the state that has been reached. */
  begin(element: Element, contentNs: string): Awaitable<void> {
    const header = checkRoot(element, contentNs, NS.client) ?? readHeader(element);
    if (header instanceof StreamError) return this.fail(header);
    const host = this.#stream.services.router.host(header.to);
    if (host === undefined) return this.fail(hostUnknown);
    if (this.#host !== undefined && this.#host !== host) return this.fail(hostChanged);
    if (this.#account !== undefined && header.from !== undefined && header.from.bare !== this.#account.bare) {
      return this.fail(identityChanged);
    }
    this.#host = host;
    this.#lang = header.lang === SERVER_LANG ? undefined : header.lang;
    (this.facts as { host: string }).host = host.name.domain;
    this.claimed = header.from;
    if (this.transport.tls !== undefined) this.#states.add('tls');
    this.#stream.sendHeader(host.name.domain, header.from?.full);
    if (this.#account !== undefined || header.from === undefined || !this.mayAuthenticate) return this.#sendFeatures();
    const stored = host.parts.service(Credentials)?.find(header.from.local);
    return then(stored, (it) => {
      // XEP-0388 section 2.1: only what this account can use. One that does not exist looks like one that has it all.
      this.accountHashes = it === undefined || it.keys.length === 0 ? undefined : it.keys.map(({ hash }) => hash);
      return this.#sendFeatures();
    });
  }

  handle(element: Element): Awaitable<void> {
    if (this.#stream.services.router.host(this.host.name.domain) !== this.host) return this.fail(hostGone);
    if (this.#account !== undefined) return this.#authenticatedElement(element);
    const negotiations = this.#negotiations();
    const negotiator = negotiations.find((it) => it.takes(element.key));
    if (negotiations.some((it) => it.exclusive && it !== negotiator)) return this.fail(outOfTurn);
    if (negotiator !== undefined) return negotiator.handle(element);
    if (element.key === STARTTLS) return this.#startTls();
    if (element.key === IQ) return this.#preAuthIq(element);
    if (element.ns === NS.sm) return this.send(failed('unexpected-request')); // XEP-0198 section 3
    return this.fail(element.ns === NS.client ? notAuthorized : unsupported);
  }

  send(element: Element): void {
    this.#stream.sendElement(element);
  }

  fail(error: StreamError): void {
    this.#stream.end(error);
  }

  close(): void {
    for (const negotiator of this.#negotiators ?? []) negotiator.close();
    this.#negotiators = undefined;
  }

  authenticated(local: string, next: 'restart' | 'continue'): Jid {
    const account = makeJid(`${local}@${this.host.name.domain}`);
    this.#account = account;
    this.#states.add('authenticated');
    this.#stream.raiseLimits();
    this.close();
    if (next === 'restart') this.#stream.expectHeader();
    return account;
  }

  bind(
    resource: string | undefined,
    answer: (session: ClientSession) => Awaitable<void>,
  ): Awaitable<StanzaError | undefined> {
    const account = this.#account;
    if (account === undefined || this.ended) throw new Error('there is no authenticated stream to bind');
    const { sessionsPerAccount: limit, resourceConflict: onConflict } = this.settings;
    const { clock } = this.#stream.services;
    const request = { account, resource, limit, onConflict, clock, lang: this.#lang };
    const session = bindResource(this.host, request, this.#stream);
    if (session instanceof StanzaError) return session;
    this.#states.add('bound');
    this.#stream.bindTo(session);
    return then(answer(session), () => this.#bound(session));
  }

  /** The client knows its address: now others may reach it. */
  #bound(session: ClientSession): undefined {
    if (this.ended) return;
    this.#stream.finishOpening();
    for (const xml of this.#held) this.#stream.nonza(xml);
    void this.host.parts.hooks.tell(sessionBound, session);
  }

  /** Keeps what is to be sent before the client knows its address. */
  hold(xml: string): void {
    this.#held.push(xml);
  }

  features(next?: StreamState, isManaged = false): Awaitable<Element> {
    const states = next === undefined ? this.#states : new Set([...this.#states, next]);
    return collectFeatures(this.#ownFeatures(states, isManaged), this.host.parts.streamFeatures, {
      ...this.facts,
      states,
    });
  }

  #sendFeatures(): Awaitable<void> {
    return then(this.features(), (it) => this.send(it));
  }

  #ownFeatures(states: ReadonlySet<StreamState>, isManaged: boolean): Element[] {
    const own: Element[] = [];
    const isOpen = this.mayAuthenticate;
    if (this.#mayStartTls()) own.push(startTlsFeature(!isOpen));
    if (!isOpen) return own;
    const { beforeAuth, afterAuth, authTimeoutMs, pingIntervalMs } = this.settings;
    if (!states.has('authenticated')) {
      for (const it of this.#negotiations()) own.push(...it.features());
      own.push(limitsFeature(beforeAuth.maxBytes, authTimeoutMs));
    } else {
      // Where it is in use already a client would try to make use of it again.
      if (!isManaged) own.push(managementFeature);
      if (!states.has('bound')) own.push(el(NS.bind, 'bind'));
      own.push(limitsFeature(afterAuth.maxBytes, pingIntervalMs));
    }
    return own;
  }

  #negotiations(): readonly Negotiator[] {
    return (this.#negotiators ??= this.#stream.services.negotiators(this));
  }

  /** RFC 6120 section 5.3.4: TLS comes before SASL. */
  #mayStartTls(): boolean {
    return this.transport.tls === undefined && this.transport.startTls !== undefined && this.#account === undefined;
  }

  #startTls(): void {
    if (!this.#mayStartTls()) {
      this.send(el(NS.tls, 'failure')); // RFC 6120 section 5.4.2.2
      this.#stream.end(undefined);
      return;
    }
    this.send(el(NS.tls, 'proceed'));
    this.#forget();
    this.#stream.upgradeToTls();
  }

  /** RFC 6120 section 5.4.3.3: what the client said in plaintext does not count any more. */
  #forget(): void {
    this.close();
    this.#host = undefined;
    this.claimed = undefined;
    this.accountHashes = undefined;
  }

  #preAuthIq(element: Element): Awaitable<void> {
    const payload = element.firstElement();
    const type = element.attr('type');
    const handler = payload && this.mayAuthenticate && this.host.parts.preAuth.get(`${type} ${payload.key}`);
    if (!handler || payload === undefined) return this.fail(notAuthorized);
    const request = new Stanza(element, this.host.name, this.host.name);
    const answered = async (): Promise<void> => {
      try {
        this.send(reply(iqResult(request, await handler.handle(payload, this.facts))));
      } catch (cause) {
        if (!(cause instanceof StanzaError)) throw cause;
        this.send(reply(errorReply(request, cause, 'alone')));
      }
    };
    return answered();
  }

  /** RFC 6120 section 7.1: nothing but a request to bind comes before a resource is bound. */
  #authenticatedElement(element: Element): Awaitable<void> {
    if (element.key === STARTTLS) return this.#startTls();
    if (element.key === RESUME) return this.#resume(element);
    if (element.ns === NS.sm) return this.send(failed('unexpected-request')); // XEP-0198 section 3: a resource first
    if (element.ns !== NS.client) return this.fail(unsupported);
    const payload = element.key === IQ ? element.child(BIND) : undefined;
    if (payload === undefined || !this.#isForUs(element)) return this.fail(notAuthorized);
    const account = this.#account as Jid;
    const request = new Stanza(element, account, account);
    const isSound = request.type === 'set' && request.id !== undefined && element.elements().length === 1;
    const bound = isSound
      ? this.bind(requestedResource(payload), ({ jid }) => this.send(reply(iqResult(request, bindResult(jid)))))
      : refusals.badRequest;
    return then(bound, (refused) => {
      if (refused !== undefined) this.send(reply(errorReply(request, refused)));
    });
  }

  /** XEP-0198 section 5: instead of binding a resource. After a failure the client may bind one. */
  async #resume(element: Element): Promise<void> {
    const refusal = await this.resume(element, (_, resumed) => this.send(resumed));
    if (refusal instanceof StreamError) this.fail(refusal);
    else if (refusal !== undefined) this.send(refusal);
  }

  enableManagement(session: ClientSession, request: Element): Element {
    return enable(session, request, this.#stream.services);
  }

  resume(request: Element, answer: ResumptionAnswer): Promise<Element | StreamError | undefined> {
    const { services } = this.#stream;
    const takeOver = (session: ClientSession, resumed: Element): void => {
      this.#states.add('bound');
      services.resumptions.back(session);
      session.attach(this.#stream);
      this.#stream.bindTo(session);
      answer(session, resumed);
      this.#stream.finishOpening();
      session.resend();
      void this.host.parts.hooks.tell(sessionResumed, session);
    };
    return resume(request, this.#account as Jid, { services, isOver: () => this.ended, takeOver });
  }

  /** Addressed to the server or to the account, or not at all. */
  #isForUs(element: Element): boolean {
    const to = element.attr('to');
    if (to === undefined) return true;
    const bare = parseJid(to)?.full;
    return bare === this.host.name.full || bare === this.#account?.full;
  }
}

/** Before a resource is bound an answer carries no addresses: the client has none yet. */
function reply(answer: Stanza): Element {
  return answer.element;
}
