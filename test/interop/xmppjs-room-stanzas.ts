/**
 * What rooms send, as `@xmpp/client` reads it, put into words: +nick and -nick is presence, `nick: text` is for all,
 * `nick> text` for one, `nick# text` a subject, `nick !condition` an error.
 */
import { xml as build } from '@xmpp/client';

/** The parts of the library's element that the tests use. */
export interface Stanza {
  readonly name: string;
  readonly attrs: Readonly<Record<string, string>>;
  getChild(name: string, xmlns?: string): Stanza | undefined;
  getChildren(name: string, xmlns?: string): readonly Stanza[];
  getChildText(name: string, xmlns?: string): string | null;
  getChildElements(): readonly Stanza[];
  text(): string;
  toString(): string;
}

type Attrs = Readonly<Record<string, string>>;

export const xml = build as (name: string, attrs?: Attrs | string, ...children: (Stanza | string)[]) => Stanza;

export const MUC = 'http://jabber.org/protocol/muc';
export const USER = `${MUC}#user`;
export const ADMIN = `${MUC}#admin`;
export const OWNER = `${MUC}#owner`;
export const DISCO_INFO = 'http://jabber.org/protocol/disco#info';
export const DISCO_ITEMS = 'http://jabber.org/protocol/disco#items';
const FORM = 'jabber:x:data';

export function bareOf({ attrs }: Stanza): string {
  return (attrs['from'] ?? '').split('/')[0] as string;
}

/** The values of a form in there. */
export function fields(parent: Stanza | undefined): Readonly<Record<string, readonly string[]>> {
  const list = parent?.getChild('x', FORM)?.getChildren('field') ?? [];
  return Object.fromEntries(list.map((it) => [it.attrs['var'], it.getChildren('value').map((value) => value.text())]));
}

/** A form that is filled in; its kind is left out where none is given. */
export function submission(values: Attrs, kind?: string): Stanza {
  const all = { ...(kind === undefined ? {} : { FORM_TYPE: `${MUC}#${kind}` }), ...values };
  const list = Object.entries(all).map(([name, value]) => xml('field', { var: name }, xml('value', {}, value)));
  return xml('x', { xmlns: FORM, type: 'submit' }, ...list);
}

/** What is in the first form of a note from a room, to be sent back with one field changed. */
export function answerTo(note: Stanza, name: string, value: string): Stanza {
  const given = Object.entries(fields(note)).map(([it, [first = '']]) => [it, first]);
  return submission({ ...Object.fromEntries(given), [name]: value });
}

/** The address without what is the same for all, and what the server adds to the tag of a device (XEP-0386). */
function nameOf(jid: string): string {
  return jid.replace('@localhost', '').split('/').slice(0, 2).join('/');
}

function aboutItem(item: Stanza): string[] {
  const { affiliation, role, jid, nick } = item.attrs;
  const words = [`${affiliation}/${role}`];
  if (jid) words.push(`jid=${nameOf(jid)}`);
  if (nick) words.push(`nick=${nick}`);
  const actor = item.getChild('actor');
  if (actor !== undefined) words.push(`by=${actor.attrs['nick']}`);
  const reason = item.getChildText('reason');
  return reason ? [...words, `reason=${reason}`] : words;
}

function aboutOffer(offer: Stanza): string[] {
  const { xmlns: _, ...attrs } = offer.attrs;
  const words = [offer.name, ...Object.entries(attrs).map(([name, value]) => `${name}=${value}`)];
  for (const name of ['reason', 'password']) {
    const said = offer.getChildText(name);
    if (said) words.push(`${name}=${said}`);
  }
  const thread = offer.getChild('continue')?.attrs['thread'];
  return thread === undefined ? words : [...words, `thread=${thread}`];
}

function aboutX(x: Stanza): string[] {
  const item = x.getChild('item');
  const words = item === undefined ? [] : aboutItem(item);
  for (const name of ['invite', 'decline', 'destroy']) words.push(...x.getChildren(name).flatMap(aboutOffer));
  const password = x.getChildText('password');
  if (password) words.push(`password=${password}`);
  const codes = x.getChildren('status').map((it) => it.attrs['code'] as string);
  return [...words, ...codes.sort()];
}

function aboutMessage(message: Stanza, nick: string, words: readonly string[]): string {
  const isForAll = message.attrs['type'] === 'groupchat';
  const late = isForAll && message.getChild('delay', 'urn:xmpp:delay') !== undefined ? ' late' : '';
  const body = message.getChildText('body');
  if (body !== null) return `${nick}${isForAll ? ':' : '>'} ${body}${late}`;
  const subject = message.getChildText('subject');
  if (subject !== null) return `${nick}# ${subject}${late}`;
  return [nick, ...words, ...(message.getChild('x', FORM) === undefined ? [] : ['form'])].join(' ');
}

export function describe(stanza: Stanza): string {
  const nick = stanza.attrs['from']?.split('/')[1] ?? 'room';
  if (stanza.attrs['type'] === 'error') {
    return `${nick} !${stanza.getChild('error')?.getChildElements()[0]?.name}`;
  }
  const x = stanza.getChild('x', USER);
  const words = x === undefined ? [] : aboutX(x);
  if (stanza.name === 'message') return aboutMessage(stanza, nick, words);
  const sign = stanza.attrs['type'] === 'unavailable' ? '-' : '+';
  const said = ['show', 'status'].map((it) => stanza.getChildText(it)).filter((it) => it !== null);
  return [sign + nick, ...words, ...said].join(' ');
}
