/** Starts and restarts the modules of virtual hosts, and lends them the server's own services. */

import { Administrators } from '../contracts/accounts.ts';
import { Passwords, ServerKeys } from '../contracts/credentials.ts';
import { Catalog, type Identity } from '../contracts/disco.ts';
import { Program } from '../contracts/program.ts';
import { Router } from '../contracts/routing.ts';
import { Sessions } from '../contracts/session.ts';
import { StanzaIds } from '../contracts/stanza-ids.ts';
import { CommandError } from '../kernel/command.ts';
import type { ComponentPart, Module } from '../kernel/define-module.ts';
import { type HostParts, type Infrastructure, startHost } from '../kernel/loader.ts';
import type { StanzaRouter } from '../router/router.ts';
import type { LocalHost } from '../session/local-host.ts';

/** What a host is made of, besides the server's own infrastructure. */
export interface HostPlan {
  readonly modules: readonly Module[];
  /** Module options by module name. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly admins: ReadonlySet<string>;
}

/** What every host gets from the server. */
export interface HostEnvironment extends Omit<Infrastructure, 'services'> {
  readonly router: StanzaRouter;
  readonly passwords: Passwords;
  readonly keys: ServerKeys;
  readonly program: Program;
  readonly ids: StanzaIds;
  /** Services of the server by token name, such as what the listeners know. */
  readonly more?: ReadonlyMap<string, unknown>;
}

/**
 * Starts the host's modules and puts them in force; what ran before is stopped after. Its sessions stay. Throws, with
 * what ran before still in force, when a module cannot be set up or wants a domain that something else serves.
 */
export async function startModules(host: LocalHost, plan: HostPlan, environment: HostEnvironment): Promise<void> {
  const catalog = new HostCatalog();
  const services = new Map<string, unknown>([
    [Router.name, environment.router],
    [Sessions.name, host.sessions],
    [Administrators.name, { has: (address) => host.isAdmin(address) } satisfies Administrators],
    [Catalog.name, catalog],
    [Passwords.name, environment.passwords],
    [ServerKeys.name, environment.keys],
    [Program.name, environment.program],
    [StanzaIds.name, environment.ids],
    ...(environment.more ?? []),
  ]);
  const parts = await startHost(host.name, plan.modules, plan.options, {
    ...environment,
    log: environment.log.child({ host: host.name.domain }),
    services,
  });
  catalog.fill(parts);
  const before = host.started ? host.parts : undefined;
  const taken = [...parts.components.keys()].find((it) => !before?.components.has(it) && environment.router.serves(it));
  if (taken !== undefined) {
    await parts.stop();
    throw new CommandError(`${taken} cannot be served by a module of ${host.name.domain}: something else serves it`);
  }
  withdrawServices(host, environment.router);
  host.admins = plan.admins;
  host.replaceParts(parts);
  for (const part of parts.components.values()) environment.router.addService(part.domain, service(part));
  await before?.stop();
}

/** The subdomains of a host's modules are served no more. */
export function withdrawServices(host: LocalHost, router: StanzaRouter): void {
  if (!host.started) return;
  for (const part of host.parts.components.values()) router.removeService(part.domain, service(part));
}

const wrappers = new WeakMap<ComponentPart, { receive: ComponentPart['receive'] }>();

/** The router's view of a module's subdomain; the same object each time, so that it can be taken out again. */
function service(part: ComponentPart): { receive: ComponentPart['receive'] } {
  let wrapper = wrappers.get(part);
  if (wrapper === undefined)
    wrappers.set(part, (wrapper = { receive: (stanza, origin) => part.receive(stanza, origin) }));
  return wrapper;
}

/** What the modules of one host declare, known once all of them are set up. */
class HostCatalog implements Catalog {
  #features = { host: [] as readonly string[], account: [] as readonly string[] };
  #identities = { host: [] as readonly Identity[], account: [] as readonly Identity[] };

  fill({ disco }: HostParts): void {
    const sorted = (list: readonly string[]): readonly string[] => [...new Set(list)].sort();
    this.#features = {
      host: sorted(disco.flatMap((it) => it.host ?? [])),
      account: sorted(disco.flatMap((it) => it.account ?? [])),
    };
    this.#identities = {
      host: disco.flatMap((it) => it.hostIdentities ?? []),
      account: disco.flatMap((it) => it.accountIdentities ?? []),
    };
  }

  features(of: 'host' | 'account'): readonly string[] {
    return this.#features[of];
  }

  identities(of: 'host' | 'account'): readonly Identity[] {
    return this.#identities[of];
  }
}
