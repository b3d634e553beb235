/** Addresses of XMPP entities (RFC 7622): parsed, prepared and interned. */
import { ownString } from '../util/own-string.ts';
import { Recent } from '../util/recent.ts';
import { prepareDomain } from './domain.ts';
import { MAX_TEXT_LENGTH } from './limits.ts';
import { prepareLocal } from './local.ts';
import { prepareResource } from './resource.ts';

export { prepareDomain, prepareLocal, prepareResource };

/** Longer spellings are parsed each time: few addresses are, and they would push many others out. */
const MAX_CACHED_LENGTH = 512;

/** Bounds of the caches, per generation; each keeps two. About 300 bytes an address. */
const addresses = new Recent<Jid>({ maxEntries: 16_384, maxKeyLength: 1_048_576 });
const domains = new Recent<string>({ maxEntries: 1024, maxKeyLength: 65_536 });

let create: (local: string, domain: string, resource: string, full: string, bare: Jid | undefined) => Jid;

/**
 * A prepared address. Instances are interned: equal addresses are usually, not always, the same object; compare them
 * with `equals`, or by `full` or `bare`, which are fit to be keys.
 */
export class Jid {
  /** '' when there is none. */
  readonly local: string;
  readonly domain: string;
  /** '' when there is none. */
  readonly resource: string;
  /** `local@domain` or `domain`. */
  readonly bare: string;
  /** `bare`, with `/resource` when there is one. */
  readonly full: string;
  /** The address without resource: this very object when it has none. */
  readonly bareJid: Jid;

  private constructor(local: string, domain: string, resource: string, full: string, bare: Jid | undefined) {
    this.local = local;
    this.domain = domain;
    this.resource = resource;
    this.bare = bare === undefined ? full : bare.bare;
    this.full = full;
    this.bareJid = bare ?? this;
  }

  static {
    create = (local, domain, resource, full, bare) => new Jid(local, domain, resource, full, bare);
  }

  get isBare(): boolean {
    return this.resource === '';
  }

  /** Neither local nor resource. */
  get isDomain(): boolean {
    return this.resource === '' && this.local === '';
  }

  equals(other: Jid): boolean {
    return this === other || this.full === other.full;
  }

  /** The address with this resource in place of its own; undefined when it is no resource. It is prepared here. */
  withResource(resource: string): Jid | undefined {
    const prepared = prepareResource(resource);
    return prepared === undefined ? undefined : internFull(this.bareJid, prepared);
  }

  toString(): string {
    return this.full;
  }
}

function remember(jid: Jid, text: string): Jid {
  if (text.length <= MAX_CACHED_LENGTH) addresses.set(text, jid);
  return jid;
}

function domainOf(text: string): string | undefined {
  const known = domains.get(text);
  if (known !== undefined) return known;
  const domain = prepareDomain(text);
  if (domain === undefined) return undefined;
  const own = ownString(domain);
  domains.set(domain === text ? own : ownString(text), own);
  return own;
}

/** Keeps nothing of `bare`, which may be a slice of a stanza. */
function makeBare(local: string, domain: string, bare: string): Jid {
  const own = local === '' ? domain : ownString(bare);
  return remember(create(own.slice(0, local.length), domain, '', own, undefined), own);
}

function makeFull(bare: Jid, full: string): Jid {
  const own = ownString(full);
  return remember(create(bare.local, bare.domain, own.slice(bare.bare.length + 1), own, bare), own);
}

function internBare(local: string, domain: string, bare: string): Jid {
  return addresses.get(bare) ?? makeBare(local, domain, bare);
}

function internFull(bare: Jid, resource: string): Jid {
  const full = bare.bare + '/' + resource;
  return addresses.get(full) ?? makeFull(bare, full);
}

/** RFC 7622 3.1: the resource starts after the first '/', the domain after the first '@' before that. */
function parse(text: string): Jid | undefined {
  const slash = text.indexOf('/');
  const end = slash === -1 ? text.length : slash;
  const at = text.indexOf('@');
  const hasLocal = at !== -1 && at < end;
  const domainText = hasLocal ? text.slice(at + 1, end) : text.slice(0, end);
  const localText = hasLocal ? text.slice(0, at) : '';
  const local = hasLocal ? prepareLocal(localText) : '';
  if (local === undefined) return undefined;
  const domain = domainOf(domainText);
  if (domain === undefined) return undefined;
  const isBareAsWritten = local === localText && domain === domainText;
  if (slash === -1 && isBareAsWritten) return makeBare(local, domain, text);
  const bareText = isBareAsWritten ? text.slice(0, end) : hasLocal ? local + '@' + domain : domain;
  if (slash === -1) return internBare(local, domain, bareText);
  const resourceText = text.slice(slash + 1);
  const resource = prepareResource(resourceText);
  if (resource === undefined) return undefined;
  const bare = internBare(local, domain, bareText);
  return isBareAsWritten && resource === resourceText ? makeFull(bare, text) : internFull(bare, resource);
}

/** Parses, prepares and interns an address; undefined when it is none (`jid-malformed`). Never throws. */
export function parseJid(text: string): Jid | undefined {
  if (text.length > MAX_TEXT_LENGTH) return undefined;
  const known = addresses.get(text);
  if (known !== undefined) return known;
  const jid = parse(text);
  if (jid !== undefined && jid.full !== text) remember(jid, ownString(text));
  return jid;
}

/** The bare address of an account at this domain; undefined for any other text. */
export function parseAccount(text: string, domain: string): Jid | undefined {
  const jid = parseJid(text);
  return jid?.isBare && jid.local !== '' && jid.domain === domain ? jid : undefined;
}

/** An address that is known to be one; throws a TypeError when it is not. For constants and tests. */
export function jid(text: string): Jid {
  const parsed = parseJid(text);
  if (parsed === undefined) throw new TypeError(`not an address: ${JSON.stringify(text)}`);
  return parsed;
}

/** How many spellings of addresses are cached: bounded, whatever peers send. */
export function cachedAddresses(): number {
  return addresses.size;
}
