/** `@xmpp/client` resumes its session (XEP-0198) over WebSocket and TCP after the network broke with 500 stanzas in it each way. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { type Ports, type ServerProcess, serverProcess } from '../support/server-process.ts';

const run = promisify(execFile);
const IN_FLIGHT = 500;
const numbered = (text: string) => Array.from({ length: IN_FLIGHT }, (_, it) => `${text} ${it}`);

/** Over TLS the library logs in and resumes in one round trip, by SASL2; otherwise step by step. */
const SERVICES: Readonly<Record<string, readonly [keyof Ports, (port: number) => string]>> = {
  'WebSocket (ws)': ['http', (port) => `ws://localhost:${port}/xmpp-websocket`],
  'secure WebSocket (wss)': ['https', (port) => `wss://localhost:${port}/xmpp-websocket`],
  'STARTTLS (xmpp)': ['starttls', (port) => `xmpp://localhost:${port}`],
};

suite('@xmpp/client with stream management', () => {
  let server: ServerProcess;
  before(async () => {
    // A plain WebSocket is for a reverse proxy on this machine, which is what the test stands in for.
    server = await serverProcess({ tls: { allowPlaintextFrom: ['loopback'] }, auth: { allowPlainWithoutTls: true } });
  });
  after(() => server.stop());

  for (const [index, [name, [listener, urlOf]]] of Object.entries(SERVICES).entries()) {
    test(`over ${name} nothing is lost, doubled or out of order`, async () => {
      const people = [`juliet${index}`, `romeo${index}`];
      await server.addAccounts(people.map((it) => `${it}@localhost`));
      const port = server.ports[listener] as number;
      const script = join(import.meta.dirname, 'xmppjs-resume.ts');
      const args = [script, urlOf(port), String(port), 'localhost', ...people, 'secret-123', String(IN_FLIGHT)];
      const env = { ...process.env, NODE_EXTRA_CA_CERTS: server.caFile };
      const { stdout } = await run(process.execPath, args, { env, timeout: 60_000, maxBuffer: 1 << 26 });
      assert.deepEqual(JSON.parse(stdout), {
        resumed: 1,
        failed: 0,
        before: { juliet: 1, romeo: 1 },
        juliet: ['hello', ...numbered('in'), 'end'],
        romeo: ['hello', ...numbered('out'), 'end'],
      });
    });
  }
});
