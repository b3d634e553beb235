/** What a client sends becomes a stanza here: addresses stamped and prepared, shape checked (RFC 6120 section 8.1). */
import { parseJid, type Jid } from '../jid/jid.ts';
import type { Element } from '../xml/element.ts';
import { StanzaError } from '../xmpp/stanza-error.ts';
import { Stanza, stanza as makeStanza } from '../xmpp/stanza.ts';
import { StreamError } from '../xmpp/stream-error.ts';
import type { ClientSession } from './session.ts';

const invalidFrom = new StreamError('invalid-from');
const malformedAddress = new StanzaError('jid-malformed');
const badIq = new StanzaError('bad-request', 'an iq needs an id and a type of get, set, result or error');

/**
 * The stanza with its true sender; undefined when it was refused, and then the client has been told; a StreamError when
 * the stream has to end.
 */
export function admit(session: ClientSession, element: Element): Stanza | StreamError | undefined {
  const from = element.attr('from');
  if (from !== undefined && !isOwn(session, from)) return invalidFrom; // RFC 6120 section 8.1.2.1
  const text = element.attr('to');
  const to = text === undefined ? session.account : parseJid(text);
  if (to === undefined) return refuse(session, element, malformedAddress); // RFC 6120 section 8.3.3.8
  const stanza = new Stanza(element, session.jid, to, text !== undefined);
  if (stanza.kind === 'iq' && !isSoundIq(stanza)) return refuse(session, element, badIq);
  return stanza;
}

function isOwn(session: ClientSession, from: string): boolean {
  if (from === session.jid.full || from === session.jid.bare) return true;
  const parsed: Jid | undefined = parseJid(from);
  return parsed !== undefined && (parsed.full === session.jid.full || parsed.full === session.jid.bare);
}

/** RFC 6120 sections 8.1.3 and 8.2.3. */
function isSoundIq({ id, type }: Stanza): boolean {
  if (id === undefined || id === '') return false;
  return type === 'get' || type === 'set' || type === 'result' || type === 'error';
}

function refuse(session: ClientSession, element: Element, error: StanzaError): undefined {
  const type = element.attr('type');
  if (type === 'error' || type === 'result') return undefined; // RFC 6120 section 8.3.1
  const head = { from: session.host.name, to: session.jid, type: 'error', id: element.attr('id') };
  const kind = element.name as 'message' | 'presence' | 'iq';
  session.send(makeStanza(kind, head, kind === 'iq' ? element.firstElement() : undefined, error.element()));
  return undefined;
}
