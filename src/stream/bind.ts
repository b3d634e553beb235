/** Resource binding on an authenticated stream (RFC 6120 section 7). */
import type { Jid } from '../jid/jid.ts';
import type { Clock } from '../kernel/clock.ts';
import type { LocalHost } from '../session/local-host.ts';
import { ClientSession, type Outlet } from '../session/session.ts';
import { randomToken } from '../util/ids.ts';
import { clark, type Element, el } from '../xml/element.ts';
import { NS } from '../xmpp/ns.ts';
import { StanzaError } from '../xmpp/stanza-error.ts';
import { StreamError } from '../xmpp/stream-error.ts';
import type { ResourceConflict } from './settings.ts';

export const BIND = clark(NS.bind, 'bind');
const RESOURCE = clark(NS.bind, 'resource');

const RANDOM_BYTES = 9;

const badResource = new StanzaError('bad-request', 'not a resource'); // section 7.7.2.1
const tooMany = new StanzaError('resource-constraint', 'too many sessions of this account'); // section 7.6.2.1
const inUse = new StanzaError('conflict', 'this resource is in use'); // section 7.7.2.2
export const replaced = new StreamError('conflict', 'replaced by a new session with the same resource');

/** The resource that an IQ asks for; undefined leaves the choice to the server. */
export function requestedResource(bind: Element): string | undefined {
  const text = bind.childText(RESOURCE);
  return text === '' ? undefined : text;
}

export function bindResult(jid: Jid): Element {
  return el(NS.bind, 'bind', null, el(NS.bind, 'jid', null, jid.full));
}

interface BindRequest {
  readonly account: Jid;
  /** Undefined leaves the choice to the server. */
  readonly resource: string | undefined;
  /** Sessions that the account may have. */
  readonly limit: number;
  readonly onConflict: ResourceConflict;
  readonly clock: Clock;
  /** Of the client's stanzas, where it is not the server's. */
  readonly lang: string | undefined;
}

/** Puts a new session in the table, or says why not. Nobody has been told of it yet. */
export function bindResource(host: LocalHost, request: BindRequest, outlet: Outlet): ClientSession | StanzaError {
  const { account, limit } = request;
  const jid = freeAddress(host, request);
  if (jid instanceof StanzaError) return jid;
  if (host.sessions.of(account.bare).length >= limit) {
    // A client that comes back without resuming leaves sessions behind that nobody will miss.
    const left = host.sessions.of(account.bare).find((it) => it.isDetached);
    if (left === undefined) return tooMany;
    left.end(replaced);
  }
  const session = new ClientSession(host, jid, outlet, request);
  host.sessions.add(session);
  return session;
}

/** The full address to bind; what had it before has been dealt with (section 7.7.2.2). */
function freeAddress(host: LocalHost, { account, resource, onConflict }: BindRequest): Jid | StanzaError {
  const wanted = account.withResource(resource ?? randomToken(RANDOM_BYTES));
  if (wanted === undefined) return badResource;
  const holder = host.sessions.get(wanted);
  if (holder === undefined) return wanted;
  // One whose client is gone is not in use: it is most likely that client which has come back.
  if (holder.isDetached) holder.end(replaced);
  else if (onConflict === 'refuse') return inUse;
  else if (onConflict === 'rename') return account.withResource(randomToken(RANDOM_BYTES)) ?? badResource;
  else holder.end(replaced);
  return wanted;
}
