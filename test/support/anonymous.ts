/** A client without an account (RFC 4505), on a server that allows it. */
import type { TestClient } from './client.ts';
import type { TestServer } from './parley.ts';

/** Connected, not available. */
export async function loginAnonymously(server: TestServer): Promise<TestClient> {
  const client = server.connect();
  await client.open(server.hostName);
  client.raw(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'>=</auth>`);
  await client.receives(`<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`);
  await client.open(server.hostName);
  const bound = await client.iq('set', `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>`);
  client.jid = bound.firstElement()?.firstElement()?.text() ?? '';
  return client;
}
