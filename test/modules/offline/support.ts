/** What the tests of offline messages say and ask again and again. */
import type { TestClient } from '../../support/client.ts';
import type { TestServer } from '../../support/parley.ts';
import type { Element } from '../../support/xml.ts';

const BODY = '{jabber:client}body';

/** Sends chat messages, one after the other. */
export async function says(client: TestClient, to: string, ...bodies: readonly string[]): Promise<void> {
  for (const it of bodies) await client.send(`<message to='${to}' type='chat'><body>${it}</body></message>`);
}

/** Waits until the server has done with all that the client sent. An answer to a message stays queued. */
export async function settled(client: TestClient): Promise<void> {
  await client.iq('get', `<ping xmlns='urn:xmpp:ping'/>`, client.host);
}

/** The bodies of the next messages; other stanzas fail. */
export async function bodies(client: TestClient, count: number): Promise<string[]> {
  const list: string[] = [];
  for (let i = 0; i < count; i++) {
    const element = await client.receive();
    if (element.name !== 'message') throw new Error(`no message: ${element.toString()}`);
    list.push(element.childText(BODY) ?? '');
  }
  return list;
}

export interface Count {
  readonly messages: number;
  readonly bytes: number;
  readonly oldest: string | null;
}

export async function count(server: TestServer, local: string): Promise<Count> {
  return (await server.command('offline count', { jid: `${local}@${server.hostName}` })) as Count;
}

/** Waits until nothing is kept for the account any more: what was delivered is deleted a moment later. */
export async function emptied(server: TestServer, local: string): Promise<void> {
  for (let i = 0; i < 1000; i++) if ((await count(server, local)).messages === 0) return;
  throw new Error(`messages still wait for ${local}`);
}

/** Nothing comes, not even when the server has looked what waits: the database answers in order. */
export async function getsNothing(server: TestServer, client: TestClient): Promise<void> {
  await settled(client);
  for (let i = 0; i < 3; i++) await count(server, 'nobody');
  await client.receivesNothing();
}

export function delays(message: Element): Element[] {
  return message.elements().filter((it) => it.name === 'delay' && it.ns === 'urn:xmpp:delay');
}

/** `1 2 3 ...` */
export function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => String(from + i));
}

/** The defined condition of an error, with its type. */
export function errorOf(stanza: Element): string {
  const error = stanza.elements().find((it) => it.name === 'error');
  return `${error?.attr('type')} ${error?.firstElement()?.name}`;
}
