/** What a reload changes, and which of it needs a restart. */
import type { Config, HostConfig } from './config.ts';
import { pathText } from './finding.ts';

export interface ConfigChange {
  /** Such as `limits.stanzaBytes` or `hosts."example.org".modules.roster.maxItems`. Never with values: some are secret. */
  readonly path: string;
  readonly effect: 'live' | 'restart';
}

/** What is read once at the start. Everything else takes effect with a reload. */
const NEEDS_RESTART: readonly string[] = [
  'data',
  'database',
  'listeners',
  'trusted',
  'tls.clientCertificates',
  'auth.failuresPerStream',
  'auth.failuresPerAddress',
  'auth.failureWindow',
  'auth.banTime',
  'limits.connectionsPerAddress',
  'limits.connectionsTotal',
  'limits.stanzaBytes', // WebSocket listeners read it once
  'log.format',
  'log.file',
];

/** Whether a change of this option waits for the next start. `path` as `pathText` writes it. */
export function needsRestart(path: string): boolean {
  return NEEDS_RESTART.some((it) => path === it || path.startsWith(`${it}.`) || path.startsWith(`${it}[`));
}

/** Every option that differs, in the order of the first configuration. Certificates with the same path do not differ. */
export function diffConfig(before: Config, after: Config): readonly ConfigChange[] {
  const paths: string[] = [];
  compare(comparable(before), comparable(after), [], paths);
  return paths.map((path) => ({ path, effect: needsRestart(path) ? 'restart' : 'live' }));
}

function comparable({ file: _, hosts, components, ...rest }: Config): Readonly<Record<string, unknown>> {
  return {
    ...rest,
    components: Object.fromEntries(components),
    hosts: Object.fromEntries(hosts.map((it) => [it.domain, comparableHost(it)])),
  };
}

function comparableHost({ admins, modules: _, options: __, effective, ...rest }: HostConfig): object {
  return { ...rest, admins: [...admins].sort(), modules: effective };
}

function compare(before: unknown, after: unknown, path: readonly string[], changed: string[]): void {
  if (isPlain(before) && isPlain(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      compare(before[key], after[key], [...path, key], changed);
    }
  } else if (!isSame(before, after)) {
    changed.push(pathText(path));
  }
}

function isSame(before: unknown, after: unknown): boolean {
  return Object.is(before, after) || JSON.stringify(before) === JSON.stringify(after);
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
