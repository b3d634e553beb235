/** Business cards of accounts (XEP-0054). */
import type { Jid } from '../jid/jid.ts';
import { tellPoint } from '../kernel/hook.ts';
import { service } from '../kernel/service.ts';
import type { Element } from '../xml/element.ts';
import type { StanzaError } from '../xmpp/stanza-error.ts';

export interface VCards {
  /** `<vCard xmlns='vcard-temp'/>`; undefined when the account has none, or there is no such account. */
  get(owner: Jid): Promise<Element | undefined>;
  /** An empty card removes it. Tells `vcardChanged`. */
  set(owner: Jid, card: Element): Promise<StanzaError | undefined>;
}
export const VCards = service<VCards>('vcards');

/** An account has another card, after the change is durable; undefined when it has none any more. */
export const vcardChanged = tellPoint<{ readonly owner: Jid; readonly card: Element | undefined }>('vcard.changed');
