/** Whom each domain belongs to: a host, a module that serves a subdomain, or an external component; never two of them. */
import { prepareDomain } from '../../jid/jid.ts';
import { ConfigErrors } from '../../kernel/config-error.ts';
import type { Config, HostConfig } from './config.ts';
import { type Finding, type Path, pathText } from './finding.ts';
import { placeOf } from './module-options.ts';
import { isMapping } from './option-shape.ts';
import type { Places } from './places.ts';

type Settings = Readonly<Record<string, unknown>>;

/** Someone who wants a domain, and where it stands that they do. */
interface Claim {
  readonly domain: string;
  /** Such as `a host`. */
  readonly as: string;
  readonly path: Path;
  readonly at: Finding['at'];
}

/** Throws `ConfigErrors` when a domain is wanted twice. `written` is what `config` was made of. */
export function refuseClashes(config: Config, written: unknown, places: Places): void {
  const findings = checkDomains(claimsOf(config, isMapping(written) ? written : {}));
  if (findings.length === 0) return;
  const problems = findings.map((it) => places.problem(it));
  throw new ConfigErrors(problems.sort((a, b) => a.line - b.line || a.column - b.column));
}

/** The first has the domain; everyone after that is told. */
function checkDomains(claims: readonly Claim[]): readonly Finding[] {
  const owners = new Map<string, Claim>();
  return claims.flatMap((claim): Finding[] => {
    const { domain, as, path, at } = claim;
    const owner = owners.get(domain);
    if (owner === undefined) {
      owners.set(domain, claim);
      return [];
    }
    const what = `${pathText(path)} makes ${domain} ${as}, but it is ${owner.as} already`;
    return [{ path, at, what, expected: 'each domain once' }];
  });
}

function claimsOf({ hosts, components }: Config, written: Settings): readonly Claim[] {
  const ofHosts = hosts.map(({ domain }): Claim => {
    return { domain, as: 'a host', path: ['hosts', keyOf(written['hosts'], domain)], at: 'key' };
  });
  const ofComponents = [...components.keys()].map((domain): Claim => {
    const path = ['components', keyOf(written['components'], domain)];
    return { domain, as: 'an external component', path, at: 'key' };
  });
  return [...ofHosts, ...hosts.flatMap((it) => claimsOfModules(it, written)), ...ofComponents];
}

function claimsOfModules(host: HostConfig, written: Settings): readonly Claim[] {
  return host.modules.flatMap((module) => {
    const options = host.effective[module.name];
    return (module.domains?.(host.domain, options) ?? []).map((domain): Claim => {
      const as = `the domain of ${module.name} on ${host.domain}`;
      return { domain, as, ...placeOfDomain({ host: host.domain, module: module.name, options, domain }, written) };
    });
  });
}

/** The option that holds the domain; the host where it is one by default. */
function placeOfDomain(
  claim: { readonly host: string; readonly module: string; readonly options: unknown; readonly domain: string },
  written: Settings,
): Pick<Claim, 'path' | 'at'> {
  const host = keyOf(written['hosts'], claim.host);
  const shared = sectionOf(written, 'modules');
  const own = sectionOf(sectionOf(sectionOf(written, 'hosts'), host), 'modules');
  const isGiven = (key: string): boolean => [own, shared].some((it) => Object.hasOwn(sectionOf(it, claim.module), key));
  const options = isMapping(claim.options) ? Object.entries(claim.options) : [];
  const option = options.find(([key, it]) => it === claim.domain && isGiven(key));
  if (option === undefined) return { path: ['hosts', host], at: 'key' };
  return { path: placeOf(claim.module, [option[0]], { own, shared, domain: host }), at: 'value' };
}

function sectionOf(written: Settings, key: string): Settings {
  const section = written[key];
  return isMapping(section) ? section : {};
}

/** How a domain is spelt in the file. */
function keyOf(section: unknown, domain: string): string {
  const keys = isMapping(section) ? Object.keys(section) : [];
  return keys.find((it) => prepareDomain(it) === domain) ?? domain;
}
