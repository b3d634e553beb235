/** How clients of the tests log in with SASL2 (XEP-0388), and what they put into it. */
import type { TestClient } from '../support/client.ts';
import type { TestServer } from '../support/parley.ts';
import { plainMessage, ScramClient } from '../support/sasl-client.ts';
import type { TransportOptions } from '../support/transport.ts';
import type { Element } from '../support/xml.ts';

export const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';
export const SASL2 = 'urn:xmpp:sasl:2';
export const FAST = 'urn:xmpp:fast:0';
export const SUCCESS = `<success xmlns='${SASL2}'/>`;

export const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64');
export const failure = (condition: string) => `<failure xmlns='${SASL2}'><${condition} xmlns='${SASL}'/></failure>`;
export const response = (data: Buffer) => `<response xmlns='${SASL2}'>${base64(data)}</response>`;
export const agent = (id: string) => `<user-agent id='${id}'><software>Test</software></user-agent>`;
export const bind = (tag?: string) =>
  `<bind xmlns='urn:xmpp:bind:0'>${tag === undefined ? '' : `<tag>${tag}</tag>`}</bind>`;

export function authenticate(mechanism: string, data: Buffer | undefined, ...more: readonly string[]): string {
  const initial = data === undefined ? '' : `<initial-response>${base64(data)}</initial-response>`;
  return `<authenticate xmlns='${SASL2}' mechanism='${mechanism}'>${initial}${more.join('')}</authenticate>`;
}

export const plain = (local: string, ...more: readonly string[]) =>
  authenticate('PLAIN', plainMessage(local, 'secret'), ...more);

/** Opens a stream. */
export async function connect(server: TestServer, attributes = '', options: TransportOptions = {}) {
  const client = server.connect(options);
  const { features } = await client.open('capulet.lit', attributes);
  return { client, features };
}

/** Logs in with what is asked, and returns the answer. */
export async function login(server: TestServer, request: string, attributes = '', options: TransportOptions = {}) {
  const { client } = await connect(server, attributes, options);
  client.raw(request);
  const answer = await client.receive();
  return { client, answer };
}

/** A SCRAM login up to the server's last word. */
export async function scram(client: TestClient, mechanism: string, local: string, ...more: readonly string[]) {
  const exchange = new ScramClient({ mechanism, username: local, password: 'secret' });
  client.raw(authenticate(mechanism, exchange.first(), ...more));
  const challenge = await client.receives(`<challenge xmlns='${SASL2}'/>`);
  client.raw(response(exchange.final(Buffer.from(challenge.text(), 'base64'))));
  return { exchange, last: await client.receive() };
}

export const identity = (success: Element) => success.childText(`{${SASL2}}authorization-identifier`) ?? '';
/** The server's proof. */
export const additional = (element: Element) =>
  Buffer.from(element.childText(`{${SASL2}}additional-data`) ?? '', 'base64');
