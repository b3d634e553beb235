/** Extensible SASL (XEP-0388) with Bind 2 (XEP-0386), FAST (XEP-0484) and upgrade tasks (XEP-0480): one round trip. */
import { decodeBase64 } from '../auth/base64.ts';
import { tokenToIssue } from '../auth/fast.ts';
import { type Exchange, failure, type SaslFailure, type SaslStep, type SaslSuccess } from '../auth/sasl.ts';
import { offeredUpgrades } from '../auth/upgrade.ts';
import type { Jid } from '../jid/jid.ts';
import type { Awaitable } from '../util/awaitable.ts';
import { clark, type Element, el } from '../xml/element.ts';
import { formatDateTime } from '../xmpp/datetime.ts';
import { NS } from '../xmpp/ns.ts';
import { StreamError } from '../xmpp/stream-error.ts';
import { bind2Feature, bindWith } from './bind2.ts';
import { type Login, needsTls } from './login.ts';
import { ENABLE, managementFeature } from './management.ts';
import { type Negotiator, outOfTurn } from './negotiation.ts';
import { readSasl2Request, type Sasl2Request } from './sasl2-request.ts';
import { type UpgradePolicy, Upgrades } from './upgrades.ts';

const AUTHENTICATE = clark(NS.sasl2, 'authenticate');
const RESPONSE = clark(NS.sasl2, 'response');
const ABORT = clark(NS.sasl2, 'abort');
const NEXT = clark(NS.sasl2, 'next');
const TASK_DATA = clark(NS.sasl2, 'task-data');
const OWN = new Set([AUTHENTICATE, RESPONSE, ABORT, NEXT, TASK_DATA]);

interface Attempt {
  readonly request: Sasl2Request;
  readonly exchange: Exchange;
  /** Set once the mechanism has succeeded and tasks are left. */
  upgrades: Upgrades | undefined;
}

export class Sasl2Negotiator implements Negotiator {
  readonly #login: Login;
  readonly #policy: UpgradePolicy;
  #attempt: Attempt | undefined = undefined;

  constructor(login: Login, policy: UpgradePolicy) {
    this.#login = login;
    this.#policy = policy;
  }

  get exclusive(): boolean {
    return this.#attempt !== undefined;
  }

  features(): readonly Element[] {
    const { mechanisms, bindings, fastMechanisms, offer } = this.#login;
    // Section 4: after TLS only. Section 2.1: with mechanisms only.
    if (mechanisms.length === 0 || !offer.tls) return [];
    const fast = fastMechanisms.map((it) => el(NS.fast, 'mechanism', null, it));
    const inline = el(
      NS.sasl2,
      'inline',
      null,
      bind2Feature(this.#login.stream.host),
      managementFeature,
      fast.length > 0 ? el(NS.fast, 'fast', null, ...fast) : undefined,
    );
    const features = [
      el(
        NS.sasl2,
        'authentication',
        null,
        ...mechanisms.map((it) => el(NS.sasl2, 'mechanism', null, it)),
        inline,
        ...offeredUpgrades(this.#policy.hashes).map((it) => el(NS.upgrade, 'upgrade', null, it)),
      ),
    ];
    // XEP-0440 section 3: what channel bindings the -PLUS mechanisms may use.
    const types = bindings.map((type) => el(NS.channelBinding, 'channel-binding', { type }));
    if (types.length > 0) features.push(el(NS.channelBinding, 'sasl-channel-binding', null, ...types));
    return features;
  }

  takes(key: string): boolean {
    return OWN.has(key);
  }

  handle(element: Element): Awaitable<void> {
    const attempt = this.#attempt;
    if (element.key === AUTHENTICATE)
      return attempt === undefined ? this.#begin(element) : this.#login.stream.fail(outOfTurn);
    if (attempt === undefined) return this.#failed(failure('malformed-request'));
    if (element.key === ABORT) return this.#failed(failure('aborted'));
    if (attempt.upgrades !== undefined) return this.#task(attempt.upgrades, element);
    if (element.key !== RESPONSE) return this.#failed(failure('malformed-request'));
    const data = decodeBase64(element.text().trim());
    if (data === undefined) return this.#failed(failure('incorrect-encoding'));
    return this.#login.advance(attempt.exchange, data, (step) => this.#answer(attempt, step));
  }

  close(): void {
    this.#attempt = undefined;
  }

  #begin(element: Element): Awaitable<void> {
    if (!this.#login.offer.tls) return this.#failed(needsTls);
    const request = readSasl2Request(element);
    if (request === undefined) return this.#failed(failure('malformed-request'));
    if (request === 'incorrect-encoding') return this.#failed(failure('incorrect-encoding'));
    const exchange = this.#login.begin(request.mechanism, this.#fastRequest(request), true);
    if ('kind' in exchange) return this.#failed(exchange);
    const attempt: Attempt = { request, exchange, upgrades: undefined };
    this.#attempt = attempt;
    return this.#login.advance(exchange, request.initial, (step) => this.#answer(attempt, step));
  }

  #fastRequest({ fast, client }: Sasl2Request) {
    const { tokens } = this.#login;
    if (fast === undefined || client === undefined || tokens === undefined) return undefined;
    return { ...fast, tokens, client, earlyData: false };
  }

  #answer(attempt: Attempt, step: SaslStep): Awaitable<void> {
    if (step.kind === 'challenge') {
      this.#login.stream.send(el(NS.sasl2, 'challenge', null, step.data.toString('base64') || undefined));
      return undefined;
    }
    if (step.kind === 'failure') return this.#failed(step);
    if (!this.#login.claimHolds(step)) return this.#failed(failure('invalid-authzid')); // section 2.4
    return this.#proven(attempt, step);
  }

  /** Who it is, is certain: save keys, run the tasks that the client asked for, then finish. */
  async #proven(attempt: Attempt, success: SaslSuccess): Promise<void> {
    await this.#login.keepKeys(success);
    const { upgrades } = attempt.request;
    const tasks = upgrades.length === 0 ? undefined : await Upgrades.plan(this.#login, success, upgrades, this.#policy);
    if (this.#attempt !== attempt) return undefined; // the stream is gone
    if (tasks === undefined) return this.#finish(attempt, success, success.data);
    attempt.upgrades = tasks;
    this.#login.stream.send(tasks.announce(success.data));
    return undefined;
  }

  async #task(upgrades: Upgrades, element: Element): Promise<void> {
    const outcome = await upgrades.handle(element);
    const attempt = this.#attempt;
    if (attempt?.upgrades !== upgrades) return undefined;
    if (outcome === 'done') return this.#finish(attempt, upgrades.success, undefined);
    if ('kind' in outcome) return this.#failed(outcome);
    return this.#login.stream.send(outcome);
  }

  /** The client gets success and features at once; the stream is not opened anew (section 2.6.1). */
  async #finish(attempt: Attempt, success: SaslSuccess, data: Buffer | undefined): Promise<void> {
    const { stream } = this.#login;
    const { request } = attempt;
    const token = await this.#token(request, success);
    if (this.#attempt !== attempt) return;
    const account = stream.authenticated(success.local, 'continue');
    const succeed = (identity: Jid, ...results: readonly (Element | undefined)[]): void => {
      const proof = data === undefined ? undefined : el(NS.sasl2, 'additional-data', null, data.toString('base64'));
      const identifier = el(NS.sasl2, 'authorization-identifier', null, identity.full);
      stream.send(el(NS.sasl2, 'success', null, proof, identifier, ...results, token));
    };
    // XEP-0198 section 9.2: a session that is resumed has its resource and its features already.
    const resumption =
      request.resume && (await stream.resume(request.resume, ({ jid }, resumed) => succeed(jid, resumed)));
    if (stream.ended || (request.resume !== undefined && resumption === undefined)) return;
    if (resumption instanceof StreamError) return stream.fail(resumption);
    const { bind } = request;
    const features = await stream.features(bind && 'bound', bind?.child(ENABLE) !== undefined);
    if (stream.ended) return;
    const answer = (identity: Jid, bound?: Element): void => {
      succeed(identity, resumption, bound);
      stream.send(features);
    };
    if (bind === undefined) return answer(account);
    const refused = await bindWith(stream, { ...request, account, bind }, answer);
    if (refused !== undefined) stream.fail(refused);
  }

  /** XEP-0484 sections 3.2, 3.5 and 3.6. */
  async #token({ client, tokenFor }: Sasl2Request, success: SaslSuccess): Promise<Element | undefined> {
    const { tokens, fastMechanisms } = this.#login;
    const mechanism = tokenToIssue(success, tokenFor, fastMechanisms);
    if (tokens === undefined || client === undefined || mechanism === undefined) return undefined;
    const { token, expiresAt } = await tokens.issue(success.local, client, mechanism);
    return el(NS.fast, 'token', { token, expiry: formatDateTime(expiresAt) });
  }

  #failed(step: SaslFailure): void {
    this.#attempt = undefined;
    this.#login.failed(step, (condition, text) => {
      const reason = text === undefined ? undefined : el(NS.sasl2, 'text', null, text);
      this.#login.stream.send(el(NS.sasl2, 'failure', null, condition, reason));
    });
  }
}
