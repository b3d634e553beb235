/** People of the blocking tests, and what they ask of their block lists. */
import type { TestClient } from '../../support/client.ts';
import type { TestServer } from '../../support/parley.ts';
import type { Element } from '../../support/xml.ts';

const NS = 'urn:xmpp:blocking';

const items = (jids: readonly string[]): string => jids.map((jid) => `<item jid='${jid}'/>`).join('');

export function block(client: TestClient, ...jids: readonly string[]): Promise<Element> {
  return client.iq('set', `<block xmlns='${NS}'>${items(jids)}</block>`);
}

/** Without addresses: all of them. */
export function unblock(client: TestClient, ...jids: readonly string[]): Promise<Element> {
  return client.iq('set', `<unblock xmlns='${NS}'>${items(jids)}</unblock>`);
}

/** Gets the list, which makes the resource follow it. */
export async function blockList(client: TestClient): Promise<string[]> {
  const result = await client.iq('get', `<blocklist xmlns='${NS}'/>`);
  const list = result.child(`{${NS}}blocklist`);
  if (result.attr('type') !== 'result' || list === undefined) throw new Error(`no list: ${result.toString()}`);
  return list.elements().map((it) => it.attr('jid') ?? '');
}

/** A pattern for a push. */
export function push(name: 'block' | 'unblock', ...jids: readonly string[]): string {
  return `<iq type='set' id='*'><${name} xmlns='${NS}'>${items(jids)}</${name}></iq>`;
}

/** The defined condition of an error, with its type. */
export function errorOf(stanza: Element): string {
  const error = stanza.elements().find((it) => it.name === 'error');
  return `${error?.attr('type')} ${error?.firstElement()?.name}`;
}

/** Puts two accounts of the host into each other's rosters. Says who sees whom from the first one's side. */
export async function subscribe(
  server: TestServer,
  one: string,
  other: string,
  subscription: 'to' | 'from' | 'both' = 'both',
): Promise<void> {
  await server.account(one);
  await server.account(other);
  const contact = `${other}@${server.hostName}`;
  await server.command('roster add', { jid: `${one}@${server.hostName}`, contact, subscription });
}
