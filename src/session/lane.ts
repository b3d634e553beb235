/** What a client sends becomes a stanza here: addresses stamped and prepared, shape checked (RFC 6120 section 8.1). */
import { type Jid, parseJid } from '../jid/jid.ts';
import type { Element } from '../xml/element.ts';
import { NS } from '../xmpp/ns.ts';
import { stanza as makeStanza, Stanza, type StanzaKind } from '../xmpp/stanza.ts';
import { StanzaError } from '../xmpp/stanza-error.ts';
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
  if (to === undefined) return refuse(session, element, session.host.name, malformedAddress); // RFC 6120 section 8.3.3.8
  const stanza = new Stanza(inLanguage(session, element), session.jid, to, text !== undefined);
  return isSound(stanza) ? stanza : refuse(session, element, to, badIq);
}

/** RFC 6120 section 4.7.4: the language of the client's stream holds where the stanza states none. */
function inLanguage({ lang }: ClientSession, element: Element): Element {
  if (lang === undefined || element.attr('xml:lang') !== undefined) return element;
  return element.with({ 'xml:lang': lang });
}

function isOwn(session: ClientSession, from: string): boolean {
  if (from === session.jid.full || from === session.jid.bare) return true;
  const parsed: Jid | undefined = parseJid(from);
  return parsed !== undefined && (parsed.full === session.jid.full || parsed.full === session.jid.bare);
}

/** What every stanza must have to be routed: RFC 6120 sections 8.1.3 and 8.2.3. */
export function isSound({ kind, id, type }: Stanza): boolean {
  if (kind !== 'iq') return true;
  if (id === undefined || id === '') return false;
  return type === 'get' || type === 'set' || type === 'result' || type === 'error';
}

/** Whether an element of a stream is a stanza. */
export function isStanza({ ns, name }: Element): boolean {
  return ns === NS.client && (name === 'message' || name === 'presence' || name === 'iq');
}

function refuse(session: ClientSession, element: Element, from: Jid, error: StanzaError): undefined {
  const type = element.attr('type');
  if (type === 'error' || type === 'result') return undefined; // RFC 6120 section 8.3.1
  const head = { from, to: session.jid, type: 'error', id: element.attr('id') };
  const kind = element.name as StanzaKind;
  session.send(makeStanza(kind, head, kind === 'iq' ? element.firstElement() : undefined, error.element()));
  return undefined;
}
