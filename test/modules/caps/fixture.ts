/** Clients with capabilities, for the tests of XEP-0115. */
import type { TestContext } from 'node:test';
import {
  type CapsChange,
  ClientCaps,
  capsChanged,
  defineModule,
  jid,
  NS,
  observe,
  query,
  readCapabilities,
  verificationString,
  z,
} from '#api';
import type { TestClient } from '../../support/client.ts';
import { startParley, type TestOptions, type TestServer } from '../../support/parley.ts';
import { sharedServer } from '../../support/shared-server.ts';
import { type Element, parseXml } from '../../support/xml.ts';

export const NODE = 'http://client.example/';

/** What a client with these features tells, and the hash of it. */
export function capsOf(...features: readonly string[]) {
  const inner = `<identity category='client' type='pc'/>${features.map((it) => `<feature var='${it}'/>`).join('')}`;
  const info = readCapabilities(parseXml(`<query xmlns='${NS.discoInfo}'>${inner}</query>`));
  if (info === undefined) throw new Error('not well-formed');
  const ver = verificationString(info);
  return { inner, ver, presence: presenceWith(ver) };
}

export function presenceWith(ver: string, hash: string | undefined = 'sha-1'): string {
  const named = hash === '' ? '' : ` hash='${hash}'`;
  return `<presence><c xmlns='${NS.caps}'${named} node='${NODE}' ver='${ver}'/></presence>`;
}

/** What the module of the tests was told, by the test that runs. */
const changes: CapsChange[] = [];
const listener = defineModule({
  name: 'listener',
  summary: '',
  config: z.strictObject({}),
  setup: () => ({ hooks: [observe(capsChanged, (change) => void changes.push(change))] }),
});

/** For the tests of one file: a server that knows of no capabilities yet, or one of its own where options are given. */
export function starter() {
  const shared = sharedServer({ extra: [listener] });
  return async (t: TestContext, options?: TestOptions) => {
    const server = options === undefined ? await shared(t) : await startParley({ ...options, extra: [listener] });
    if (options === undefined) await forgetAll(server);
    else t.after(() => server.stop());
    changes.length = 0;
    return { server, changes, client: (name: string) => server.login(name, { resource: 'r', available: false }) };
  };
}

async function forgetAll(server: TestServer): Promise<void> {
  await server.db.prepare({ forget: query<[]>('delete from client_caps') }).forget();
  await server.restart();
}

export function featuresAt(server: TestServer, address: string): readonly string[] | undefined {
  return server.service(ClientCaps).featuresAt(jid(address));
}

/** Sends presence, and takes the echo. */
export async function show(client: TestClient, presence: string): Promise<void> {
  await client.send(presence);
  await client.receives(`<presence from='${client.jid}'/>`);
}

/** The server asks what the hash stands for. */
export function isAsked(client: TestClient, ver: string): Promise<Element> {
  return client.receives(
    `<iq type='get' from='${client.host}' to='${client.jid}'><query xmlns='${NS.discoInfo}' node='${NODE}#${ver}'/></iq>`,
  );
}

/** The answer, and what is done about it. */
export async function answers(client: TestClient, question: Element, inner: string): Promise<void> {
  const id = question.attr('id');
  await client.send(
    `<iq type='result' id='${id}' to='${client.host}'><query xmlns='${NS.discoInfo}'>${inner}</query></iq>`,
  );
  await client.iq('get', `<query xmlns='${NS.discoInfo}'/>`, client.host);
}

/** Everything that has been sent has been dealt with: the database answers in order, and so do streams. */
export async function settled(server: TestServer, client: TestClient): Promise<void> {
  const { ping } = server.db.prepare({ ping: query<[], { one: number }>('select 1 as one') });
  for (let round = 0; round < 2; round++) {
    await ping();
    await client.iq('get', `<query xmlns='${NS.discoInfo}'/>`, client.host);
  }
}
