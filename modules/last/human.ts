/** What only people do: messages that say something, as opposed to what clients send by themselves. */
import { clark, type Element, NS } from '#api';

const BODY = clark(NS.client, 'body');
const REACTIONS = clark('urn:xmpp:reactions:0', 'reactions');
const OPENPGP = clark('urn:xmpp:openpgp:0', 'openpgp');
const JINGLE_MESSAGE = 'urn:xmpp:jingle-message:0';
/** XEP-0353: calling, and answering a call. Ringing and the like are the client's doing. */
const CALLING: ReadonlySet<string> = new Set(['propose', 'proceed', 'accept', 'reject']);
/** XEP-0384: without a payload they carry keys alone. */
const OMEMO: ReadonlySet<string> = new Set(['eu.siacs.conversations.axolotl', 'urn:xmpp:omemo:2']);

/** Whether somebody has written this, and not a receipt, a marker, a chat state or an exchange of keys. */
export function isWritten(message: Element): boolean {
  for (const child of message.children) if (typeof child !== 'string' && isContent(child)) return true;
  return false;
}

function isContent(child: Element): boolean {
  const { key, ns } = child;
  if (key === BODY) return child.text() !== '';
  if (key === REACTIONS || key === OPENPGP) return true;
  if (ns === JINGLE_MESSAGE) return CALLING.has(child.name);
  return OMEMO.has(ns) && child.child(clark(ns, 'payload')) !== undefined;
}
