/** Resource binding on an authenticated stream (RFC 6120 section 7). */
import { parseJid, prepareResource, type Jid } from '../jid/jid.ts';
import { sessionBound } from '../contracts/session.ts';
import type { LocalHost } from '../session/local-host.ts';
import { ClientSession, type Outlet } from '../session/session.ts';
import { randomToken } from '../util/ids.ts';
import { clark, el, type Element } from '../xml/element.ts';
import { NS } from '../xmpp/ns.ts';
import { StanzaError } from '../xmpp/stanza-error.ts';
import { StreamError } from '../xmpp/stream-error.ts';

export const BIND = clark(NS.bind, 'bind');
const RESOURCE = clark(NS.bind, 'resource');

const badResource = new StanzaError('bad-request', 'not a resource'); // section 7.7.2.1
const tooMany = new StanzaError('resource-constraint', 'too many sessions of this account'); // section 7.6.2.1
const replaced = new StreamError('conflict', 'replaced by a new session with the same resource');

/** The resource that an IQ asks for; undefined leaves the choice to the server. */
export function requestedResource(bind: Element): string | undefined {
  const text = bind.childText(RESOURCE);
  return text === '' ? undefined : text;
}

export function bindResult(jid: Jid): Element {
  return el(NS.bind, 'bind', null, el(NS.bind, 'jid', null, jid.full));
}

/** Puts a new session in the table. One with the same resource is ended: the newer wins (section 7.7.2.2). */
export function bindResource(
  host: LocalHost,
  who: { account: Jid; resource: string | undefined; limit: number; now: number },
  outlet: Outlet,
): ClientSession | StanzaError {
  const resource = who.resource === undefined ? randomToken(9) : prepareResource(who.resource);
  const jid = resource === undefined ? undefined : parseJid(`${who.account.bare}/${resource}`);
  if (jid === undefined) return badResource;
  host.sessions.get(jid)?.end(replaced);
  if (host.sessions.of(who.account.bare).length >= who.limit) return tooMany;
  const session = new ClientSession(host, jid, outlet, who.now);
  host.sessions.add(session);
  host.parts.hooks.tell(sessionBound, session);
  return session;
}
