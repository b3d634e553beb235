/** Devices of the tests with stream management, by hand: what XEP-0198 has them say is written out. */
import assert from 'node:assert/strict';
import type { LocalHost } from '../../../src/session/local-host.ts';
import type { TestClient } from '../../support/client.ts';
import type { TestServer } from '../../support/parley.ts';
import type { TransportOptions } from '../../support/transport.ts';
import type { Element } from '../../support/xml.ts';

export const SM = 'urn:xmpp:sm:3';
export const REQUEST = `<r xmlns='${SM}'/>`;
const REQUEST_KEY = `{${SM}}r`;
const BODY = '{jabber:client}body';

export const acknowledge = (h: number | string) => `<a xmlns='${SM}' h='${h}'/>`;
export const enable = (attributes = '') => `<enable xmlns='${SM}' ${attributes}/>`;
export const resume = (id: string, h: number | string) => `<resume xmlns='${SM}' previd='${id}' h='${h}'/>`;
export const resumed = (id: string, h: number) => `<resumed xmlns='${SM}' previd='${id}' h='${h}'/>`;
export const message = (to: string, body: string | number, attributes = '') =>
  `<message to='${to}' type='chat' ${attributes}><body>${body}</body></message>`;

export function failed(condition: string, h?: number): string {
  const attribute = h === undefined ? '' : ` h='${h}'`;
  return `<failed xmlns='${SM}'${attribute}><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>`;
}

/** A stream that has logged in and has neither a resource nor a session to go on with. */
export async function authenticated(
  server: TestServer,
  local: string,
  options: TransportOptions = {},
): Promise<TestClient> {
  await server.account(local);
  const client = server.connect(options);
  await client.open(server.hostName);
  const plain = Buffer.from(`\0${local}\0secret`).toString('base64');
  await client.send(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`);
  await client.receives(`<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`);
  await client.open(server.hostName);
  return client;
}

export async function bind(client: TestClient, resource: string): Promise<void> {
  const request = `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>${resource}</resource></bind>`;
  const result = await client.iq('set', request);
  client.jid = result.firstElement()?.firstElement()?.text() ?? '';
}

export interface Device {
  readonly client: TestClient;
  /** By which the session can be resumed. */
  readonly id: string;
}

/**
 * A device that has a managed session which can be resumed. Where it is available, that is its first stanza, and its own
 * presence is the first that it is sent: both are acknowledged.
 */
export async function device(
  server: TestServer,
  local: string,
  resource: string,
  options: { available?: boolean; priority?: number; transport?: TransportOptions; ask?: string } = {},
): Promise<Device> {
  const client = await authenticated(server, local, options.transport);
  await bind(client, resource);
  await client.send(enable(`resume='true' ${options.ask ?? ''}`));
  const enabled = await client.receives(`<enabled xmlns='${SM}' id='*' resume='true' max='*'/>`);
  if (options.available ?? true) {
    await client.send(`<presence><priority>${options.priority ?? 0}</priority></presence>`);
    await client.receives(`<presence from='${client.jid}'/>`);
    await client.receives(REQUEST);
    await client.send(acknowledge(1));
  }
  return { client, id: enabled.attr('id') as string };
}

/** The session goes on over a new stream; `h` is what the client has got, `handled` what the server is to have got. */
export async function back(
  server: TestServer,
  { client, id }: Device,
  { h, handled, transport = {} }: { h: number; handled: number; transport?: TransportOptions },
): Promise<TestClient> {
  const next = await authenticated(server, client.jid.split('@')[0] as string, transport);
  await next.send(resume(id, h));
  await next.receives(resumed(id, handled));
  next.jid = client.jid;
  return next;
}

/** The next stanza; requests for an acknowledgement are passed over. */
export async function nextStanza(client: TestClient): Promise<Element> {
  for (;;) {
    const element = await client.receive();
    if (element.key !== REQUEST_KEY) return element;
  }
}

/** The bodies of the next messages, which must be messages. */
export async function bodies(client: TestClient, count: number): Promise<(string | undefined)[]> {
  const found: (string | undefined)[] = [];
  while (found.length < count) {
    const element = await nextStanza(client);
    assert.equal(element.name, 'message', String(element));
    found.push(element.childText(BODY));
  }
  return found;
}

/** A round trip, and the stanzas that came before its answer; the answer says how many the server has handled. */
export async function roundTrip(client: TestClient): Promise<{ stanzas: Element[]; handled: number }> {
  await client.send(REQUEST);
  const stanzas: Element[] = [];
  for (;;) {
    const element = await nextStanza(client);
    if (element.key === `{${SM}}a`) return { stanzas, handled: Number(element.attr('h')) };
    stanzas.push(element);
  }
}

/** The server has sent nothing further, and has handled that many. */
export async function isQuiet(client: TestClient, handled: number): Promise<void> {
  assert.deepEqual(await roundTrip(client), { stanzas: [], handled });
}

/** What is heard of a device until the answer to a round trip of an unmanaged client. */
export async function heard(client: TestClient): Promise<string[]> {
  return (await client.drain()).map((it) => it.childText(BODY) ?? `${it.name} ${it.attr('type') ?? ''}`.trim());
}

/** The sessions of an account, and those of them that wait for their clients. */
export function sessionsOf(host: LocalHost, bare: string): { all: string[]; detached: string[] } {
  const sessions = host.sessions.of(bare);
  return {
    all: sessions.map((it) => it.jid.resource),
    detached: sessions.filter((it) => it.isDetached).map((it) => it.jid.resource),
  };
}

/** The event loop has turned: what is not waiting for anything has happened. */
export const turn = (): Promise<void> => new Promise((done) => setImmediate(() => setImmediate(done)));
