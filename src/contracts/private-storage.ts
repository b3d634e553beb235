/** What clients keep for themselves at their account (XEP-0049), and who else may answer for a part of it. */
import type { Jid } from '../jid/jid.ts';
import { filterPoint } from '../kernel/hook.ts';
import { service } from '../kernel/service.ts';
import type { Element } from '../xml/element.ts';
import type { StanzaError } from '../xmpp/stanza-error.ts';

/** The private elements of one host's accounts, one of each key (`{namespace}name`). */
export interface PrivateStorage {
  get(owner: Jid, key: string): Promise<Element | undefined>;
  /** All or none of them. An element without attributes and content is removed. */
  set(owner: Jid, elements: readonly Element[]): Promise<StanzaError | undefined>;
}
export const PrivateStorage = service<PrivateStorage>('private-storage');

/** The owner reads an element: an answer is given instead of what is stored, as where bookmarks live elsewhere (XEP-0411). */
export const privateRead = filterPoint<{ readonly owner: Jid; readonly key: string }, Element>('private.read');
/** The owner writes an element: 'handled' keeps it from being stored, an error refuses the whole request. */
export const privateWrite = filterPoint<{ readonly owner: Jid; readonly element: Element }, 'handled' | StanzaError>(
  'private.write',
);
