/** A message on its way into the archives that keep it. */
import { clark, type Element, type Jid, NS, type Stanza } from '#api';

/** The part of one archive in a message. */
export interface Share {
  /** The host whose archives the owner's is among. */
  readonly host: string;
  readonly owner: Jid;
  /** Who said it, or to whom it was said. */
  readonly peer: Jid;
}

const RETRACT = clark('urn:xmpp:message-retract:1', 'retract');
const MUC_USER = clark(NS.mucUser, 'x');

/** One object for the message, whichever archives keep it: what it says is written once. */
export class KeptMessage {
  readonly id: string;
  readonly element: Element;
  readonly xml: string;
  /** The id that its sender gave it, by which the sender may retract it; '' without one. */
  readonly origin: string;
  /** The id of the message that it retracts (XEP-0424 section 3); undefined when nothing is to be done about it. */
  retracts: string | undefined;
  /** It is from or to an occupant of a room, who is known by the whole address (XEP-0045 section 7.5). */
  readonly isPrivateInRoom: boolean;
  sender: Share | undefined = undefined;
  recipient: Share | undefined = undefined;
  /** Milliseconds since 1970. */
  keptAt = 0;
  /** Of its body; given when it is added. */
  number = 0;
  /** Settles when it is durable, with those shares that it was added with. */
  stored: Promise<void> | undefined = undefined;
  /** Its shares have been read: one that comes later is written by itself. */
  isClosed = false;

  constructor(id: string, { element, id: origin }: Stanza, xml: string) {
    this.id = id;
    this.element = element;
    this.xml = xml;
    this.origin = origin ?? '';
    this.retracts = element.child(RETRACT)?.attr('id');
    this.isPrivateInRoom = element.child(MUC_USER) !== undefined;
  }
}

/** The recipient's part in a message whose sender's part is written already. */
export class LateShare {
  readonly message: KeptMessage;
  readonly share: Share;

  constructor(message: KeptMessage, share: Share) {
    this.message = message;
    this.share = share;
  }
}

export type JournalRow = KeptMessage | LateShare;
