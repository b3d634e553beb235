/** Reads the configuration from file, environment and command line, and reports everything that is wrong with it. */
import { resolve as absolute, dirname } from 'node:path';
import { z } from 'zod';
import { prepareDomain } from '../../jid/jid.ts';
import { ConfigErrors, type ConfigProblem } from '../../kernel/config-error.ts';
import type { Module } from '../../kernel/define-module.ts';
import { checkCertificate, checkClientCa, checkComponents, checkListeners } from './checks.ts';
import type { Config, HostConfig, Sections } from './config.ts';
import { completeDatabase } from './database-option.ts';
import { type ConfigDocument, readDocument } from './document.ts';
import { applyEnvironment } from './environment.ts';
import type { Finding, Path } from './finding.ts';
import { inspect } from './inspect.ts';
import { findingsOf } from './issues.ts';
import { checkShared, chooseModules, type KnownModules, moduleSections, uncheckedModules } from './module-options.ts';
import { isMapping } from './option-shape.ts';
import { Places } from './places.ts';
import { configShape } from './schema.ts';

export interface ConfigSource {
  /** The YAML file; without one the defaults hold. */
  readonly file?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The data directory of the command line; goes before environment and file. */
  readonly dataDir?: string | undefined;
  readonly modules: readonly Module[];
}

/** Throws `ConfigErrors`, with every mistake that can be found at once. */
export function loadConfig(source: ConfigSource): Config {
  const document = source.file === undefined ? undefined : readDocument(source.file);
  return configOf(document, source);
}

/** The data directory alone, absolute, whatever else may be wrong. Throws `ConfigErrors` when the file is no YAML. */
export function locateData({ file, env, dataDir }: Omit<ConfigSource, 'modules'>): string {
  return givenData({ env, dataDir }) ?? writtenData(file === undefined ? undefined : readDocument(file));
}

/** `loadConfig` for a document that has been read. */
export function configOf(document: ConfigDocument | undefined, source: Omit<ConfigSource, 'file'>): Config {
  const structure = z.object(configShape(moduleSections(source.modules)));
  const environment = applyEnvironment(structure, document?.value ?? {}, source.env);
  const places = new Places(document, environment.variables);
  const data = givenData(source) ?? writtenData(document);
  const resolve = (path: string): string => absolute(data, path);
  const inspection = inspect(structure, environment.value, resolve);
  const raw = inspection.value as Readonly<Record<string, unknown>>;
  const findings: Finding[] = [...inspection.findings];
  const sections = parseSections(raw, findings);
  const hosts = hostsOf(raw, sections, findings, { all: source.modules, resolve });
  findings.push(...checkFiles(raw), ...checkNetwork(sections));
  const problems: ConfigProblem[] = [
    ...environment.findings.map((it) => ({ ...it, where: it.variable, line: 0, column: 0 })),
    ...(document?.problems ?? []),
    ...findings.map((it) => places.problem(it)),
  ];
  if (problems.length > 0) throw new ConfigErrors(inOrder(problems));
  // Nothing was wrong, so every section is there.
  const { database, databasePassword, components, data: _, hosts: __, modules: ___, ...rest } = sections as Sections;
  return {
    file: document?.file,
    data,
    database: completeDatabase(database, databasePassword, resolve),
    ...rest,
    hosts,
    components: new Map(Object.entries(components).map(([domain, it]) => [domain, it.secret])),
  };
}

/** The data directory of the command line or the environment; it starts from where the operator is. */
function givenData({ env, dataDir }: Pick<ConfigSource, 'env' | 'dataDir'>): string | undefined {
  const given = dataDir ?? (env['PARLEY_DATA'] || undefined);
  return given === undefined ? undefined : absolute(given);
}

/** That of the file, or the default; it starts from the file, so that it is the same from every directory. */
function writtenData(document: ConfigDocument | undefined): string {
  const data = isMapping(document?.value) ? document.value['data'] : undefined;
  const base = document === undefined ? '.' : dirname(document.file);
  return absolute(base, typeof data === 'string' && data !== '' ? data : './data');
}

/** Each section by itself, so that a mistake in one does not hide those in the others. */
function parseSections(raw: Readonly<Record<string, unknown>>, findings: Finding[]): Partial<Sections> {
  const result: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(configShape(uncheckedModules)) as [string, z.ZodType][]) {
    const parsed = schema.safeParse(raw[key]);
    const at = (steps: Path): Path => [key, ...steps];
    if (parsed.success) result[key] = parsed.data;
    else findings.push(...findingsOf(parsed.error.issues, { schema, value: raw[key], at }));
  }
  return result as Partial<Sections>;
}

function hostsOf(
  raw: Readonly<Record<string, unknown>>,
  sections: Partial<Sections>,
  findings: Finding[],
  known: KnownModules,
): readonly HostConfig[] {
  const { all } = known;
  const shared = isMapping(raw['modules']) ? raw['modules'] : {};
  findings.push(...checkShared(all, shared, ['modules']));
  const written = isMapping(raw['hosts']) ? raw['hosts'] : { localhost: {} };
  const seen = new Map<string, string>();
  return Object.entries(written).map(([name, host]) => {
    const own = isMapping(host) && isMapping(host['modules']) ? host['modules'] : {};
    const wrong = checkShared(all, own, ['hosts', name, 'modules']);
    const { findings: found, ...chosen } = chooseModules(known, { shared, own, domain: name });
    const domain = prepareDomain(name) ?? name;
    findings.push(...wrong, ...found, ...sameAs(seen.get(domain), name));
    seen.set(domain, name);
    const { admins = [], anonymous = false, certificateFile, keyFile } = sections.hosts?.[domain] ?? {};
    return { domain, admins: new Set(admins), anonymous, certificateFile, keyFile, ...chosen };
  });
}

/** Two spellings of one domain. */
function sameAs(other: string | undefined, name: string): readonly Finding[] {
  if (other === undefined) return [];
  const what = `${JSON.stringify(name)} is the same domain as ${JSON.stringify(other)}`;
  return [{ path: ['hosts', name], at: 'key', what, expected: 'each domain once' }];
}

function checkFiles(raw: Readonly<Record<string, unknown>>): readonly Finding[] {
  const hosts = isMapping(raw['hosts']) ? Object.entries(raw['hosts']) : [];
  return [
    ...checkCertificate(raw['tls'], ['tls']),
    ...checkClientCa(raw['tls']),
    ...hosts.flatMap(([domain, host]) => checkCertificate(host, ['hosts', domain])),
  ];
}

function checkNetwork({ listeners, components }: Partial<Sections>): readonly Finding[] {
  if (listeners === undefined) return [];
  return [...checkListeners(listeners), ...checkComponents(components ?? {}, listeners)];
}

/** By place; a mistake for all hosts is found once a host, and told once. */
function inOrder(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  const once = new Map(problems.map((it) => [`${it.where} ${it.what}`, it]));
  return [...once.values()].sort((a, b) => a.line - b.line || a.column - b.column);
}
