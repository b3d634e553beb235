/** What an inactive client can do without for now: XEP-0352 section 3.2. */
import { clark, type Element, FORWARDED, keeping, NS, readForwarded, type Session, type Stanza } from '#api';
import { eventKey } from './events.ts';

export interface Importance {
  /** Hold presence back. */
  readonly presence: boolean;
  /** Hold notifications of personal events back. */
  readonly events: boolean;
  /** Drop chat states. */
  readonly chatStates: boolean;
  /** Nodes whose notifications are not held back. */
  readonly urgentNodes: ReadonlySet<string>;
}

/** Matters: it is sent at once, behind all that is held back. */
export const NOW = undefined;
/** Says nothing that is true later: nobody needs it. */
export const NEVER = '';
/** One of the two, or the key of what can wait: of two stanzas with the same key the later one is enough. */
type Worth = string | typeof NOW;

const MUC_USER = clark(NS.mucUser, 'x');
const MUC_STATUS = clark(NS.mucUser, 'status');
const MUC_DESTROY = clark(NS.mucUser, 'destroy');
const SELF_PRESENCE = '110';
const CARBONS = 'urn:xmpp:carbons:2';

export function worthOf(stanza: Stanza, session: Session, importance: Importance): Worth {
  if (stanza.kind === 'message') return worthOfMessage(stanza, session, importance);
  if (stanza.kind === 'iq' || !importance.presence) return NOW;
  // Subscriptions ask for something, errors answer something.
  if (stanza.type !== '' && stanza.type !== 'unavailable') return NOW;
  return isAboutOneself(stanza, session) ? NOW : stanza.from.full;
}

/** The client's own presence, which it has just sent, also as a room reflects it; and the end of a room. */
function isAboutOneself({ from, element }: Stanza, { jid }: Session): boolean {
  if (from.full === jid.full) return true;
  const room = element.child(MUC_USER);
  if (room === undefined) return false;
  return room.elements().some((it) => {
    return it.key === MUC_DESTROY || (it.key === MUC_STATUS && it.attr('code') === SELF_PRESENCE);
  });
}

function worthOfMessage(stanza: Stanza, session: Session, { events, chatStates, urgentNodes }: Importance): Worth {
  const { type, element } = stanza;
  if (type === 'error') return NOW;
  if (chatStates && isMomentary(type, element)) return NEVER;
  for (const child of element.children) {
    if (typeof child === 'string') continue;
    if (child.ns === CARBONS) return chatStates && isMomentaryCopy(stanza, child, session) ? NEVER : NOW;
  }
  return events ? eventKey(stanza, urgentNodes) : NOW;
}

/** XEP-0085: nothing but a chat state, in a conversation of two or in a room. */
function isMomentary(type: string, message: Element): boolean {
  return type !== 'error' && keeping('chat', message) === 'momentary';
}

/** XEP-0280: a copy of such a message. Only the account itself makes copies. */
function isMomentaryCopy({ from }: Stanza, carbon: Element, { account }: Session): boolean {
  if (from.full !== account.full) return false;
  const forwarded = carbon.child(FORWARDED);
  const copied = forwarded && readForwarded(forwarded);
  return copied !== undefined && isMomentary(copied.stanza.attr('type') ?? '', copied.stanza);
}
