/** Stanzas that come back as errors: XEP-0045 sections 11.1 and 18.1.2. */
import { el, NS, Stanza } from '#api';
import { staysOver } from './absences.ts';
import type { Muc } from './muc.ts';
import type { Device, Occupant } from './occupant.ts';
import type { Room } from './room.ts';

/** That there is nobody, and nothing else. */
const NOBODY = ['gone', 'recipient-unavailable', 'redirect', 'remote-server-not-found', 'remote-server-timeout'];
/** An IQ may be answered so by one who is there. */
const NOBODY_TALKING = [...NOBODY, 'internal-server-error', 'item-not-found', 'jid-malformed', 'service-unavailable'];

/** Private messages of which an occupant may yet complain. */
const MAX_WHISPERS = 16;
const MAX_ID = 128;

/** An error from a device: it is gone, or it did not want what another occupant told it. */
export function takeError(muc: Muc, room: Room, device: Device, stanza: Stanza): void {
  // Who blocks another occupant answers for an account that is there (XEP-0191 section 3.3).
  const isThere = muc.router.hasSession(device.jid);
  if (!isThere && isFatal(stanza)) {
    if (!staysOver(muc, room, device)) muc.absences.lose(muc, room, device, [333]);
  } else if (stanza.kind === 'message') returnWhisper(muc, room, device.occupant, stanza);
}

function errorOf({ element }: Stanza) {
  return element.elements().find((it) => it.name === 'error');
}

/** An error that says that nobody is there, and not only that one stanza was refused. */
function isFatal(stanza: Stanza): boolean {
  const fatal = stanza.kind === 'iq' ? NOBODY : NOBODY_TALKING;
  return (
    errorOf(stanza)
      ?.elements()
      .some((it) => it.ns === NS.stanzaErrors && fatal.includes(it.name)) ?? false
  );
}

/** Remembers who whispered, so that errors for that find their way, and errors for what was said to all go nowhere. */
export function noteWhisper(recipient: Occupant, sender: Device, id: string | undefined): void {
  if (id === undefined || id.length > MAX_ID) return;
  const whispers = (recipient.whispers ??= new Map());
  whispers.delete(id);
  whispers.set(id, sender);
  if (whispers.size > MAX_WHISPERS) whispers.delete(whispers.keys().next().value as string);
}

/** Section 7.5 for errors. What else is in it, such as the address of a server, is not for the other side. */
function returnWhisper(muc: Muc, room: Room, occupant: Occupant, stanza: Stanza): void {
  const sender = occupant.whispers?.get(stanza.id ?? '');
  const error = errorOf(stanza);
  if (sender === undefined || error === undefined) return;
  occupant.whispers?.delete(stanza.id as string);
  if (room.devices.get(sender.jid.full) !== sender) return;
  const element = el(NS.client, 'message', { type: 'error', id: stanza.id }, error.with({ by: undefined }));
  void muc.router.route(new Stanza(element, occupant.jid, sender.jid));
}
