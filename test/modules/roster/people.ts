/** People of the roster and presence tests, and what they say to the server. */
import type { TestClient } from '../../support/client.ts';
import type { TestServer } from '../../support/parley.ts';
import type { Element } from '../../support/xml.ts';

const ROSTER = 'jabber:iq:roster';

/** Gets the roster, which makes the resource interested. */
export async function roster(client: TestClient, ver?: string): Promise<Element> {
  return client.iq('get', `<query xmlns='${ROSTER}'${ver === undefined ? '' : ` ver='${ver}'`}/>`);
}

export async function setItem(client: TestClient, item: string): Promise<Element> {
  return client.iq('set', `<query xmlns='${ROSTER}'>${item}</query>`);
}

/** A pattern for a roster push with this item. */
export function push(item: string): string {
  return `<iq type='set' id='*'><query xmlns='${ROSTER}' ver='*'>${item}</query></iq>`;
}

/** The roster's version as the next push or a result says it. */
export function verOf(iq: Element): string {
  return iq.firstElement()?.attr('ver') ?? '';
}

/** The items of a roster result, each as `jid subscription`, sorted. */
export function itemsOf(iq: Element): string[] {
  const items = iq.firstElement()?.elements() ?? [];
  return items.map((it) => `${it.attr('jid')} ${it.attr('subscription')}`).sort();
}

/** The defined condition of an error, with its type. */
export function errorOf(stanza: Element): string {
  const error = stanza.elements().find((it) => it.name === 'error');
  return `${error?.attr('type')} ${error?.firstElement()?.name}`;
}

/** Puts two accounts into each other's rosters. Says who sees whom from the first one's side. */
export async function subscribe(
  server: TestServer,
  one: string,
  other: string,
  subscription: 'none' | 'to' | 'from' | 'both' = 'both',
): Promise<void> {
  await server.account(one);
  await server.account(other);
  const jid = `${one}@${server.hostName}`;
  await server.command('roster add', { jid, contact: `${other}@${server.hostName}`, subscription });
}
