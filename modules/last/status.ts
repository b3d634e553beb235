/** What people say when they leave: the status of their last unavailable presence (XEP-0012 section 3). */
import { clark, NS, type Passage, type Session, slot } from '#api';

const STATUS = clark(NS.client, 'status');

const MAX_LENGTH = 1024;

const farewell = slot<string>('last');

/** Notes the status of an unavailable presence that a session broadcasts. */
export function hear({ stanza, origin }: Passage): void {
  if (stanza.kind !== 'presence' || stanza.addressed || origin === undefined) return;
  if (stanza.type === 'unavailable') origin.slots.set(farewell, shortened(stanza.element.childText(STATUS)));
}

/** What was noted, once. */
export function farewellOf(session: Session): string {
  const status = session.slots.get(farewell) ?? '';
  if (status !== '') session.slots.set(farewell, undefined);
  return status;
}

/** Without half a character at its end. */
function shortened(text: string | undefined): string | undefined {
  if (text === undefined || text.length <= MAX_LENGTH) return text;
  return text.slice(0, MAX_LENGTH).replace(/[\uD800-\uDBFF]$/, '');
}
