/** Where every stanza goes: RFC 6120 section 10, RFC 6121 section 8. */
import {
  atHost,
  inbound,
  type Missed,
  missed,
  outbound,
  Passage,
  type Router,
  shortcut,
  type Verdict,
} from '../contracts/routing.ts';
import type { Session } from '../contracts/session.ts';
import type { Jid } from '../jid/jid.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { Counter } from '../kernel/metrics.ts';
import type { LocalHost } from '../session/local-host.ts';
import type { ClientSession } from '../session/session.ts';
import { type Awaitable, isPromise } from '../util/awaitable.ts';
import type { Element } from '../xml/element.ts';
import { errorReply, stanza as makeStanza, type Stanza, type StanzaKind } from '../xmpp/stanza.ts';
import { refusals, StanzaError } from '../xmpp/stanza-error.ts';
import { deliverMessage, drop, hand } from './deliver.ts';
import { answerIq } from './iq.ts';
import { PendingRequests } from './pending.ts';

/** What serves a domain that is no virtual host: an external component, or a module's subdomain. */
export interface DomainService {
  receive(stanza: Stanza, origin: Session | undefined): Awaitable<void>;
}

/** Counted per stanza. */
export interface RouterCounters extends Readonly<Record<StanzaKind, Counter>> {
  readonly errors: Counter;
}

export class StanzaRouter implements Router {
  readonly #counters: RouterCounters;
  readonly #hosts = new Map<string, LocalHost>();
  readonly #services = new Map<string, DomainService>();
  readonly #pending: PendingRequests;
  readonly #log: Logger;

  constructor(clock: Clock, log: Logger, counters: RouterCounters) {
    this.#counters = counters;
    this.#pending = new PendingRequests(clock);
    this.#log = log;
  }

  addHost(host: LocalHost): void {
    this.#hosts.set(host.name.domain, host);
  }

  removeHost(domain: string): void {
    this.#hosts.delete(domain);
  }

  host(domain: string): LocalHost | undefined {
    return this.#hosts.get(domain);
  }

  hosts(): Iterable<LocalHost> {
    return this.#hosts.values();
  }

  /** Whether a host or a service has that domain. */
  serves(domain: string): boolean {
    return this.#hosts.has(domain) || this.#services.has(domain);
  }

  /** False when something serves that domain already. */
  addService(domain: string, service: DomainService): boolean {
    if (this.serves(domain)) return false;
    this.#services.set(domain, service);
    return true;
  }

  removeService(domain: string, service: DomainService): void {
    if (this.#services.get(domain) === service) this.#services.delete(domain);
  }

  get defaultHost(): string {
    return this.#hosts.keys().next().value ?? 'localhost';
  }

  isLocal(domain: string): boolean {
    return this.#hosts.has(domain);
  }

  hasSession(full: Jid): boolean {
    return this.#hosts.get(full.domain)?.sessions.get(full) !== undefined;
  }

  services(): Iterable<string> {
    return this.#services.keys();
  }

  /** A stanza that a local session sent. A promise means that something waits, and the session must not send on. */
  fromSession(session: ClientSession, stanza: Stanza): Awaitable<void> {
    this.#counters[stanza.kind].inc();
    const passage = new Passage(stanza, session);
    const { ledger } = session.host;
    passage.ledger = ledger;
    if (ledger !== undefined && stanza.kind === 'message') {
      ledger.turn(session.lastActiveAt);
      ledger.note('received', stanza, session.jid, session.transport);
    }
    try {
      const outcome = this.#outbound(session.host, passage);
      return isPromise(outcome) ? outcome.catch((cause) => this.#failed(passage, cause)) : undefined;
    } catch (cause) {
      return this.#failed(passage, cause);
    }
  }

  /** A stanza of the server's own, of a component or of another server. */
  route(stanza: Stanza): Awaitable<void> {
    return this.#send(new Passage(stanza, undefined));
  }

  #send(passage: Passage): Awaitable<void> {
    this.#counters[passage.stanza.kind].inc();
    try {
      const outcome = this.#dispatch(passage);
      return isPromise(outcome) ? outcome.catch((cause) => this.#failed(passage, cause)) : undefined;
    } catch (cause) {
      return this.#failed(passage, cause);
    }
  }

  routeCopy(stanza: Stanza, to: Jid): void {
    const host = this.#hosts.get(to.domain);
    const session = host?.sessions.get(to);
    if (host === undefined || session === undefined || host.parts.hooks.run(shortcut, session) !== undefined) {
      void this.route(stanza.readdress(to));
      return;
    }
    this.#counters[stanza.kind].inc();
    session.sendTo(stanza, to.full);
  }

  routeToDevices(stanza: Stanza, devices: readonly Jid[]): Awaitable<void> {
    const [any] = devices;
    if (any === undefined) return undefined;
    if (!this.isLocal(any.domain)) {
      for (const it of devices) void this.route(stanza.readdress(it));
      return undefined;
    }
    const [first = any, ...others] = devices.filter((it) => this.hasSession(it));
    const passage = new Passage(stanza.readdress(first), undefined);
    passage.others = others;
    return this.#send(passage);
  }

  hearsOfMissed(): boolean {
    for (const host of this.#hosts.values()) if (host.started && host.parts.hooks.has(missed)) return true;
    return false;
  }

  tellMissed({ stanza, accounts }: Missed): void {
    for (const [domain, those] of Map.groupBy(accounts, (it) => it.domain)) {
      const host = this.#hosts.get(domain);
      if (host?.started) void host.parts.hooks.tell(missed, { stanza, accounts: those });
    }
  }

  async request(query: { from: Jid; to: Jid; type: 'get' | 'set' }, payload: Element): Promise<Stanza | undefined> {
    const { id, answer } = this.#pending.expect(query.to.full);
    await this.route(makeStanza('iq', { ...query, id }, payload));
    return answer;
  }

  #outbound(host: LocalHost, passage: Passage): Awaitable<void> {
    const verdict = host.parts.hooks.run(outbound, passage);
    if (isPromise(verdict)) return verdict.then((it) => this.#afterOutbound(passage, it));
    return this.#afterOutbound(passage, verdict);
  }

  #afterOutbound(passage: Passage, verdict: Verdict | undefined): Awaitable<void> {
    if (verdict === undefined) return this.#dispatch(passage);
    return verdict === 'handled' ? undefined : this.#refuse(passage, verdict);
  }

  #dispatch(passage: Passage): Awaitable<void> {
    const { stanza } = passage;
    const host = this.#hosts.get(stanza.to.domain);
    if (host === undefined) return this.#elsewhere(passage);
    if (passage.ledger !== host.ledger) handOver(passage, host);
    if (stanza.to.local === '') return this.#toHost(host, passage);
    const verdict = host.parts.hooks.run(inbound, passage);
    if (isPromise(verdict)) return verdict.then((it) => this.#afterInbound(host, passage, it));
    return this.#afterInbound(host, passage, verdict);
  }

  #afterInbound(host: LocalHost, passage: Passage, verdict: Verdict | undefined): Awaitable<void> {
    if (verdict === 'handled') return undefined;
    if (verdict !== undefined) return this.#refuse(passage, verdict);
    const exists = host.hasAccount(passage.stanza.to);
    if (isPromise(exists)) return exists.then((it) => this.#toAccount(host, passage, it));
    return this.#toAccount(host, passage, exists);
  }

  #toAccount(host: LocalHost, passage: Passage, exists: boolean): Awaitable<void> {
    const { stanza } = passage;
    if (stanza.kind === 'iq') return this.#iqToAccount(host, passage, exists);
    if (stanza.kind === 'presence') return this.#presenceToAccount(host, passage);
    if (!exists) {
      passage.ledger?.note('untaken', stanza, stanza.to.bareJid, 'there is no such account');
      // RFC 6121 section 8.5.1; table 1 of 8.5.4 leaves headlines and errors unanswered.
      if (stanza.type === 'headline' || stanza.type === 'error') return drop(passage, 'there is no such account');
      return this.#refuse(passage, refusals.serviceUnavailable);
    }
    const outcome = deliverMessage(host, passage);
    if (isPromise(outcome)) return outcome.then((it) => this.#refuseIf(passage, it));
    return this.#refuseIf(passage, outcome);
  }

  /** RFC 6121 sections 8.5.2.1.2 and 8.5.3.1: presence that no module handled goes to whoever is there. */
  #presenceToAccount(host: LocalHost, { stanza }: Passage): void {
    if (stanza.to.resource !== '') {
      host.sessions.get(stanza.to)?.send(stanza);
      return;
    }
    for (const session of host.sessions.of(stanza.to.bare)) if (session.presence !== undefined) session.send(stanza);
  }

  #iqToAccount(host: LocalHost, passage: Passage, exists: boolean): Awaitable<void> {
    const { stanza } = passage;
    if (stanza.to.resource !== '') {
      const session = host.sessions.get(stanza.to);
      if (session !== undefined) return hand(session, passage);
      return this.#refuse(passage, refusals.serviceUnavailable); // RFC 6121 section 8.5.3.2.3
    }
    return this.#answer(host, passage, exists);
  }

  #toHost(host: LocalHost, passage: Passage): Awaitable<void> {
    if (passage.stanza.kind === 'iq') return this.#answer(host, passage, true);
    passage.ledger?.note('relayed', passage.stanza, undefined, host.name.domain);
    const verdict = host.parts.hooks.run(atHost, passage);
    if (isPromise(verdict)) return verdict.then((it) => this.#afterHost(passage, it));
    return this.#afterHost(passage, verdict);
  }

  #afterHost(passage: Passage, verdict: Verdict | undefined): Awaitable<void> {
    if (verdict === 'handled' || (verdict === undefined && passage.stanza.kind === 'presence')) return undefined;
    return this.#refuse(passage, verdict ?? refusals.serviceUnavailable);
  }

  #answer(host: LocalHost, passage: Passage, exists: boolean): Awaitable<void> {
    const { stanza } = passage;
    if (stanza.isReply) {
      this.#pending.take(stanza);
      return undefined;
    }
    const reply = answerIq(host, passage, exists);
    if (isPromise(reply)) return reply.then((it) => this.#reply(passage, it));
    return this.#reply(passage, reply);
  }

  #reply(passage: Passage, reply: Stanza | StanzaError | undefined): Awaitable<void> {
    if (reply === undefined) return undefined;
    if (reply instanceof StanzaError) return this.#refuse(passage, reply);
    return passage.origin === undefined ? this.route(reply) : passage.origin.send(reply);
  }

  #elsewhere(passage: Passage): Awaitable<void> {
    const { stanza } = passage;
    const service = this.#services.get(stanza.to.domain);
    if (service !== undefined) {
      passage.ledger?.note('relayed', stanza, undefined, stanza.to.domain);
      return service.receive(stanza, passage.origin);
    }
    return this.#refuse(passage, refusals.remoteServerNotFound); // RFC 6120 section 10.4
  }

  #refuseIf(passage: Passage, error: StanzaError | undefined): Awaitable<void> {
    return error === undefined ? undefined : this.#refuse(passage, error);
  }

  /** RFC 6120 section 8.3.1: an error goes back, but never for an error or a result. */
  #refuse({ stanza, origin, ledger }: Passage, error: StanzaError): Awaitable<void> {
    if (stanza.isReply) return undefined;
    ledger?.note('bounced', stanza, undefined, error.condition);
    this.#counters.errors.inc();
    const reply = errorReply(stanza, error);
    return origin === undefined ? this.route(reply) : origin.send(reply);
  }

  /** Guards fail closed: what a broken handler did not answer is refused, and the log says whose fault it is. */
  #failed(passage: Passage, cause: unknown): Awaitable<void> {
    this.logFailure(passage.stanza, cause);
    return this.#refuse(passage, refusals.internal);
  }

  logFailure({ kind, to }: Stanza, cause: unknown): void {
    this.#log.error({ err: cause, kind, host: to.domain }, 'a stanza could not be handled');
  }
}

/** A stanza comes to this host: from another one, or from nowhere in particular. */
function handOver(passage: Passage, { ledger }: LocalHost): void {
  const { stanza, ledger: before } = passage;
  passage.ledger = ledger;
  if (stanza.kind !== 'message') return;
  before?.note('relayed', stanza, undefined, stanza.to.domain);
  ledger?.turn();
  ledger?.note('received', stanza);
}
