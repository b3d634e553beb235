/** A whole server in memory: all modules, SQLite in memory, a clock that tests move, no sockets. */
import { Authenticator, type AuthOptions, DEFAULT_AUTH } from '../../src/auth/authenticator.ts';
import { DEFAULT_FAILURE_LIMITS, FailureLimits } from '../../src/auth/failure-limits.ts';
import { passwords } from '../../src/auth/passwords.ts';
import { serverKeys } from '../../src/auth/server-keys.ts';
import type { Module } from '../../src/kernel/define-module.ts';
import { type Logger, silent } from '../../src/kernel/log.ts';
import type { Database } from '../../src/kernel/sql.ts';
import { Engine } from '../../src/server/engine.ts';
import { loadModules } from '../../src/server/module-files.ts';
import type { LocalHost } from '../../src/session/local-host.ts';
import { openDatabase } from '../../src/storage/open-database.ts';
import { negotiators } from '../../src/stream/negotiators.ts';
import type { StreamSettings } from '../../src/stream/settings.ts';
import { PrometheusMetrics } from '../../src/telemetry/metrics.ts';
import { TestClient } from './client.ts';
import { FakeClock } from './clock.ts';
import type { TransportOptions } from './transport.ts';

export const KEEP = { hashes: ['SHA-1', 'SHA-256'], iterations: 4096 } as const;

export interface TestOptions {
  readonly host?: string;
  /** More hosts, with the same modules. */
  readonly hosts?: readonly string[];
  /** The only modules to load, by name; without it, all. */
  readonly only?: readonly string[];
  /** Options by module; false leaves the module out. */
  readonly modules?: Readonly<Record<string, object | false>>;
  readonly admins?: readonly string[];
  readonly settings?: Partial<StreamSettings>;
  readonly anonymous?: boolean;
  /** What else is configured of authentication. */
  readonly auth?: Partial<AuthOptions>;
  readonly log?: Logger;
  /** Other services that hosts are given, by token name. */
  readonly services?: ReadonlyMap<string, unknown>;
  /** Modules of the test's own, besides those in modules/. */
  readonly extra?: readonly Module[];
}

export const SETTINGS: StreamSettings = {
  beforeAuth: { maxBytes: 8192, maxElements: 32, maxDepth: 16, maxAttributes: 32 },
  afterAuth: { maxBytes: 262_144, maxElements: 10_000, maxDepth: 64, maxAttributes: 64 },
  authTimeoutMs: 60_000,
  pingIntervalMs: 300_000,
  bytesPerSecond: 0,
  burstBytes: 0,
  congestedBytes: 262_144,
  cutOffBytes: 8_388_608,
  sessionsPerAccount: 10,
  resourceConflict: 'replace',
  seeOtherUri: undefined,
  management: { resumeMs: 600_000, queue: { stanzas: 1000, bytes: 8_388_608 } },
  allowsPlaintext: () => false,
  isTrusted: DEFAULT_FAILURE_LIMITS.isTrusted,
};

/** One module of modules/. */
export async function loadModule(name: string): Promise<Module> {
  return ((await import(`../../modules/${name}/index.ts`)) as { default: Module }).default;
}

export async function startParley(options: TestOptions = {}): Promise<TestServer> {
  const server = new TestServer(options, await openDatabase('sqlite::memory:'));
  await server.start();
  return server;
}

export class TestServer {
  readonly clock = new FakeClock();
  readonly hostName: string;
  readonly db: Database;
  engine!: Engine;
  limits!: FailureLimits;
  readonly #options: TestOptions;
  readonly #clients: TestClient[] = [];

  constructor(options: TestOptions, db: Database) {
    this.#options = options;
    this.hostName = options.host ?? 'capulet.lit';
    this.db = db;
  }

  get host(): LocalHost {
    return this.engine.router.host(this.hostName) as LocalHost;
  }

  /** A service of the main host. */
  service<T>(token: { readonly name: string; readonly type?: T }): T {
    return this.host.parts.service(token) as T;
  }

  async start(): Promise<void> {
    const options = this.#options;
    const log = options.log ?? silent;
    const keys = serverKeys(Buffer.alloc(32, 7));
    const settings = { ...SETTINGS, ...options.settings };
    this.limits = new FailureLimits(this.clock, { ...DEFAULT_FAILURE_LIMITS, isTrusted: settings.isTrusted });
    const authenticator = new Authenticator({
      ...DEFAULT_AUTH,
      decoyKey: keys.key('decoys'),
      keep: KEEP,
      anonymous: options.anonymous ?? false,
      ...options.auth,
      allowPlainWithoutTls: true,
    });
    this.engine = new Engine({
      db: this.db,
      clock: this.clock,
      log,
      metrics: new PrometheusMetrics(),
      passwords: passwords(() => KEEP),
      keys,
      settings,
      negotiators: negotiators({ authenticatorOf: () => authenticator, limits: this.limits, log }, KEEP),
      ...(options.services ? { more: options.services } : {}),
    });
    for (const host of [this.hostName, ...(options.hosts ?? [])]) await this.#startHost(host);
  }

  async #startHost(host: string): Promise<void> {
    const { modules = {}, admins = [], extra = [], only } = this.#options;
    const all = [...(await (only ? Promise.all(only.map(loadModule)) : loadModules())), ...extra];
    await this.engine.setHost(host, {
      modules: all.filter(
        (it) => modules[it.name] !== false && (it.enabled !== false || modules[it.name] !== undefined),
      ),
      options: modules as Record<string, object>,
      admins: new Set(admins),
    });
  }

  /** Creates an account, unless there is one. */
  async account(local: string, password = 'secret', host = this.hostName): Promise<void> {
    try {
      await this.command('user add', { jid: `${local}@${host}`, password });
    } catch (cause) {
      if (!/exists/.test(String(cause))) throw cause;
    }
  }

  /** A connected client that has not said anything. */
  connect(options: TransportOptions = {}): TestClient {
    const client = new TestClient(this.engine, options);
    this.#clients.push(client);
    return client;
  }

  /** A client with a resource, and available unless told otherwise. The account is made when it is missing. */
  async login(
    local: string,
    options: { resource?: string; available?: boolean; host?: string; password?: string } = {},
  ): Promise<TestClient> {
    const host = options.host ?? this.hostName;
    await this.account(local, options.password ?? 'secret', host);
    const client = this.connect();
    await client.login(local, host, options);
    if (options.available ?? true) {
      await client.send('<presence/>');
      await client.receives(`<presence from='${client.jid}'/>`);
    }
    return client;
  }

  command(name: string, args: Readonly<Record<string, unknown>> = {}, host?: string): Promise<unknown> {
    return this.engine.command(name, args, host ?? (args['jid'] === undefined ? this.hostName : undefined));
  }

  /** The process ends and starts again; what is in the database stays. */
  async restart(): Promise<void> {
    await this.engine.stop();
    await this.start();
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.transport.destroy();
    await this.engine.stop();
    await this.db.close();
  }
}
