/** The composition root: a configuration becomes a database, hosts, listeners, and everything between them. */
import { mkdirSync } from 'node:fs';
import type { Authenticator } from '../auth/authenticator.ts';
import { FailureLimits } from '../auth/failure-limits.ts';
import { passwords } from '../auth/passwords.ts';
import { serverKeys } from '../auth/server-keys.ts';
import type { ServerKeys } from '../contracts/credentials.ts';
import { systemClock } from '../kernel/clock.ts';
import { type Command, CommandError } from '../kernel/command.ts';
import type { Logger } from '../kernel/log.ts';
import { query } from '../kernel/sql.ts';
import { NetContext } from '../net/net-context.ts';
import type { StorageDatabase } from '../storage/engine-database.ts';
import { openDatabase } from '../storage/open-database.ts';
import { ComponentDomain, ComponentStream } from '../stream/component.ts';
import { negotiators } from '../stream/negotiators.ts';
import { createHealth } from '../telemetry/health.ts';
import { PrometheusMetrics } from '../telemetry/metrics.ts';
import { addProcessMetrics, type EventLoopDelay } from '../telemetry/process-metrics.ts';
import { matchNetworks } from '../util/networks.ts';
import { HostCertificates } from './certificates.ts';
import { certificateWarnings } from './config/certificate-warnings.ts';
import type { Config, HostConfig } from './config/config.ts';
import { Engine } from './engine.ts';
import { withdrawServices } from './host-starter.ts';
import { HttpPages } from './http-pages.ts';
import { createListener, type ListenerServices, type OpenListener } from './listeners.ts';
import { serverSecret } from './secret.ts';
import { ServerMetrics } from './server-metrics.ts';
import { authenticator, databaseUrl, failureLimits, streamSettings, upgradePolicy } from './settings.ts';
import { type ServerStatus, serverStatus } from './status.ts';

const NET_TIMEOUTS = { handshakeTimeoutMs: 15_000, closeTimeoutMs: 5_000, keepAliveDelayMs: 120_000 };
const ACCEPTS_PER_SECOND = 5_000;

export interface ServerOptions {
  /** Without it the server runs commands and nothing else: no listeners. */
  readonly listen: boolean;
  readonly log: Logger;
}

/** Starts everything; when something fails, what was started is stopped again. */
export async function startServer(config: Config, options: ServerOptions): Promise<Server> {
  mkdirSync(config.data, { recursive: true, mode: 0o700 });
  const metrics = new PrometheusMetrics();
  const serverMetrics = new ServerMetrics(metrics);
  const db = await openDatabase(databaseUrl(config), { observer: serverMetrics.storage });
  const server = new Server(config, options, { db, metrics, serverMetrics });
  try {
    await server.start();
    return server;
  } catch (cause) {
    await server.stop();
    throw cause;
  }
}

interface Foundations {
  readonly db: StorageDatabase;
  readonly metrics: PrometheusMetrics;
  readonly serverMetrics: ServerMetrics;
}

export class Server {
  readonly engine: Engine;
  #config: Config;
  readonly #options: ServerOptions;
  readonly #db: StorageDatabase;
  readonly #keys: ServerKeys;
  /** Needs a restart, like all limits by address. */
  readonly #isTrusted: (address: string) => boolean;
  readonly #limits: FailureLimits;
  readonly #certificates = new HostCertificates();
  readonly #components = new Map<string, ComponentDomain>();
  /** What each host runs with; not those that could not be started or stopped as they should. */
  readonly #running = new Map<string, HostConfig>();
  #authenticators = new Map<string, Authenticator>();
  #listeners: readonly OpenListener[] = [];
  readonly #net: NetContext;
  readonly #pages: HttpPages;
  readonly #serverMetrics: ServerMetrics;
  readonly #delay: EventLoopDelay;
  readonly #startedAt = Date.now();
  #state: 'starting' | 'running' | 'stopping' = 'starting';

  constructor(config: Config, options: ServerOptions, { db, metrics, serverMetrics }: Foundations) {
    this.#config = config;
    this.#options = options;
    this.#db = db;
    this.#keys = serverKeys(serverSecret(config.data));
    this.#isTrusted = matchNetworks(config.trusted);
    this.#limits = new FailureLimits(systemClock, failureLimits(config, this.#isTrusted));
    this.#serverMetrics = serverMetrics;
    this.#net = this.#netContext();
    this.engine = this.#createEngine(metrics);
    this.#delay = addProcessMetrics(metrics);
    this.#pages = new HttpPages(metrics, this.#health());
  }

  get config(): Config {
    return this.#config;
  }

  /** Where clients can connect. */
  get listeners(): readonly OpenListener[] {
    return this.#listeners;
  }

  async start(): Promise<void> {
    await this.#applyHosts(this.#config);
    this.#serverMetrics.observe({ engine: this.engine, net: this.#net });
    if (!this.#options.listen) return;
    this.#applyLive(this.#config);
    this.#warn();
    this.#listeners = this.#config.listeners.map((it) => createListener(this.#config, it, this.#services()));
    await Promise.all(this.#listeners.map((it) => it.listen()));
    this.#state = 'running';
  }

  /**
   * Puts what can be changed in a running server in force: hosts, modules, limits, certificates. Streams go on. What
   * needs a restart stays as it is. Throws when a part of it cannot be put in force; then what was before is again.
   */
  async reload(config: Config): Promise<void> {
    const before = this.#config;
    this.#applyLive(config);
    try {
      await this.#applyHosts(config);
    } catch (cause) {
      await this.#goBackTo(before);
      throw cause;
    }
    this.#warn();
  }

  /** Runs a command of a module; see `Engine.command`. */
  command(name: string, args: Readonly<Record<string, unknown>>, host?: string): Promise<unknown> {
    return this.engine.command(name, args, host);
  }

  commands(): readonly Command[] {
    return this.engine.commands();
  }

  status(): ServerStatus {
    return serverStatus({
      engine: this.engine,
      listeners: this.#listeners,
      database: this.#db.engine,
      startedAt: this.#startedAt,
      state: this.#state,
    });
  }

  /** Streams get `system-shutdown`, what is queued is written and committed, then everything closes. */
  async stop(): Promise<void> {
    if (this.#state === 'stopping') return;
    this.#state = 'stopping';
    const closing = this.#listeners.map((it) => it.close());
    await withDeadline(this.engine.stop(), this.#config.shutdownTimeout);
    await withDeadline(Promise.all(closing), this.#config.shutdownTimeout);
    this.#delay.stop();
    this.#net.close();
    await this.#db.close();
  }

  /** What takes effect without touching hosts: read at once by everything that asks. */
  #applyLive(config: Config): void {
    this.#certificates.load(config, this.#certificateNames(config), systemClock.now());
    this.engine.streams.settings = streamSettings(config, this.#isTrusted);
    this.#pages.mayReadMetrics = config.metrics.enabled ? matchNetworks(config.metrics.allow) : () => false;
  }

  /** Hosts and components; a host that runs as it should is left alone. */
  async #applyHosts(config: Config): Promise<void> {
    this.#config = config;
    this.#authenticators = this.#authenticatorsOf(config);
    // First of all, so that a module may take over the domain of a component.
    this.#dropComponents(config);
    for (const host of config.hosts) {
      if (!hasChanged(this.#running.get(host.domain), host)) continue;
      this.#running.delete(host.domain);
      await this.engine.setHost(host.domain, host);
      this.#running.set(host.domain, host);
    }
    for (const host of [...this.engine.router.hosts()]) {
      const { domain } = host.name;
      if (config.hosts.some((it) => it.domain === domain)) continue;
      this.#running.delete(domain);
      withdrawServices(host, this.engine.router);
      await this.engine.removeHost(domain);
    }
    this.#addComponents(config);
  }

  /** After a reload that failed. What cannot be undone is tried again by the next one, since `#running` says so. */
  async #goBackTo(config: Config): Promise<void> {
    try {
      await this.#applyHosts(config);
      this.#applyLive(config);
    } catch (err) {
      this.#options.log.error({ err }, 'what a failed reload had changed could not be undone');
    }
  }

  #warn(): void {
    for (const it of certificateWarnings(this.#config, systemClock.now())) this.#options.log.warn({}, it);
  }

  /** Every name that clients may connect to: hosts, and the services below them. */
  #certificateNames(config: Config): readonly string[] {
    const services = [...this.engine.router.hosts()].flatMap((it) => [...it.parts.components.keys()]);
    return [...new Set([...config.hosts.map((it) => it.domain), ...services, ...config.components.keys()])];
  }

  #dropComponents(config: Config): void {
    const { router } = this.engine;
    for (const [domain, it] of this.#components) {
      if (config.components.get(domain) === it.secret) continue;
      it.link?.end(undefined);
      router.removeService(domain, it);
      this.#components.delete(domain);
    }
  }

  #addComponents(config: Config): void {
    const { router } = this.engine;
    for (const [domain, secret] of config.components) {
      if (this.#components.has(domain)) continue;
      const component = new ComponentDomain(domain, secret, router);
      if (!router.addService(domain, component))
        throw new CommandError(`${domain} is served by something else already`);
      this.#components.set(domain, component);
    }
  }

  #authenticatorsOf(config: Config): Map<string, Authenticator> {
    const key = this.#keys.key('decoys');
    return new Map(config.hosts.map((it) => [it.domain, authenticator(config, it.anonymous, key)]));
  }

  #createEngine(metrics: PrometheusMetrics): Engine {
    const { log } = this.#options;
    const login = {
      authenticatorOf: (host: string) => this.#authenticators.get(host) as Authenticator,
      limits: this.#limits,
      log,
    };
    return new Engine({
      db: this.#db,
      clock: systemClock,
      log,
      metrics,
      passwords: passwords(() => upgradePolicy(this.#config.auth)),
      keys: this.#keys,
      settings: streamSettings(this.#config, this.#isTrusted),
      negotiators: (stream) => negotiators(login, upgradePolicy(this.#config.auth))(stream),
    });
  }

  #netContext(): NetContext {
    const { limits } = this.#config;
    return new NetContext({
      ...NET_TIMEOUTS,
      clock: systemClock,
      log: this.#options.log,
      isTrusted: this.#isTrusted,
      maxConnections: limits.connectionsTotal,
      maxPerAddress: limits.connectionsPerAddress,
      acceptsPerSecond: ACCEPTS_PER_SECOND,
      isBanned: (address) => this.#limits.bannedUntil(address) !== undefined,
    });
  }

  #health() {
    const { ping } = this.#db.prepare({ ping: query<[], { one: number }>('select 1 as one') });
    return createHealth({
      isListening: () => this.#state === 'running',
      isStopping: () => this.#state === 'stopping',
      pingDatabase: () => ping(),
    });
  }

  #services(): ListenerServices {
    const { router } = this.engine;
    const { log } = this.#options;
    return {
      net: this.#net,
      certificates: this.#certificates,
      pages: this.#pages,
      acceptClient: (transport) => {
        this.engine.accept(transport);
        return true;
      },
      acceptComponent: (transport) => {
        new ComponentStream(transport, { router, clock: systemClock, log, domains: this.#components });
        return true;
      },
    };
  }
}

function hasChanged(before: HostConfig | undefined, after: HostConfig): boolean {
  const facts = ({ effective, admins, modules }: HostConfig): string =>
    JSON.stringify([effective, [...admins], modules.map((it) => it.name)]);
  return before === undefined || facts(before) !== facts(after);
}

/** Waits for the work, but not for ever: a module that hangs must not keep the process alive. */
async function withDeadline(work: Promise<unknown>, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  try {
    await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
