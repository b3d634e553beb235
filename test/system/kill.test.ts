/** What the server acknowledged is durable: it is killed twenty times while messages are stored, and nothing is missing. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { ask } from '../modules/archive/support.ts';
import type { TestClient } from '../support/client.ts';
import { type ServerProcess, serverProcess } from '../support/server-process.ts';
import { socketClient } from '../support/socket-client.ts';
import type { Element } from '../support/xml.ts';

const KILLS = 20;
const SENDERS = 4;
/** Messages of one sender between two questions whether all so far have been taken. */
const ROUND = 25;
const PASSWORD = 'secret-123';
/** Juliets write to both by turns: one who gets what waited when he comes, and one who reads her archive first. */
const RECIPIENTS = ['romeo', 'rosaline'];

/** The listeners of the benchmarks: plaintext on loopback, since what is tested is not the encryption. */
export const PLAIN = {
  listeners: [{ port: 0, protocol: 'xmpp', tls: 'none', addresses: ['127.0.0.1'] }],
  tls: { requireTls: false },
  auth: { allowPlainWithoutTls: true, scramIterations: 4096 },
  log: { level: 'warn' },
};

suite('kill -9', () => {
  let server: ServerProcess;
  before(async () => {
    server = await serverProcess({ ...PLAIN, modules: { offline: { maxMessages: 1_000_000, maxBytes: '1 GiB' } } });
    const names = [...RECIPIENTS, ...Array.from({ length: SENDERS }, (_, it) => `juliet${it}`)];
    await server.addAccounts(
      names.map((it) => `${it}@localhost`),
      PASSWORD,
    );
  });
  after(() => server.stop());

  /** Sends until the connection breaks; what a later answer on the same stream covers has been acknowledged. */
  async function sendUntilKilled(name: string, next: () => string, acknowledged: Set<string>): Promise<void> {
    const client = await socketClient(server.ports.plain as number);
    await client.login(name, 'localhost', { password: PASSWORD });
    for (;;) {
      const round = Array.from({ length: ROUND }, next);
      for (const [i, id] of round.entries()) {
        const to = `${RECIPIENTS[i % RECIPIENTS.length]}@localhost`;
        await client.send(`<message to='${to}' type='chat' id='${id}'><body>${id}</body></message>`);
      }
      await client.iq('get', `<ping xmlns='urn:xmpp:ping'/>`, 'localhost');
      for (const id of round) acknowledged.add(id);
    }
  }

  test(`no acknowledged message is missing after ${KILLS} kills, and none is doubled`, async () => {
    const acknowledged = new Set<string>();
    let count = 0;
    const next = (): string => `m${count++}`;
    for (let kill = 0; kill < KILLS; kill++) {
      const before = acknowledged.size;
      const sending = Array.from({ length: SENDERS }, (_, it) =>
        sendUntilKilled(`juliet${it}`, next, acknowledged).catch(() => undefined),
      );
      // At a different point of the work each time.
      while (acknowledged.size < before + 200 + ((kill * 137) % 300)) await new Promise((done) => setImmediate(done));
      await server.kill();
      await Promise.all(sending);
      await server.start();
    }
    const received = new Map<string, number>();
    for (const it of RECIPIENTS) await collect(server, it, received);
    const missing = [...acknowledged].filter((id) => !received.has(id));
    const doubled = [...received].filter(([, times]) => times > 1).map(([id]) => id);
    assert.ok(acknowledged.size > KILLS * 200);
    assert.deepEqual({ missing, doubled }, { missing: [], doubled: [] });
  });
});

/** Everything that waited for somebody, with how often it came. */
async function collect(server: ServerProcess, name: string, received: Map<string, number>): Promise<void> {
  const client = await socketClient(server.ports.plain as number);
  await client.login(name, 'localhost', { password: PASSWORD });
  const take = (message: Element): void => {
    const id = message.name === 'message' ? message.attr('id') : undefined;
    if (id !== undefined) received.set(id, (received.get(id) ?? 0) + 1);
  };
  if (name === 'rosaline') await readArchive(client, take);
  await client.send('<presence/>');
  for (let isLast = false; !isLast; ) {
    const { messages } = (await server.json('offline', 'count', `${name}@localhost`)) as { messages: number };
    isLast = messages === 0;
    for (const it of await client.drain()) take(it);
  }
  await client.close();
}

/** Page by page; XEP-0313 section 6.1.1: what was found there does not come again. */
async function readArchive(client: TestClient, take: (message: Element) => void): Promise<void> {
  for (let after = ''; ; ) {
    const page = await ask(client, { set: `<max>250</max>${after}` });
    for (const it of page.messages) take(it);
    if (page.complete) return;
    after = `<after>${page.last}</after>`;
  }
}
