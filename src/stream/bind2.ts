/** Bind 2 (XEP-0386): a resource in the same breath as authentication. */
import { createHash } from 'node:crypto';
import { boundInfo } from '../contracts/session.ts';
import type { Jid } from '../jid/jid.ts';
import type { LocalHost } from '../session/local-host.ts';
import type { ClientSession } from '../session/session.ts';
import { type Awaitable, then } from '../util/awaitable.ts';
import { randomToken } from '../util/ids.ts';
import { type Element, el } from '../xml/element.ts';
import { NS } from '../xmpp/ns.ts';
import { StreamError } from '../xmpp/stream-error.ts';
import { replaced } from './bind.ts';
import { ENABLE } from './management.ts';
import type { StreamControl } from './negotiation.ts';

const ID_BYTES = 9;

interface InlineBind {
  readonly account: Jid;
  readonly bind: Element;
  /** The software's name for itself. */
  readonly tag: string | undefined;
  /** Which installation it is, when it says so. */
  readonly client: string | undefined;
}

/** Inside `<inline/>` of the SASL2 feature (section 3), with what can be switched on in the same breath. */
export function bind2Feature({ parts }: LocalHost): Element {
  const features = [NS.sm, ...[...parts.bindInline.values()].map((it) => it.feature)].sort();
  const list = [...new Set(features)].map((it) => el(NS.bind2, 'feature', { var: it }));
  return el(NS.bind2, 'bind', null, list.length === 0 ? undefined : el(NS.bind2, 'inline', null, ...list));
}

/**
 * Binds, switches on what was asked for, and has the client told; the error of a refusal ends the stream, since
 * authentication cannot be taken back. The earlier sessions of the same installation end (section 4).
 */
export function bindWith(
  stream: StreamControl,
  { account, bind, tag, client }: InlineBind,
  answer: (jid: Jid, bound: Element) => void,
): Awaitable<StreamError | undefined> {
  const id = client === undefined ? randomToken(ID_BYTES) : installation(account, client);
  if (client !== undefined) endSessions(stream.host, account, id);
  const bound = stream.bind(resourceFor(account, tag, id), async (session) => {
    const results = await enable(stream, session, bind);
    answer(session.jid, el(NS.bind2, 'bound', null, ...results));
  });
  return then(bound, (refused) => refused && new StreamError('resource-constraint', refused.text));
}

/** What nobody knows is not mentioned: the client sees by the feature what it may ask for. */
async function enable(stream: StreamControl, session: ClientSession, bind: Element): Promise<(Element | undefined)[]> {
  const results: (Element | undefined)[] = [];
  // First of all: what others send to the session meanwhile goes out behind the answer, so the client counts it.
  const management = bind.child(ENABLE);
  if (management !== undefined) results.push(stream.enableManagement(session, management));
  for (const request of bind.elements()) {
    const part = session.host.parts.bindInline.get(request.key);
    if (part !== undefined) results.push(await part.enable(session as never, request));
  }
  results.push(...(await session.host.parts.hooks.collect(boundInfo, session)));
  return results;
}

/** Section 4.1: the tag as it is, where it can be part of a resource, and an id. */
function resourceFor(account: Jid, tag: string | undefined, id: string): string {
  const full = tag === undefined ? id : `${tag}/${id}`;
  return account.withResource(full) === undefined ? id : full;
}

/** The same for each login of an installation, and nothing that its id or its other accounts could be known by. */
function installation(account: Jid, client: string): string {
  const hash = createHash('sha256').update(`${account.bare}\0${client}`).digest();
  return hash.toString('base64url', 0, ID_BYTES);
}

function endSessions(host: LocalHost, account: Jid, id: string): void {
  for (const session of host.sessions.of(account.bare)) {
    const { resource } = session.jid;
    if (resource === id || resource.endsWith(`/${id}`)) session.end(replaced);
  }
}
