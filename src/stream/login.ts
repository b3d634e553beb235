/** What both SASL profiles of one stream share: the offer, the exchange, its failures and its success. */
import type { Authenticator } from '../auth/authenticator.ts';
import type { FailureLimits } from '../auth/failure-limits.ts';
import {
  type BindingType,
  type ChannelBindings,
  type Exchange,
  type FastRequest,
  failure,
  LEGACY_BINDING,
  type OfferContext,
  type SaslFailure,
  type SaslStep,
  type SaslSuccess,
} from '../auth/sasl.ts';
import { Credentials, FastTokens } from '../contracts/credentials.ts';
import type { Logger } from '../kernel/log.ts';
import type { Transport } from '../kernel/transport.ts';
import { type Awaitable, then } from '../util/awaitable.ts';
import { type Element, el } from '../xml/element.ts';
import { NS } from '../xmpp/ns.ts';
import { StreamError } from '../xmpp/stream-error.ts';
import type { StreamControl } from './negotiation.ts';

/** RFC 6120 section 6.5.4. No secret was tried, or not by our fault. */
export const needsTls: SaslFailure = { ...failure('encryption-required'), harmless: true };
/** Says nothing of whether the secret was right. */
const refused = failure('not-authorized');
const tooManyFailures = new StreamError('policy-violation', 'too many failed attempts to log in');

/** What the composition root lends to all logins. */
export interface LoginServices {
  authenticatorOf(host: string): Authenticator;
  readonly limits: FailureLimits;
  readonly log: Logger;
}

/** The attempts of one stream. The offer is made once a connection state and kept: what was offered stays. */
export class Login {
  readonly authenticator: Authenticator;
  readonly offer: OfferContext;
  readonly mechanisms: readonly string[];
  readonly bindings: readonly BindingType[];
  readonly fastMechanisms: readonly string[];
  readonly stream: StreamControl;
  readonly #services: LoginServices;
  #failures = 0;

  constructor(stream: StreamControl, services: LoginServices) {
    this.stream = stream;
    this.#services = services;
    this.authenticator = services.authenticatorOf(stream.host.name.domain);
    this.offer = offerContext(stream);
    this.mechanisms = stream.mayAuthenticate ? this.authenticator.offeredMechanisms(this.offer) : [];
    this.bindings = this.authenticator.offeredBindings(this.offer);
    const hasTokens = stream.host.parts.service(FastTokens) !== undefined;
    this.fastMechanisms = hasTokens ? this.authenticator.offeredFast(this.offer) : [];
  }

  /** The tokens of this host; only to be asked where `fastMechanisms` has some. */
  get tokens(): FastTokens | undefined {
    return this.stream.host.parts.service(FastTokens);
  }

  get credentials(): Credentials | undefined {
    return this.stream.host.parts.service(Credentials);
  }

  begin(mechanism: string, fast: FastRequest | undefined, withFast: boolean): Exchange | SaslFailure {
    const { credentials } = this;
    if (!this.stream.mayAuthenticate) return needsTls;
    if (this.#isBanned) return refused;
    if (credentials === undefined) return failure('temporary-auth-failure', 'this host has no accounts');
    return this.authenticator.begin(mechanism, {
      ...this.offer,
      credentials,
      offered: this.mechanisms,
      offeredBindings: this.bindings,
      offeredFast: withFast ? this.fastMechanisms : undefined,
      fast,
    });
  }

  /**
   * Runs one step of an exchange and hands the outcome on, now or when it is there. A stream that was open before its
   * address was banned does not learn the outcome: all that were open would be so many guesses more.
   */
  advance(exchange: Exchange, data: Buffer | undefined, next: (step: SaslStep) => Awaitable<void>): Awaitable<void> {
    return then(exchange.respond(data), (step) => next(this.#isBanned ? refused : step));
  }

  /** The stream's `from` is who logs in, or there is none (XEP-0388 section 2.4; RFC 6120 section 4.7.1). */
  claimHolds(success: SaslSuccess): boolean {
    const { claimed } = this.stream;
    return (
      claimed === undefined ||
      claimed.local === '' ||
      claimed.local === success.local ||
      success.mechanism === 'ANONYMOUS'
    );
  }

  /** Keeps the keys that the exchange could make because it saw the password; a failure to keep them is only logged. */
  async keepKeys({ local, newKeys, proven }: SaslSuccess): Promise<void> {
    if (newKeys === undefined || proven === undefined) return;
    try {
      await this.credentials?.save(local, newKeys, proven);
    } catch (err) {
      this.#services.log.warn({ err }, 'new keys could not be saved');
    }
  }

  /** Tells the client by `send`, and ends the stream when this was one attempt too many. */
  failed(step: SaslFailure, send: (condition: Element, text: string | undefined) => void): void {
    if (step.cause !== undefined) this.#services.log.error({ err: step.cause }, 'authentication failed on our side');
    send(el(NS.sasl, step.condition), step.text);
    if (step.harmless || step.condition === 'temporary-auth-failure' || step.condition === 'aborted') return;
    const verdict = this.#services.limits.failed(this.stream.transport.remoteAddress, ++this.#failures);
    if (verdict === 'end-stream') this.stream.fail(tooManyFailures);
  }

  get #isBanned(): boolean {
    return this.#services.limits.bannedUntil(this.stream.transport.remoteAddress) !== undefined;
  }
}

function offerContext({ host, transport, accountHashes }: StreamControl): OfferContext {
  const certificate = transport.tls?.peerCertificate();
  return {
    host: host.name.domain,
    address: transport.remoteAddress,
    tls: transport.tls !== undefined,
    bindings: new TransportBindings(transport),
    peerIdentities: certificate?.addresses ?? [],
    peerAuthorized: certificate?.authorized ?? false,
    accountHashes,
  };
}

class TransportBindings implements ChannelBindings {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  get(type: BindingType | typeof LEGACY_BINDING): Buffer | undefined {
    const { tls } = this.#transport;
    if (type === 'tls-exporter') return tls?.tlsExporter();
    return type === LEGACY_BINDING ? tls?.tlsUnique() : tls?.tlsServerEndPoint();
  }
}
