/** Asks a silent client whether it is still there (XEP-0199 section 4.2). */
import type { ClientSession } from '../session/session.ts';
import { randomToken } from '../util/ids.ts';
import { el } from '../xml/element.ts';
import { NS } from '../xmpp/ns.ts';
import { stanza } from '../xmpp/stanza.ts';

/** Any answer will do, an error too: what counts is that something is heard. */
export function ping(stream: { pinged: boolean }, session: ClientSession): void {
  stream.pinged = true;
  const head = { from: session.host.name, to: session.jid, type: 'get', id: randomToken() };
  session.send(stanza('iq', head, el(NS.ping, 'ping')));
}
