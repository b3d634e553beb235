/**
 * Starts the modules of one virtual host: checks, orders, sets up, then freezes everything that they add into flat
 * tables. Stopping runs the same list backwards.
 */
import type { Jid } from '../jid/jid.ts';
import type { Clock } from './clock.ts';
import type { Command } from './command.ts';
import type { ComponentPart, Disco, Module, ModuleParts } from './define-module.ts';
import { type Binding, HookTable } from './hook.ts';
import { type IqBinding, IqTable } from './iq.ts';
import { LateHooks } from './late-hooks.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Service, Services } from './service.ts';
import type { Database } from './sql.ts';
import type { BindInline, Nonza, PreAuthIq, StreamFeature } from './stream-feature.ts';

/** What the composition root lends to the modules of a host. */
export interface Infrastructure {
  readonly db: Database;
  readonly log: Logger;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Services that the server itself provides, by token name. */
  readonly services: ReadonlyMap<string, unknown>;
}

/** The frozen result: everything that the modules of one host added. */
export interface HostParts {
  readonly name: Jid;
  readonly modules: readonly Module[];
  readonly hooks: HookTable;
  readonly iq: IqTable;
  readonly commands: ReadonlyMap<string, Command>;
  readonly streamFeatures: readonly StreamFeature[];
  readonly nonzas: ReadonlyMap<string, Nonza<unknown>>;
  readonly preAuth: ReadonlyMap<string, PreAuthIq>;
  readonly bindInline: ReadonlyMap<string, BindInline<unknown>>;
  readonly components: ReadonlyMap<string, ComponentPart>;
  readonly disco: readonly Disco[];
  /** A service by its token; undefined when no module provides it. */
  service<T>(token: Service<T>): T | undefined;
  stop(): Promise<void>;
}

type Started = readonly (readonly [Module, ModuleParts<Services>])[];

/**
 * Throws when a requirement is missing, circular or provided twice, or when two modules register the same key. What was
 * set up until then is stopped.
 */
export async function startHost(
  name: Jid,
  modules: readonly Module[],
  config: Readonly<Record<string, unknown>>,
  infra: Infrastructure,
): Promise<HostParts> {
  const stopping = new AbortController();
  const hooks = new LateHooks();
  const services = new Map(infra.services);
  const started: [Module, ModuleParts<Services>][] = [];
  try {
    for (const module of inOrder(modules, infra.services)) {
      const parts = await setUp(module, { name, config, infra, services, hooks, signal: stopping.signal });
      for (const [key, token] of Object.entries(module.provides ?? {})) services.set(token.name, parts.services?.[key]);
      started.push([module, parts]);
    }
    const parts = freeze({ name, infra, started, services, stopping });
    hooks.bind(parts.hooks);
    return parts;
  } catch (cause) {
    await stop(started, stopping);
    throw cause;
  }
}

async function stop(started: Started, stopping: AbortController): Promise<void> {
  stopping.abort();
  for (const [, parts] of started.toReversed()) await parts.close?.();
}

async function setUp(
  module: Module,
  host: {
    name: Jid;
    config: Readonly<Record<string, unknown>>;
    infra: Infrastructure;
    services: ReadonlyMap<string, unknown>;
    hooks: LateHooks;
    signal: AbortSignal;
  },
): Promise<ModuleParts<Services>> {
  const { infra } = host;
  if (module.migrations) await infra.db.migrate(module.name, module.migrations);
  const metric = (key: string): string => `parley_${module.name.replaceAll('-', '_')}_${key}_total`;
  return module.setup({
    host: host.name,
    config: module.config.parse(host.config[module.name] ?? {}),
    services: Object.fromEntries(
      Object.entries(module.requires ?? {}).map(([key, token]) => [key, host.services.get(token.name)]),
    ),
    hooks: host.hooks,
    db: infra.db,
    metrics: Object.fromEntries(
      Object.entries(module.metrics ?? {}).map(([key, help]) => [
        key,
        infra.metrics.counter(metric(key), help, { host: host.name.domain }),
      ]),
    ),
    log: infra.log.child({ module: module.name }),
    clock: infra.clock,
    signal: host.signal,
  });
}

function freeze(host: {
  name: Jid;
  infra: Infrastructure;
  started: Started;
  services: ReadonlyMap<string, unknown>;
  stopping: AbortController;
}): HostParts {
  const { name, infra, started, services, stopping } = host;
  const flat = <T>(list: (parts: ModuleParts<Services>) => readonly T[] | undefined): (readonly [string, T])[] =>
    started.flatMap(([module, parts]) => (list(parts) ?? []).map((it) => [module.name, it] as const));
  return {
    name,
    modules: started.map(([module]) => module),
    hooks: new HookTable(
      flat<Binding>((it) => it.hooks),
      infra.log,
    ),
    iq: new IqTable(flat((it) => it.iq) as (readonly [string, IqBinding<unknown>])[]),
    commands: table(
      flat((it) => it.commands),
      (it) => it.name,
    ),
    streamFeatures: flat((it) => it.streamFeatures).map(([, it]) => it),
    nonzas: table(flat((it) => it.nonzas) as (readonly [string, Nonza<unknown>])[], (it) => it.key),
    preAuth: table(
      flat((it) => it.preAuth),
      (it) => `${it.type} ${it.key}`,
    ),
    bindInline: table(flat((it) => it.bindInline) as (readonly [string, BindInline<unknown>])[], (it) => it.key),
    components: table(
      flat((it) => it.components),
      (it) => it.domain,
    ),
    disco: started.map(([module]) => module.disco ?? {}),
    service: <T>(token: Service<T>) => services.get(token.name) as T | undefined,
    stop: () => stop(started, stopping),
  };
}

/** Providers before users; a missing or circular requirement is an error that names both sides. */
function inOrder(modules: readonly Module[], given: ReadonlyMap<string, unknown>): Module[] {
  const providers = new Map<string, Module>();
  for (const module of modules) {
    for (const token of Object.values(module.provides ?? {})) {
      const other = providers.get(token.name);
      if (other) throw new Error(`${other.name} and ${module.name} both provide ${token.name}`);
      providers.set(token.name, module);
    }
  }
  const done = new Set<Module>();
  const visit = (module: Module, path: readonly Module[]): void => {
    if (done.has(module)) return;
    if (path.includes(module)) {
      throw new Error(`modules need each other: ${[...path, module].map((it) => it.name).join(' -> ')}`);
    }
    for (const token of Object.values(module.requires ?? {})) {
      const provider = providers.get(token.name);
      if (provider) visit(provider, [...path, module]);
      else if (!token.optional && !given.has(token.name)) {
        throw new Error(`${module.name} requires ${token.name}, which no enabled module provides`);
      }
    }
    done.add(module);
  };
  for (const module of modules) visit(module, []);
  return [...done];
}

/** One flat map of what all modules add; two owners of one key is an error that names both. */
function table<T>(items: readonly (readonly [string, T])[], keyOf: (item: T) => string): ReadonlyMap<string, T> {
  const found = new Map<string, T>();
  const owners = new Map<string, string>();
  for (const [owner, item] of items) {
    const key = keyOf(item);
    const other = owners.get(key);
    if (other !== undefined) throw new Error(`${other} and ${owner} both register ${key}`);
    owners.set(key, owner);
    found.set(key, item);
  }
  return found;
}
