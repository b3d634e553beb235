/** Bind 2 (XEP-0386): a resource in the same breath as authentication. */
import { createHash } from 'node:crypto';
import type { Jid } from '../jid/jid.ts';
import type { LocalHost } from '../session/local-host.ts';
import { randomToken } from '../util/ids.ts';
import { type Element, el } from '../xml/element.ts';
import { NS } from '../xmpp/ns.ts';
import { StreamError } from '../xmpp/stream-error.ts';
import { replaced } from './bind.ts';
import type { StreamControl } from './negotiation.ts';

const ID_BYTES = 9;

export interface InlineBind {
  readonly account: Jid;
  /** The software's name for itself. */
  readonly tag: string | undefined;
  /** Which installation it is, when it says so. */
  readonly client: string | undefined;
}

/** Inside `<inline/>` of the SASL2 feature (section 3). */
export function bind2Feature(): Element {
  return el(NS.bind2, 'bind');
}

/**
 * Binds and has the client told; the error of a refusal ends the stream, since authentication cannot be taken back. The
 * earlier sessions of the same installation end (section 4).
 */
export function bindInline(
  stream: StreamControl,
  { account, tag, client }: InlineBind,
  answer: (jid: Jid, bound: Element) => void,
): StreamError | undefined {
  const id = client === undefined ? randomToken(ID_BYTES) : installation(account, client);
  if (client !== undefined) endSessions(stream.host, account, id);
  const refused = stream.bind(resourceFor(account, tag, id), ({ jid }) => answer(jid, el(NS.bind2, 'bound')));
  return refused && new StreamError('resource-constraint', refused.text);
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
