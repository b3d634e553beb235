/** What the tests of the ledger ask again and again. */
import assert from 'node:assert/strict';
import type { TestClient } from '../../support/client.ts';
import type { TestServer } from '../../support/parley.ts';

export interface Explanation {
  readonly messages: readonly {
    readonly message: number;
    readonly from: string;
    readonly to: string;
    readonly state: string;
    readonly fate: string;
  }[];
  readonly steps: readonly {
    readonly message: number;
    readonly at: string;
    readonly step: string;
    readonly where?: string;
    readonly detail?: string;
  }[];
}

export async function explain(server: TestServer, id: string, host?: string): Promise<Explanation> {
  return (await server.command('explain', { id }, host)) as Explanation;
}

/** The state and fate of the only message with an id. */
export async function fateOf(server: TestServer, id: string): Promise<readonly [state: string, fate: string]> {
  const { messages } = await explain(server, id);
  assert.equal(messages.length, 1, JSON.stringify(messages));
  return [messages[0]?.state ?? '', messages[0]?.fate ?? ''];
}

/** The steps of the only message with an id, a line each. */
export async function stepsOf(server: TestServer, id: string): Promise<readonly string[]> {
  const { steps } = await explain(server, id);
  return steps.map(({ step, where, detail }) => [step, where, detail].filter((it) => it !== undefined).join(' '));
}

export function chat(to: string, id: string, type = 'chat'): string {
  return `<message to='${to}' type='${type}' id='${id}'><body>What’s in a name?</body></message>`;
}

/** Waits until the server has done with all that the client sent. */
export async function settled(client: TestClient): Promise<void> {
  await client.iq('get', `<ping xmlns='urn:xmpp:ping'/>`, client.host);
}

/** A client that is available and has got what waited for it, so that messages come by the straight way. */
export async function online(server: TestServer, local: string, resource: string): Promise<TestClient> {
  const client = await server.login(local, { resource });
  await caughtUp(server, local);
  return client;
}

/** Waits until offline storage has been read for whoever has just become available: the database answers in order. */
export async function caughtUp(server: TestServer, local: string): Promise<void> {
  const count = server.host.parts.commands.get('offline count');
  for (let i = 0; i < 5; i++) await count?.run({ jid: `${local}@${server.hostName}` });
}
