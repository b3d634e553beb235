/** Which modules a host has, and with which options: its own over those for all hosts. */
import { z } from 'zod';
import type { OptionMeta } from '../../kernel/config-schema.ts';
import type { Module } from '../../kernel/define-module.ts';
import type { Service } from '../../kernel/service.ts';
import { type Finding, type Path, pathText, valueText } from './finding.ts';
import { inspect } from './inspect.ts';
import { findingsOf } from './issues.ts';
import { isMapping } from './option-shape.ts';
import type { ModulesSchema } from './schema.ts';

type Settings = Readonly<Record<string, unknown>>;

/** What `modules` holds, for all hosts and for one. */
interface ModuleSettings {
  readonly shared: Settings;
  readonly own: Settings;
  readonly domain: string;
}

export interface KnownModules {
  readonly all: readonly Module[];
  /** Makes a path absolute. */
  resolve(path: string): string;
}

interface ChosenModules {
  readonly modules: readonly Module[];
  /** What each module's schema is to be given. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What its schema makes of it, defaults included. */
  readonly effective: Readonly<Record<string, unknown>>;
  readonly findings: readonly Finding[];
}

/** The schema of `modules` when the modules are known: for walking, and for the example. */
export function moduleSections(modules: readonly Module[]): ModulesSchema {
  const field = (module: Module) => z.union([z.boolean(), module.config]).optional();
  return z
    .object(Object.fromEntries(modules.map((it) => [it.name, field(it)])))
    .prefault({})
    .meta({ noun: 'module' } satisfies OptionMeta);
}

/** The schema of `modules` when what is in it is checked elsewhere. */
export const uncheckedModules: ModulesSchema = z.record(z.string(), z.unknown()).prefault({});

/** Checks the options of every module that the host has, each over both places where they may stand. */
export function chooseModules({ all, resolve }: KnownModules, settings: ModuleSettings): ChosenModules {
  const findings: Finding[] = [];
  const modules = all.filter((it) => isOn(it, settings));
  const options: Record<string, unknown> = {};
  const effective: Record<string, unknown> = {};
  for (const module of modules) {
    // Both places have been inspected; what this adds are the paths that stand in neither.
    const { value } = inspect(module.config, merged(module.name, settings), resolve);
    const result = module.config.safeParse(value);
    options[module.name] = value;
    effective[module.name] = result.data;
    const at = (steps: Path): Path => placeOf(module.name, steps, settings);
    if (!result.success) findings.push(...findingsOf(result.error.issues, { schema: module.config, value, at }));
  }
  findings.push(...missingProviders(all, modules, settings));
  return { modules, options, effective, findings };
}

/** Checks the options for all hosts by themselves, also those of modules that no host has; what is missing may be. */
export function checkShared(all: readonly Module[], shared: Settings, prefix: Path): readonly Finding[] {
  return all.flatMap((module) => {
    const value = shared[module.name];
    const path = [...prefix, module.name];
    if (value === undefined || typeof value === 'boolean') return [];
    if (!isMapping(value)) {
      const what = `${pathText(path)} is ${valueText(value)}`;
      return [{ path, at: 'value' as const, what, expected: 'options, true or false' }];
    }
    const result = module.config.safeParse(value);
    if (result.success) return [];
    const at = (steps: Path): Path => [...path, ...steps];
    const found = findingsOf(result.error.issues, { schema: module.config, value, at });
    return found.filter((it) => !it.what.endsWith('is missing'));
  });
}

function isOn(module: Module, { own, shared }: ModuleSettings): boolean {
  const setting = own[module.name] ?? shared[module.name];
  return setting === undefined ? module.enabled !== false : setting !== false;
}

function merged(name: string, { own, shared }: ModuleSettings): Settings {
  return { ...asOptions(shared[name]), ...asOptions(own[name]) };
}

function asOptions(setting: unknown): Settings {
  return isMapping(setting) ? setting : {};
}

/** Where an option of a module stands, or would stand. */
export function placeOf(name: string, steps: Path, { own, shared, domain }: ModuleSettings): Path {
  const [key] = steps;
  const owns = (settings: Settings): boolean => key !== undefined && Object.hasOwn(asOptions(settings[name]), key);
  const inOwn = owns(own) || (!owns(shared) && own[name] !== undefined);
  return inOwn ? ['hosts', domain, 'modules', name, ...steps] : ['modules', name, ...steps];
}

/** A module that is off while one that is on needs what it provides. */
function missingProviders(all: readonly Module[], on: readonly Module[], settings: ModuleSettings): readonly Finding[] {
  const provided = new Set(on.flatMap(provides));
  return on.flatMap((user) =>
    Object.values(user.requires ?? {})
      .filter((token: Service<unknown>) => !token.optional && !provided.has(token.name))
      .flatMap((token: Service<unknown>) => {
        const provider = all.find((it) => provides(it).includes(token.name));
        if (!provider) return [];
        const what = `the module ${user.name} needs ${provider.name}, which is off on ${settings.domain}`;
        const expected = `${provider.name} on, or ${user.name} off as well`;
        return [{ path: placeOf(provider.name, [], settings), at: 'key' as const, what, expected }];
      }),
  );
}

function provides(module: Module): readonly string[] {
  return Object.values(module.provides ?? {}).map((token: Service<unknown>) => token.name);
}
