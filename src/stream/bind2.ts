/** Bind 2 (XEP-0386): a resource in the same breath as authentication. */
import { createHash } from 'node:crypto';
import type { Jid } from '../jid/jid.ts';
import { then, type Awaitable } from '../util/awaitable.ts';
import { randomToken } from '../util/ids.ts';
import { el, type Element } from '../xml/element.ts';
import { NS } from '../xmpp/ns.ts';
import { StanzaError } from '../xmpp/stanza-error.ts';
import { StreamError } from '../xmpp/stream-error.ts';
import type { StreamControl } from './negotiation.ts';

/** Inside `<inline/>` of the SASL2 feature (section 3). */
export function bind2Feature(): Element {
  return el(NS.bind2, 'bind');
}

/**
 * The resource that a client gets (section 4): its tag, and an id that stays the same for the same installation, so
 * that its earlier session is replaced; random where the client does not say which installation it is.
 */
export function resourceFor(tag: string | undefined, client: string | undefined): string {
  const id = client === undefined ? randomToken(9) : createHash('sha256').update(client).digest('base64url').slice(0, 12);
  return tag === undefined ? id : `${tag}.${id}`;
}

/** Binds, and answers with `<bound/>`; a refusal ends the stream, since authentication cannot be taken back. */
export function bindInline(
  stream: StreamControl,
  { tag, client }: { readonly tag: string | undefined; readonly client: string | undefined },
): Awaitable<{ readonly jid: Jid; readonly element: Element } | StreamError> {
  return then(stream.bind(resourceFor(tag, client)), (session) =>
    session instanceof StanzaError
      ? new StreamError('resource-constraint', session.text)
      : { jid: session.jid, element: el(NS.bind2, 'bound') },
  );
}
