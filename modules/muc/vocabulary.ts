/** Names of XEP-0045 and its companions, and the elements that are made of them. */
import { clark, type Element, el } from '#api';

export const NS_MUC = 'http://jabber.org/protocol/muc';
export const NS_USER = `${NS_MUC}#user`;
export const NS_ADMIN = `${NS_MUC}#admin`;
export const NS_OWNER = `${NS_MUC}#owner`;
export const NS_OCCUPANT_ID = 'urn:xmpp:occupant-id:0';

export const MUC_X = clark(NS_MUC, 'x');
export const USER_X = clark(NS_USER, 'x');

/** Status codes of section 15.6. */
export type Status =
  | 100
  | 101
  | 102
  | 103
  | 104
  | 110
  | 170
  | 171
  | 172
  | 173
  | 174
  | 201
  | 210
  | 301
  | 303
  | 307
  | 321
  | 322
  | 332
  | 333;

export function status(code: Status): Element {
  return el(NS_USER, 'status', { code: String(code) });
}

const MAX_REASON = 1024;

/** The text of a child `<reason/>` of the same namespace, not too long; '' for none. */
export function reasonIn(element: Element): string {
  return (element.childText(clark(element.ns, 'reason')) ?? '').slice(0, MAX_REASON);
}

/** `<x/>` with these children. */
export function userX(...children: readonly (Element | undefined)[]): Element {
  return el(NS_USER, 'x', null, ...children);
}
