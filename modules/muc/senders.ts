/**
 * Who said what: archives hold the true address with each message, and show it to those who may know it (XEP-0313
 * section 6.1.2). It stands at the very end of the text, so that readers need not parse what they pass on.
 */
import { el, NS, parseJid, parseStored, Stanza } from '#api';
import type { Device } from './occupant.ts';
import type { Room } from './room.ts';
import { NS_USER, status, USER_X, userX } from './vocabulary.ts';

const START = `<x xmlns='${NS_USER}'>`;
/** With 100, all who were there knew who it was. */
const NOTE = /^<item [^<>]*\/>(<status code='100'\/>)?<\/x><\/message>$/;
const END = '</message>';
const RECIPIENT = /^(<message from='[^']*') to='[^']*'/;

/** The message as the archive keeps it. */
export function addSender(room: Room, stanza: Stanza, { jid, occupant }: Device): Stanza {
  const { element } = stanza;
  // What all are sent is written once, and the note behind it.
  element.innerXml();
  const affiliation = room.affiliationOf(jid);
  const item = el(NS_USER, 'item', { affiliation, jid: jid.full, role: occupant.role });
  const note = userX(item, room.config.whois === 'anyone' ? status(100) : undefined);
  return new Stanza(element.append(note), stanza.from, stanza.to);
}

/** Whose addresses a reader sees: everybody's, those of who spoke for all to know them, or nobody's. */
export type Sight = 'all' | 'open' | 'none';

/** A kept message as a reader may see it; never with the address of a recipient. */
export function presentKept(xml: string, sight: Sight): string {
  return (sight === 'all' ? xml : withoutSender(xml, sight)).replace(RECIPIENT, '$1');
}

/** Whatever people say ends before the ids that the room adds to it: nobody can write a note of their own there. */
function withoutSender(xml: string, sight: Sight): string {
  const start = xml.lastIndexOf(START);
  const note = start < 0 ? null : NOTE.exec(xml.slice(start + START.length));
  if (note === null || (sight === 'open' && note[1] !== undefined)) return xml;
  return xml.slice(0, start) + END;
}

/** A kept message as all were sent it; undefined when the text is damaged. */
export function readKept(room: Room, xml: string): Stanza | undefined {
  try {
    const element = parseStored(xml.replace(' ', ` xmlns='${NS.client}' `));
    const from = parseJid(element.attr('from') ?? '');
    return (
      from &&
      new Stanza(
        element.filter((it) => typeof it === 'string' || it.key !== USER_X),
        from,
        room.jid,
      )
    );
  } catch {
    return undefined;
  }
}
