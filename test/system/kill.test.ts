/** What the server acknowledged is durable: it is killed twenty times while messages are stored, and nothing is missing. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { type ServerProcess, serverProcess } from '../support/server-process.ts';
import { socketClient } from '../support/socket-client.ts';

const KILLS = 20;
const SENDERS = 4;
/** Messages of one sender between two questions whether all so far have been taken. */
const ROUND = 25;
const PASSWORD = 'secret-123';

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
    const names = ['romeo', ...Array.from({ length: SENDERS }, (_, it) => `juliet${it}`)];
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
      for (const id of round)
        await client.send(`<message to='romeo@localhost' type='chat' id='${id}'><body>${id}</body></message>`);
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
    const received = await collect(server);
    const missing = [...acknowledged].filter((id) => !received.has(id));
    const doubled = [...received].filter(([, times]) => times > 1).map(([id]) => id);
    assert.ok(acknowledged.size > KILLS * 200);
    assert.deepEqual({ missing, doubled }, { missing: [], doubled: [] });
  });
});

/** Everything that waited for Romeo, with how often it came. */
async function collect(server: ServerProcess): Promise<Map<string, number>> {
  const romeo = await socketClient(server.ports.plain as number);
  await romeo.login('romeo', 'localhost', { password: PASSWORD });
  await romeo.send('<presence/>');
  const received = new Map<string, number>();
  for (let isLast = false; !isLast; ) {
    const { messages } = (await server.json('offline', 'count', 'romeo@localhost')) as { messages: number };
    isLast = messages === 0;
    for (const message of await romeo.drain()) {
      const id = message.name === 'message' ? message.attr('id') : undefined;
      if (id !== undefined) received.set(id, (received.get(id) ?? 0) + 1);
    }
  }
  await romeo.close();
  return received;
}
